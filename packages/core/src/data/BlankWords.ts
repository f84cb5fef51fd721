/** The words that count as blanks in one file besides the usual ones, such as -999, in all of its columns or in some. */
import type { Words } from "./Field.ts"
import * as NumberFormat from "./NumberFormat.ts"
import type { Table } from "./Table.ts"
import type { TableColumn } from "./TableColumn.ts"

/** Words for all columns, or by the name of a column; `"*"` is for the rest. */
export type BlankWords = ReadonlyArray<string> | { readonly [column: string]: ReadonlyArray<string> }

const none: ReadonlySet<string> = new Set()

/** The words of a model file as texts. */
export const textsOf = (words: Words): BlankWords =>
  Array.isArray(words)
    ? words.map(String)
    : Object.fromEntries(
        Object.entries(words).map(([column, own]: readonly [string, ReadonlyArray<string | number>]) => [
          column,
          own.map(String),
        ]),
      )

/** The words of each column. `wordsOf({ age: ["-1"], "*": ["?"] })("age") // => new Set(["-1"])` */
export const wordsOf = (words: BlankWords): ((column: string) => ReadonlySet<string>) => {
  if (Array.isArray(words)) {
    const every = new Set(words as ReadonlyArray<string>)
    return () => every
  }
  const byName = words as { readonly [column: string]: ReadonlyArray<string> }
  const sets = new Map(Object.entries(byName).map(([column, own]) => [column, new Set(own)] as const))
  const rest = sets.get("*") ?? none
  return (column) => sets.get(column) ?? rest
}

/** The numbers among words, in a format: a number counts as a blank by its value. */
export const numbersOf = (words: ReadonlySet<string>, format: NumberFormat.Format = {}): ReadonlyArray<number> =>
  [...words].flatMap((word) => {
    const number = NumberFormat.read(word, format)
    return number === undefined || Number.isNaN(number) ? [] : [number]
  })

/** A column in which cells that are one of some words are blanks. */
const columnWithout = (column: TableColumn, words: ReadonlySet<string>): TableColumn => {
  if (words.size === 0) return column
  const { format, numbers, text } = column
  const values = numbersOf(words, format)
  const isBlankNumber = (value: number): boolean => values.includes(value)
  return {
    ...column,
    text: (row) => {
      const cell = text(row)
      return words.has(cell.trim()) || (values.length > 0 && isBlankNumber(numbers?.([row])[0] ?? Number.NaN)) ? "" : cell
    },
    ...(numbers === undefined || values.length === 0
      ? {}
      : {
          numbers: (rows) => {
            const out = numbers(rows)
            for (let i = 0; i < out.length; i++) if (isBlankNumber(out[i] ?? 0)) out[i] = Number.NaN
            return out
          },
        }),
  }
}

/**
 * A table in which these words are blanks, as delimited text is read with them. Cells stay where they are.
 *
 * ```ts
 * import { Table } from "@adjoint/core"
 * import { without } from "@adjoint/core/data/BlankWords"
 * Table.rows(without(Table.make(["x"], [["-1"], ["2"]]), ["-1"])) // => [[""], ["2"]]
 * ```
 */
export const without = (table: Table, words: BlankWords | undefined): Table => {
  if (words === undefined || (Array.isArray(words) && words.length === 0)) return table
  const of = wordsOf(words)
  return { ...table, column: (index) => columnWithout(table.column(index), of(table.columns[index] ?? "")) }
}
