/**
 * Reads CSV text that arrives in pieces as tables of complete records. Memory holds one piece and one record, whatever the
 * length of the text. Each table has the columns of the header, and line numbers of the whole text.
 */
import * as Result from "effect/Result"
import * as Csv from "./Csv.ts"
import type { DataError } from "./DataError.ts"
import type { Table } from "./Table.ts"

/** A reader that is given the bytes of a text in order. */
export interface Reader {
  /**
   * The records that these bytes complete; `undefined` if they complete none. Fails as `Csv.parse` does, and with `TooLarge` for a
   * record that is too long; where records come before the mistake, the next call fails.
   */
  readonly push: (bytes: Uint8Array) => Result.Result<Table | undefined, DataError>
  /** The records after the last line end. Fails as `Csv.parse` does, with `Empty` for a text without rows. */
  readonly end: () => Result.Result<Table | undefined, DataError>
}

/** Options of the reader. `names` may be a function of the number of cells of the first record. */
export interface Options extends Omit<Csv.Options, "names" | "cells"> {
  readonly names?: ReadonlyArray<string> | ((cells: number) => ReadonlyArray<string>)
}

/** A reader of text that arrives in pieces. */
export const reader = (options: Options = {}): Reader => {
  const rows = Csv.input({ ...options, cells: Number.POSITIVE_INFINITY })
  let failed: Result.Result<never, DataError> | undefined
  return {
    push: (bytes) => {
      if (failed !== undefined) return failed
      const read = rows.push(bytes)
      const taken = rows.take()
      if (Result.isSuccess(read)) return Result.succeed(taken)
      failed = Result.fail(read.failure)
      return taken === undefined ? failed : Result.succeed(taken)
    },
    end: () => failed ?? Result.map(rows.end(), () => rows.take()),
  }
}
