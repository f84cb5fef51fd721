/** Which values of a document a search may choose: all that do not decide which rows are scored, and how. */
import type { Path } from "../source/Path.ts"

interface Refusal {
  readonly message: string
  readonly help: string
}

/** Sections without values to search, with what to do instead. */
const sections: { readonly [section: string]: string } = {
  schema: "write the version itself: `schema: 1`",
  name: "write one name: the trials of a search have numbers",
  search: "the settings of the search itself are written as they are",
  evaluate: "write which rows are scored, and the bounds of scores, as they are",
  lint: "write the codes themselves",
}

/** Keys of `data` that decide which rows there are. */
const rows = new Set(["source", "test", "split", "series", "target"])

const sameRows =
  "all trials are compared on the same rows: search how columns are prepared, the model or the training; for other rows write another file"

/** Why nothing may be searched at a path of the document. `refusal(["train", "batch"]) // => undefined` */
export const refusal = ([section = "", key = ""]: Path): Refusal | undefined => {
  const help = Object.hasOwn(sections, section) ? sections[section] : undefined
  if (help !== undefined) return { message: `\`${section}\` cannot be searched`, help }
  return section === "data" && typeof key === "string" && rows.has(key)
    ? { message: `\`data.${key}\` cannot be searched: it decides which rows are scored`, help: sameRows }
    : undefined
}
