/** Options of several kinds of column. */
import { type MissingWord, missingWords } from "../Field.ts"

/** What others call `missing`. */
const missingSynonyms = ["impute", "imputer", "fillna", "fill_value", "missing_value_strategy", "na", "nan", "blank"] as const

/** The documentation of `missing` with these words, in a short first sentence and one about the words. */
const documented = (words: ReadonlyArray<MissingWord>, constant = ""): string => {
  const replaces = words.length > 2
  const said = words.map((word) => `\`${word}\` ${missingWords[word]}`).join(", ")
  return `What to do with a blank: ${replaces ? "report an error, drop its row, or replace it" : "report an error, or drop its row"}. ${said}${constant}.${replaces ? " A target allows `error` and `drop` alone." : ""}`
}

/** What to do with a blank: one of these words. `error` and `drop` are among those of every kind. */
export const missing = <const W extends ReadonlyArray<MissingWord>>(of: W) =>
  ({
    kind: "missing",
    doc: documented(of),
    of,
    synonyms: missingSynonyms,
    default: "error",
  }) as const

/** The same, or a number or a text that replaces the blank. */
export const missingOr = <const C extends "number" | "text", const W extends ReadonlyArray<MissingWord>>(constant: C, of: W) =>
  ({
    kind: "missing",
    doc: documented(of, constant === "number" ? ", and a number replaces it" : ", and `{ constant: … }` replaces it"),
    of,
    constant,
    synonyms: missingSynonyms,
    default: "error",
  }) as const

/** What to do with a blank where nothing is computed from cells. */
export const missingKept = {
  kind: "missing",
  doc: "What to do with a blank: `drop` drops its row. By default it stays blank.",
  of: ["drop"],
  synonyms: missingSynonyms,
  optional: true,
} as const

/** The role of a column that may be an input or a target. */
export const eitherRole = {
  kind: "choice",
  doc: "Whether the column is an input or the target.",
  of: ["input", "target"],
  synonyms: ["usage"],
  default: "input",
} as const

/** The role of a column that is always a target. */
export const targetRole = {
  kind: "choice",
  doc: "Always the target.",
  of: ["target"],
  synonyms: ["usage"],
  default: "target",
} as const

/** What becomes of names in few training rows. */
export const grouping = {
  rare: {
    kind: "amount",
    doc: "Names in fewer training rows than this, a number or a share such as `1%`, count as the name `other`.",
    synonyms: ["min_frequency", "min_count", "min_freq", "threshold"],
    optional: true,
  },
  max: {
    kind: "count",
    doc: "At most so many names, the most common ones; the others count as the name `other`.",
    synonyms: ["max_categories", "most_common", "top", "vocab_size"],
    optional: true,
  },
} as const
