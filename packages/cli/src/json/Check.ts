/** The event of `check`, which `train` and `sweep` print too where a model file has warnings. */
import * as Schema from "effect/Schema"
import { Count, Diagnostic, event } from "./Values.ts"

export const Checked = event("checked", "A model file was checked. Of many diagnostics the first hundred are listed.", {
  file: Schema.String,
  errors: Count,
  warnings: Count,
  /** How many diagnostics are not listed. */
  omitted: Schema.optionalKey(Count),
  diagnostics: Schema.Array(Diagnostic),
  /** How many edits `--fix` wrote to the file. */
  edits: Schema.optionalKey(Count),
})
