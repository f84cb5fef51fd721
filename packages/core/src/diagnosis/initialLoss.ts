/** The loss of untrained weights beside its expectation, and how it rises with a penalty of weights. */
import * as Effect from "effect/Effect"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import * as Loss from "../learning/Loss.ts"
import * as Regularizer from "../learning/Regularizer.ts"
import { zerosLike } from "../tensor/create.ts"
import { toNumber } from "../tensor/read.ts"
import type { TrainState } from "../training/Checkpoint.ts"
import { evenSamples } from "../training/layerStatistics.ts"
import type { ReadError, Samples } from "../training/Samples.ts"
import { stepKey } from "../training/stepKey.ts"
import * as Tree from "../types/Tree.ts"
import { type Concern, type Facts, shown } from "./Concern.ts"
import type { Subject } from "./Subject.ts"

export const facts: Facts = {
  doc: "The loss of the first batch before training, beside that of a net that knows nothing.",
  healthy: "close to the loss of outputs that are all 0: ln K for K classes; larger with every larger penalty λ of weights",
  advice:
    "A larger loss means outputs that are confident before anything is learned: scale the inputs, or give the last layer smaller weights. A smaller one means that the inputs give the answer away, or that the loss is not the one that was meant.",
  source: "Karpathy, Johnson and Li, CS231n: Convolutional Neural Networks for Visual Recognition, 2016, notes on sanity checks",
  weights: "untrained",
}

/** The first loss of a net. */
export interface InitialLoss {
  readonly loss: number
  /** The loss of outputs that are all 0 on the same rows: ln K for K classes. */
  readonly expected: number
  /** How many classes the outputs decide between, where they do. */
  readonly classes?: number
  /** The loss with ½λΣw² added, for rising λ from 0. */
  readonly penalties: ReadonlyArray<{ readonly lambda: number; readonly cost: number }>
  readonly rows: number
}

/** The λ whose costs are compared. */
const lambdas = [0, 1e-4, 1e-3, 1e-2, 0.1, 1] as const

/** Rows that the first loss is the mean of, at most. */
const mostRows = 256

/** How many classes a prediction decides between, if the loss is one for classes. */
const classesOf = (loss: Loss.LossFunction<never, never, string>, prediction: unknown): number | undefined => {
  if (!Loss.hasFacts(loss) || !Tree.isLeaf(prediction)) return undefined
  const width = (prediction as Tensor).shape.at(-1) ?? 1
  const [first] = loss.targetTypes
  return first === "classes" ? width : first === "binary" ? 2 : undefined
}

/** The first loss of a subject, with the first λ of rising ones. */
export const initialLoss = <P, S, O, X, Y, T>({
  data,
  loss,
  net,
  seed,
  state,
}: Subject<P, S, O, X, Y, T>): Effect.Effect<InitialLoss, EngineError | ReadError, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const batch = yield* evenSamples<X, T>(data, mostRows)
      let classes: number | undefined
      const run = yield* Compile.compile(
        (at: TrainState<P, S, O>, { w, x, y }: Samples<X, Tensors<T>>) => {
          const prediction = net.apply(at.params, at.state, x, { mode: "train", key: stepKey(seed, at.step) }).y
          classes = classesOf(loss, prediction)
          const mean = Loss.values(loss, prediction, y, w).value
          const nothing = Tree.map(prediction as unknown, (leaf: Tensor) => zerosLike(leaf)) as Y
          const flat = Loss.values(loss, nothing, y, w).value
          return { mean, flat, added: lambdas.map((lambda) => Regularizer.l2(lambda)(at.params)) }
        },
        state,
        batch,
      )
      const { added, flat, mean } = yield* run(state, batch)
      return {
        loss: toNumber(mean),
        expected: toNumber(flat),
        ...(classes === undefined ? {} : { classes }),
        // Added in doubles: a loss of 1e10 swallows the penalty in floats.
        penalties: added.map((penalty, i) => ({ lambda: lambdas[i] ?? 0, cost: toNumber(mean) + toNumber(penalty) })),
        rows: Tree.leaves(batch.x as unknown).map((leaf) => (leaf as Tensor).shape[0] ?? 0)[0] ?? 0,
      }
    }),
  )

/** From this many times the expectation on, a first loss is no longer that of a net that knows nothing. */
const [far, low] = [2, 0.5] as const

/** The expectation in words. `expectation({ loss: 1.2, expected: Math.log(3), classes: 3, penalties: [], rows: 9 }) // => "ln 3 = 1.1"` */
export const expectation = ({ classes, expected }: InitialLoss): string =>
  classes !== undefined && Math.abs(expected - Math.log(classes)) < 1e-4 * expected
    ? `ln ${classes} = ${shown(expected)}`
    : `outputs of 0 give ${shown(expected)}`

/** What is wrong with a first loss. */
export const concerns = (found: InitialLoss): ReadonlyArray<Concern> => {
  const { expected, loss, penalties } = found
  const first = `the first loss is ${shown(loss)}, and ${expectation(found)}`
  const level: ReadonlyArray<Concern> = !Number.isFinite(loss)
    ? [{ message: first, advice: "scale the inputs and targets: values of about 1 do not overflow" }]
    : loss > far * expected
      ? [
          {
            message: first,
            advice: "the untrained net is already confident: scale the inputs, or give the last layer a smaller initializer",
          },
        ]
      : loss < low * expected
        ? [{ message: first, advice: "look for an input that gives the answer away, and at the choice of the loss" }]
        : []
  const flat = penalties.findIndex(({ cost }, i) => i > 0 && !(cost > (penalties[i - 1]?.cost ?? Number.NaN)))
  const at = penalties[flat]
  return at === undefined || !Number.isFinite(loss)
    ? level
    : [
        ...level,
        {
          message: `the loss does not rise with the penalty: it is ${shown(at.cost)} for λ = ${at.lambda} as for a smaller one`,
          advice: "all weights are 0: initialize them at random",
        },
      ]
}
