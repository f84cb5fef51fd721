/** The start of delimited text, up to the first row: skipped lines, the delimiter, the names of the columns. */
import * as Result from "effect/Result"
import * as BlankWords from "../BlankWords.ts"
import { type DataError, dataError, quote, type Reason } from "../DataError.ts"
import type { Format } from "../NumberFormat.ts"
import { badQuote, CellScanner } from "./CellScanner.ts"
import { isSpaced, layoutOf, lineEndAt, lineFeed, pastSpaces, quoteMark, startsWith } from "./Layout.ts"
import type { Begin, Storage, Target } from "./RowReader.ts"
import { decode } from "./TextStore.ts"

/** How a column is read: as texts, not at all, or as numbers, in the format of the file or in its own. */
export type Use = "text" | "ignore" | "number" | Format

/** Names of columns, which may depend on the number of cells of the first record. */
export type Names = ReadonlyArray<string> | ((cells: number) => ReadonlyArray<string>)

/** The options that the start depends on, with their defaults. */
export interface StartOptions {
  readonly delimiter: string
  readonly header: boolean
  /** The names of the columns; a function of the number of cells of the first record. */
  readonly names: Names | undefined
  readonly skip: number
  readonly comment: string | undefined
  readonly format: Format
  readonly blanks: BlankWords.BlankWords
  readonly use: (name: string) => Use
  readonly cells: number
  readonly ragged: "error" | "keep"
}

/** The most bytes of the first record. */
const longestFirst = 2 ** 24

/** The most columns. */
const maxColumns = 2 ** 18

/** The line in which spreadsheets name the delimiter. */
export const separatorLine = /^sep=(?<delimiter>[^\r\n"])\r?(?:\n|$)/iu

const delimiters = [",", ";", "\t", "|"] as const

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))

/** Where the first record starts. */
interface Place {
  readonly at: number
  readonly line: number
}

/** The place after lines without records: skipped ones, blank ones and comments. */
const pastLines = (bytes: Uint8Array, from: Place, end: number, comment: Uint8Array | undefined): Place => {
  let { at, line } = from
  while (at < end) {
    const blank = lineEndAt(bytes, at)
    if (blank === 0 && (comment === undefined || !startsWith(bytes, at, comment))) break
    at = bytes.indexOf(lineFeed, at) + 1
    line += 1
  }
  return { at, line }
}

/** The end of the record at a position, behind its line feed; -1 if its quotes are not closed. */
const recordEnd = (bytes: Uint8Array, from: number, end: number): number => {
  let isQuoted = false
  for (let at = from; at < end; at++) {
    if (bytes[at] === quoteMark) isQuoted = !isQuoted
    else if (bytes[at] === lineFeed && !isQuoted) return at + 1
  }
  return -1
}

/** The most frequent delimiter of a record, outside of quotes; a comma if it has none. A mark in numbers is one if there is no other. */
const detected = (bytes: Uint8Array, from: number, end: number, { decimal, thousands }: Format): string => {
  const counts = delimiters.map(() => 0)
  let isQuoted = false
  for (let at = from; at < end; at++) {
    if (bytes[at] === quoteMark) isQuoted = !isQuoted
    if (isQuoted) continue
    const which = delimiters.findIndex((delimiter) => delimiter.charCodeAt(0) === bytes[at])
    if (which >= 0) counts[which] = (counts[which] ?? 0) + 1
  }
  const others = counts.map((count, i) => (delimiters[i] === decimal || delimiters[i] === thousands ? 0 : count))
  const decisive = others.some((count) => count > 0) ? others : counts
  return delimiters[decisive.indexOf(Math.max(...decisive))] ?? ","
}

/** What is wrong with the names of columns; `undefined` if nothing is. */
export const badNames = (names: ReadonlyArray<string>): string | undefined => {
  const blank = names.indexOf("")
  if (blank >= 0) return `no name for column ${blank + 1}`
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) return `the name ${quote(name)} twice`
    seen.add(name)
  }
  return undefined
}

const badHeader = (line: number, got: string): Reason => ({
  _tag: "BadHeader",
  line,
  got,
  wanted: "a different name for every column",
})

/** The cells of one record, and where the next one starts. */
interface Record {
  readonly cells: ReadonlyArray<string>
  readonly next: Place
}

/** Reads the record at a place as texts. */
const recordAt = (
  bytes: Uint8Array,
  from: Place,
  end: number,
  {
    length,
    most,
    scanner,
    spaced,
  }: { readonly scanner: CellScanner; readonly spaced: boolean; readonly length: number; readonly most: number },
): Result.Result<Record, DataError> => {
  scanner.length = length
  const cells: Array<string> = []
  let { at, line } = from
  if (spaced) at = pastSpaces(bytes, at)
  for (;;) {
    if (scanner.scan(bytes, at, end) !== "cell") return refuse(badQuote(scanner, line, undefined))
    cells.push(decode(scanner.source, scanner.start, scanner.end))
    line += scanner.lines
    if (cells.length > most)
      return refuse({ _tag: "TooLarge", what: "the first record", got: BigInt(cells.length), limit: most, unit: "cells" })
    at = scanner.next
    if (lineEndAt(bytes, at) > 0) break
    at = scanner.pastDelimiter(bytes, at)
    if (spaced && lineEndAt(bytes, at) > 0) break
  }
  return Result.succeed({ cells, next: { at: at + lineEndAt(bytes, at), line: line + 1 } })
}

const storageOf = (use: Use): Storage => (use === "ignore" ? "nothing" : use === "text" ? "text" : "number")

/** How each column is read. */
const targetsOf = (names: ReadonlyArray<string>, { format, blanks, use }: StartOptions): ReadonlyArray<Target> => {
  const words = BlankWords.wordsOf(blanks)
  return names.map((name) => {
    const own = use(name)
    return {
      name,
      storage: storageOf(own),
      format: typeof own === "string" ? format : own,
      blanks: words(name),
    }
  })
}

/** Where the rows start, and how they are read. */
export interface Started {
  readonly at: number
  readonly begin: Begin
  /** Whether the text has a header. */
  readonly hasHeader: boolean
}

/** An option that cannot be used. */
const wrongOption = (at: string, got: string, wanted: string): Result.Result<never, DataError> =>
  refuse({ _tag: "BadSpec", at, got, wanted, hint: "" })

/** Checks the options that are the same for every text. Fails with `BadSpec`. */
export const checked = (options: StartOptions): Result.Result<StartOptions, DataError> => {
  const { comment, delimiter, names, skip } = options
  const isCharacter = (text: string): boolean => [...text].length === 1 && !/["\r\n]/.test(text)
  if (delimiter !== "auto" && !isCharacter(delimiter))
    return wrongOption("the delimiter", quote(delimiter), "one character, not a quote or a line end")
  if (comment !== undefined && (!isCharacter(comment) || comment === delimiter))
    return wrongOption("the comment mark", quote(comment), "one character, not a quote, a line end or the delimiter")
  if (!Number.isInteger(skip) || skip < 0) return wrongOption("the number of skipped lines", String(skip), "0, 1, 2, …")
  const misnamed = typeof names === "object" ? badNames(names) : undefined
  if (misnamed !== undefined) return wrongOption("the names", misnamed, "a different name for every column")
  return Result.succeed(options)
}

/**
 * Reads the start of a text; `undefined` if it needs more bytes. A line feed is at `end` - 1, and `length` bytes belong to the
 * text; it has no more bytes if `isLast`. Fails as `Csv.parse` does.
 */
export const start = (
  bytes: Uint8Array,
  end: number,
  { isLast, length }: { readonly isLast: boolean; readonly length: number },
  options: StartOptions,
): Result.Result<Started | undefined, DataError> => {
  const separator = separatorLine.exec(decode(bytes, 0, Math.min(end, 12)))?.groups?.delimiter
  let place: Place = { at: 0, line: 1 }
  for (let lines = Math.max(options.skip, separator === undefined ? 0 : 1); lines > 0 && place.at < end; lines--)
    place = { at: bytes.indexOf(lineFeed, place.at) + 1, line: place.line + 1 }
  const { comment } = layoutOf(",", options.comment)
  const first = pastLines(bytes, place, end, comment)
  const { header: hasHeader, names } = options
  if (first.at >= end) {
    if (!isLast) return Result.succeed(undefined)
    const wanted = hasHeader ? "a header and rows of cells" : "rows of cells"
    const got = options.skip === 0 ? "it is empty" : `there is nothing after the ${options.skip} skipped lines`
    return refuse({ _tag: "Empty", got, wanted })
  }
  const closed = recordEnd(bytes, first.at, Math.min(end, first.at + longestFirst))
  if (closed < 0 && end - first.at >= longestFirst)
    return refuse({ _tag: "TooLarge", what: "the first record", got: BigInt(end - first.at), limit: longestFirst, unit: "bytes" })
  if (closed < 0 && !isLast) return Result.succeed(undefined)
  const sample = closed < 0 ? end : closed
  const delimiter =
    options.delimiter === "auto" ? (separator ?? detected(bytes, first.at, sample, options.format)) : options.delimiter
  const layout = layoutOf(delimiter, options.comment)
  const record = recordAt(bytes, first, end, {
    scanner: new CellScanner(layout),
    spaced: isSpaced(layout),
    length,
    most: Math.min(maxColumns, options.cells),
  })
  if (Result.isFailure(record)) return Result.fail(record.failure)
  const { cells, next } = record.success
  const given = typeof names === "function" ? names(cells.length) : names
  const own = hasHeader && names === undefined ? cells.map((name) => name.trim()) : undefined
  const isTrailing = own !== undefined && own.length > 1 && own.at(-1) === ""
  const columns = given ?? (isTrailing ? own.slice(0, -1) : own) ?? cells.map((_, i) => `c${i + 1}`)
  const misnamed = badNames(columns)
  if (misnamed !== undefined) return refuse(badHeader(first.line, misnamed))
  return Result.succeed({
    at: hasHeader ? next.at : first.at,
    hasHeader,
    begin: {
      layout,
      targets: targetsOf(columns, options),
      line: hasHeader ? next.line : first.line,
      cells: options.cells,
      keepsRagged: options.ragged === "keep",
      ...(isTrailing ? { unnamed: badHeader(first.line, `no name for column ${own.length}`) } : {}),
    },
  })
}
