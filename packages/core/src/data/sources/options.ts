/** Options of several kinds of file. */

/** The file of a kind that has one. */
export const path = {
  kind: "path",
  doc: "The file, relative to the model file; it may be gzipped.",
  synonyms: ["file", "filename", "file_path"],
} as const
