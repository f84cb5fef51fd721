/** The event of `evaluate`. */
import * as Schema from "effect/Schema"
import { Count, event, Intervals, Parts, Score, Scores, Slices, Units } from "./Values.ts"

const Class = Schema.Struct({ name: Schema.String, precision: Score, recall: Score, f1: Score, support: Count })

const classes = {
  /** How often each class (row) was predicted as each (column). */
  confusion: Schema.optionalKey(Schema.Array(Schema.Array(Count))),
  /** Each class; of several answers of yes and no, the second class of each under the name of its column. */
  classes: Schema.optionalKey(Schema.Array(Class)),
}

const ofClasses = {
  ...classes,
  /** The classes of each of several heads that has some. */
  heads: Schema.optionalKey(Schema.Record(Schema.String, Schema.Struct(classes))),
}

const Answer = Schema.Union([Schema.String, Schema.Array(Score)])

const beside = {
  /** The interval of each score at 95 %; a score whose rows do not allow one is left out. */
  intervals: Schema.optionalKey(Intervals),
  /** The answer that looks at no input (of several heads that of each) and its scores; runs of older versions lack it. */
  baseline: Schema.optionalKey(
    Schema.Struct({ answer: Schema.Union([Answer, Schema.Record(Schema.String, Answer)]), scores: Scores }),
  ),
  units: Schema.optionalKey(Units),
  /** The scores of the groups that `evaluate.slices` asks for. */
  slices: Schema.optionalKey(Slices),
}

export const Evaluated = event("evaluated", "The scores of a run on one part of the data, under the name of the part.", {
  folder: Schema.String,
  split: Schema.Literals(["train", "val", "test"]),
  rows: Count,
  ...Parts,
  ...beside,
  ...ofClasses,
})

export const EvaluatedFiles = event("evaluated_files", "The scores of a run on the rows of new files.", {
  folder: Schema.String,
  files: Schema.Array(Schema.String),
  rows: Count,
  scores: Scores,
  ...beside,
  ...ofClasses,
})
