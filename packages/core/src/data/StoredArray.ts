/**
 * Arrays whose rows are stored outside memory, such as in a file, and are read when they are needed. A dataset may hold them where
 * it may hold arrays: training, validation and scoring read a few batches ahead and give the same bits as with rows in memory.
 */
import type * as DType from "../types/DType.ts"
import { bytes as bytesOf } from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import {
  type ByteStore,
  hasStored,
  isStored,
  type Range,
  type Records,
  type Stored,
  storedRows,
  type Which,
} from "./storedRows.ts"

export { type ByteStore, hasStored, isStored, type Records, type Which }

/**
 * An array [rows, …] whose rows are fields of records: each has `Shape.size` numbers from byte `at` of its record on, little-endian,
 * `f32` and `i32` in four bytes. Arrays of the same records are read together.
 */
export class StoredArray<out S extends Shape.Shape = Shape.Shape> implements Stored<S> {
  readonly [NDArray.TensorTypeId] = "StoredArray"
  readonly dtype: DType.DType
  readonly shape: S
  readonly records: Records
  readonly at: number

  constructor(dtype: DType.DType, shape: S, records: Records, at: number) {
    this.dtype = dtype
    this.shape = shape
    this.records = records
    this.at = at
  }
}

/** The dtype and the shape of the field of one row. */
interface Field {
  readonly dtype: DType.DType
  readonly shape: Shape.Shape
}

const widthOf = ({ dtype, shape }: Field): number => Shape.size(shape) * bytesOf[dtype]

/** How the fields of a row are laid out in a record. */
export interface Layout {
  /** The byte of each field within the record. */
  readonly at: ReadonlyArray<number>
  /** The bytes of a record. */
  readonly stride: number
}

/**
 * The layout of records with these fields: those of four bytes first, so that every number is aligned.
 * `layout([{ dtype: "u8", shape: [3] }, { dtype: "f32", shape: [2] }]) // => { at: [8, 0], stride: 12 }`
 */
export const layout = (fields: ReadonlyArray<Field>): Layout => {
  const isWide = ({ dtype }: Field): boolean => bytesOf[dtype] === 4
  const at = new Array<number>(fields.length).fill(0)
  let end = 0
  for (const wide of [true, false])
    for (const [i, field] of fields.entries())
      if (isWide(field) === wide) {
        at[i] = end
        end += widthOf(field)
      }
  return { at, stride: fields.some(isWide) ? Math.ceil(end / 4) * 4 : end }
}

/**
 * Stored arrays with `rows` rows for a tree of arrays whose rows have been written to a store as `records` gives them, from byte
 * `start` on. Throws `ShapeError` if the store has too few bytes.
 */
export const stored = <X>(like: X, store: ByteStore, rows: number, start = 0): Tree.Replace<X, StoredArray> => {
  const fields = fieldsOf(like)
  const { at, stride } = layout(fields)
  if (start + rows * stride > store.size)
    refuse("StoredArray.stored", [], `a store of ${start + rows * stride} bytes, not ${store.size}`, "write all rows first")
  const records = { store, start, stride }
  return Tree.withLeaves(
    like,
    fields.map(({ dtype, shape }, i) => new StoredArray(dtype, [rows, ...shape], records, at[i] ?? 0)),
  )
}

/**
 * Windows over rows that have been written to a store as `records` gives them, f32 [rows, width]: those of `window` neighbours, from
 * each of these rows on.
 */
export const windows = (store: ByteStore, width: number, window: number, first: ArrayLike<number>): StoredArray => {
  const stride = width * bytesOf.f32
  return new StoredArray(
    "f32",
    [first.length, window, width],
    { store, start: 0, stride, length: window * stride, rows: first },
    0,
  )
}

const fieldsOf = (tree: unknown): ReadonlyArray<Field> =>
  (Tree.leaves(tree) as ReadonlyArray<Field>).map(({ dtype, shape }) => ({ dtype, shape: shape.slice(1) }))

/** The rows of a tree of arrays as the bytes of records, in the layout that `stored` reads. Floats are rounded to 32 bits. */
export const records = (tree: unknown): Uint8Array => {
  const arrays = Tree.leaves(tree) as ReadonlyArray<NDArray.NDArray>
  const fields = fieldsOf(tree)
  const { at, stride } = layout(fields)
  const rows = arrays[0]?.shape[0] ?? 0
  const out = new Uint8Array(rows * stride)
  for (const [i, { data, dtype }] of arrays.entries()) {
    const width = Shape.size(fields[i]?.shape ?? [])
    const size = bytesOf[dtype]
    const into = viewOf(dtype, out)
    const [step, first] = [stride / size, (at[i] ?? 0) / size]
    for (let row = 0, from = 0; row < rows; row++)
      for (let k = 0, to = row * step + first; k < width; k++) into[to++] = data[from++] as number
  }
  return out
}

/** Bytes, which are aligned, as numbers. */
const viewOf = (dtype: DType.DType, { buffer, byteLength, byteOffset }: Uint8Array): Float32Array | Int32Array | Uint8Array => {
  const length = byteLength / bytesOf[dtype]
  if (dtype === "f32") return new Float32Array(buffer, byteOffset, length)
  return dtype === "i32" ? new Int32Array(buffer, byteOffset, length) : new Uint8Array(buffer, byteOffset, length)
}

/** The bytes of a record. */
const lengthOf = ({ length, stride }: Records): number => length ?? stride

/** The field of `rows` records, as an array in memory. */
const fieldIn = (bytes: Uint8Array, { at, dtype, records, shape }: Stored, rows: number): NDArray.NDArray => {
  const stride = lengthOf(records)
  const sample = shape.slice(1)
  const [size, width] = [bytesOf[dtype], Shape.size(sample)]
  const array = (data: DType.Storage) => new NDArray.NDArray(dtype, [rows, ...sample], data)
  const whole = bytes.byteOffset % size === 0 ? bytes : bytes.slice()
  if (stride === width * size) return array(viewOf(dtype, whole))
  const copy = new Uint8Array(rows * width * size)
  const data = viewOf(dtype, copy)
  if ((stride | at) % size === 0) {
    const numbers = viewOf(dtype, whole)
    const [step, first] = [stride / size, at / size]
    for (let row = 0, to = 0; row < rows; row++)
      for (let k = 0, from = row * step + first; k < width; k++) data[to++] = numbers[from++] as number
    return array(data)
  }
  // Numbers of four bytes in records of another length are not aligned.
  for (let row = 0; row < rows; row++)
    copy.set(whole.subarray(row * stride + at, row * stride + at + width * size), row * width * size)
  return array(data)
}

const isRange = (which: Which): which is Range => "start" in which

const checked = (array: Stored, which: Which): void => {
  const count = array.shape[0] ?? 0
  const wrong = (row: number): boolean => !(Number.isInteger(row) && row >= 0 && row < count)
  const bad = isRange(which)
    ? which.start < which.end && (wrong(which.start) || wrong(which.end - 1))
      ? which.end - 1
      : undefined
    : Array.prototype.find.call(which, wrong)
  if (bad !== undefined)
    refuse("StoredArray.read", [array], `row numbers from 0 to ${count - 1}, not ${bad}`, "rows of this array")
}

/**
 * Rows of every stored array of a tree, in memory; other leaves stay as they are. Arrays of the same records are read at once.
 * Rejects with `DataError` where the store cannot be read, and throws `ShapeError` for a row that does not exist.
 */
export const read = <X>(tree: X, which: Which): Promise<Tree.Replace<X, NDArray.NDArray>> => {
  const leaves = Tree.leaves(tree) as ReadonlyArray<unknown>
  const arrays = leaves.filter(isStored)
  for (const array of arrays) checked(array, which)
  const rows = isRange(which) ? which.end - which.start : which.length
  const all = [...new Set(arrays.map((array) => array.records))]
  return Promise.all(all.map((records) => recordsAt(records, which, rows))).then((found) => {
    const none = new Uint8Array()
    const bytes = new Map(all.map((records, i) => [records, found[i] ?? none]))
    return Tree.withLeaves(
      tree as unknown,
      leaves.map((leaf) => (isStored(leaf) ? fieldIn(bytes.get(leaf.records) ?? none, leaf, rows) : leaf)),
    ) as Tree.Replace<X, NDArray.NDArray>
  })
}

const recordsAt = (records: Records, which: Which, rows: number): Promise<Uint8Array> => {
  const { rows: numbers, start, store, stride } = records
  const length = lengthOf(records)
  if (rows === 0 || length === 0) return Promise.resolve(new Uint8Array(rows * length))
  if (isRange(which) && numbers === undefined && length === stride)
    return store.read(Float64Array.of(start + which.start * stride), rows * stride)
  const offsets = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    const row = isRange(which) ? which.start + i : (which[i] as number)
    offsets[i] = start + (numbers === undefined ? row : (numbers[row] ?? 0)) * stride
  }
  return store.read(offsets, length)
}

/** The bytes that one row of a tree's stored arrays takes in memory. */
export const rowBytes = (tree: unknown): number =>
  (Tree.leaves(tree) as ReadonlyArray<unknown>)
    .filter(isStored)
    .reduce((sum, { dtype, shape }) => sum + widthOf({ dtype, shape: shape.slice(1) }), 0)

storedRows.provide({ read, rowBytes })
