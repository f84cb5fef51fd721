/** The class to be predicted. */
import { kind } from "./Kind.ts"
import { missingName } from "./options.ts"

/** The number of a name among the sorted names of the training rows. */
export const classKind = kind({
  doc: "The class to predict: its index in the sorted names of the training rows.",
  advice: "Names that are all numbers are sorted as numbers. A missing value is not a class: `missing: drop` removes its row.",
  synonyms: ["label", "target", "classes", "multiclass", "output"],
  fields: {
    role: { kind: "choice", doc: "The role of the column.", of: ["target"], synonyms: ["usage"], default: "target" },
    missing: missingName,
  },
  role: "target",
  target: "class",
})
