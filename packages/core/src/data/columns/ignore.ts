/** A column that is not used. */
import { kind } from "./Kind.ts"

/** Nothing of the column is read. */
export const ignore = kind({
  doc: "A column that is not used.",
  advice: 'Ignore identifiers, and values that are unknown when predicting. `"*": ignore` is for all columns that are not named.',
  synonyms: ["skip", "drop", "exclude", "none", "unused"],
  fields: {},
  role: undefined,
})
