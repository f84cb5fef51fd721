/** Texts for a screen of some width. */
import { columns } from "@adjoint/dsl/diagnostic/Printable"

/** Words on lines of at most so many letters; a longer word has a line of its own. `wrapped("a bc def", 4) // => ["a bc", "def"]` */
export const wrapped = (text: string, width: number): ReadonlyArray<string> => {
  const rows: Array<string> = []
  for (const word of text.split(" ")) {
    const row = rows.pop()
    if (row === undefined) rows.push(word)
    else if (row.length + 1 + word.length > width) rows.push(row, word)
    else rows.push(`${row} ${word}`)
  }
  return rows
}

/** Each line moved to the right. */
export const indented = (rows: ReadonlyArray<string>, by: string): ReadonlyArray<string> => rows.map((row) => `${by}${row}`)

/** A line moved to the right, and what does not fit on it further to the right. `hanging("a bc def", 8, "  ") // => ["  a bc", "    def"]` */
export const hanging = (text: string, width: number, by: string): ReadonlyArray<string> =>
  wrapped(text, width - 2 * by.length).map((row, i) => `${i === 0 ? by : by.repeat(2)}${row}`)

/**
 * A text without its middle, where it takes more columns than there are: names differ at their ends.
 *
 * `shortened("class-of-many-letters-17", 12) // => "class-…rs-17"`
 */
export const shortened = (text: string, most: number): string => {
  if (columns(text) <= most) return text
  const characters = [...text]
  let [left, right] = [Math.ceil((most - 1) / 2), Math.floor((most - 1) / 2)]
  const made = () => `${characters.slice(0, left).join("")}…${right === 0 ? "" : characters.slice(-right).join("")}`
  // Wide characters take two columns.
  while (columns(made()) > most && left + right > 0)
    if (left > right) left--
    else right--
  return made()
}

/** How many characters texts begin with in common. */
const commonStart = (texts: ReadonlyArray<string>): number => {
  const [first = "", ...rest] = texts
  let n = 0
  while (n < first.length && rest.every((text) => text[n] === first[n])) n++
  return n
}

/**
 * Texts shortened so that different ones stay different: where their middles are what differs, without what all begin with.
 *
 * `shortenedApart(["long-name-1-of-many", "long-name-2-of-many"], 9) // => ["…1-o…many", "…2-o…many"]`
 */
export const shortenedApart = (texts: ReadonlyArray<string>, most: number): ReadonlyArray<string> => {
  const short = texts.map((text) => shortened(text, most))
  if (new Set(short).size === new Set(texts).size) return short
  const start = commonStart(texts)
  return texts.map((text) => shortened(`…${text.slice(start)}`, most))
}
