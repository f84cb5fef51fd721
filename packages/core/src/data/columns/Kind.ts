/** The entry of a kind of column: its options, its documentation, and how its cells become numbers. */
import * as Result from "effect/Result"
import { type Cell, type DataError, dataError } from "../DataError.ts"
import type { Fields, Filled } from "../Field.ts"
import type { FittedColumn } from "../Fitted.ts"
import type { Format } from "../NumberFormat.ts"
import type { Pixels } from "../TableColumn.ts"

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
  /** How the file writes numbers; absent for a decimal point without marks between groups. */
  readonly format?: Format
  /** The pixels of a cell that is the path of an image, or why they cannot be read. */
  readonly pixels?: Pixels
  /** Where a cell is, for messages. */
  readonly place: (index: number) => Cell
}

/** The column in messages. */
export const columnAt = ({ name }: Pick<Cells, "name">): string => `column \`${name}\``

/** Fails with `BadSpec` about a column. */
export const refuseColumn = (
  cells: Pick<Cells, "name">,
  reason: { readonly got: string; readonly wanted: string; readonly hint: string },
): DataResult<never> => Result.fail(dataError({ _tag: "BadSpec", at: columnAt(cells), ...reason }))

/** Fails with `BadCell` about a cell. */
export const refuseCell = (
  cells: Cells,
  index: number,
  reason: { readonly got: string; readonly wanted: string; readonly hint: string },
): DataResult<never> => Result.fail(dataError({ _tag: "BadCell", ...cells.place(index), ...reason }))

/** Where a column's numbers are written: from `at` on in each row of `width` numbers. */
export interface Block {
  readonly data: Float32Array | Int32Array
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
  /** For a column of tokens, which is an input of its own, `i32` [rows, width] with 0 as padding. */
  readonly tokens?: Tokens<F>
}

/** What is known of a column of tokens. */
export interface Tokens<F extends Fields> {
  /** How many different tokens there are, the padding included; `undefined` if that depends on the rows. */
  readonly known: (options: Filled<F>) => number | undefined
}

/**
 * The role of a column: an input of the net, a target that it predicts, a name of the row that predictions repeat, the weight of
 * the row, or the group that a split keeps together.
 */
export type Role = "input" | "target" | "id" | "weight" | "group"

/** The kind of a target: numbers (in one column or more), one of two classes, one of more classes, or several yes or no. */
export type Target = "numbers" | "binary" | "class" | "labels"

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
  /** Set if every cell is a number, in the format of the options `decimal` and `thousands` if there are such. A reader of a text then stores numbers. */
  readonly stores?: "number"
  /** The default role; `undefined` for a column that is not used. */
  readonly role: Role | undefined
  readonly input?: Input<F, L>
  readonly target?: Target
  /** The option with the classes of a target in their order. */
  readonly classes?: keyof F & string
}

/** An input with any options and any fitted record. */
export interface AnyInput {
  readonly width: (options: never) => number | undefined
  readonly fit: (options: never, cells: Cells) => DataResult<FittedColumn>
  readonly names: (fitted: never) => ReadonlyArray<string>
  readonly write: (fitted: never, cells: Cells, block: Block) => DataResult<void>
  readonly tokens?: { readonly known: (options: never) => number | undefined }
}

/** A kind with any options. */
export interface AnyKind {
  readonly doc: string
  readonly advice: string
  readonly synonyms?: ReadonlyArray<string>
  readonly fields: Fields
  readonly rule?: { readonly wanted: string; readonly holds: (options: never) => boolean }
  readonly stores?: "number"
  readonly role: Role | undefined
  readonly input?: AnyInput
  readonly target?: Target
  readonly classes?: string
}

/** Infers the options of a kind of column from its literal. */
/* @__NO_SIDE_EFFECTS__ */ export const kind = <const F extends Fields, L extends FittedColumn = never>(
  definition: Kind<F, L>,
): Kind<F, L> => definition
