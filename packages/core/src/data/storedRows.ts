/**
 * What reading the rows of a dataset needs to know of stored arrays. Only programs that have one load `StoredArray.ts`, which
 * provides how they are read: a page whose rows are in memory does without it.
 */
import { provided } from "../language/provided.ts"
import type * as DType from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import type * as Shape from "../types/Shape.ts"
import * as Tree from "../types/Tree.ts"

/** Bytes that are stored outside memory. `FileStore.open` gives those of a file; a page may have others. */
export interface ByteStore {
  /** The name in messages, such as the path of a file. */
  readonly name: string
  /** The number of bytes. */
  readonly size: number
  /** `length` bytes from each of these offsets, one after the other, in a new array. Rejects with `DataError`. */
  readonly read: (offsets: Float64Array, length: number) => Promise<Uint8Array>
}

/**
 * Records of a store, one for each row: the first begins at byte `start`, and the next one `stride` bytes later. They have as many
 * bytes, or `length`: records that are longer overlap, as windows of a series do.
 */
export interface Records {
  readonly store: ByteStore
  readonly start: number
  readonly stride: number
  readonly length?: number
  /** The number of the record of each row: its own unless given. */
  readonly rows?: ArrayLike<number>
}

/** An array [rows, …] whose rows are fields of records: `StoredArray` has the layout. */
export interface Stored<out S extends Shape.Shape = Shape.Shape> {
  readonly [NDArray.TensorTypeId]: "StoredArray"
  readonly dtype: DType.DType
  readonly shape: S
  readonly records: Records
  readonly at: number
}

/** Row numbers, or the rows from `start` to `end` (exclusive). */
export type Which = ArrayLike<number> | Range

/** From one row to another (exclusive). */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Whether a leaf of a tree is a stored array. */
export const isStored = (leaf: unknown): leaf is Stored =>
  typeof leaf === "object" && leaf !== null && NDArray.TensorTypeId in leaf && leaf[NDArray.TensorTypeId] === "StoredArray"

/** Whether a tree has a stored array. */
export const hasStored = (tree: unknown): boolean => (Tree.leaves(tree) as ReadonlyArray<unknown>).some(isStored)

/** Reads stored arrays. */
interface Reader {
  /** The rows of every stored array of a tree, in memory; other leaves stay as they are. */
  readonly read: <X>(tree: X, which: Which) => Promise<Tree.Replace<X, NDArray.NDArray>>
  /** The bytes that one row of a tree's stored arrays takes in memory. */
  readonly rowBytes: (tree: unknown) => number
}

/** The reader, which `StoredArray.ts` provides. */
export const storedRows = provided<Reader>("stored arrays", "data/StoredArray.ts")
