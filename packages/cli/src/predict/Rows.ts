/** Rows to predict, as a reader gives them: some that follow each other, and how to prepare any of them. */
import type { DataError } from "@adjoint/core/data/DataError"
import type { Arrays } from "@adjoint/core/data/PreprocessTree"
import type * as Result from "effect/Result"

/** Rows that follow each other. */
export interface Rows {
  readonly count: number
  /** The line of the file that a row starts on, by its place among these; absent if the file is not text. */
  readonly line?: (place: number) => number
  /** The inputs of some of them, by their places among these, as the net takes them: [rows, …], or such an array for each named input. Fails when one of them cannot be used. */
  readonly inputs: (places: ReadonlyArray<number>) => Result.Result<Arrays, DataError>
}

/** Reads bytes that arrive in pieces. */
export interface Reader {
  readonly push: (bytes: Uint8Array) => Result.Result<ReadonlyArray<Rows>, DataError>
  /** The rows that are left when no piece follows. */
  readonly end: () => Result.Result<ReadonlyArray<Rows>, DataError>
}
