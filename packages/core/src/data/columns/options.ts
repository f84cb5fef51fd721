/** Options of several kinds of column. */

/** What others call `missing`. */
export const missingSynonyms = ["impute", "imputer", "fillna", "missing_value_strategy", "na"] as const

/** The role of a column that may be an input or a target. */
export const eitherRole = {
  kind: "choice",
  doc: "Whether the column is an input or the target.",
  of: ["input", "target"],
  synonyms: ["usage"],
  default: "input",
} as const

/** What to do with a blank, for columns where no value can replace it. */
export const missingName = {
  kind: "choice",
  doc: "What to do with a blank: `drop` drops its row. Without it a blank is an error.",
  of: ["drop"],
  synonyms: missingSynonyms,
  optional: true,
} as const
