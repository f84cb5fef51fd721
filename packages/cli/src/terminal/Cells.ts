/** Rows of texts as a table: each column as wide as its widest text, numbers to the right. */
import { columns } from "@adjoint/dsl/diagnostic/Printable"

/** A cell, and how it looks once it has its width. */
export interface Cell {
  readonly text: string
  readonly look?: (text: string) => string
}

/** A text as a cell. */
export const cell = (text: string, look?: (text: string) => string): Cell => (look === undefined ? { text } : { text, look })

/** How a column is aligned. */
export type Align = "left" | "right"

/**
 * The lines of a table, two blanks between columns.
 *
 * `laid([[{ text: "a" }, { text: "1.5" }], [{ text: "long" }, { text: "2" }]], ["left", "right"]) // => ["a     1.5", "long    2"]`
 */
export const laid = (rows: ReadonlyArray<ReadonlyArray<Cell>>, aligns: ReadonlyArray<Align>): ReadonlyArray<string> => {
  const widths = aligns.map((_, i) => Math.max(0, ...rows.map((row) => columns(row[i]?.text ?? ""))))
  return rows.map((row) => {
    // Blanks at the end of a line are nobody's.
    const last = row.findLastIndex(({ text }) => text !== "")
    return row
      .slice(0, last + 1)
      .map(({ look = (text: string) => text, text }, i) => {
        const room = " ".repeat(Math.max(0, (widths[i] ?? 0) - columns(text)))
        return aligns[i] === "right" ? `${room}${look(text)}` : i === last ? look(text) : `${look(text)}${room}`
      })
      .join("  ")
  })
}
