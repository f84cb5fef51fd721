/** Rows as they were read, before preprocessing: a table of text, or arrays. */
import type { NDArray } from "../types/NDArray.ts"
import type { RawArray } from "./RawArray.ts"
import type { Table } from "./Table.ts"

export type { Rows } from "./TableColumn.ts"

/**
 * Rows in arrays: `inputs` [rows, ...sample], in memory or in a file; `targets` [rows] whole numbers that name classes (indices into `classes` if
 * that is given), or [rows, k] quantities (`f32`).
 */
export interface Arrays<out A extends RawArray = NDArray> {
  readonly inputs: A
  readonly targets?: NDArray
  readonly classes?: ReadonlyArray<string>
}

/** Rows as they were read. */
export type Raw<A extends RawArray = NDArray> = Table | Arrays<A>

/** The same, where the rows of arrays may stay in their files. */
export type AnyRaw = Raw<RawArray>

/** Whether rows are a table. */
export const isTable = (raw: AnyRaw | NamedArrays<RawArray>): raw is Table => "columns" in raw

/** How many rows there are. */
export const size = (raw: AnyRaw): number => (isTable(raw) ? raw.size : (raw.inputs.shape[0] ?? 0))

/** The numbers of all rows, in order. */
export const all = (raw: AnyRaw): Int32Array => Int32Array.from({ length: size(raw) }, (_, i) => i)

/** An array of rows that has a name, with the names of its classes if it was text. */
export interface NamedArray<out A extends RawArray = NDArray> {
  readonly array: A
  readonly classes?: ReadonlyArray<string>
}

/** Arrays with names and equal numbers of rows. */
export interface NamedArrays<out A extends RawArray = NDArray> {
  readonly arrays: { readonly [name: string]: NamedArray<A> }
}
