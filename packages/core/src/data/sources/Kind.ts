/** The entry of a kind of data file: its options, its documentation and its readers. */
import * as Result from "effect/Result"
import type { NDArray } from "../../types/NDArray.ts"
import type * as Csv from "../Csv.ts"
import type { DataError } from "../DataError.ts"
import type { Fields, Files, Filled } from "../Field.ts"
import type { Raw } from "../Raw.ts"

/** An error and the option of the source that it is about, such as a file. */
export interface Refused {
  readonly option: string
  readonly error: DataError
}

/** The result of reading. */
export type Read<A> = Result.Result<A, Refused>

/** The facts of the first bytes of large files. */
export interface First {
  /** The first rows, without targets where they are arrays. */
  readonly raw: Raw
  /** The number of all rows, if the first bytes have it. */
  readonly rows?: number
  /** The targets of all rows, where their file is small enough to be read. */
  readonly targets?: NDArray
}

/** One kind of file. */
export interface Kind<F extends Fields, E extends string = string> {
  /** One sentence that describes it. */
  readonly doc: string
  /** When to use it, and pitfalls. */
  readonly advice: string
  /** The endings of such file names, for a path without a kind. */
  readonly endings: ReadonlyArray<E>
  readonly fields: F
  /** The option that a bare value sets. */
  readonly main?: keyof F & string
  /** The rows in the bytes of its files. */
  readonly read: (options: Filled<F>, files: Files<F>) => Read<Raw>
  /** Reads the first bytes of its files; absent if they must be read whole. */
  readonly first?: (options: Filled<F>, files: Files<F>) => Read<First>
  /** The options for the reader of delimited text. */
  readonly table?: (options: Filled<F>) => Csv.Options
}

/** A kind with any options. */
export interface AnyKind extends Pick<Kind<Fields>, "doc" | "advice" | "endings" | "fields"> {
  readonly main?: string
  readonly read: (options: never, files: never) => Read<Raw>
  readonly first?: (options: never, files: never) => Read<First>
  readonly table?: (options: never) => Csv.Options
}

/** Infers the options of a kind from its literal. */
export const kind = <const F extends Fields, const E extends string = never>(definition: Kind<F, E>): Kind<F, E> => definition

/** A result whose error is about an option. */
export const about = <A>(option: string, result: Result.Result<A, DataError>): Read<A> =>
  Result.mapError(result, (error) => ({ option, error }))
