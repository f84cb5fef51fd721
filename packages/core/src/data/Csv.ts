/**
 * CSV as in RFC 4180 (2005): cells between delimiters, quoted if they hold a delimiter, a quote or a line end.
 *
 * The reader is our own for two reasons. The errors of libraries name the line where a wrong quote was noticed (often the
 * last of the file) and not the one where it was opened. And here lines without quotes, nearly all of them, are split natively.
 */
import * as Result from "effect/Result"
import { type DataError, dataError, quote, type Reason } from "./DataError.ts"
import * as Table from "./Table.ts"
import * as Text from "./Text.ts"

/**
 * `delimiter`: the character between cells. A space means any number of spaces and tabs; those at the ends of a line are
 * left out. `auto` chooses the most frequent of comma, semicolon, tab and `|` in the first record, a comma if it has none.
 * `header`: whether the first record names the columns, or the names of the columns of a file without a header. Without
 * names the columns are `c1`, `c2`, …
 * `isContinued`: whether the text continues another one, so that its first line is not `sep=;`.
 * `cells`: the limit of cells, 50 million unless given. The limit of rows is a fifth of it.
 */
export interface Options {
  readonly delimiter?: string
  readonly header?: boolean | ReadonlyArray<string>
  readonly isContinued?: boolean
  readonly cells?: number
}

/** The default limit of cells: about 2 GiB of memory if all texts differ. */
const defaultMaxCells = 50_000_000

/** The memory of a row, in cells. */
const cellsPerRow = 5

const maxRowsOf = (maxCells: number): number => Math.ceil(maxCells / cellsPerRow)

/** The default limit of rows, with the header. */
export const defaultMaxRows = maxRowsOf(defaultMaxCells)

/**
 * Reads CSV text or bytes. Blank lines are skipped; a byte order mark, CRLF, CR and a first line `sep=;` are understood. An
 * empty last column without a name, the result of delimiters at the ends of lines, is left out.
 *
 * Fails with `Empty`, `NotText`, `BadSpec` (a delimiter that is not one character), `BadHeader` (a missing or duplicate
 * name), `BadRow` (too few or too many cells), `BadQuote`, `TooLarge` (more cells than `cells`).
 */
export const parse = (source: string | Uint8Array, options: Options = {}): Result.Result<Table.Table, DataError> => {
  const text = typeof source === "string" ? Result.succeed(source) : Text.decode(source)
  return Result.flatMap(text, (text) => table(withNewLines(text.startsWith("\uFEFF") ? text.slice(1) : text), options))
}

/** The text with `\n` at the ends of its lines, if it has `\r` alone, as old spreadsheets for the Macintosh write it. */
const withNewLines = (text: string): string => (text.includes("\r") && !text.includes("\n") ? text.replaceAll("\r", "\n") : text)

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))

/** Where the records start, and the delimiter of their cells. */
interface Start {
  readonly at: number
  readonly line: number
  readonly delimiter: string
}

/** The line in which spreadsheets name the delimiter. */
const separatorLine = /^sep=(?<delimiter>[^\r\n"])\r?(?:\n|$)/i

/** The delimiter of a text, given its beginning. `delimiterOf("a;b", {}) // => ";"` */
export const delimiterOf = (text: string, { delimiter = "auto" }: Pick<Options, "delimiter">): string =>
  delimiter === "auto" ? (separatorLine.exec(text)?.groups?.delimiter ?? detect(text)) : delimiter

const startOf = (text: string, { delimiter = "auto", isContinued = false }: Options): Start => {
  const separator = isContinued ? null : separatorLine.exec(text)
  const start = separator === null ? { at: 0, line: 1 } : { at: separator[0].length, line: 2 }
  return { ...start, delimiter: delimiterOf(text, { delimiter }) }
}

const isDelimiter = (delimiter: string): boolean => delimiter.length === 1 && !/["\r\n]/.test(delimiter)

const table = (text: string, options: Options): Result.Result<Table.Table, DataError> => {
  const { cells = defaultMaxCells, delimiter = "auto", header = true } = options
  if (delimiter !== "auto" && !isDelimiter(delimiter))
    return refuse({
      _tag: "BadSpec",
      at: "the delimiter",
      got: quote(delimiter),
      wanted: "one character, not a quote or a line end",
      hint: "",
    })
  const read = records(text, startOf(text, options), cells)
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const { rows, lines } = withoutTrailing(read.success, header)
  const [first] = rows
  const [firstLine = 1] = lines
  if (first === undefined)
    return refuse({
      _tag: "Empty",
      got: "it is empty",
      wanted: header === true ? "a header and rows of cells" : "rows of cells",
    })
  const columns = header === true ? first.map((name) => name.trim()) : header === false ? numbered(first.length) : header
  const misnamed = badNames(columns)
  if (misnamed !== undefined)
    return refuse({ _tag: "BadHeader", line: firstLine, got: misnamed, wanted: "a different name for every column" })
  const skip = header === true ? 1 : 0
  if (rows.length === skip) return refuse({ _tag: "Empty", got: "there is a header but no row", wanted: "rows of cells" })
  for (let i = skip; i < rows.length; i++) {
    const got = rows[i]?.length ?? 0
    if (got !== columns.length)
      return refuse({ _tag: "BadRow", line: lines[i] ?? 0, row: i + 1 - skip, got, wanted: columns.length })
  }
  const starts = lines.slice(skip)
  return Result.succeed(Table.make(columns, rows.slice(skip), (row) => starts[row] ?? row + 1))
}

const numbered = (n: number): ReadonlyArray<string> => Array.from({ length: n }, (_, i) => `c${i + 1}`)

const isNothing = (cell: string | undefined): boolean => cell === undefined || cell.trim() === ""

/** Records without the empty cell after a delimiter at the end of a line, if every record with an extra cell has an empty one. */
const withoutTrailing = ({ lines, rows }: Records, header: Options["header"]): Records => {
  if (header === false) return { lines, rows }
  const names = typeof header === "object" ? header : (rows[0] ?? [])
  const width = isNothing(names.at(-1)) ? names.length - 1 : names.length
  const isLonger = (row: ReadonlyArray<string>): boolean => row.length === width + 1 && isNothing(row[width])
  return width > 0 && rows.some(isLonger) && rows.every((row) => row.length === width || isLonger(row))
    ? { lines, rows: rows.map((row) => (isLonger(row) ? row.slice(0, width) : row)) }
    : { lines, rows }
}

const badNames = (names: ReadonlyArray<string>): string | undefined => {
  const blank = names.indexOf("")
  if (blank >= 0) return `no name for column ${blank + 1}`
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) return `the name ${quote(name)} twice`
    seen.add(name)
  }
  return undefined
}

/** The length of text that is searched for the end of the first record. */
const maxHeaderLength = 2 ** 20

const detected = [",", ";", "\t", "|"] as const

/** The most frequent delimiter of the first record, outside of quotes. */
const detect = (text: string): string => {
  const counts = new Map<string, number>(detected.map((delimiter) => [delimiter, 0]))
  let isQuoted = false
  for (let at = 0; at < Math.min(text.length, maxHeaderLength); at++) {
    const character = text[at] ?? ""
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (character === "\n") break
    else if (counts.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  return detected.reduce((best, next) => ((counts.get(next) ?? 0) > (counts.get(best) ?? 0) ? next : best))
}

/** The next position of a character at or after `at`, or the text's length. Calls must be in increasing order of `at`. */
type Next = (at: number) => number

const next = (text: string, character: string): Next => {
  let found = -1
  return (at) => {
    if (found < at) {
      const index = text.indexOf(character, at)
      found = index < 0 ? text.length : index
    }
    return found
  }
}

interface Records {
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly lines: ReadonlyArray<number>
}

/** How many cells a line has, counted up to `limit` + 1. */
const countCells = (line: string, delimiter: string, limit: number): number => {
  let count = 1
  for (let at = line.indexOf(delimiter); at >= 0 && count <= limit; at = line.indexOf(delimiter, at + 1)) count += 1
  return count
}

const records = (text: string, start: Start, maxCells: number): Result.Result<Records, DataError> => {
  const { delimiter } = start
  const isBlank = delimiter === " "
  const rows: Array<ReadonlyArray<string>> = []
  const lines: Array<number> = []
  const nextLineEnd = next(text, "\n")
  const nextQuote = next(text, '"')
  const quotedRecord = quotedRecordOf(text, delimiter, nextLineEnd)
  const tooLarge = (what: string, got: number, limit: number, unit: string) =>
    refuse({ _tag: "TooLarge", what, got: BigInt(got), limit, unit })
  const maxRows = maxRowsOf(maxCells)
  let { at, line } = start
  let cells = 0
  while (at < text.length) {
    const end = nextLineEnd(at)
    if (nextQuote(at) < end) {
      const record = quotedRecord(at, line, maxCells - cells)
      if (Result.isFailure(record)) return Result.fail(record.failure)
      rows.push(record.success.cells)
      lines.push(line)
      cells += record.success.cells.length
      at = record.success.next
      line = record.success.line
    } else {
      const whole = text.slice(at, beforeReturn(text, at, end))
      const content = isBlank ? whole.trim() : whole
      if (content !== "") {
        // A line has at most one cell more than characters, so only lines near the limit are counted.
        if (cells + content.length >= maxCells) cells += countCells(content, delimiter, maxCells - cells)
        if (cells <= maxCells) {
          const row = isBlank ? content.split(/[ \t]+/) : content.split(delimiter)
          if (cells + content.length < maxCells) cells += row.length
          rows.push(row)
          lines.push(line)
        }
      }
      at = end + 1
      line += 1
    }
    if (cells > maxCells) return tooLarge("the table", cells, maxCells, "cells")
    if (rows.length > maxRows) return tooLarge("the table", rows.length, maxRows, "rows")
  }
  return Result.succeed({ rows, lines })
}

const beforeReturn = (text: string, start: number, end: number): number => (end > start && text[end - 1] === "\r" ? end - 1 : end)

interface Record {
  readonly cells: ReadonlyArray<string>
  /** Where the next record starts, and its line. */
  readonly next: number
  readonly line: number
}

const isSpace = (character: string | undefined): boolean => character === " " || character === "\t"

/** Reads a record that has quoted cells. */
const quotedRecordOf = (text: string, delimiter: string, nextLineEnd: Next) => {
  const isBlank = delimiter === " "
  const nextDelimiter = next(text, delimiter)
  const nextTab = next(text, "\t")
  const delimiterFrom = (at: number): number => (isBlank ? Math.min(nextDelimiter(at), nextTab(at)) : nextDelimiter(at))
  const cellEnd = (at: number): number =>
    delimiterFrom(at) < nextLineEnd(at) ? delimiterFrom(at) : beforeReturn(text, at, nextLineEnd(at))
  const pastSpaces = (from: number): number => {
    let at = from
    while (isBlank && isSpace(text[at])) at += 1
    return at
  }

  return (start: number, startLine: number, maxCells: number): Result.Result<Record, DataError> => {
    const cells: Array<string> = []
    let at = pastSpaces(start)
    let line = startLine
    for (;;) {
      if (text[at] === '"') {
        const close = closingQuote(text, at)
        if (close < 0) return unclosed(text, at, line)
        const inner = text.slice(at + 1, close)
        line += inner.split("\n").length - 1
        cells.push(inner.replaceAll('""', '"'))
        at = close + 1
        if (cellEnd(at) !== at) return trailing(text.slice(at, cellEnd(at)), line)
      } else {
        const cell = text.slice(at, cellEnd(at))
        if (cell.includes('"')) return stray(cell, line)
        cells.push(cell)
        at = cellEnd(at)
      }
      if (cells.length > maxCells) return Result.succeed({ cells, next: text.length, line })
      const after = isBlank ? pastSpaces(at) : at + 1
      const isLast = isBlank ? after === at || after >= beforeReturn(text, at, nextLineEnd(at)) : text[at] !== delimiter
      if (at < text.length && !isLast) at = after
      else return Result.succeed({ cells, next: nextLineEnd(at) + 1, line: line + 1 })
    }
  }
}

const closingQuote = (text: string, open: number): number => {
  let at = text.indexOf('"', open + 1)
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2)
  return at
}

const unclosed = (text: string, open: number, line: number) =>
  refuse({
    _tag: "BadQuote",
    line,
    got: `a quote opened before ${quote(text.slice(open + 1, open + 21))} and never closed`,
    wanted: "a closing quote",
    hint: "close it, or write a quote inside a quoted cell twice",
  })

const trailing = (got: string, line: number) =>
  refuse({
    _tag: "BadQuote",
    line,
    got: `${quote(got)} after a closing quote`,
    wanted: "a delimiter or the end of the line",
    hint: "write a quote inside a quoted cell twice",
  })

const stray = (cell: string, line: number) =>
  refuse({
    _tag: "BadQuote",
    line,
    got: `a quote inside the cell ${quote(cell)}`,
    wanted: "quotes around a whole cell",
    hint: 'quote the cell and write the quote in it twice, as in "5"" pipe"',
  })

/** The names of columns and the rows of their texts as CSV text that `parse` reads with the same delimiter; lines end with `\n`. */
export const print = (
  table: { readonly columns: ReadonlyArray<string>; readonly rows: ReadonlyArray<ReadonlyArray<string>> },
  delimiter = ",",
): string =>
  [table.columns, ...table.rows]
    .map((cells) => `${printRecord(cells, delimiter)}\n`)
    .join("")
    .replace(separatorLine, (line) => `"${line.trimEnd()}"\n`)

/** A record of one empty cell is quoted, because it would be a blank line otherwise. */
const printRecord = (cells: ReadonlyArray<string>, delimiter: string): string =>
  cells.length === 1 && cells[0] === "" ? '""' : cells.map((cell) => printCell(cell, delimiter)).join(delimiter)

const printCell = (cell: string, delimiter: string): string => {
  const needsQuotes = delimiter === " " ? cell === "" || /[\s"\uFEFF]/.test(cell) : /["\r\n\uFEFF]/.test(cell)
  return needsQuotes || cell.includes(delimiter) ? `"${cell.replaceAll('"', '""')}"` : cell
}
