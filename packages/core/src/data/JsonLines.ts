/** Lines of JSON (NDJSON), one value a line: a line that is no JSON is a value of its own, so that a reader can go on after it. */
import * as Result from "effect/Result"
import { type DataError, dataError, quote } from "./DataError.ts"
import type { Table } from "./Table.ts"
import * as TextPieces from "./TextPieces.ts"
import { type Cells, type IsUsed, maxCells, tableOf } from "./TypedTable.ts"

/** What is wrong with one line. */
export interface Wrong {
  readonly got: string
  readonly wanted: string
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
    return Result.succeed(JSON.parse(text))
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

/**
 * Lines of records as a table: the columns are all names, in the order of their first use; a name that a record lacks is a
 * blank, and so is `null`. A list of numbers is a cell too, for columns of vectors.
 *
 * Fails with `BadRecord` for a line that is no record, `BadCell` for a nested value in a column that is used, `Empty` without lines, `NotText`, `TooLarge`.
 */
export const decode = (bytes: Uint8Array, isUsed?: IsUsed): Result.Result<Table, DataError> =>
  Result.gen(function* () {
    const lines = reader()
    const columns = new Map<string, Array<unknown>>()
    const places: Array<number> = []

    const add = (some: ReadonlyArray<Line>): Result.Result<void, DataError> => {
      for (const { line, value } of some) {
        const row = places.length + 1
        if (Result.isFailure(value))
          return Result.fail(dataError({ _tag: "BadRecord", line, row, ...value.failure, wanted: aRecord }))
        const record = value.success
        if (!isRecord(record)) {
          const got = Array.isArray(record) ? "a list" : `the value ${quote(JSON.stringify(record))}`
          return Result.fail(dataError({ _tag: "BadRecord", line, row, got, wanted: aRecord }))
        }
        for (const [name, cell] of Object.entries(record)) {
          const cells = columns.get(name) ?? []
          if (cells.length === 0) columns.set(name, cells)
          cells[row - 1] = cell
        }
        places.push(line)
        if (row * columns.size > maxCells)
          return Result.fail(
            dataError({ _tag: "TooLarge", what: "the table", got: BigInt(row * columns.size), limit: maxCells, unit: "cells" }),
          )
      }
      return Result.succeed(undefined)
    }

    for (let at = 0; at < bytes.length; at += piece) yield* add(yield* lines.push(bytes.subarray(at, at + piece)))
    yield* add(yield* lines.end())
    if (places.length === 0)
      return yield* Result.fail(
        dataError({ _tag: "Empty", got: "there is nothing in it", wanted: "a record of JSON in each line" }),
      )
    const cells = Array.from(columns, ([name, values]): Cells => {
      values.length = places.length
      return { name, values }
    })
    return yield* tableOf(cells, { line: (row) => places[row] ?? 0, isUsed })
  })
