/** Tables from files whose cells have types, such as JSON lines, Parquet and Arrow: numbers stay numbers, and absent values are blanks. */
import * as Result from "effect/Result"
import { type DataError, dataError } from "./DataError.ts"
import * as Table from "./Table.ts"
import * as TableColumn from "./TableColumn.ts"

/** The most cells of a table, as in delimited text. */
export const maxCells = 50_000_000

/** The values of one column in order: numbers, texts, truth values, dates, lists of numbers or of texts; an absent value is a blank. */
export interface Cells {
  readonly name: string
  readonly values: ArrayLike<unknown>
}

/** Whether a column of a name is used. A column that is not may have values that are no cells; they become blanks. */
export type IsUsed = (name: string) => boolean

/** How columns become a table. */
interface Options {
  /** The lines of rows; without it a row has the number of its line. */
  readonly line?: (row: number) => number
  /** The number of rows of the file before these; 0 unless given. */
  readonly before?: number
  /** Without it all columns are used. */
  readonly isUsed?: IsUsed | undefined
}

/** Nested lists deeper than this are refused. */
const deepest = 16

/** Whether a value is a list of numbers, or of such lists. */
const isNumbers = (value: unknown, depth = 0): boolean =>
  Array.isArray(value) || ArrayBuffer.isView(value)
    ? depth < deepest && Array.from(value as ArrayLike<unknown>).every((item) => isNumbers(item, depth + 1))
    : typeof value === "number" || typeof value === "bigint"

const listed = (value: unknown): string =>
  typeof value === "object" ? `[${Array.from(value as ArrayLike<unknown>, listed).join(",")}]` : String(value)

/** A date as ISO 8601 writes it; the time is left out at midnight. */
const dated = (date: Date): string => {
  const text = date.toISOString()
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text.replace(/\.000Z$/, "Z")
}

/** The text of a cell; `undefined` for a value that is no cell. `textOf([1, 2]) // => "[1,2]"` */
export const textOf = (value: unknown): string | undefined => {
  if (value === null || value === undefined) return ""
  if (typeof value === "string") return value
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : dated(value)
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")) return JSON.stringify(value)
  return Array.isArray(value) || ArrayBuffer.isView(value) ? (isNumbers(value) ? listed(value) : undefined) : undefined
}

/** What a value is, for a message. */
const kindOf = (value: unknown): string => {
  if (value instanceof Date) return "a date out of range"
  if (Array.isArray(value)) return "a list of other values than numbers, or than texts"
  return typeof value === "object" ? "a record" : `a ${typeof value}`
}

/** Whether a value is a number that a double holds exactly. */
const isExact = (value: unknown): value is number | bigint =>
  typeof value === "number" || (typeof value === "bigint" && BigInt(Number(value)) === value)

/** How many of the first values decide whether a column is stored as numbers. */
const looked = 1000

/** The values as numbers, where most of them are; `undefined` for a column that has to be kept as texts. */
const numbersOf = (values: ArrayLike<unknown>): TableColumn.TableColumn | undefined => {
  let known = 0
  let exact = 0
  for (let row = 0; row < values.length && known < looked; row++) {
    if (values[row] === null || values[row] === undefined) continue
    known++
    if (isExact(values[row])) exact++
  }
  if (2 * exact <= known) return undefined
  const numbers = new Float64Array(values.length)
  const exceptions = new Map<number, string>()
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    numbers[row] = isExact(value) && Number.isFinite(Number(value)) ? Number(value) : Number.NaN
    if (!Number.isNaN(numbers[row])) continue
    const text = textOf(value)
    // A text of digits is a number too, which a column of numbers would not read.
    if (text === undefined || (text.trim() !== "" && Number.isFinite(Number(text)))) return undefined
    if (text !== "") exceptions.set(row, text)
  }
  return TableColumn.ofNumbers(numbers, exceptions)
}

/**
 * A column of these values, stored as numbers where most are numbers. Whole numbers that no double holds are kept as texts,
 * since identifiers may have that many digits. Fails with `BadCell` for a value that is no cell.
 */
const columnOf = (
  { name, values }: Cells,
  { before = 0, isUsed, line }: Options,
): Result.Result<TableColumn.TableColumn, DataError> => {
  const numbers = numbersOf(values)
  if (numbers !== undefined) return Result.succeed(numbers)
  const texts: Array<string> = []
  for (let row = 0; row < values.length; row++) {
    const text = textOf(values[row])
    if (text === undefined && isUsed?.(name) !== false)
      return Result.fail(
        dataError({
          _tag: "BadCell",
          ...(line === undefined ? {} : { line: line(row) }),
          row: before + row + 1,
          column: name,
          got: kindOf(values[row]),
          wanted: "a number, a text, true, false, null, or a list of numbers or of texts",
          hint: "",
        }),
      )
    texts.push(text ?? "")
  }
  return Result.succeed(TableColumn.ofTexts(texts))
}

/** A table of these columns, which have equal lengths. Fails with `BadCell` for a value that is no cell, in a column that is used. */
export const tableOf = (columns: ReadonlyArray<Cells>, options: Options = {}): Result.Result<Table.Table, DataError> =>
  Result.gen(function* () {
    const made: Array<readonly [string, TableColumn.TableColumn]> = []
    for (const cells of columns) made.push([cells.name, yield* columnOf(cells, options)])
    const { before = 0, line = (row) => before + row + 1 } = options
    return Table.fromColumns(made, line)
  })
