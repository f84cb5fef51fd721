/** Paragraphs for a screen of some width. */

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
