/** The class to be predicted. */
import { kind } from "./Kind.ts"
import { missingName } from "./options.ts"

/** The number of a name among the sorted names of the training rows. */
export const classKind = kind({
  doc: "The class to be predicted: its number among the sorted names of the training rows.",
  advice: "Names that are all numbers are sorted as numbers. Blanks are no class: `missing: drop` leaves their rows out.",
  synonyms: ["label", "target", "classes", "multiclass", "output"],
  fields: {
    role: { kind: "choice", doc: "What it is.", of: ["target"], synonyms: ["usage"], default: "target" },
    missing: missingName,
  },
  role: "target",
  target: "class",
})
