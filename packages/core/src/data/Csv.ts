/**
 * Delimited text (RFC 4180, 2005): cells between delimiters, quoted if they hold a delimiter, a quote or a line end.
 *
 * The reader is our own for three reasons. It reads numbers straight from the bytes into 8 bytes each, so a table of numbers
 * takes no more memory than its numbers. Its errors name the line where a wrong quote was opened, and not the one where it was
 * noticed. And a text in pieces gives the table and the errors of the whole text.
 */
import * as Result from "effect/Result"
import type { BlankWords } from "./BlankWords.ts"
import type { Encoding } from "./csv/Encoding.ts"
import { Input } from "./csv/Input.ts"
import { type Names, separatorLine, type Use } from "./csv/Start.ts"
import type { DataError } from "./DataError.ts"
import type { Table } from "./Table.ts"

export type { Encoding } from "./csv/Encoding.ts"
export type { Use } from "./csv/Start.ts"

/**
 * `delimiter`: the character between cells. A space means any number of spaces and tabs; those at the ends of a line are
 * left out. `auto` chooses the most frequent of comma, semicolon, tab and `|` in the first record, a comma if it has none; a mark in numbers
 * is chosen if there is no other.
 * `header`: whether the first record names the columns; false by default if there are `names`. `names`: the names of the
 * columns. Without names the columns are `c1`, `c2`, … A list as `header` is the same as `names`.
 * `encoding`: how characters are stored. `auto` is UTF-8, or UTF-16 with a byte order mark.
 * `skip`: the number of lines before the first record. `comment`: the character that starts a line of comment.
 * `decimal`, `thousands`: the decimal mark, and the mark between groups of three digits.
 * `blanks`: words that count as blanks besides the usual ones, in all columns or by the name of a column (`"*"` for the rest).
 * `use`: how a column is read, by its name: as `text` (by default), as `number`, or not at all (`ignore`).
 * `cells`: the limit of cells, 50 million unless given.
 * `ragged`: whether a row with too few or too many cells is an error (by default), or kept as a row with a `mistake`.
 */
export interface Options {
  readonly delimiter?: string
  readonly header?: boolean | ReadonlyArray<string>
  readonly names?: ReadonlyArray<string>
  readonly encoding?: Encoding
  readonly skip?: number
  readonly comment?: string
  readonly decimal?: "." | ","
  readonly thousands?: string
  readonly blanks?: BlankWords
  readonly use?: (name: string) => Use
  readonly cells?: number
  readonly ragged?: "error" | "keep"
}

/** The default limit of cells: 400 MB of numbers. */
const defaultMaxCells = 50_000_000

/** The most bytes of a text that is read into memory. */
export const maxBytes = 2 ** 31

/** The longest record, in bytes: a longer one is an unclosed quote, or no delimited text. */
const longestRecord = 2 ** 24

/** An input with these options, for readers of blocks. */
export const input = ({ header, ...options }: Omit<Options, "names"> & { readonly names?: Names }): Input => {
  const names = options.names ?? (typeof header === "object" ? header : undefined)
  const { cells = defaultMaxCells, comment, decimal, delimiter = "auto", encoding = "auto", blanks = [] } = options
  const { ragged = "error", skip = 0, thousands, use = () => "text" } = options
  return new Input({
    delimiter,
    header: typeof header === "boolean" ? header : names === undefined,
    names,
    skip,
    comment,
    format: { ...(decimal === undefined ? {} : { decimal }), ...(thousands === undefined ? {} : { thousands }) },
    blanks,
    use,
    cells,
    ragged,
    encoding,
    longestRecord,
  })
}

/** A reader of one table that is given the bytes of a text in order. Both functions fail as `parse` does. */
export interface Reader {
  /** Reads the next bytes. */
  readonly push: (bytes: Uint8Array) => Result.Result<void, DataError>
  /** The table, when no bytes follow. */
  readonly end: () => Result.Result<Table, DataError>
}

/** A reader of one table from bytes that arrive in pieces. Memory holds the table, a piece and a record. */
export const reader = (options: Options = {}): Reader => {
  const rows = input(options)
  return {
    push: (bytes) => rows.push(bytes),
    end: () =>
      Result.map(rows.end(), () => {
        const table = rows.take()
        if (table === undefined) throw new TypeError("a reader ends once")
        return table
      }),
  }
}

/** The complete records at the start of a text of which only the first bytes are given. Fails as `parse` does. */
export const start = (bytes: Uint8Array, options: Options = {}): Result.Result<Table, DataError> => {
  const rows = input(options)
  return Result.flatMap(rows.push(bytes), () => {
    const table = rows.take()
    return table === undefined ? parse(bytes, options) : Result.succeed(table)
  })
}

/**
 * Reads CSV text or bytes. Blank lines are skipped; a byte order mark, CRLF, CR and a first line `sep=;` are understood. An
 * empty cell after a delimiter at the end of a line is left out.
 *
 * Fails with `Empty`, `NotText`, `BadEncoding` (bytes that are no text in `encoding`), `BadSpec` (an option that cannot be used), `BadHeader` (a blanks or duplicate name), `BadRow`
 * (too few or too many cells), `BadQuote`, `TooLarge` (more cells than
 * `cells`).
 *
 * `Csv.parse("a;b\n1,5;x\n")._tag // => "Success"`
 */
export const parse = (source: string | Uint8Array, options: Options = {}): Result.Result<Table, DataError> => {
  // A string is a text already, whatever the encoding of its file was.
  const isText = typeof source === "string"
  const rows = reader(isText ? { ...options, encoding: "utf-8" } : options)
  return Result.flatMap(rows.push(isText ? new TextEncoder().encode(source) : source), rows.end)
}

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
