/**
 * A dataset is rows: inputs and targets, whose first axes are the rows. Each is an array, or a tree of arrays, such as an image and
 * an age with two targets. Arrays are in memory, or stored outside it (`StoredArray`). Images stay bytes (`u8`) until they are
 * preprocessed.
 */
import * as Result from "effect/Result"
import type * as DType from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import { inPieces, type Pieces } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import * as ShapeTree from "../types/ShapeTree.ts"
import * as Tree from "../types/Tree.ts"
import { type DataError, dataError, type RowCount } from "./DataError.ts"
import type { StoredArray } from "./StoredArray.ts"
import { isStored } from "./storedRows.ts"

/**
 * `inputs`: [rows, ...shape of a sample]. `targets`: [rows] class numbers (`i32`), or [rows, k] quantities (`f32`). Each may be a
 * tree of such arrays, with equal numbers of rows.
 */
export interface Dataset<out X = NDArray.NDArray, out T = NDArray.NDArray> {
  readonly inputs: X
  readonly targets: T
  /**
   * [rows] numbers of 0 or more (`f32`), with a mean of 1 over the training rows: the loss of a row is multiplied by its weight,
   * and it counts as so many rows in scores.
   */
  readonly weights?: NDArray.NDArray
  /** The names of the classes 0, 1, … in `targets`, if that is one array. */
  readonly classes?: ReadonlyArray<string>
  /** The names of the numbers of a sample, if it is a row of a table. */
  readonly columns?: ReadonlyArray<string>
}

/** What a dataset may have besides inputs and targets: the names of classes and columns, and the weights of rows. */
export type Names = Pick<Dataset, "classes" | "columns" | "weights">

/** A tree with an array at each leaf. */
export type Arrays<X> = Tree.Replace<X, NDArray.NDArray>

/** A tree with an array at each leaf, in memory or stored outside it. */
export type Rows<X> = Tree.Replace<X, RowArray>

/** An array in memory or one that is stored outside it. */
export type RowArray = NDArray.NDArray | StoredArray

type Parts = Pick<Dataset<unknown, unknown>, "inputs" | "targets" | "weights">

const arraysOf = (tree: unknown): ReadonlyArray<NDArray.NDArray> => Tree.leaves(tree) as ReadonlyArray<NDArray.NDArray>

const mapArrays = <X>(tree: X, f: (array: NDArray.NDArray) => NDArray.NDArray): Arrays<X> =>
  Tree.map(tree as unknown, (array: RowArray) => f(isStored(array) ? outside(array) : array)) as Arrays<X>

const outside = (array: StoredArray): never =>
  refuse(
    "Dataset",
    [array],
    "arrays in memory, not one that is stored",
    "StoredArray.read, or give the dataset to a run as it is",
  )

/** The arrays of a dataset as one tree. */
const treeOf = ({ inputs, targets, weights }: Parts): unknown => ({
  inputs,
  targets,
  ...(weights === undefined ? {} : { weights }),
})

/** The arrays of a dataset with their names: `inputs`, `targets`, or in trees `inputs.image`. */
export const entries = (dataset: Parts): ReadonlyArray<readonly [name: string, array: RowArray]> =>
  Tree.entries(treeOf(dataset)).map(([path, array]) => [Tree.printPath(path), array] as const)

/** Two arrays with different numbers of rows. */
interface Differing {
  readonly first: RowCount
  readonly other: RowCount
}

/** Two arrays with different numbers of rows: the first with as many as most have, and the first that differs from it. */
export const differingRows = (dataset: Parts): Differing | undefined => differingArrays(treeOf(dataset))

/** The same for the arrays of any tree. */
export const differingArrays = (tree: unknown): Differing | undefined => {
  const counts = Tree.entries(tree).map(
    ([path, array]): RowCount => ({ array: Tree.printPath(path), rows: (array as NDArray.NDArray).shape[0] ?? 1 }),
  )
  const frequencies = new Map<number, number>()
  for (const { rows } of counts) frequencies.set(rows, (frequencies.get(rows) ?? 0) + 1)
  const frequency = ({ rows }: RowCount): number => frequencies.get(rows) ?? 0
  const usual = counts.reduce<RowCount | undefined>(
    (most, each) => (most && frequency(most) >= frequency(each) ? most : each),
    undefined,
  )
  const odd = counts.find(({ rows }) => rows !== usual?.rows)
  if (usual === undefined || odd === undefined) return undefined
  return counts.indexOf(usual) < counts.indexOf(odd) ? { first: usual, other: odd } : { first: odd, other: usual }
}

/**
 * A dataset of inputs and targets. Fails with `RowsDiffer`, which names two arrays, if their numbers of rows differ, and with
 * `Empty` without rows.
 *
 * ```ts
 * const image = NDArray.make("u8", [3, 4], new Uint8Array(12))
 * const age = NDArray.make("f32", [2], new Float32Array(2))
 * const made = Dataset.make({ image, age }, NDArray.make("i32", [3], new Int32Array(3)))
 * made._tag === "Failure" && made.failure.message
 * // => "inputs.age has 2 rows but inputs.image has 3; wanted as many rows in every array"
 * ```
 */
export const make = <X, T>(inputs: X, targets: T, names: Names = {}): Result.Result<Dataset<X, T>, DataError> => {
  const dataset = { inputs, targets, ...names }
  const differing = differingRows(dataset)
  if (differing !== undefined) return Result.fail(dataError({ _tag: "RowsDiffer", ...differing }))
  if (size(dataset) === 0) return Result.fail(dataError({ _tag: "Empty", got: "there are no rows", wanted: "one or more" }))
  return Result.succeed(dataset)
}

/** The number of rows. */
export const size = ({ inputs }: Pick<Dataset<unknown, unknown>, "inputs">): number => rowsIn(inputs)

/** The number of rows of an array, or of the arrays of a tree. */
export const rowsIn = (tree: unknown): number => arraysOf(tree)[0]?.shape[0] ?? 0

/** The shapes of one input, without the axis of rows. */
export const sample = <X, T>({ inputs }: Dataset<X, T>): ShapeTree.Of<X> => ShapeTree.ofRows(inputs)

/**
 * The rows with these numbers (from 0), in this order; a row may be repeated. Throws `ShapeError` for a row that does not exist.
 */
export const take = <X, T>(dataset: Dataset<X, T>, rows: ArrayLike<number>): Dataset<Arrays<X>, Arrays<T>> => ({
  ...dataset,
  inputs: takeRows(dataset.inputs, rows),
  targets: takeRows(dataset.targets, rows),
  ...(dataset.weights === undefined ? {} : { weights: takeRows(dataset.weights, rows) }),
})

/** Numbers that are copied between two turns of others: less than a millisecond. */
const pieceLength = 2 ** 18

/** Rows that are copied between two turns of others, each by a call. */
const pieceRows = 2 ** 11

function* taking(tree: unknown, rows: ArrayLike<number>): Pieces<unknown> {
  const copies: Array<Pieces<void>> = []
  const all = mapArrays(tree, (array) => taken(array, rows, copies))
  for (const copy of copies) yield* copy
  return all
}

/**
 * Rows of an array, or of each array of a tree, along the first axis, perhaps in pieces. Throws `ShapeError` for a row that does not
 * exist.
 */
export const takeRows = inPieces(taking) as <X>(tree: X, rows: ArrayLike<number>) => Arrays<X>

/** The array that holds some rows of another once `copies` are made. */
const taken = (array: NDArray.NDArray, rows: ArrayLike<number>, copies: Array<Pieces<void>>): NDArray.NDArray => {
  const shape = [rows.length, ...array.shape.slice(1)]
  const data = like(array.data, Shape.size(shape))
  copies.push(copying(array, rows, data))
  return NDArray.make(array.dtype, shape, data)
}

function* copying(array: NDArray.NDArray, rows: ArrayLike<number>, data: DType.Storage): Pieces<void> {
  const [count = 0, ...rest] = array.shape
  const width = Shape.size(rest)
  const longest = Math.max(1, Math.floor(pieceLength / Math.max(1, width)))
  let [copied, copies] = [0, 0]
  for (let i = 0; i < rows.length; ) {
    if (copied >= pieceLength || copies >= pieceRows) {
      yield
      copied = copies = 0
    }
    const row = rows[i] ?? -1
    if (!Number.isInteger(row) || row < 0 || row >= count)
      return refuse(
        "Dataset.take",
        [array],
        `row numbers from 0 to ${count - 1}, not ${row}`,
        "take rows of this dataset's own split",
      )
    // Rows of a part of a split are in increasing order, so runs of neighbouring rows are copied together.
    let end = i + 1
    while (end < rows.length && end - i < longest && rows[end] === row + end - i && row + end - i < count) end += 1
    data.set(array.data.subarray(row * width, (row + end - i) * width), i * width)
    copied += (end - i) * width
    copies++
    i = end
  }
}

/**
 * Rows of an array, or of each array of a tree, from `start` to `end` (exclusive), sharing storage. Throws `ShapeError` for rows
 * that do not exist.
 */
export const slice = <X>(tree: X, start: number, end: number): Arrays<X> => mapArrays(tree, (array) => sliced(array, start, end))

const sliced = (array: NDArray.NDArray, start: number, end: number): NDArray.NDArray => {
  const [count = 0, ...rest] = array.shape
  if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= count))
    refuse("Dataset.slice", [array], `rows from 0 to ${count}, not ${start} to ${end}`, "slice rows of this array")
  const width = Shape.size(rest)
  return new NDArray.NDArray(array.dtype, [end - start, ...rest], array.data.subarray(start * width, end * width))
}

/** The rows of the first dataset, then those of the second. Throws `ShapeError` if their samples, targets or classes differ. */
export const concat = <X, T>(a: Dataset<X, T>, b: Dataset<Arrays<X>, Arrays<T>>): Dataset<Arrays<X>, Arrays<T>> => {
  const classes = (dataset: Pick<Dataset, "classes">): string => JSON.stringify(dataset.classes ?? [])
  if (classes(a) !== classes(b))
    refuse(
      "Dataset.concat",
      arraysOf([a.targets, b.targets]),
      "datasets with the same classes",
      "use one list of classes for both",
    )
  return {
    ...a,
    inputs: concatRows<unknown>([a.inputs, b.inputs]) as Arrays<X>,
    targets: concatRows<unknown>([a.targets, b.targets]) as Arrays<T>,
    ...(a.weights === undefined && b.weights === undefined ? {} : { weights: concatRows([weightsOf(a), weightsOf(b)]) }),
  }
}

/** The weights of rows; 1 for each unless given. */
export const weightsOf = (dataset: Pick<Dataset<unknown, unknown>, "inputs" | "weights">): NDArray.NDArray => {
  if (dataset.weights !== undefined) return dataset.weights
  const rows = size(dataset)
  return NDArray.make("f32", [rows], new Float32Array(rows).fill(1))
}

function* concatenating(trees: ReadonlyArray<unknown>): Pieces<unknown> {
  const [first, ...rest] = trees
  if (first === undefined) return refuse("Dataset.concat", [], "one array or more", "check the number of rows first")
  const copies: Array<Pieces<void>> = []
  const all: unknown = Tree.zip(
    (...arrays: ReadonlyArray<unknown>) => joined(arrays as ReadonlyArray<NDArray.NDArray>, copies),
    first,
    ...rest,
  )
  for (const copy of copies) yield* copy
  return all
}

/**
 * The rows of arrays, one after the other, or of trees, array by array, perhaps in pieces. Throws `ShapeError` if rows differ in shape or
 * dtype, or there is no array.
 */
export const concatRows = inPieces(concatenating) as <X>(trees: ReadonlyArray<X>) => Arrays<X>

/** The array that holds some arrays once `copies` are made. */
const joined = (arrays: ReadonlyArray<NDArray.NDArray>, copies: Array<Pieces<void>>): NDArray.NDArray => {
  const [first] = arrays
  if (first === undefined) return refuse("Dataset.concat", [], "one array or more", "check the number of rows first")
  const rest = first.shape.slice(1)
  for (const array of arrays)
    if (array.dtype !== first.dtype || !Shape.equals(array.shape.slice(1), rest))
      refuse("Dataset.concat", [first, array], "rows of one shape and dtype", "preprocess both in the same way first")
  // doubles represent all other numbers
  const widest = arrays.find(({ data }) => data instanceof Float64Array) ?? first
  const rows = arrays.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0)
  const data = like(widest.data, rows * Shape.size(rest))
  let at = 0
  for (const array of arrays) {
    copies.push(placing(array.data, data, at))
    at += array.data.length
  }
  return NDArray.make(first.dtype, [rows, ...rest], data)
}

function* placing(from: DType.Storage, to: DType.Storage, at: number): Pieces<void> {
  for (let start = 0; start < from.length; start += pieceLength) {
    to.set(from.subarray(start, start + pieceLength), at + start)
    yield
  }
}

const like = (storage: DType.Storage, length: number): DType.Storage =>
  storage instanceof Float32Array
    ? new Float32Array(length)
    : storage instanceof Float64Array
      ? new Float64Array(length)
      : storage instanceof Int32Array
        ? new Int32Array(length)
        : new Uint8Array(length)
