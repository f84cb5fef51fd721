/** Options that several kinds of column have. */

/** The role of a column that may be an input or a target. */
export const eitherRole = {
  kind: "choice",
  doc: "Whether the column is an input or what is predicted.",
  of: ["input", "target"],
  default: "input",
} as const

/** What to do with a blank, of columns where nothing can stand for it. */
export const missingName = {
  kind: "choice",
  doc: "What to do with a blank: `drop` leaves its row out. Without it a blank is an error.",
  of: ["drop"],
  optional: true,
} as const
