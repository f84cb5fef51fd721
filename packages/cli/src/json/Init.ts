/** The event of `init`. */
import * as Schema from "effect/Schema"
import { Count, event } from "./Values.ts"

export const Initialized = event("initialized", "A model file was written for some data.", {
  file: Schema.String,
  target: Schema.String,
  rows: Count,
  /** What is proposed for each column, as the model file has it, and why. */
  columns: Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.String, why: Schema.String })),
})
