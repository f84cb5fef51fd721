/** The event of `evaluate`. */
import * as Schema from "effect/Schema"
import { Count, event, Parts, Score, Units } from "./Values.ts"

const Class = Schema.Struct({ name: Schema.String, precision: Score, recall: Score, f1: Score, support: Count })

const classes = {
  /** How often each class (row) was predicted as each (column). */
  confusion: Schema.optionalKey(Schema.Array(Schema.Array(Count))),
  /** Each class; of several answers of yes and no, the second class of each under the name of its column. */
  classes: Schema.optionalKey(Schema.Array(Class)),
}

export const Evaluated = event("evaluated", "The scores of a run on one part of the data, under the name of the part.", {
  folder: Schema.String,
  split: Schema.Literals(["train", "val", "test"]),
  rows: Count,
  ...Parts,
  units: Schema.optionalKey(Units),
  ...classes,
  /** The classes of each of several heads that has some. */
  heads: Schema.optionalKey(Schema.Record(Schema.String, Schema.Struct(classes))),
})
