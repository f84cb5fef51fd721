/** The name of a row. */
import { kind } from "./Kind.ts"
import { missingKept } from "./options.ts"

/** Never an input; predictions repeat it. */
export const id = kind({
  doc: "The name of a row, such as a customer number: never an input. `predict` prints it with each prediction.",
  advice: "An identifier as an input lets a net memorize rows. New rows may come without it.",
  synonyms: ["identifier", "key", "index", "uuid", "guid", "row_id", "primary_key"],
  fields: { missing: missingKept },
  role: "id",
})
