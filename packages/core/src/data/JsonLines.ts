/** Lines of JSON (NDJSON), one value a line. A line that is not JSON is a value too, so that a reader can continue after it. */
import * as Result from "effect/Result"
import { type DataError, dataError, quote } from "./DataError.ts"
import { duplicateKey, mayHaveDuplicates } from "./duplicateKey.ts"
import type { BlockReader } from "./sources/Kind.ts"
import type { Table } from "./Table.ts"
import * as TextPieces from "./TextPieces.ts"
import { type Cells, type IsUsed, maxCells, tableOf } from "./TypedTable.ts"

/** What is wrong with one line. */
export interface Wrong {
  readonly got: string
  readonly wanted: string
  /** The column, where one is wrong and not the whole line. */
  readonly column?: string
}

/** A line that is not blank: its number, from 1, and its value. */
export interface Line {
  readonly line: number
  readonly value: Result.Result<unknown, Wrong>
}

/** The most characters of a line, unless a reader sets another limit. */
export const longestLine = 2 ** 24

/** The value of one line. */
const parse = (text: string): Line["value"] => {
  try {
    const value: unknown = JSON.parse(text)
    const duplicate = isRecord(value) && mayHaveDuplicates(text, Object.keys(value).length) ? duplicateKey(text) : undefined
    return duplicate === undefined
      ? Result.succeed(value)
      : Result.fail({ got: "two values", wanted: "one value for each column", column: duplicate })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return Result.fail({
      got: `text that is not JSON: ${why.slice(0, 200)}`,
      wanted: "a record of columns, or a list of numbers",
    })
  }
}

/** Bytes that arrive in pieces, as lines. Both functions fail with `NotText`, and `push` with `TooLarge` for a line without an end. */
export interface Reader {
  readonly push: (bytes: Uint8Array) => Result.Result<ReadonlyArray<Line>, DataError>
  readonly end: () => Result.Result<ReadonlyArray<Line>, DataError>
}

/** A reader of lines; blank ones are skipped. */
export const reader = (limit = longestLine): Reader => {
  const decoder = TextPieces.decoder()
  let pending: Array<string> = []
  let held = 0
  let line = 1

  const take = (text: string): ReadonlyArray<Line> =>
    text.split("\n").flatMap((row) => {
      const number = line++
      return row.trim() === "" ? [] : [{ line: number, value: parse(row) }]
    })

  return {
    push: (bytes) =>
      Result.flatMap(decoder.push(bytes), (text) => {
        const end = text.lastIndexOf("\n")
        if (end >= 0) {
          const whole = `${pending.join("")}${text.slice(0, end)}`
          pending = [text.slice(end + 1)]
          held = text.length - end - 1
          return Result.succeed(take(whole))
        }
        pending.push(text)
        held += text.length
        return held <= limit
          ? Result.succeed([])
          : Result.fail(dataError({ _tag: "TooLarge", what: `line ${line}`, got: BigInt(held), limit, unit: "characters" }))
      }),
    end: () => Result.map(decoder.end(), (text) => take(`${pending.join("")}${text}`)),
  }
}

/** Whether a value of JSON is a record. */
export const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const aRecord = 'a record of columns, as in {"age": 30}'

/** Bytes decoded at a time. */
const piece = 2 ** 18

/** The most columns, as in delimited text. */
const maxColumns = 2 ** 18

/** A streamed table may have this many cells for each of its bytes: of sparse records most cells are blank. */
const cellsOfByte = 16

/** How a table is read. */
interface Options {
  readonly isUsed?: IsUsed | undefined
  /** The most cells, given the bytes so far. */
  readonly limit: (bytes: number) => number
}

/** Records that become rows of tables: `take` returns those that were added since the last call, with the names of all so far. */
const collector = ({ isUsed, limit }: Options) => {
  const names = new Set<string>()
  let columns = new Map<string, Array<unknown>>()
  let places: Array<number> = []
  let before = 0

  const add = (lines: ReadonlyArray<Line>, bytes: number): Result.Result<void, DataError> => {
    for (const { line, value } of lines) {
      const row = places.length + 1
      const refuse = (wrong: Wrong) => Result.fail(dataError({ _tag: "BadRecord", line, row: before + row, ...wrong }))
      if (Result.isFailure(value)) {
        const { failure } = value
        return refuse(failure.column === undefined ? { ...failure, wanted: aRecord } : failure)
      }
      const record = value.success
      if (!isRecord(record)) {
        const got = Array.isArray(record) ? "a list" : `the value ${quote(JSON.stringify(record))}`
        return refuse({ got, wanted: aRecord })
      }
      for (const [name, cell] of Object.entries(record)) {
        let cells = columns.get(name)
        if (cells === undefined) {
          names.add(name)
          cells = []
          columns.set(name, cells)
        }
        cells[row - 1] = cell
      }
      places.push(line)
      const most = limit(bytes)
      const cells = (before + row) * Math.max(1, names.size)
      if (cells > most)
        return Result.fail(dataError({ _tag: "TooLarge", what: "the table", got: BigInt(cells), limit: most, unit: "cells" }))
      if (names.size > maxColumns)
        return Result.fail(
          dataError({ _tag: "TooLarge", what: "the table", got: BigInt(names.size), limit: maxColumns, unit: "columns" }),
        )
    }
    return Result.succeed(undefined)
  }

  return {
    add,
    isEmpty: () => before + places.length === 0,
    /** Rows before the first name wait for it: a table without columns has no rows. */
    take: (isLast = false): Result.Result<Table | undefined, DataError> => {
      if (places.length === 0 || (names.size === 0 && !isLast)) return Result.succeed(undefined)
      const [taken, lines, first] = [columns, places, before]
      columns = new Map()
      places = []
      before += lines.length
      const cells = Array.from(names, (name): Cells => {
        const values = taken.get(name) ?? []
        values.length = lines.length
        return { name, values }
      })
      return tableOf(cells, { line: (row) => lines[row] ?? 0, before: first, isUsed })
    },
  }
}

const nothing = dataError({ _tag: "Empty", got: "there is nothing in it", wanted: "a record of JSON in each line" })

/**
 * Lines of records that arrive in pieces, as tables of the rows that each piece completes. The columns of a table are all names so
 * far, in the order of their first use, so a later table may have more of them. Memory holds one piece and one line.
 *
 * Fails as `decode` does, except for the number of cells: a table may have 50 million, or 16 for each byte.
 */
export const blocks = (isUsed?: IsUsed): BlockReader => {
  const lines = reader()
  const rows = collector({ isUsed, limit: (bytes) => Math.max(maxCells, cellsOfByte * bytes) })
  let bytes = 0
  return {
    push: (piece) => {
      bytes += piece.length
      return Result.flatMap(lines.push(piece), (some) => Result.flatMap(rows.add(some, bytes), () => rows.take()))
    },
    end: () =>
      Result.flatMap(lines.end(), (some) =>
        Result.flatMap(rows.add(some, bytes), () => (rows.isEmpty() ? Result.fail(nothing) : rows.take(true))),
      ),
  }
}

/**
 * Lines of records as a table: the columns are all names, in the order of their first use; a name that a record lacks is a
 * blank, and so is `null`. A list of numbers is a cell too, for columns of vectors.
 *
 * Fails with `BadRecord` for a line that is not a record, or has two values for a column, `BadCell` for a nested value in a column
 * that is used, `Empty` without lines, `NotText`, `TooLarge`.
 */
export const decode = (bytes: Uint8Array, isUsed?: IsUsed): Result.Result<Table, DataError> =>
  Result.gen(function* () {
    const lines = reader()
    const rows = collector({ isUsed, limit: () => maxCells })
    for (let at = 0; at < bytes.length; at += piece)
      yield* rows.add(yield* lines.push(bytes.subarray(at, at + piece)), bytes.length)
    yield* rows.add(yield* lines.end(), bytes.length)
    return (yield* rows.take(true)) ?? (yield* Result.fail(nothing))
  })
