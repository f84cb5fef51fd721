/**
 * Reads CSV text that arrives in pieces as tables of complete records. Memory holds one piece and one record, whatever the
 * length of the text. Each table has the columns of the header, and line numbers of the whole text.
 */
import * as Result from "effect/Result"
import * as Csv from "./Csv.ts"
import { DataError, dataError, type Reason } from "./DataError.ts"
import type { Table } from "./Table.ts"

/** The longest record, in characters: a longer one is an unclosed quote, or not CSV. */
export const maxRecordLength = 2 ** 24

/** A reader that is given the pieces of a text in order. */
export interface Reader {
  /** The records that this piece completes; `undefined` if it completes none. Fails as `Csv.parse` does, and with `TooLarge` for a record that is too long. */
  readonly push: (piece: string) => Result.Result<Table | undefined, DataError>
  /** The records after the last line end. Fails as `Csv.parse` does, with `Empty` for a text without rows. */
  readonly end: () => Result.Result<Table | undefined, DataError>
}

/** Options of the reader. `header` may be a function from the number of cells of the first record to the names of the columns. */
export interface Options extends Omit<Csv.Options, "header"> {
  readonly header?: boolean | ((cells: number) => ReadonlyArray<string>)
}

/** What is known of a text after its first record. */
interface Known {
  readonly columns: ReadonlyArray<string>
  readonly delimiter: string
}

/** Where the last complete record of a text ends, and whether a quote is open at the end of the text. */
interface Cut {
  readonly end: number
  readonly isOpen: boolean
}

/** Line ends inside quotes do not end a record. `wasOpen`: whether the text begins inside quotes. */
const cut = (text: string, wasOpen: boolean): Cut => {
  let isOpen = wasOpen
  let end = 0
  let at = 0
  for (;;) {
    const quote = text.indexOf('"', at)
    const until = quote < 0 ? text.length : quote
    if (!isOpen) {
      const line = text.lastIndexOf("\n", until - 1)
      if (line >= at && line < until) end = line + 1
    }
    if (quote < 0) return { end, isOpen }
    isOpen = !isOpen
    at = quote + 1
  }
}

const lineEnds = (text: string): number => {
  let count = 0
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++
  return count
}

/** A reason with lines and rows counted from the beginning of the text instead of the block. */
const moved = (reason: Reason, lines: number, rows: number): Reason => ({
  ...reason,
  ...("line" in reason && reason.line !== undefined ? { line: reason.line + lines } : {}),
  ...("row" in reason ? { row: reason.row + rows } : {}),
})

/** A reader of text that arrives in pieces. */
export const reader = ({ header = true, ...options }: Options = {}): Reader => {
  let known: Known | undefined
  let pending: Array<string> = []
  let pendingLength = 0
  let isOpen = false
  let lines = 0
  let rows = 0

  /** Reads the first records; their header holds for all others. */
  const begin = (text: string): Result.Result<Table, DataError> => {
    const delimiter = Csv.delimiterOf(text, options)
    const first = Csv.parse(text, { ...options, delimiter, header: header === true })
    if (Result.isFailure(first)) return first
    const { columns } = first.success
    known = { columns: typeof header === "function" ? header(columns.length) : columns, delimiter }
    return Result.succeed({ ...first.success, columns: known.columns })
  }

  const parse = (text: string): Result.Result<Table | undefined, DataError> => {
    const from = { lines, rows }
    const read =
      known === undefined
        ? begin(text)
        : Csv.parse(text, { ...options, delimiter: known.delimiter, header: known.columns, isContinued: true })
    if (Result.isFailure(read)) {
      const { file, reason } = read.failure
      return Result.fail(new DataError({ ...(file === undefined ? {} : { file }), reason: moved(reason, from.lines, from.rows) }))
    }
    const table = read.success
    lines += lineEnds(text)
    rows += table.size
    return Result.succeed({ ...table, line: (row) => table.line(row) + from.lines })
  }

  return {
    push: (piece) => {
      const { end, isOpen: open } = cut(piece, isOpen)
      isOpen = open
      if (end === 0) {
        pending.push(piece)
        pendingLength += piece.length
        if (pendingLength <= maxRecordLength) return Result.succeed(undefined)
        // The parser locates an unclosed quote. If it finds none, the record is too long.
        const read = parse(pending.join(""))
        if (Result.isFailure(read)) return read
        const got = BigInt(pendingLength)
        return Result.fail(dataError({ _tag: "TooLarge", what: "a record", got, limit: maxRecordLength, unit: "characters" }))
      }
      const text = `${pending.join("")}${piece.slice(0, end)}`
      const rest = piece.slice(end)
      const read = parse(text)
      // A header alone, or blank lines, wait for the first row.
      const isEarly = Result.isFailure(read) && read.failure.reason._tag === "Empty"
      pending = isEarly ? [text, rest] : [rest]
      pendingLength = rest.length + (isEarly ? text.length : 0)
      return isEarly ? Result.succeed(undefined) : read
    },
    end: () => {
      const text = pending.join("")
      pending = []
      return text.trim() === "" && known !== undefined ? Result.succeed(undefined) : parse(text)
    },
  }
}
