/** The event of a command that fails, whatever its verb. It is the last line. */
import * as Schema from "effect/Schema"
import { Diagnostic, event, Place } from "./Values.ts"

export const Failed = event("failed", "The command failed.", {
  /** The exit code. */
  exit: Schema.Int,
  /** Which kind of failure, as in `UsageError`. */
  error: Schema.String,
  message: Schema.String,
  /** What to try. */
  hint: Schema.optionalKey(Schema.String),
  /** Where in the model file. */
  place: Schema.optionalKey(Place),
  diagnostics: Schema.optionalKey(Schema.Array(Diagnostic)),
})
