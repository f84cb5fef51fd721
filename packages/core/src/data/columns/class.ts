/** The class to predict. */
import { kind } from "./Kind.ts"
import { missingName } from "./options.ts"

/** The index of a name among the sorted names of the training rows. */
export const classKind = kind({
  doc: "The class to predict: its index among the sorted names of the training rows.",
  advice: "Names that are all numbers are sorted as numbers. A blank is not a class: `missing: drop` drops its row.",
  synonyms: ["label", "target", "classes", "multiclass", "output"],
  fields: {
    role: { kind: "choice", doc: "Always the target.", of: ["target"], synonyms: ["usage"], default: "target" },
    missing: missingName,
  },
  role: "target",
  target: "class",
})
