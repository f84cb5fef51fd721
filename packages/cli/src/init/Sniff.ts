/** How the text of a table is to be read, from the text alone: its encoding, delimiter, header and marks. */

import { isBlank } from "@adjoint/core/data/Blank"
import * as Csv from "@adjoint/core/data/Csv"
import type { DataError } from "@adjoint/core/data/DataError"
import * as Quantity from "@adjoint/core/data/Quantity"
import type { Table } from "@adjoint/core/data/Table"
import * as Result from "effect/Result"

/** Options of a source that are not the defaults, and a remark on each for people. */
export interface Sniffed {
  readonly options: Pick<
    Csv.Options,
    "blanks" | "comment" | "decimal" | "delimiter" | "encoding" | "header" | "names" | "skip" | "thousands"
  >
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

/** A cell without the quotes around it. */
const unquoted = (cell: string): string => {
  const text = cell.trim()
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text
}

/** The most frequent of the usual delimiters in a line, a comma if it has none. */
const delimiterOf = (line: string): string =>
  [",", ";", "\t", "|"].reduce((best, next) => (cellsOf(line, next).length > cellsOf(line, best).length ? next : best))

const mostCommon = (values: ReadonlyArray<number>): number => {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0])[0]
}

/** A decimal comma, as in 1,5 and 1.234,5. */
const decimalComma = /^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$/

/** Dots between groups of three digits, and a decimal comma. */
const groupedByDots = /^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/

/** The marks in numbers whose decimal mark is a comma, which then does not separate cells. */
const commaMarks = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  delimiter: string,
): Pick<Sniffed["options"], "decimal" | "thousands"> => {
  const has = (form: RegExp): boolean => rows.some((row) => row.some((cell) => form.test(cell.trim())))
  if (delimiter === "," || !has(decimalComma)) return {}
  if (has(groupedByDots)) return { decimal: ",", thousands: "." }
  return has(/^[+-]?\d+\.\d+$/) ? {} : { decimal: "," }
}

/** Records before the table, at most: its title, and notes. */
const mostTitles = 20

/** How many records with one cell stand before the first record of a table of several columns. */
const titlesOf = (records: ReadonlyArray<ReadonlyArray<string>>, width: number): number => {
  const first = records.slice(0, mostTitles).findIndex((record) => record.length > 1)
  return width > 1 && first > 0 ? first : 0
}

/**
 * The names of a header, if some cannot stay as they are: a column without a name, or with one that a model file refuses, is
 * named by its number, and so is the second column of a name.
 */
const namesOf = (header: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const written = header.map((name) => (name.trim() === "__proto__" ? "" : name.trim()))
  if (written.every((name, i) => name !== "" && written.indexOf(name) === i)) return undefined
  const taken = new Set(written)
  return written.map((name, i) => {
    if (name !== "" && written.indexOf(name) === i) return name
    let free = name === "" ? `c${i + 1}` : `${name}_${i + 1}`
    while (taken.has(free)) free = `${free}_`
    taken.add(free)
    return free
  })
}

/** Words among numbers that stand for blanks, at most in a column, and the share of numbers that it has at least. */
const [mostWords, leastNumbers] = [2, 0.8]

/** Words that stand for blanks in columns that are numbers but for them. */
const wordsOf = (table: Table, isNumeric: (cell: string) => boolean): { readonly [column: string]: ReadonlyArray<string> } =>
  Object.fromEntries(
    table.columns.flatMap((name, index): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => {
      const { size, text } = table.column(index)
      const words = new Set<string>()
      let [numbers, others] = [0, 0]
      for (let row = 0; row < size; row++) {
        const cell = text(row).trim()
        if (isBlank(cell)) continue
        if (isNumeric(cell)) numbers++
        else {
          others++
          words.add(cell)
          if (words.size > mostWords) return []
        }
      }
      const isWritten = others > 0 && numbers >= leastNumbers * (numbers + others) && ![...words].some((word) => /\d/.test(word))
      return isWritten ? [[name, [...words]]] : []
    }),
  )

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
  const found = delimiterOf(written.slice(0, mostTitles).find((line) => /[,;\t|]/.test(line)) ?? "")
  const delimiter = hasMarks ? found : /\S[ \t]+\S/.test(written[1] ?? "") ? " " : found
  const read = written.map((line) => cellsOf(line, delimiter))
  const records = bytes.length > looked ? read.slice(0, -1) : read
  const width = mostCommon(records.map((row) => row.length))
  const titles = titlesOf(records, width)
  const [first = [], ...rest] = records.slice(titles)
  const isCounts = isCountLine(first, rest, width)
  const marks = commaMarks(rest, delimiter)
  const isNumeric = (cell: string): boolean => Number.isFinite(Quantity.read(cell, marks) ?? Number.NaN)
  const header = !isCounts && hasHeader(first, rest, isNumeric)
  const names = header ? namesOf(first.map(unquoted)) : undefined
  const skip = isCounts ? 1 : titles === 0 ? 0 : all.indexOf(written[titles] ?? "")
  const options: Sniffed["options"] = {
    ...(encoding === "auto" ? {} : { encoding }),
    ...(delimiter === " " || delimiter !== delimiterOf(written[titles] ?? "") ? { delimiter } : {}),
    ...(isCommented ? { comment: "#" } : {}),
    ...(skip > 0 ? { skip } : {}),
    ...(names === undefined ? {} : { header: true, names }),
    ...(header ? {} : { header: false }),
    ...marks,
  }
  return Result.map(Csv.parse(bytes, options), (table) => {
    const blanks = wordsOf(table, isNumeric)
    const words = [...new Set(Object.values(blanks).flat())]
    const remarks = [
      encoding === "auto" ? "UTF-8" : "Latin-1",
      delimiter === " " ? "columns apart by spaces" : delimiter === "\t" ? "columns apart by tabs" : `\`${delimiter}\``,
      ...(isCounts ? ["the first line counts rows and names classes, and is skipped"] : []),
      ...(titles > 0 ? [`the first ${skip === 1 ? "line is a title" : `${skip} lines are a title`}, and skipped`] : []),
      ...(header ? [] : ["no header, so columns are c1, c2, …"]),
      ...(names === undefined ? [] : ["unusable or repeated names in the header are replaced"]),
      ...(marks.decimal === undefined ? [] : ["decimal commas"]),
      ...(isCommented ? ["lines that start with # are comments"] : []),
      ...(words.length === 0
        ? []
        : [`${words.map((word) => `"${word}"`).join(", ")} among numbers ${words.length === 1 ? "is" : "are"} blank`]),
    ]
    const all = words.length === 0 ? options : { ...options, blanks }
    return { options: all, remarks, table: withNumbers(table, bytes, all, isNumeric) }
  })
}

/** The table with its columns of numbers as numbers, so that decimal commas are understood. */
const withNumbers = (
  table: Table,
  bytes: Uint8Array,
  options: Sniffed["options"],
  isNumeric: (cell: string) => boolean,
): Table => {
  const words = options.blanks as { readonly [column: string]: ReadonlyArray<string> } | undefined
  const numeric = new Set(
    table.columns.filter((name, index) => {
      const { size, text } = table.column(index)
      const others = words !== undefined && Object.hasOwn(words, name) ? words[name] : undefined
      let found = false
      for (let row = 0; row < size; row++) {
        const cell = text(row)
        if (isBlank(cell) || others?.includes(cell.trim()) === true) continue
        if (!isNumeric(cell)) return false
        found = true
      }
      return found
    }),
  )
  const typed = Csv.parse(bytes, { ...options, use: (name) => (numeric.has(name) ? "number" : "text") })
  return Result.getOrElse(typed, () => table)
}
