/** The gap between the scores of the rows that a net learned from and of those that it did not. */
import * as Effect from "effect/Effect"
import * as Dataset from "../data/Dataset.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import { leaves } from "../learning/Params.ts"
import { evaluator } from "../training/Evaluate.ts"
import { evenSamples } from "../training/layerStatistics.ts"
import type { Scores } from "../training/Progress.ts"
import type { DatasetOf, ReadError } from "../training/Samples.ts"
import * as Shape from "../types/Shape.ts"
import { type Concern, type Facts, shown } from "./Concern.ts"
import type { Subject } from "./Subject.ts"

export const facts: Facts = {
  doc: "The loss and the scores of training rows beside those of validation rows.",
  healthy: "a validation loss of less than one and a half times the training loss",
  advice:
    "A large gap is overfitting: more rows, augmentation, dropout, weight decay, a smaller net, or an early stop. No gap at a high loss is underfitting: a larger net, more epochs, a higher rate.",
  source: "Goodfellow, Bengio and Courville, Deep learning, 2016, section 5.2",
  weights: "trained",
}

/** The scores of both parts. */
export interface Gap {
  readonly rows: number
  readonly parameters: number
  readonly train: Scores
  readonly validation: Scores
}

/** Rows of each part that are scored, at most. */
const mostRows = 8192

/** All rows of a part, or evenly spaced ones. */
const some = <X, T>(data: DatasetOf<X, T>): Effect.Effect<DatasetOf<X, T>, ReadError> =>
  Dataset.size(data) <= mostRows
    ? Effect.succeed(data)
    : Effect.map(
        evenSamples<X, T>(data, mostRows),
        ({ w, x, y }) => ({ inputs: x, targets: y, ...(w === undefined ? {} : { weights: w }) }) as unknown as DatasetOf<X, T>,
      )

/** The gap of a subject; `undefined` for one without validation rows. */
export const gap = <P, S, O, X, Y, T>({
  data,
  loss,
  net,
  scores = {},
  state,
  validation,
}: Subject<P, S, O, X, Y, T>): Effect.Effect<Gap | undefined, EngineError | ReadError, Engine> =>
  validation === undefined
    ? Effect.succeed(undefined)
    : Effect.scoped(
        Effect.gen(function* () {
          const weights = { params: state.params, state: state.state }
          const score = yield* evaluator<P, S, X, Y, T>(net, loss, scores, weights)
          const train = yield* some<X, T>(data)
          const other = yield* some<X, T>(validation as DatasetOf<X, T>)
          return {
            rows: Dataset.size(data),
            parameters: leaves(state.params).reduce((sum, { shape }) => sum + Shape.size(shape), 0),
            train: yield* score(weights, train),
            validation: yield* score(weights, other),
          }
        }),
      )

/** A validation loss this many times the training loss, and this much above it, is a gap. */
const [times, least] = [1.5, 0.02] as const

/** What is wrong with the gap of a run. */
export const concerns = ({ parameters, rows, train, validation }: Gap): ReadonlyArray<Concern> => {
  const [own, other] = [train.loss ?? Number.NaN, validation.loss ?? Number.NaN]
  return other > times * own && other - own > least
    ? [
        {
          message: `the loss is ${shown(own)} on training rows and ${shown(other)} on validation rows: ${rows} rows against ${parameters} parameters`,
          advice: "an early stop, dropout, weight decay, more rows or augmentation, or fewer units",
        },
      ]
    : []
}
