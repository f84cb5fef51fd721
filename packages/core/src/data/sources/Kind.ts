/** What every kind of data file says of itself: its options, its documentation and its readers, in one entry. */
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

/** What reading gives. */
export type Read<A> = Result.Result<A, Refused>

/** What the first bytes of large files say. */
export interface First {
  /** The first rows, without targets where they are arrays. */
  readonly raw: Raw
  /** How many rows there are in all, where the first bytes say it. */
  readonly rows?: number
  /** The targets of all rows, where their file is small enough to be read. */
  readonly targets?: NDArray
}

/** One kind of file. */
export interface Kind<F extends Fields, E extends string = string> {
  /** One sentence: what it is. */
  readonly doc: string
  /** When to use it and what to beware of. */
  readonly advice: string
  /** How the names of such files end, for a path that is written alone. */
  readonly endings: ReadonlyArray<E>
  readonly fields: F
  /** The option that a bare value sets. */
  readonly main?: keyof F & string
  /** The rows in the bytes of its files. */
  readonly read: (options: Filled<F>, files: Files<F>) => Read<Raw>
  /** What the first bytes of its files say; nothing where they have to be read whole. */
  readonly first?: (options: Filled<F>, files: Files<F>) => Read<First>
  /** What the reader of delimited text is given, for kinds of such text. */
  readonly table?: (options: Filled<F>) => Csv.Options
}

/** A kind whatever its options are. */
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
