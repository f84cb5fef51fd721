/** Tables from files whose cells have types, such as JSON lines, Parquet and Arrow: numbers stay numbers, and absent values are blanks. */
import * as Result from "effect/Result"
import { type DataError, dataError } from "./DataError.ts"
import type { Table } from "./Table.ts"

/** The most cells of a table, as in delimited text. */
export const maxCells = 50_000_000

/** The values of one column in order: numbers, texts, truth values, dates, lists of numbers; an absent value is a blank. */
export interface Cells {
  readonly name: string
  readonly values: ArrayLike<unknown>
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
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text
}

/** The text of a cell; `undefined` for a value that is no cell. */
const textOf = (value: unknown): string | undefined => {
  if (value === null || value === undefined) return ""
  if (typeof value === "string") return value
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : dated(value)
  return isNumbers(value) ? listed(value) : undefined
}

/** What a value is, for a message. */
const kindOf = (value: unknown): string => {
  if (value instanceof Date) return "a date out of range"
  if (Array.isArray(value)) return "a list of other values than numbers"
  return typeof value === "object" ? "a record" : `a ${typeof value}`
}

/**
 * A table of these columns, which have equal lengths. `lines` are the lines of the rows; without them a row has the number of
 * its line. Fails with `BadCell` for a value that is no cell.
 */
export const columnsOf = (
  columns: ReadonlyArray<Cells>,
  { lines }: { readonly lines?: ReadonlyArray<number> } = {},
): Result.Result<Table, DataError> => {
  const size = columns[0]?.values.length ?? 0
  const rows: Array<Array<string>> = Array.from({ length: size }, () => [])
  for (const { name, values } of columns)
    for (let i = 0; i < size; i++) {
      const text = textOf(values[i])
      if (text === undefined)
        return Result.fail(
          dataError({
            _tag: "BadCell",
            ...(lines === undefined ? {} : { line: lines[i] ?? 0 }),
            row: i + 1,
            column: name,
            got: kindOf(values[i]),
            wanted: "a number, a text, true, false, null or a list of numbers",
            hint: "",
          }),
        )
      rows[i]?.push(text)
    }
  return Result.succeed({ columns: columns.map(({ name }) => name), rows, lines: lines ?? rows.map((_, i) => i + 1) })
}
