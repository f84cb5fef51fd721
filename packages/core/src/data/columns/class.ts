/** The class to predict. */
import { kind } from "./Kind.ts"
import { missing, targetRole } from "./options.ts"

/** The index of a name among the sorted names of the training rows, or among the given ones. */
export const classKind = kind({
  doc: "The class to predict: its index among the sorted names of the training rows.",
  advice: "Names that are all numbers are sorted as numbers. A blank is not a class: `missing: drop` drops its row.",
  synonyms: ["label", "target", "classes", "multiclass", "output"],
  fields: {
    role: targetRole,
    missing: missing(["error", "drop"]),
    names: {
      kind: "names",
      doc: "The classes in their order. Default: the sorted names of the training rows.",
      synonyms: ["classes", "categories", "labels", "class_names"],
      optional: true,
    },
  },
  role: "target",
  target: "class",
  classes: "names",
})
