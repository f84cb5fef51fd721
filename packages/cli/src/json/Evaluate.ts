/** The event of `evaluate`. */
import * as Schema from "effect/Schema"
import { Count, event, Parts, Score, Units } from "./Values.ts"

const Class = Schema.Struct({ name: Schema.String, precision: Score, recall: Score, f1: Score, support: Count })

export const Evaluated = event("evaluated", "The scores of a run on one part of the data, under the name of the part.", {
  folder: Schema.String,
  split: Schema.Literals(["train", "val", "test"]),
  rows: Count,
  ...Parts,
  units: Schema.optionalKey(Units),
  /** How often each class (row) was predicted as each (column). */
  confusion: Schema.optionalKey(Schema.Array(Schema.Array(Count))),
  classes: Schema.optionalKey(Schema.Array(Class)),
})
