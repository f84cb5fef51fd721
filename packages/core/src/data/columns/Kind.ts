/** The entry of a kind of column: its options, its documentation, and how its cells are converted to numbers. */
import type * as Result from "effect/Result"
import type { Cell, DataError } from "../DataError.ts"
import type { Fields, Filled } from "../Field.ts"
import type { FittedColumn } from "../Fitted.ts"

/** A result, or a data error. */
export type Answer<A> = Result.Result<A, DataError>

/** The cells of one column, and the place of each. */
export interface Cells {
  readonly name: string
  readonly texts: ReadonlyArray<string>
  readonly place: (index: number) => Cell
}

/** The destination of a column's numbers: from `at` in each row of `width` numbers. */
export interface Block {
  readonly data: Float32Array
  readonly width: number
  readonly at: number
}

/** How a column is read as an input. */
export interface Input<F extends Fields, L extends FittedColumn> {
  /** The number of inputs per row; `undefined` if it depends on the data. */
  readonly width: (options: Filled<F>) => number | undefined
  /** Learns from the cells of training rows. */
  readonly fit: (options: Filled<F>, cells: Cells) => Answer<L>
  /** The names of its numbers. */
  readonly names: (fitted: L) => ReadonlyArray<string>
  /** Writes the numbers of its cells; the block holds zeros before. */
  readonly write: (fitted: L, cells: Cells, block: Block) => Answer<void>
}

/** The role of a column. */
export type Role = "input" | "target"

/** The type of a target: numbers (one or more columns), or one class of two or more. */
export type Target = "numbers" | "binary" | "class"

/** One kind of column. `missing: drop` is applied before anything is fitted. */
export interface Kind<F extends Fields, L extends FittedColumn = never> {
  /** One sentence that describes it. */
  readonly doc: string
  /** When to use it, and pitfalls. */
  readonly advice: string
  /** Names from other libraries; messages propose this one instead. */
  readonly synonyms?: ReadonlyArray<string>
  readonly fields: F
  /** A condition on the options together, in words after "expected". */
  readonly rule?: { readonly wanted: string; readonly holds: (options: Filled<F>) => boolean }
  /** The default role; `undefined` for an unused column. */
  readonly role: Role | undefined
  readonly input?: Input<F, L>
  readonly target?: Target
}

/** An input with any options and fitted values. */
export interface AnyInput {
  readonly width: (options: never) => number | undefined
  readonly fit: (options: never, cells: Cells) => Answer<FittedColumn>
  readonly names: (fitted: never) => ReadonlyArray<string>
  readonly write: (fitted: never, cells: Cells, block: Block) => Answer<void>
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
export const kind = <const F extends Fields, L extends FittedColumn = never>(definition: Kind<F, L>): Kind<F, L> => definition
