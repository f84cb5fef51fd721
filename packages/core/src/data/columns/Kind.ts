/** What every kind of column says of itself: its options, its documentation and how its cells become numbers, in one entry. */
import type * as Result from "effect/Result"
import type { Cell, DataError } from "../DataError.ts"
import type { Fields, Filled } from "../Field.ts"
import type { FittedColumn } from "../Fitted.ts"

/** A result, or what is wrong with the data. */
export type DataResult<A> = Result.Result<A, DataError>

/** The cells of one column in the rows that are prepared, and where each of them stands. */
export interface Cells {
  readonly name: string
  readonly texts: ReadonlyArray<string>
  readonly place: (index: number) => Cell
}

/** Where a column's numbers go: from `at` in each row of `width` numbers. */
export interface Block {
  readonly data: Float32Array
  readonly width: number
  readonly at: number
}

/** How a column is read as an input. */
export interface Input<F extends Fields, L extends FittedColumn> {
  /** How many numbers a row has for it; nothing where only the rows say it. */
  readonly width: (options: Filled<F>) => number | undefined
  /** Learns from the cells of training rows. */
  readonly fit: (options: Filled<F>, cells: Cells) => DataResult<L>
  /** The names of its numbers. */
  readonly names: (fitted: L) => ReadonlyArray<string>
  /** Writes the numbers of its cells; the block holds zeros before. */
  readonly write: (fitted: L, cells: Cells, block: Block) => DataResult<void>
}

/** What a column may be: what a net gets, or what it learns to predict. */
export type Role = "input" | "target"

/** What is predicted: numbers, of which there may be several columns, or one class among two or among more. */
export type Target = "numbers" | "binary" | "class"

/** One kind of column. `missing: drop`, which every kind that is used has, is dealt with before anything is learned. */
export interface Kind<F extends Fields, L extends FittedColumn = never> {
  /** One sentence: what it is. */
  readonly doc: string
  /** When to use it and what to beware of. */
  readonly advice: string
  readonly fields: F
  /** What the options must be to each other, in words after "wanted". */
  readonly rule?: { readonly wanted: string; readonly holds: (options: Filled<F>) => boolean }
  /** What it is unless it says so; none for a column that is not used. */
  readonly role: Role | undefined
  readonly input?: Input<F, L>
  readonly target?: Target
}

/** An input whatever its options are and whatever it learns. */
export interface AnyInput {
  readonly width: (options: never) => number | undefined
  readonly fit: (options: never, cells: Cells) => DataResult<FittedColumn>
  readonly names: (fitted: never) => ReadonlyArray<string>
  readonly write: (fitted: never, cells: Cells, block: Block) => DataResult<void>
}

/** A kind whatever its options are. */
export interface AnyKind {
  readonly doc: string
  readonly advice: string
  readonly fields: Fields
  readonly rule?: { readonly wanted: string; readonly holds: (options: never) => boolean }
  readonly role: Role | undefined
  readonly input?: AnyInput
  readonly target?: Target
}

/** Infers the options of a kind of column from its literal. */
export const kind = <const F extends Fields, L extends FittedColumn = never>(definition: Kind<F, L>): Kind<F, L> => definition
