/**
 * A dataset is rows in memory: two arrays, inputs and targets, whose first axis is the rows. Images stay bytes (`u8`) until
 * they are preprocessed.
 */
import * as Result from "effect/Result"
import type * as DType from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import { type DataError, dataError } from "./DataError.ts"

/** `inputs`: [rows, ...shape of a sample]. `targets`: [rows] class numbers (`i32`), or [rows, k] quantities (`f32`). */
export interface Dataset {
  readonly inputs: NDArray.NDArray
  readonly targets: NDArray.NDArray
  /** The names of the classes 0, 1, … in `targets`. */
  readonly classes?: ReadonlyArray<string>
  /** The names of the numbers of a sample, if it is a row of a table. */
  readonly columns?: ReadonlyArray<string>
}

/** The names of a dataset's classes and columns. */
export type Names = Pick<Dataset, "classes" | "columns">

/** A dataset of inputs and targets. Fails with `RowsDiffer` if their numbers of rows differ, and `Empty` without rows. */
export const make = (inputs: NDArray.NDArray, targets: NDArray.NDArray, names: Names = {}): Result.Result<Dataset, DataError> => {
  const [rows = 1] = inputs.shape
  const [labels = 1] = targets.shape
  if (rows !== labels) return Result.fail(dataError({ _tag: "RowsDiffer", inputs: rows, targets: labels }))
  if (rows === 0) return Result.fail(dataError({ _tag: "Empty", got: "there are no rows", wanted: "one or more" }))
  return Result.succeed({ inputs, targets, ...names })
}

/** The number of rows. */
export const size = (dataset: Dataset): number => dataset.inputs.shape[0] ?? 0

/** The shape of one input, without the axis of rows. */
export const sample = (dataset: Dataset): Shape.Shape => dataset.inputs.shape.slice(1)

/** The rows with these numbers (from 0), in this order; a row may be repeated. Throws `ShapeError` for a row that does not exist. */
export const take = (dataset: Dataset, rows: ArrayLike<number>): Dataset => ({
  ...dataset,
  inputs: takeRows(dataset.inputs, rows),
  targets: takeRows(dataset.targets, rows),
})

/** Rows of one array, along its first axis. Throws `ShapeError` for a row that does not exist. */
export const takeRows = (array: NDArray.NDArray, rows: ArrayLike<number>): NDArray.NDArray => {
  const [count = 0, ...rest] = array.shape
  const width = Shape.size(rest)
  const data = like(array.data, rows.length * width)
  for (let i = 0; i < rows.length; ) {
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
    while (end < rows.length && rows[end] === row + end - i && row + end - i < count) end += 1
    data.set(array.data.subarray(row * width, (row + end - i) * width), i * width)
    i = end
  }
  return NDArray.make(array.dtype, [rows.length, ...rest], data)
}

/** The rows of an array from `start` to `end` (exclusive), sharing its storage. Throws `ShapeError` for rows that do not exist. */
export const slice = (array: NDArray.NDArray, start: number, end: number): NDArray.NDArray => {
  const [count = 0, ...rest] = array.shape
  if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= count))
    refuse("Dataset.slice", [array], `rows from 0 to ${count}, not ${start} to ${end}`, "slice rows of this array")
  const width = Shape.size(rest)
  return new NDArray.NDArray(array.dtype, [end - start, ...rest], array.data.subarray(start * width, end * width))
}

/** The rows of the first dataset, then those of the second. Throws `ShapeError` if their samples, targets or classes differ. */
export const concat = (a: Dataset, b: Dataset): Dataset => {
  const classes = (dataset: Dataset): string => JSON.stringify(dataset.classes ?? [])
  if (classes(a) !== classes(b))
    refuse("Dataset.concat", [a.targets, b.targets], "datasets with the same classes", "use one list of classes for both")
  return { ...a, inputs: concatRows([a.inputs, b.inputs]), targets: concatRows([a.targets, b.targets]) }
}

/** The rows of arrays, one after the other. Throws `ShapeError` if rows differ in shape or dtype, or there is no array. */
export const concatRows = (arrays: ReadonlyArray<NDArray.NDArray>): NDArray.NDArray => {
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
    data.set(array.data, at)
    at += array.data.length
  }
  return NDArray.make(first.dtype, [rows, ...rest], data)
}

const like = (storage: DType.Storage, length: number): DType.Storage =>
  storage instanceof Float32Array
    ? new Float32Array(length)
    : storage instanceof Float64Array
      ? new Float64Array(length)
      : storage instanceof Int32Array
        ? new Int32Array(length)
        : new Uint8Array(length)
