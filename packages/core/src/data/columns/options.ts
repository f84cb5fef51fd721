/** Options that several kinds of column have. */

/** What others call `missing`. */
export const missingSynonyms = ["impute", "imputer", "fillna", "missing_value_strategy", "na"] as const

/** The role of a column that may be an input or a target. */
export const eitherRole = {
  kind: "choice",
  doc: "Whether the column is an input or a target.",
  of: ["input", "target"],
  synonyms: ["usage"],
  default: "input",
} as const

/** The option `missing` of columns whose missing values cannot be replaced. */
export const missingName = {
  kind: "choice",
  doc: "How missing values are handled: `drop` removes the row. If not set, a missing value is an error.",
  of: ["drop"],
  synonyms: missingSynonyms,
  optional: true,
} as const
