/** Losses of nets with several heads: the weighted sum of a loss for each. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { within } from "../net/within.ts"
import { checkOptions } from "../OptionError.ts"
import { tensorOf } from "../Target.ts"
import { type Head, hasFacts, type LossFunction, type WeightedHead } from "./Loss.ts"

/** A tensor for each name. */
export type Tensors<N extends string> = { readonly [K in N]: Tensor }

const weightBounds = { kind: "number", minimum: 0 } as const

/** The value of a loss for a batch, and the values of its heads without their weights; `name` is that of the head. */
export interface LossValues {
  readonly value: Tensor
  readonly heads: ReadonlyArray<readonly [name: string, value: Tensor]>
}

/** Σ wᵢ lᵢ / n of the losses of n samples. Throws `ShapeError` for a loss that does not give them. */
const weightedMeanOf = <Y, Target>(
  loss: LossFunction<Y, Target, string>,
  prediction: Y,
  target: Target,
  weights: Tensor,
): Tensor => {
  const wanted = "a loss that gives the loss of each row, as those of the table do"
  if (!hasFacts(loss)) return refuse("the weights of rows", [weights], wanted, "Loss.make((output, target) => …)")
  const each = loss.perExample(prediction as Tensor, target as Tensor)
  if (each.shape[0] !== weights.shape[0])
    return refuse("the weights of rows", [each, weights], wanted, "Loss.make((output, target) => …)")
  return T.mean(
    T.mul(
      each,
      T.reshape(
        weights,
        each.shape.map((size, i) => (i === 0 ? size : 1)),
      ),
    ),
  )
}

/** The value of a loss. Throws `ShapeError` for a function that does not give one number. */
const meanOf = <Y, Target>(
  loss: LossFunction<Y, Target, string>,
  prediction: Y,
  target: Target,
  weights: Tensor | undefined,
): Tensor => {
  const value = weights === undefined ? loss(prediction, target) : weightedMeanOf(loss, prediction, target, weights)
  return value.shape.length === 0 && value.dtype === "f32"
    ? value
    : refuse("a loss", [value], "a function that gives one f32 number for a batch", "Tensor.mean of it")
}

const valuesOf = (
  heads: ReadonlyArray<WeightedHead>,
  prediction: unknown,
  target: unknown,
  weights?: Tensor,
): LossValues["heads"] =>
  heads.map(({ loss, name }) => [
    name,
    within(name, () =>
      meanOf(
        loss,
        tensorOf("Loss.heads", "prediction", prediction, name),
        tensorOf("Loss.heads", "target", target, name),
        weights,
      ),
    ),
  ])

const summed = (heads: ReadonlyArray<WeightedHead>, values: LossValues["heads"]): Tensor =>
  values
    .map(([, value], i) => (heads[i]?.weight === 1 ? value : T.mul(value, heads[i]?.weight ?? 1)))
    .reduce((sum, weighed) => T.add(sum, weighed))

/**
 * The value of a loss, and those of its heads, each computed once. `weights` [n] multiply the losses of the n rows, and the value
 * is still divided by n. Throws `ShapeError` for a function that does not give one number, and for one that does not give the
 * loss of each row where there are weights.
 */
export const values = <Y, Target>(
  loss: LossFunction<Y, Target, string>,
  prediction: Y,
  target: Target,
  weights?: Tensor,
): LossValues => {
  if (loss.heads === undefined) return { value: meanOf(loss, prediction, target, weights), heads: [] }
  const each = valuesOf(loss.heads, prediction, target, weights)
  return { value: summed(loss.heads, each), heads: each }
}

/**
 * What a loss divides the sum over a batch by; undefined for the number of rows. Throws `ShapeError` for heads that do not all divide
 * by the number of rows, since their sum has no denominator.
 */
export const denominatorOf = <Y, Target>(
  loss: LossFunction<Y, Target, string>,
  prediction: Y,
  target: Target,
): Tensor | undefined => {
  const other = loss.heads?.find((head) => head.loss.denominator !== undefined)
  if (other !== undefined)
    refuse(
      "shards",
      [],
      `heads whose losses are means over rows, which that of ${other.name} is not`,
      'over: "rows", or shards: 1',
    )
  return loss.denominator?.(prediction, target)
}

/**
 * The weighted sum of a loss for each head. Predictions and targets are records with a tensor under the name of each head; they
 * may have others. A weight is a number of at least 0, and 1 unless given; the sum is taken in the order of sorted names. Runs
 * report the loss of each head too, without its weight. Throws `OptionError` for a weight out of bounds, and `ShapeError` for a
 * head that predictions or targets do not have.
 *
 * ```ts
 * const loss = Loss.heads({ kind: Loss.categoricalCrossEntropy(), price: [Loss.meanSquaredError, 0.5] })
 * const prediction = { kind: Tensor.make([[0, 0]]), price: Tensor.make([[3]]) }
 * Tensor.toNumber(loss(prediction, { kind: Tensor.make([0], "i32"), price: Tensor.make([[1]]) })).toFixed(4)
 * // => "2.6931"
 * ```
 */
export const heads = <const N extends string>(losses: { readonly [K in N]: Head }): LossFunction<Tensors<N>, Tensors<N>, N> => {
  const names = Object.keys(losses).toSorted() as ReadonlyArray<string> as ReadonlyArray<N>
  if (names.length === 0) refuse("Loss.heads", [], "a loss for at least one head", "Loss.heads({ kind: Loss.hinge() })")
  const all = names.map((name): WeightedHead<N> => {
    const head: Head = losses[name]
    const [loss, weight] = typeof head === "function" ? [head, 1] : head
    checkOptions("Loss.heads", { [name]: weightBounds }, { [name]: weight })
    return { name, loss, weight }
  })
  return Object.assign((prediction: Tensors<N>, target: Tensors<N>) => summed(all, valuesOf(all, prediction, target)), {
    heads: all,
  })
}
