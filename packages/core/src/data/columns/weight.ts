/** The weight of a row. */
import { kind } from "./Kind.ts"
import { missingOr } from "./options.ts"

/** Never an input; it multiplies the loss of its row. */
export const weight = kind({
  doc: "The weight of a row, a number of 0 or more: never an input. It multiplies the loss of the row, and the row's part in scores.",
  advice:
    "Weights are divided by their mean over the training rows, so their scale does not matter. A row of weight 2 counts as two rows.",
  synonyms: ["sample_weight", "weights", "row_weight", "importance", "sample_weights", "instance_weight"],
  fields: { missing: missingOr("number", ["error", "drop"]) },
  role: "weight",
  stores: "number",
})
