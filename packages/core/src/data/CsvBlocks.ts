/**
 * CSV text that arrives in pieces, as tables of whole records: memory holds one piece and one record, however long the
 * text is. Each table has the columns of the header and the lines of the whole text.
 */
import * as Result from "effect/Result"
import * as Csv from "./Csv.ts"
import { DataError, dataError, type Reason } from "./DataError.ts"
import type { Table } from "./Table.ts"

/** The most characters of one record: a longer one is a quote that was never closed, or no CSV. */
export const maxRecordLength = 2 ** 24

/** Takes pieces of text in order. */
export interface Reader {
  /** The records that this piece completes; `undefined` where it completes none. Fails as `Csv.parse` does, and with `TooLarge` for a record without an end. */
  readonly push: (piece: string) => Result.Result<Table | undefined, DataError>
  /** The records after the last line end. Fails as `Csv.parse` does, with `Empty` for a text without rows. */
  readonly end: () => Result.Result<Table | undefined, DataError>
}

/** How a header is understood once it has been read: the names of its columns, given how many cells the first record has. */
export interface Options extends Omit<Csv.Options, "header"> {
  readonly header?: boolean | ((cells: number) => ReadonlyArray<string>)
}

/** What the records of a text have in common, known after its first record. */
interface Known {
  readonly columns: ReadonlyArray<string>
  readonly delimiter: string
}

/** Where the last record that is complete ends in some text, and whether a quote is open after it. */
interface Cut {
  readonly end: number
  readonly isOpen: boolean
}

/** Line ends inside quotes end no record. `wasOpen` says whether the text begins inside quotes. */
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

/** A reason that counts lines and rows from the beginning of a block, counted from the beginning of the text. */
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

  /** The first records, with the header that all others are read by. */
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
    rows += table.rows.length
    return Result.succeed({ ...table, lines: table.lines.map((line) => line + from.lines) })
  }

  return {
    push: (piece) => {
      const { end, isOpen: open } = cut(piece, isOpen)
      isOpen = open
      if (end === 0) {
        pending.push(piece)
        pendingLength += piece.length
        if (pendingLength <= maxRecordLength) return Result.succeed(undefined)
        // The parser says which quote is open; a record that it takes is too long all the same.
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
