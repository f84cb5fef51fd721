/** How the text of a table is to be read, from the text alone: its encoding, delimiter, header and marks. */

import { isBlank } from "@adjoint/core/data/Blank"
import * as Csv from "@adjoint/core/data/Csv"
import type { DataError } from "@adjoint/core/data/DataError"
import * as Quantity from "@adjoint/core/data/Quantity"
import type { Table } from "@adjoint/core/data/Table"
import * as Result from "effect/Result"

/** Options of a source that are not the defaults, and a remark on each for people. */
export interface Sniffed {
  readonly options: Pick<Csv.Options, "comment" | "decimal" | "delimiter" | "encoding" | "header" | "skip">
  readonly remarks: ReadonlyArray<string>
  readonly table: Table
}

/** Bytes that are looked at. */
const looked = 2 ** 18

/** Lines that are looked at. */
const lines = 200

const isText = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

const startsWith = (bytes: Uint8Array, first: number, second: number): boolean => bytes[0] === first && bytes[1] === second

/** Bytes that are not UTF-8, nor UTF-16 with a byte order mark, are taken as Western European text. */
const encodingOf = (bytes: Uint8Array): "auto" | "windows-1252" =>
  startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff) || isText(bytes) ? "auto" : "windows-1252"

const isNumber = (cell: string): boolean => Number.isFinite(Quantity.read(cell) ?? Number.NaN)

/** The cells of a record without quotes, which is enough to count them. */
const cellsOf = (line: string, delimiter: string): ReadonlyArray<string> => {
  if (delimiter === " ") return line.trim().split(/[ \t]+/)
  const cells: Array<string> = [""]
  let isQuoted = false
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted
    else if (character === delimiter && !isQuoted) cells.push("")
    else cells.push(`${cells.pop()}${character}`)
  }
  return cells
}

/** The most frequent of the usual delimiters in a line, a comma if it has none. */
const delimiterOf = (line: string): string =>
  [",", ";", "\t", "|"].reduce((best, next) => (cellsOf(line, next).length > cellsOf(line, best).length ? next : best))

const mostCommon = (values: ReadonlyArray<number>): number => {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0])[0]
}

/** A comma or a dot alone between digits, as in 1,5: the mark of decimals where a comma does not separate cells. */
const decimalComma = /^[+-]?\d+,\d+$/

const hasDecimalCommas = (rows: ReadonlyArray<ReadonlyArray<string>>, delimiter: string): boolean =>
  delimiter !== "," &&
  rows.some((row) => row.some((cell) => decimalComma.test(cell.trim()))) &&
  !rows.some((row) => row.some((cell) => /^[+-]?\d+\.\d+$/.test(cell.trim())))

/** Whether the first record names the columns: it has no number where the others have, and is not a value of its column. */
const hasHeader = (
  first: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  isNumeric: (cell: string) => boolean,
): boolean => {
  if (first.some((cell) => cell.trim() !== "" && isNumeric(cell))) return false
  if (rows.some((row) => row.some(isNumeric))) return true
  // Of texts alone, a record of values repeats those of other rows.
  return !first.every((cell, column) => isBlank(cell) || rows.some((row) => row[column] === cell))
}

/** Whether the first record is that of scikit-learn's files: how many rows and columns there are, and the names of the classes. */
const isCountLine = (first: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>, width: number): boolean => {
  const [count = "", columns = "", ...names] = first
  if (rows.length < 3 || !/^\d+$/.test(count) || !/^\d+$/.test(columns)) return false
  if (names.length > 0 && names.every((name) => !isNumber(name))) return Number(columns) === width - 1
  return first.length !== width && first.length !== width + 1
}

/** Reads a table whose form is not known. Fails as `Csv.parse` does. */
export const sniff = (bytes: Uint8Array): Result.Result<Sniffed, DataError> => {
  const encoding = encodingOf(bytes)
  const text = new TextDecoder(
    encoding === "auto"
      ? startsWith(bytes, 0xff, 0xfe)
        ? "utf-16le"
        : startsWith(bytes, 0xfe, 0xff)
          ? "utf-16be"
          : "utf-8"
      : encoding,
  ).decode(bytes.subarray(0, looked))
  const all = text.split(/\r\n|\n|\r/).slice(0, lines)
  const isCommented = all[0]?.startsWith("#") === true && all.filter((line) => line.startsWith("#")).length < all.length / 2
  const written = all.filter((line) => line.trim() !== "" && !(isCommented && line.startsWith("#")))
  const hasMarks = written.slice(0, 20).some((line) => /[,;\t|]/.test(line))
  const found = delimiterOf(written[0] ?? "")
  const delimiter = hasMarks ? found : /\S[ \t]+\S/.test(written[1] ?? "") ? " " : found
  const records = written.map((line) => cellsOf(line, delimiter))
  const [first = [], ...rest] = bytes.length > looked ? records.slice(0, -1) : records
  const width = mostCommon(rest.map((row) => row.length))
  const isCounts = isCountLine(first, rest, width)
  const decimal = hasDecimalCommas(rest, delimiter) ? "," : "."
  const isNumeric = (cell: string): boolean => Number.isFinite(Quantity.read(cell, { decimal }) ?? Number.NaN)
  const header = !isCounts && hasHeader(first, rest, isNumeric)
  const options: Sniffed["options"] = {
    ...(encoding === "auto" ? {} : { encoding }),
    ...(delimiter === " " || delimiter !== found ? { delimiter } : {}),
    ...(isCommented ? { comment: "#" } : {}),
    ...(isCounts ? { skip: 1 } : {}),
    ...(header ? {} : { header: false }),
    ...(decimal === "," ? { decimal } : {}),
  }
  const remarks = [
    encoding === "auto" ? "UTF-8" : "Latin-1",
    delimiter === " " ? "columns apart by spaces" : delimiter === "\t" ? "columns apart by tabs" : `\`${delimiter}\``,
    ...(isCounts ? ["the first line counts rows and names classes, and is skipped"] : []),
    ...(header ? [] : ["no header, so columns are c1, c2, …"]),
    ...(decimal === "," ? ["decimal commas"] : []),
    ...(isCommented ? ["lines that start with # are comments"] : []),
  ]
  return Result.map(Csv.parse(bytes, options), (table) => ({
    options,
    remarks,
    table: withNumbers(table, bytes, options, isNumeric),
  }))
}

/** The table with its columns of numbers as numbers, so that decimal commas are understood. */
const withNumbers = (
  table: Table,
  bytes: Uint8Array,
  options: Sniffed["options"],
  isNumeric: (cell: string) => boolean,
): Table => {
  const numeric = new Set(
    table.columns.filter((_, index) => {
      const { size, text } = table.column(index)
      let found = false
      for (let row = 0; row < size; row++) {
        const cell = text(row)
        if (isBlank(cell)) continue
        if (!isNumeric(cell)) return false
        found = true
      }
      return found
    }),
  )
  const typed = Csv.parse(bytes, { ...options, use: (name) => (numeric.has(name) ? "number" : "text") })
  return Result.getOrElse(typed, () => table)
}
