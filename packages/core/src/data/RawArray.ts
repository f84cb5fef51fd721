/** Arrays as they were read: in memory, or with their rows in a file, where some are read at a time. */
import type * as DType from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { takeRows } from "./Dataset.ts"
import { release } from "./release.ts"
import type { Rows } from "./TableColumn.ts"

/** An array [rows, …] in a file. */
export interface FileArray {
  readonly [NDArray.TensorTypeId]: "FileArray"
  readonly dtype: DType.DType
  readonly shape: Shape.Shape
  /** Some rows, in memory. Throws `DataError` where the file cannot be read. */
  readonly read: (rows: Rows) => NDArray.NDArray
}

/** An array in memory, or one in a file. */
export type RawArray = NDArray.NDArray | FileArray

/** Whether the rows of an array are in a file. */
export const isInFile = (array: RawArray): array is FileArray => array[NDArray.TensorTypeId] === "FileArray"

/** Some rows of an array, in memory. */
export const take = (array: RawArray, rows: Rows): NDArray.NDArray => (isInFile(array) ? array.read(rows) : takeRows(array, rows))

/** All rows of an array, in memory. */
export const whole = (array: RawArray): NDArray.NDArray =>
  isInFile(array) ? array.read(Int32Array.from({ length: array.shape[0] ?? 0 }, (_, row) => row)) : array

/** The bytes of a file that are read at once. */
const blockBytes = 2 ** 22

/** How many rows of an array are read at once. */
export const rowsAtOnce = ({ shape }: Pick<RawArray, "shape">): number =>
  Math.max(1, Math.floor(blockBytes / (8 * Math.max(1, Shape.size(shape.slice(1))))))

/** Rows in memory: those of the block are `data` at `rows`, and they are the ones from `first` on among all that are visited. */
export interface Block {
  readonly data: DType.Storage
  readonly rows: Rows
  readonly first: number
}

/**
 * The given rows, in order, in blocks: an array in memory is one block, and nothing of it is copied. The data of another block are
 * gone when the next one is asked for.
 */
export function* blocks(array: RawArray, rows: Rows): Generator<Block> {
  if (!isInFile(array)) {
    yield { data: array.data, rows, first: 0 }
    return
  }
  const size = rowsAtOnce(array)
  for (let first = 0; first < rows.length; first += size) {
    const count = Math.min(size, rows.length - first)
    const { data } = array.read(Int32Array.from({ length: count }, (_, i) => rows[first + i] ?? -1))
    yield { data, rows: Int32Array.from({ length: count }, (_, i) => i), first }
    release(data)
  }
}

/** A function that gives where a row's numbers are, for rows that are asked for in order: the block of the last one stays in memory. */
export const inOrder = (
  array: RawArray,
  rows: Rows,
): ((i: number) => { readonly data: DType.Storage; readonly start: number }) => {
  const width = Shape.size(array.shape.slice(1))
  if (!isInFile(array)) return (i) => ({ data: array.data, start: (rows[i] ?? 0) * width })
  const size = rowsAtOnce(array)
  let first = -1
  let data: DType.Storage = new Uint8Array()
  return (i) => {
    const begin = i - (i % size)
    if (begin !== first) {
      const count = Math.min(size, rows.length - begin)
      release(data)
      data = array.read(Int32Array.from({ length: count }, (_, k) => rows[begin + k] ?? -1)).data
      first = begin
    }
    return { data, start: (i - begin) * width }
  }
}
