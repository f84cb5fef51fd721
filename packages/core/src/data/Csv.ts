/**
 * CSV as RFC 4180 has it (2005): cells between delimiters, quoted where they hold a delimiter, a quote or a line end.
 *
 * The reader is our own: a library's errors name the line where a wrong quote was noticed (often the last of the file),
 * not the one where it was opened, and lines without a quote, nearly all of them in data sets, are split natively here.
 */
import * as Result from "effect/Result"
import { type DataError, dataError, quote, type Reason } from "./DataError.ts"
import type { Table } from "./Table.ts"
import * as Text from "./Text.ts"

export type Delimiter = "," | ";" | "\t"

/**
 * `delimiter`: what stands between cells; `auto` takes the one the first line holds most of, a comma when it holds none.
 * `header`: whether the first line names the columns; names given here stand for a file that has none. Without names
 * the columns are `c1`, `c2`, …
 */
export interface Options {
  readonly delimiter?: Delimiter | "auto"
  readonly header?: boolean | ReadonlyArray<string>
}

/**
 * Reads CSV text or bytes. Blank lines are skipped; a byte order mark and CRLF are taken as they come.
 *
 * Fails with `Empty`, `NotText`, `BadHeader` (a name missing or twice), `BadRow` (too few or too many cells), `BadQuote`.
 */
export const parse = (source: string | Uint8Array, options: Options = {}): Result.Result<Table, DataError> => {
  const text = typeof source === "string" ? Result.succeed(source) : Text.decode(source)
  return Result.flatMap(text, (text) => table(text.startsWith("\uFEFF") ? text.slice(1) : text, options))
}

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))

const table = (text: string, { delimiter = "auto", header = true }: Options): Result.Result<Table, DataError> => {
  const read = records(text, delimiterOf(text, { delimiter }))
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const { rows, lines } = read.success
  const [first] = rows
  const [firstLine = 1] = lines
  if (first === undefined)
    return refuse({
      _tag: "Empty",
      got: "there is nothing in it",
      wanted: header === true ? "a header and rows of cells" : "rows of cells",
    })
  const columns = header === true ? first.map((name) => name.trim()) : header === false ? numbered(first.length) : header
  const misnamed = badNames(columns)
  if (misnamed !== undefined)
    return refuse({ _tag: "BadHeader", line: firstLine, got: misnamed, wanted: "a name of its own for every column" })
  const skip = header === true ? 1 : 0
  if (rows.length === skip) return refuse({ _tag: "Empty", got: "there is a header and nothing below", wanted: "rows of cells" })
  for (let i = skip; i < rows.length; i++) {
    const got = rows[i]?.length ?? 0
    if (got !== columns.length)
      return refuse({ _tag: "BadRow", line: lines[i] ?? 0, row: i + 1 - skip, got, wanted: columns.length })
  }
  return Result.succeed({ columns, rows: rows.slice(skip), lines: lines.slice(skip) })
}

const numbered = (n: number): ReadonlyArray<string> => Array.from({ length: n }, (_, i) => `c${i + 1}`)

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

/** The delimiter that a text which begins so is read by. `delimiterOf("a;b", {}) // => ";"` */
export const delimiterOf = (text: string, { delimiter = "auto" }: Pick<Options, "delimiter">): Delimiter =>
  delimiter === "auto" ? detect(text) : delimiter

const delimiters: ReadonlyArray<Delimiter> = [",", ";", "\t"]

const detect = (text: string): Delimiter => {
  const end = text.indexOf("\n")
  const line = (end < 0 ? text : text.slice(0, end)).replaceAll(/"[^"]*"/g, "")
  const occurrences = (delimiter: Delimiter): number => line.split(delimiter).length - 1
  return delimiters.reduce((best, next) => (occurrences(next) > occurrences(best) ? next : best))
}

/** Where a character next stands, at or after a place that only moves forward; the text's length where it stands no more. */
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

const records = (text: string, delimiter: Delimiter): Result.Result<Records, DataError> => {
  const rows: Array<ReadonlyArray<string>> = []
  const lines: Array<number> = []
  const nextLineEnd = next(text, "\n")
  const nextQuote = next(text, '"')
  const quotedRecord = quotedRecordOf(text, delimiter, nextLineEnd)
  let line = 1
  let at = 0
  while (at < text.length) {
    const end = nextLineEnd(at)
    if (nextQuote(at) < end) {
      const record = quotedRecord(at, line)
      if (Result.isFailure(record)) return Result.fail(record.failure)
      rows.push(record.success.cells)
      lines.push(line)
      at = record.success.next
      line = record.success.line
    } else {
      const content = text.slice(at, beforeReturn(text, at, end))
      if (content !== "") {
        rows.push(content.split(delimiter))
        lines.push(line)
      }
      at = end + 1
      line += 1
    }
  }
  return Result.succeed({ rows, lines })
}

const beforeReturn = (text: string, start: number, end: number): number => (end > start && text[end - 1] === "\r" ? end - 1 : end)

interface Record {
  readonly cells: ReadonlyArray<string>
  /** Where the following record starts, and on which line. */
  readonly next: number
  readonly line: number
}

/** Reads a record some of whose cells are quoted. */
const quotedRecordOf = (text: string, delimiter: Delimiter, nextLineEnd: Next) => {
  const nextDelimiter = next(text, delimiter)
  const cellEnd = (at: number): number =>
    nextDelimiter(at) < nextLineEnd(at) ? nextDelimiter(at) : beforeReturn(text, at, nextLineEnd(at))

  return (start: number, startLine: number): Result.Result<Record, DataError> => {
    const cells: Array<string> = []
    let at = start
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
      if (at < text.length && text[at] === delimiter) at += 1
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

/** A table as CSV text that `parse` reads back, lines ended by `\n`. */
export const print = (table: Pick<Table, "columns" | "rows">, delimiter: Delimiter = ","): string =>
  [table.columns, ...table.rows].map((cells) => `${printRecord(cells, delimiter)}\n`).join("")

/** A record of one blank cell is quoted, or it would be a blank line. */
const printRecord = (cells: ReadonlyArray<string>, delimiter: Delimiter): string =>
  cells.length === 1 && cells[0] === "" ? '""' : cells.map((cell) => printCell(cell, delimiter)).join(delimiter)

const printCell = (cell: string, delimiter: Delimiter): string =>
  /["\r\n\uFEFF]/.test(cell) || cell.includes(delimiter) ? `"${cell.replaceAll('"', '""')}"` : cell
