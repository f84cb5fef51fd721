/** The result of a run, as summary.json and the event `summary` have it. */
import { Scores } from "@adjoint/core/training/Progress"
import * as Schema from "effect/Schema"
import { CrossValidated } from "./Folds.ts"
import { Slices } from "./Values.ts"

/** The result of a run. */
export const Summary = Schema.Struct({
  version: Schema.Literal(1),
  status: Schema.Literals(["finished", "stopped early", "interrupted", "failed"]),
  /** The checkpoint that the run stands for: these weights are kept, and scored on the test rows. */
  weights: Schema.Literals(["best", "last"]),
  /** The epoch whose weights they are. */
  weightsEpoch: Schema.optionalKey(Schema.Int),
  epochs: Schema.Int,
  steps: Schema.Int,
  parameters: Schema.Int,
  seconds: Schema.Finite,
  best: Schema.optionalKey(Schema.Struct({ monitor: Schema.String, epoch: Schema.Int, value: Schema.Finite })),
  train: Schema.optionalKey(Scores),
  val: Schema.optionalKey(Scores),
  test: Schema.optionalKey(Scores),
  /** What scores are in, where the net learns other numbers than were measured; the loss is of those it learns. */
  units: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** The answer that looks at no input, and its scores. */
  baseline: Schema.optionalKey(Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite]))),
  /** Of a run with class weights: the balanced accuracy of its heads with classes on the rows of the baseline, by which it is judged. */
  balanced: Schema.optionalKey(Scores),
  /** The score that is worse than the baseline's, where one is. */
  worseThanBaseline: Schema.optionalKey(Schema.String),
  /** The folds, if the model file has several. */
  crossValidation: Schema.optionalKey(CrossValidated),
  /** The scores of a linear model on the rows of the baseline. */
  linear: Schema.optionalKey(Scores),
  /** The watched score, where it is worse than the linear model's. */
  worseThanLinear: Schema.optionalKey(Schema.String),
  /** The scores of the groups that `evaluate.slices` asks for, on the part that the model file evaluates. */
  slices: Schema.optionalKey(Slices),
  parent: Schema.optionalKey(Schema.String),
  failure: Schema.optionalKey(Schema.String),
})
export type Summary = typeof Summary.Type
