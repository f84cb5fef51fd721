/**
 * A table is named columns of equally many cells, as in a CSV file. `Preprocess` interprets the cells (as a number, a category
 * or a blank), so it can report a wrong cell with its line and column.
 */
import * as Result from "effect/Result"
import { type DataError, dataError, type Reason } from "./DataError.ts"
import { nearest } from "./Nearest.ts"
import * as TableColumn from "./TableColumn.ts"

export interface Table {
  readonly columns: ReadonlyArray<string>
  /** How many rows there are. */
  readonly size: number
  /** The 1-based line of the file that a row starts on; rows are counted from 0. */
  readonly line: (row: number) => number
  /** The cells of the column at an index of `columns`. */
  readonly column: (index: number) => TableColumn.TableColumn
  /** What is wrong with a row as a whole, where rows with mistakes are kept; their cells mean nothing. */
  readonly mistake?: (row: number) => Reason | undefined
}

/** Row `i` of a table in memory counts as line `i + 1`. */
const lineInMemory = (row: number): number => row + 1

/** A table of columns, all of the same size. Throws `TypeError` for columns of different sizes. */
export const fromColumns = (
  columns: ReadonlyArray<readonly [name: string, column: TableColumn.TableColumn]>,
  line: (row: number) => number = lineInMemory,
): Table => {
  const size = columns[0]?.[1].size ?? 0
  const other = columns.find(([, column]) => column.size !== size)
  if (other !== undefined)
    throw new TypeError(`column \`${other[0]}\` has ${other[1].size} cells, and \`${columns[0]?.[0]}\` has ${size}`)
  return {
    columns: columns.map(([name]) => name),
    size,
    line,
    column: (index) => {
      const found = columns[index]
      if (found === undefined) throw new RangeError(`there is no column ${index} in a table of ${columns.length} columns`)
      return found[1]
    },
  }
}

/**
 * A table of rows of texts in memory. `line` has the line of each row; by default row `i` counts as line `i + 1`. Throws
 * `TypeError` when a row has too few or too many cells.
 */
export const make = (
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  line: (row: number) => number = lineInMemory,
): Table => {
  const wrong = rows.findIndex((row) => row.length !== columns.length)
  if (wrong >= 0)
    throw new TypeError(`row ${wrong + 1} has ${rows[wrong]?.length} cells; the table has ${columns.length} columns`)
  return fromColumns(
    columns.map((name, index) => [name, { size: rows.length, text: (row) => rows[row]?.[index] ?? "" }]),
    line,
  )
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

/** The rows with these numbers (from 0), in this order; their cells stay where they are. Throws `RangeError` for a row that does not exist. */
export const take = (table: Table, rows: Iterable<number>): Table => {
  const numbers: TableColumn.Rows = Array.from(rows)
  for (let i = 0; i < numbers.length; i++) {
    const row = numbers[i] ?? -1
    if (!(Number.isInteger(row) && row >= 0 && row < table.size))
      throw new RangeError(`there is no row ${row} in a table of ${table.size} rows`)
  }
  return {
    columns: table.columns,
    size: numbers.length,
    line: (row) => table.line(numbers[row] ?? -1),
    column: (index) => TableColumn.take(table.column(index), numbers),
    ...(table.mistake === undefined ? {} : { mistake: (row) => table.mistake?.(numbers[row] ?? -1) }),
  }
}

/** The column of a name. Fails with `NoColumn`, which lists the nearest names. */
export const find = (table: Table, name: string): Result.Result<TableColumn.TableColumn, DataError> => {
  const at = table.columns.indexOf(name)
  return at < 0
    ? Result.fail(dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, table.columns), columns: table.columns }))
    : Result.succeed(table.column(at))
}

/** The texts of one column, from the first row to the last, in memory. Fails with `NoColumn`, which lists the nearest names. */
export const column = (table: Table, name: string): Result.Result<ReadonlyArray<string>, DataError> =>
  Result.map(find(table, name), ({ size, text }) => Array.from({ length: size }, (_, row) => text(row)))

/**
 * The texts of all cells, row by row, in memory: for small tables.
 *
 * `Table.rows(Table.make(["a", "b"], [["1", "x"]])) // => [["1", "x"]]`
 */
export const rows = (table: Table): ReadonlyArray<ReadonlyArray<string>> => {
  const columns = table.columns.map((_, index) => table.column(index))
  return Array.from({ length: table.size }, (_, row) => columns.map(({ text }) => text(row)))
}
