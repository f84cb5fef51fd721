/**
 * Cross-validation: trains one run for each fold of the rows and reports the mean and the deviation of their validation scores. It
 * is a stream of events, like a run. `Split.repeatedFolds` makes the folds.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { sampleSpread } from "../data/sampleSpread.ts"
import type { Engine } from "../engines/Engine.ts"
import { spanned } from "../engines/observe.ts"
import type { Tensor } from "../language/Expr.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { Config } from "./Config.ts"
import * as Check from "./checkData.ts"
import { type Emit, eventStream } from "./eventStream.ts"
import type { EpochRecord, Scores } from "./Progress.ts"
import * as Train from "./Train.ts"
import type { Finished, TrainEvent } from "./TrainEvent.ts"

/** Which fold of which repeat; both count from 1. */
export interface Fold {
  readonly repeat: number
  readonly fold: number
}

/** The validation scores of a fold: those of the weights that its run ends with, which are of this epoch. */
export interface FoldScore extends Fold {
  readonly epoch: number
  readonly scores: Scores
}

/** The mean and the standard deviation (divided by n - 1) of each score; the deviation of one fold is NaN. */
export interface Spread {
  readonly mean: Scores
  readonly deviation: Scores
}

/** The training of a fold has begun; `number` of `of` counts from 1. */
export interface FoldStarted extends Fold {
  readonly _tag: "FoldStarted"
  readonly number: number
  readonly of: number
}

/** An event of the run of a fold. */
export interface FoldTrained<P, S> extends Fold {
  readonly _tag: "FoldTrained"
  readonly event: TrainEvent<P, S>
}

/** A fold is trained and scored. */
export interface FoldScored extends FoldScore {
  readonly _tag: "FoldScored"
}

/** All folds are scored. */
export interface CrossValidated extends Spread {
  readonly _tag: "CrossValidated"
  readonly folds: ReadonlyArray<FoldScore>
}

/** One event of a cross-validation. */
export type CrossValidateEvent<P, S> = FoldStarted | FoldTrained<P, S> | FoldScored | CrossValidated

/** The description of a cross-validation. */
export interface CrossValidation<F extends Fold, P, S, O, R = never, X = Tensor, Y = Tensor, T = NDArray> {
  /** The folds, in the order in which they are trained. */
  readonly folds: ReadonlyArray<F>
  /** The run of a fold, with its validation rows. Preprocessing is fitted on the training rows of this fold. */
  readonly config: (fold: F) => Config<P, S, O, R, X, Y, T>
  /** Folds that are scored already, as before an interruption. They are not trained again. */
  readonly scored?: ReadonlyArray<FoldScore>
}

/** The names that all scores have. */
const shared = (all: ReadonlyArray<Scores>): ReadonlyArray<string> =>
  Object.keys(all[0] ?? {}).filter((name) => all.every((scores) => Object.hasOwn(scores, name)))

/**
 * The mean and the standard deviation of each score.
 *
 * `CrossValidate.spread([{ loss: 1 }, { loss: 3 }]) // => { mean: { loss: 2 }, deviation: { loss: Math.SQRT2 } }`
 */
export const spread = (all: ReadonlyArray<Scores>): Spread => {
  const each = shared(all).map((name) => [name, sampleSpread(all.map((scores) => scores[name] ?? Number.NaN))] as const)
  return {
    mean: Object.fromEntries(each.map(([name, { mean }]) => [name, mean])),
    deviation: Object.fromEntries(each.map(([name, { deviation }]) => [name, deviation])),
  }
}

/** The epoch whose weights a run ends with. */
const keptRecord = <P, S>({ best, history, weights }: Finished<P, S>): EpochRecord | undefined =>
  weights === "best" ? history.find(({ epoch }) => epoch === best?.epoch) : history.at(-1)

const isSame = (a: Fold) => (b: Fold) => a.repeat === b.repeat && a.fold === b.fold

/**
 * Trains and scores one fold after the other. The folds of one config are independent: each starts from its own config. Fails
 * with the errors of a run, and with `ConfigError` without folds and for a fold without validation rows.
 */
export const run = <F extends Fold, P, S, O, R = never, X = Tensor, Y = Tensor, T = NDArray>(
  validation: CrossValidation<F, P, S, O, R, X, Y, T>,
): Stream.Stream<CrossValidateEvent<P, S>, Train.TrainError, Engine | R> =>
  eventStream((emit) =>
    spanned(loop(validation, emit), "CrossValidate.run", () => ({ "adjoint.folds": validation.folds.length })),
  )

const loop = <F extends Fold, P, S, O, R, X, Y, T>(
  { config, folds, scored = [] }: CrossValidation<F, P, S, O, R, X, Y, T>,
  emit: Emit<CrossValidateEvent<P, S>>,
): Effect.Effect<void, Train.TrainError, Engine | R> =>
  Effect.gen(function* () {
    if (folds.length === 0) return yield* Check.problem("folds", "none", "one or more", "Split.repeatedFolds(n, 5, 1, { key })")
    const scores: Array<FoldScore> = []
    for (const [i, own] of folds.entries()) {
      const known = scored.find(isSame(own))
      if (known !== undefined) {
        scores.push(known)
        continue
      }
      const { fold, repeat } = own
      yield* emit({ _tag: "FoldStarted", repeat, fold, number: i + 1, of: folds.length })
      const made = config(own)
      if (made.validation === undefined)
        return yield* Check.problem("config", "no validation rows", "`validation`", "the rows `val` of the fold")
      let found: EpochRecord | undefined
      yield* Stream.runForEach(Train.run(made), (event) => {
        if (event._tag === "Finished") found = keptRecord(event)
        return emit({ _tag: "FoldTrained", repeat, fold, event })
      })
      const score: FoldScore = { repeat, fold, epoch: found?.epoch ?? 0, scores: found?.validation ?? {} }
      scores.push(score)
      yield* emit({ _tag: "FoldScored", ...score })
    }
    yield* emit({ _tag: "CrossValidated", folds: scores, ...spread(scores.map((each) => each.scores)) })
  })
