/**
 * A table is rows of text cells with named columns, as in a CSV file. `Preprocess` interprets the text (as a number, a category
 * or a blank), so it can report a wrong cell with its line and column.
 */
import * as Result from "effect/Result"
import { type DataError, dataError } from "./DataError.ts"
import { nearest } from "./Nearest.ts"

export interface Table {
  readonly columns: ReadonlyArray<string>
  /** Each row has one cell for each column. */
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  /** The 1-based line of the file each row starts on. */
  readonly lines: ReadonlyArray<number>
}

/** A table of rows given in memory; row `i` counts as line `i + 1`. Throws `TypeError` when a row has too few or too many cells. */
export const make = (columns: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): Table => {
  const wrong = rows.findIndex((row) => row.length !== columns.length)
  if (wrong >= 0)
    throw new TypeError(`row ${wrong + 1} has ${rows[wrong]?.length} cells; the table has ${columns.length} columns`)
  return { columns, rows, lines: rows.map((_, i) => i + 1) }
}

/**
 * A table of records, such as the lines of an NDJSON stream. The columns are all names, in the order of their first use. A
 * name that a record lacks is a blank cell, and so is `null`.
 */
export const fromRecords = (records: ReadonlyArray<{ readonly [column: string]: unknown }>): Table => {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))]
  return make(
    columns,
    records.map((record) => columns.map((column) => (Object.hasOwn(record, column) ? printCell(record[column]) : ""))),
  )
}

const printCell = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)

/** The rows with these numbers (from 0), in this order. Throws `RangeError` for a row that does not exist. */
export const take = (table: Table, rows: Iterable<number>): Table => {
  const numbers = Array.from(rows)
  const at = <A>(list: ReadonlyArray<A>, row: number): A => {
    const value = list[row]
    if (value === undefined) throw new RangeError(`there is no row ${row} in a table of ${list.length} rows`)
    return value
  }
  return {
    columns: table.columns,
    rows: numbers.map((row) => at(table.rows, row)),
    lines: numbers.map((row) => at(table.lines, row)),
  }
}

/** The cells of one column, from the first row to the last. Fails with `NoColumn`, which lists the nearest names. */
export const column = (table: Table, name: string): Result.Result<ReadonlyArray<string>, DataError> => {
  const at = table.columns.indexOf(name)
  return at < 0
    ? Result.fail(dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, table.columns), columns: table.columns }))
    : Result.succeed(table.rows.map((row) => row[at] ?? ""))
}
