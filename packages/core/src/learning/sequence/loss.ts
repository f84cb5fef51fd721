/** Losses and scores of time steps: the padding does not count. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import type { LossFunction, PerExample } from "../loss/Loss.ts"
import { checkOptions } from "../OptionError.ts"
import { countedOf, type Score, type ScoreFunction } from "../score/Score.ts"
import { clean, counts, mask, type Padded, sizesOf, withValues } from "./Padded.ts"

/** Predictions and targets of all time steps, [batch · time, …] each, and whether they count, bool[batch · time]. */
interface Steps {
  readonly batch: number
  readonly time: number
  readonly output: Tensor
  readonly target: Tensor
  readonly counted: Tensor
}

const stepsOf = (operation: string, prediction: Padded, target: Tensor): Steps => {
  const [batch, time] = sizesOf(operation, prediction)
  if (target.shape[0] !== batch || target.shape[1] !== time)
    refuse(
      operation,
      [prediction.x, target],
      `targets of ${batch} sequences of ${time} steps [batch, time, …]`,
      "Sequence.pad with `time`",
    )
  const flat = (x: Tensor): Tensor => T.reshape(x, [batch * time, ...x.shape.slice(2)])
  const targets = clean(withValues(prediction, target))
  return {
    batch,
    time,
    output: flat(clean(prediction)),
    target: flat(targets),
    counted: T.flatten(mask(prediction)),
  }
}

/** How the losses of time steps are averaged. */
export interface Over {
  /**
   * `steps`: the mean over all time steps of a batch, so long sequences count more; as in Keras and PyTorch. `rows`: the mean over
   * sequences of the mean over their steps, which does not depend on the others in the batch. `steps` unless given.
   */
  readonly over?: "steps" | "rows"
}

const overBounds = { over: { kind: "choice", of: ["steps", "rows"] } } as const

/**
 * A loss of each time step, averaged over those that are not padding: predictions { x: [batch, time, …], length } with targets
 * [batch, time, …]. Takes a loss of the table, or a function of outputs [steps, …] and targets that gives a value for each step.
 * 0 for a batch of empty sequences. Throws `ShapeError`.
 *
 * ```ts
 * const mse = Sequence.loss(Loss.meanSquaredError)
 * const prediction = { x: Tensor.make([[[1], [NaN]], [[0], [2]]]), length: Tensor.make([1, 2], "i32") }
 * Tensor.toNumber(mse(prediction, Tensor.zeros([2, 2, 1]))).toFixed(4) // => "1.6667"
 * ```
 */
export const loss = (
  of: PerExample | (PerExample & { readonly perExample: PerExample }),
  { over = "steps", ...rest }: Over = {},
): LossFunction<Padded, Tensor> => {
  checkOptions("Sequence.loss", overBounds, { over, ...rest })
  const perStep = "perExample" in of ? of.perExample : of
  const mean = (prediction: Padded, target: Tensor): Tensor => {
    const { batch, counted, output, target: wanted, time } = stepsOf("Sequence.loss", prediction, target)
    const each = perStep(output, wanted)
    if (!Shape.equals(each.shape, [batch * time]))
      refuse("Sequence.loss", [each], `a value for each of ${batch * time} steps`, "the loss's perExample")
    const kept = countedOf(each, counted)
    if (over === "steps") return T.div(T.sum(kept), T.cast(T.maximum(T.sum(T.cast(counted, "i32")), 1), "f32"))
    const rows = T.sum(T.reshape(kept, [batch, time]), { axes: 1 })
    return T.mean(T.div(rows, T.cast(T.maximum(counts(prediction), 1), "f32")))
  }
  if (over === "rows") return mean
  return Object.assign(mean, { denominator: (prediction: Padded) => T.cast(T.sum(T.cast(mask(prediction), "i32")), "f32") })
}

/**
 * A score of the time steps that are not padding: predictions { x: [batch, time, …], length } with targets [batch, time, …].
 * Throws `ShapeError`, also for a score whose sums take no `counted`, which would count the padding.
 *
 * ```ts
 * const prediction = { x: Tensor.make([[[2, 1], [0, 9]], [[0, 3], [5, 4]]]), length: Tensor.make([1, 2], "i32") }
 * Score.of(Sequence.score(Score.accuracy), prediction, Tensor.make([[0, 0], [1, 1]], "i32")).toFixed(4) // => "0.6667"
 * ```
 */
export const score = (of: Score): ScoreFunction<Padded, Tensor> => {
  if (of.length < 3)
    refuse(
      "Sequence.score",
      [],
      "a score whose sums take which samples count",
      "Score.make((output, target, counted) => …, facts)",
    )
  const sums = (prediction: Padded, target: Tensor): Tensor => {
    const { counted, output, target: wanted } = stepsOf("Sequence.score", prediction, target)
    return of(output, wanted, counted)
  }
  return Object.assign(sums, { finish: of.finish, merge: of.merge })
}
