/** The result of a fold of a cross-validation, as summary.json, folds.json and the event `fold_scored` have it. */
import { Scores } from "@adjoint/core/training/Progress"
import * as Schema from "effect/Schema"

/** Which fold of which repeat; both count from 1. */
export const foldFields = { repeat: Schema.Int, fold: Schema.Int }

export const FoldResult = Schema.Struct({
  ...foldFields,
  /** The folder of its run, relative to that of the cross-validation. */
  run: Schema.String,
  epochs: Schema.Int,
  steps: Schema.Int,
  parameters: Schema.Int,
  weights: Schema.Literals(["best", "last"]),
  /** The epoch whose weights are scored. */
  weightsEpoch: Schema.optionalKey(Schema.Int),
  train: Schema.optionalKey(Scores),
  val: Schema.optionalKey(Scores),
  test: Schema.optionalKey(Scores),
})
export type FoldResult = typeof FoldResult.Type

/** Standard deviations of scores over the folds, divided by n - 1. */
export const Deviations = Schema.Struct({
  train: Schema.optionalKey(Scores),
  val: Schema.optionalKey(Scores),
  test: Schema.optionalKey(Scores),
})

/** A cross-validation in a summary, whose scores are then means over the folds. */
export const CrossValidated = Schema.Struct({
  folds: Schema.Int,
  repeats: Schema.Int,
  deviation: Deviations,
  each: Schema.Array(FoldResult),
})
export type CrossValidated = typeof CrossValidated.Type
