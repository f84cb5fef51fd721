/** Options of several kinds of file. */

/** The file of a kind that has one. */
export const path = {
  kind: "path",
  doc: "The file, relative to the model file; it may be gzipped.",
  synonyms: ["file", "filename", "file_path"],
} as const

/** The words for blanks of a table. */
export const blanks = {
  kind: "words",
  doc: 'Words for blanks: `[-999, unknown]`, or by column: `{ Age: [-1], "*": [other] }`.',
  synonyms: ["na_values", "null_values", "missing_values", "na_strings"],
  optional: true,
} as const
