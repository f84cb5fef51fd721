/** Whether a net can learn a few rows by heart: one that cannot will not learn more rows either. */
import * as Effect from "effect/Effect"
import * as Dataset from "../data/Dataset.ts"
import { percent } from "../data/percent.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import { hasFacts, type LossFunction } from "../learning/Loss.ts"
import { infer } from "../learning/Net.ts"
import { decisions, tensorOf } from "../learning/Target.ts"
import { broadcastTo, cast, div, equal, greater, scalar, sub } from "../tensor/elementwise.ts"
import { toNumber } from "../tensor/read.ts"
import { mean } from "../tensor/reduce.ts"
import type { TrainState } from "../training/Checkpoint.ts"
import { evenSamples } from "../training/layerStatistics.ts"
import type { ReadError, Samples } from "../training/Samples.ts"
import { trainStep } from "../training/trainStep.ts"
import { type Concern, type Facts, shown } from "./Concern.ts"
import type { Subject } from "./Subject.ts"

export const facts: Facts = {
  doc: "Trains on a few rows alone, without a penalty, until all of them are right.",
  healthy: "all of them, within some hundred steps: 100 % of the classes, or 99 % of the variance of numbers",
  advice:
    "A net that cannot learn a few rows by heart has a defect or too few units: look at the targets, the loss, the learning rate and the statistics of layers before anything else.",
  source: "Karpathy, A recipe for training neural networks, 2019; CS231n, 2016",
  weights: "untrained",
}

/** How the few rows were learned. */
export interface Overfit {
  readonly rows: number
  /** Steps until all rows were right, or all that were tried. */
  readonly steps: number
  readonly isLearned: boolean
  /** The share of rows that are right, or of the variance that is explained, at the end. */
  readonly share: number
  /** The loss of each step. */
  readonly losses: ReadonlyArray<number>
}

/** How many rows are learned, and in how many steps at most. */
export interface OverfitOptions {
  readonly rows?: number
  readonly steps?: number
}

/** Steps between two looks at the rows. */
const stride = 10

/** The share of numbers' variance that counts as all of it. */
const enough = 0.99

/** How much of a batch is right; each share is a number up to 1, and `wanted` of it is all. */
interface Right {
  readonly share: Tensor
  readonly wanted: number
}

/** The share of the mean's loss that predictions avoid. */
const explained = (loss: LossFunction, prediction: Tensor, target: Tensor): Right => {
  const flat = broadcastTo(mean(target, { axes: 0, keepAxes: true }), target.shape)
  return { share: sub(1, div(loss(prediction, target), loss(flat as Tensor, target))), wanted: enough }
}

const rightOf = (loss: LossFunction, prediction: Tensor, target: Tensor): Right => {
  const kind = hasFacts(loss) ? loss.targetTypes[0] : undefined
  if (kind === "classes" || kind === "binary") {
    const { correct } = decisions("overfit", prediction, target)
    return { share: mean(cast(correct, "f32")), wanted: 1 }
  }
  if (kind === "labels") return { share: mean(cast(equal(greater(prediction, 0), greater(target, 0.5)), "f32")), wanted: 1 }
  return explained(loss, prediction, target)
}

const heads = <Y, T>(loss: LossFunction<Y, T, string>, prediction: Y, target: T): ReadonlyArray<Right> =>
  loss.heads === undefined
    ? [rightOf(loss as unknown as LossFunction, prediction as Tensor, target as Tensor)]
    : loss.heads.map((head) =>
        rightOf(
          head.loss,
          tensorOf("overfit", "prediction", prediction, head.name),
          tensorOf("overfit", "target", target, head.name),
        ),
      )

/** Trains a copy of the weights on a few evenly spaced rows: 16 rows and 500 steps at most unless given. */
export const overfit = <P, S, O, X, Y, T>(
  subject: Subject<P, S, O, X, Y, T>,
  { rows = 16, steps = 500 }: OverfitOptions = {},
): Effect.Effect<Overfit, EngineError | ReadError, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { data, loss, net, optimizer, seed, state } = subject
      const batch = yield* evenSamples<X, T>(data, rows)
      const count = Math.min(rows, Dataset.size(data))
      const first: TrainState<P, S, O> = { ...state, optimizer: optimizer.init(state.params), step: scalar(0, "i32") }
      const step = yield* Compile.step(trainStep({ data, loss, net, optimizer, seed, batch: count, epochs: 1 }), first)
      let wanted: ReadonlyArray<number> = []
      const look = yield* Compile.compile(
        (at: TrainState<P, S, O>, { x, y }: Samples<X, Tensors<T>>) => {
          const all = heads(loss, infer(net, at, x), y)
          wanted = all.map((each) => each.wanted)
          return all.map(({ share }) => share)
        },
        first,
        batch,
      )
      const losses: Array<number> = []
      let shares: ReadonlyArray<number> = []
      const isLearned = () => shares.length > 0 && shares.every((share, i) => share >= (wanted[i] ?? 1))
      while (losses.length < steps && !isLearned()) {
        const outputs = yield* step.run(Array.from({ length: Math.min(stride, steps - losses.length) }, () => batch))
        losses.push(...outputs.map(({ cost }) => toNumber(cost)))
        shares = (yield* look(yield* step.state, batch)).map(toNumber)
        if (!losses.every(Number.isFinite)) break
      }
      return {
        rows: count,
        steps: losses.length,
        isLearned: isLearned(),
        share: shares.reduce((least, share) => Math.min(least, share), 1),
        losses,
      }
    }),
  )

/** What is wrong with a net that did not learn a few rows. */
export const concerns = ({ isLearned, losses, rows, share, steps }: Overfit): ReadonlyArray<Concern> => {
  if (isLearned) return []
  const last = losses.at(-1) ?? Number.NaN
  const what = Number.isFinite(last)
    ? `after ${steps} steps on ${rows} rows alone only ${percent(Math.max(0, share))} of them are learned, at a loss of ${shown(last)}`
    : `training on ${rows} rows alone diverged after ${steps} steps`
  return [
    {
      message: what,
      advice: Number.isFinite(last)
        ? "look at the learning rate and the layers first; then at whether the targets can be told from the inputs, and at the number of units"
        : "a lower learning rate",
    },
  ]
}
