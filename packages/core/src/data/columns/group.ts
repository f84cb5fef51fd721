/** What rows belong together. */
import { kind } from "./Kind.ts"
import { missing } from "./options.ts"

/** Never an input; a split keeps the rows of a group in one part. */
export const group = kind({
  doc: "What rows belong together, such as a patient: never an input. The split keeps the rows of a group in one part.",
  advice:
    "Rows of one patient in training and test make the test too easy. A column that is an input too: `split: { group: NAME }`.",
  synonyms: ["groups", "group_id", "cluster", "subject", "split_group"],
  fields: { missing: missing(["error", "drop"]) },
  role: "group",
})
