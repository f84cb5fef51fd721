/** Rows to predict, as a reader gives them: some that follow each other, and how to prepare any of them. */
import type { DataError } from "@adjoint/core/data/DataError"
import type { Arrays } from "@adjoint/core/data/PreprocessTree"
import type { Table } from "@adjoint/core/data/Table"
import type * as Result from "effect/Result"
import type { Id } from "./Id.ts"

/** Rows that follow each other. */
export interface Rows {
  readonly count: number
  /** The line of the file that a row starts on, by its place among these; absent if the file is not text. */
  readonly line?: (place: number) => number
  /** What a row is called, by its place among these; absent if no column has a name for rows. */
  readonly id?: (place: number) => Id | undefined
  /** The file of each row, where each has its own. */
  readonly files?: ReadonlyArray<string>
  /** Some of them as a table, by their places among these; absent if they are no rows of a table. */
  readonly table?: (places: ReadonlyArray<number>) => Result.Result<Table, DataError>
  /** Whether errors of inputs have places of their own, since a row to predict is made of several of the file. */
  readonly isPlaced?: true
  /** The same rows once the files that some of them name are read, by their places among these; absent where rows name none. */
  readonly ready?: (places: ReadonlyArray<number>) => Promise<Result.Result<Rows, DataError>>
  /** The inputs of some of them, by their places among these, as the net takes them: [rows, …], or such an array for each named input. Fails when one of them cannot be used. */
  readonly inputs: (places: ReadonlyArray<number>) => Result.Result<Arrays, DataError>
}

/** Rows, or why no further row can be read. */
export type Read = Result.Result<ReadonlyArray<Rows>, DataError>

/** Reads bytes that arrive in pieces. */
export interface Reader {
  readonly push: (bytes: Uint8Array) => Read
  /** The rows that are left when no piece follows. */
  readonly end: () => Promise<Read>
}
