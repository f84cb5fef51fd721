/** The event of `plot`. */
import * as Schema from "effect/Schema"
import { event, Score } from "./Values.ts"

export const Plotted = event("plotted", "An activation and its derivative, as points.", {
  name: Schema.String,
  options: Schema.Record(Schema.String, Schema.Unknown),
  title: Schema.String,
  formula: Schema.String,
  derivative: Schema.String,
  points: Schema.Struct({ z: Schema.Array(Score), f: Schema.Array(Score), slope: Schema.Array(Score) }),
  /** The picture that was written, where `-o` asks for one. */
  file: Schema.optionalKey(Schema.String),
})

export const Reported = event("reported", "The pictures and the report of a run were written.", {
  folder: Schema.String,
  /** The report. */
  file: Schema.String,
  plots: Schema.Array(Schema.String),
})
