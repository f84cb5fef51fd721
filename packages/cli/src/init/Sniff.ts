/** How the text of a table is to be read, from the text alone: its encoding, delimiter, header and marks. */

import { isBlank } from "@adjoint/core/data/Blank"
import * as Csv from "@adjoint/core/data/Csv"
import type { DataError } from "@adjoint/core/data/DataError"
import { table as guessed, type NamedGuess } from "@adjoint/core/data/Infer"
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
  /** The character between cells, of delimited text. */
  readonly delimiter?: string
  /** What each column probably holds. */
  readonly guesses: ReadonlyArray<NamedGuess>
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

/** Fewer rows with a number say nothing about the first cell of their column. */
const leastRows = 3

/** Whether the first record names the columns: it has a text above numbers, or no number, and is not a value of its column. */
const hasHeader = (
  first: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  isNumeric: (cell: string) => boolean,
): boolean => {
  const isNamed = first.some((cell, column) => {
    const others = rows.map((row) => row[column] ?? "").filter((other) => !isBlank(other))
    return !isBlank(cell) && !isNumeric(cell) && /\p{L}/u.test(cell) && others.length >= leastRows && others.every(isNumeric)
  })
  if (isNamed) return true
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
  const unicode = startsWith(bytes, 0xff, 0xfe) ? "utf-16le" : startsWith(bytes, 0xfe, 0xff) ? "utf-16be" : "utf-8"
  const text = new TextDecoder(encoding === "auto" ? unicode : encoding).decode(bytes.subarray(0, looked))
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
  const untitled = records.slice(titles)
  const isCounts = isCountLine(untitled[0] ?? [], untitled.slice(1), width)
  const [first = [], ...rest] = isCounts ? untitled.slice(1) : untitled
  const marks = commaMarks(rest, delimiter)
  const isNumeric = (cell: string): boolean => Number.isFinite(Quantity.read(cell, marks) ?? Number.NaN)
  const header = hasHeader(first, rest, isNumeric)
  const names = header ? namesOf(first.map(unquoted)) : undefined
  const skip = isCounts ? titles + 1 : titles === 0 ? 0 : all.indexOf(written[titles] ?? "")
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
    const guesses = guessed(table, Number.POSITIVE_INFINITY)
    const blanks = Object.fromEntries(guesses.flatMap(({ name, words }) => (words.length === 0 ? [] : [[name, words] as const])))
    const words = [...new Set(Object.values(blanks).flat())]
    const remarks = [
      encoding === "auto" ? unicode.toUpperCase().replace(/[LB]E$/, "") : "Latin-1",
      delimiter === " " ? "columns apart by spaces" : delimiter === "\t" ? "columns apart by tabs" : `\`${delimiter}\``,
      ...(isCounts ? ["the first line counts rows and columns, and is skipped"] : []),
      ...(titles > 0 ? [`the first ${skip === 1 ? "line is a title" : `${skip} lines are a title`}, and skipped`] : []),
      ...(header ? [] : ["no header, so columns are c1, c2, …"]),
      ...(names === undefined ? [] : ["unusable or repeated names in the header are replaced"]),
      ...(marks.decimal === undefined ? [] : ["decimal commas"]),
      ...(isCommented ? ["lines that start with # are comments"] : []),
      ...(words.length === 0
        ? []
        : [`${words.map((word) => `"${word}"`).join(", ")} among other values ${words.length === 1 ? "is" : "are"} blank`]),
    ]
    const all = words.length === 0 ? options : { ...options, blanks }
    return { options: all, remarks, delimiter, guesses, table: withNumbers(table, guesses, bytes, all) }
  })
}

/** The table with its columns of numbers as numbers, in the format of each, and its words for blanks as blanks. */
const withNumbers = (table: Table, guesses: ReadonlyArray<NamedGuess>, bytes: Uint8Array, options: Sniffed["options"]): Table => {
  const uses = new Map(
    guesses.map(({ format, name, type }) => [name, type === "number" ? (format ?? "number") : "text"] as const),
  )
  return Result.getOrElse(Csv.parse(bytes, { ...options, use: (name) => uses.get(name) ?? "text" }), () => table)
}
