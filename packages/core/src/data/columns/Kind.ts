/** The entry of a kind of column: its options, its documentation, and how its cells become numbers. */
import type * as Result from "effect/Result"
import type { Cell, DataError } from "../DataError.ts"
import type { Fields, Filled } from "../Field.ts"
import type { FittedColumn } from "../Fitted.ts"

/** A value, or the error of the data. */
export type DataResult<A> = Result.Result<A, DataError>

/** The cells of one column in some rows. */
export interface Cells {
  readonly name: string
  readonly size: number
  /** The text of a cell, by its index among these cells. */
  readonly text: (index: number) => string
  /**
   * The numbers of all cells, in a new array, if the column is stored as numbers. NaN is a cell that is not: its `text` is a
   * blank, or is not a finite number.
   */
  readonly numbers?: () => Float64Array
  /** Where a cell is, for messages. */
  readonly place: (index: number) => Cell
}

/** Where a column's numbers are written: from `at` on in each row of `width` numbers. */
export interface Block {
  readonly data: Float32Array
  readonly width: number
  readonly at: number
}

/** How a column is read as an input. */
export interface Input<F extends Fields, L extends FittedColumn> {
  /** How many numbers it has per row; `undefined` if that depends on the rows. */
  readonly width: (options: Filled<F>) => number | undefined
  /** Learns from the cells of the training rows. */
  readonly fit: (options: Filled<F>, cells: Cells) => DataResult<L>
  /** The names of its numbers. */
  readonly names: (fitted: L) => ReadonlyArray<string>
  /** Writes the numbers of its cells into a block of zeros. */
  readonly write: (fitted: L, cells: Cells, block: Block) => DataResult<void>
}

/** The role of a column: an input of the net, or a target that it predicts. */
export type Role = "input" | "target"

/** The kind of a target: numbers (in one column or more), one of two classes, or one of more classes. */
export type Target = "numbers" | "binary" | "class"

/** One kind of column. `missing: drop`, an option of every kind that is used, applies before anything is learned. */
export interface Kind<F extends Fields, L extends FittedColumn = never> {
  /** A description of one sentence. */
  readonly doc: string
  /** When to use it, and its pitfalls. */
  readonly advice: string
  /** Other names that people type for it; messages propose this one in their place. */
  readonly synonyms?: ReadonlyArray<string>
  readonly fields: F
  /** A constraint between options; `wanted` follows the word "wanted" in a message. */
  readonly rule?: { readonly wanted: string; readonly holds: (options: Filled<F>) => boolean }
  /** The default role; `undefined` for a column that is not used. */
  readonly role: Role | undefined
  readonly input?: Input<F, L>
  readonly target?: Target
}

/** An input with any options and any fitted record. */
export interface AnyInput {
  readonly width: (options: never) => number | undefined
  readonly fit: (options: never, cells: Cells) => DataResult<FittedColumn>
  readonly names: (fitted: never) => ReadonlyArray<string>
  readonly write: (fitted: never, cells: Cells, block: Block) => DataResult<void>
}

/** A kind with any options. */
export interface AnyKind {
  readonly doc: string
  readonly advice: string
  readonly synonyms?: ReadonlyArray<string>
  readonly fields: Fields
  readonly rule?: { readonly wanted: string; readonly holds: (options: never) => boolean }
  readonly role: Role | undefined
  readonly input?: AnyInput
  readonly target?: Target
}

/** Infers the options of a kind of column from its literal. */
/* @__NO_SIDE_EFFECTS__ */ export const kind = <const F extends Fields, L extends FittedColumn = never>(
  definition: Kind<F, L>,
): Kind<F, L> => definition
