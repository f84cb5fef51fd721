/**
 * A dataset is rows held in memory as arrays: one input and one target a row, the first axis of both counting the rows.
 * Images stay bytes (`u8`) until they are preprocessed.
 */
import * as Result from "effect/Result"
import type * as DType from "../words/DType.ts"
import * as NDArray from "../words/NDArray.ts"
import * as Shape from "../words/Shape.ts"
import { refuse } from "../words/ShapeError.ts"
import { type DataError, dataError } from "./DataError.ts"

/** `inputs`: [rows, ...shape of a sample]. `targets`: [rows] class numbers (`i32`), or [rows, k] quantities (`f32`). */
export interface Dataset {
  readonly inputs: NDArray.NDArray
  readonly targets: NDArray.NDArray
  /** The classes the numbers in `targets` stand for. */
  readonly classes?: ReadonlyArray<string>
  /** What the numbers of a sample are, where it is one row of a table. */
  readonly columns?: ReadonlyArray<string>
}

/** What a dataset may say of itself beside its arrays. */
export type Names = Pick<Dataset, "classes" | "columns">

/** Inputs and targets as one dataset. Fails with `RowsDiffer` when there are not as many of each, and `Empty` without rows. */
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

/** The rows with these numbers (from 0), in this order, a row as often as it is named. Throws `ShapeError` for a row that is not there. */
export const take = (dataset: Dataset, rows: ArrayLike<number>): Dataset => ({
  ...dataset,
  inputs: takeRows(dataset.inputs, rows),
  targets: takeRows(dataset.targets, rows),
})

/** The rows of one array, along its first axis. Throws `ShapeError` for a row that is not there. */
export const takeRows = (array: NDArray.NDArray, rows: ArrayLike<number>): NDArray.NDArray => {
  const [count = 0, ...rest] = array.shape
  const width = Shape.size(rest)
  const data = like(array.data, rows.length * width)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? -1
    if (!Number.isInteger(row) || row < 0 || row >= count)
      return refuse(
        "Dataset.take",
        [array],
        `row numbers from 0 to ${count - 1}, not ${row}`,
        "take rows of this dataset's own split",
      )
    data.set(array.data.subarray(row * width, (row + 1) * width), i * width)
  }
  return NDArray.make(array.dtype, [rows.length, ...rest], data)
}

/** The rows of both, the first dataset's before the second's. Throws `ShapeError` when their samples, targets or classes differ. */
export const concat = (a: Dataset, b: Dataset): Dataset => {
  const classes = (dataset: Dataset): string => JSON.stringify(dataset.classes ?? [])
  if (classes(a) !== classes(b))
    refuse("Dataset.concat", [a.targets, b.targets], "datasets of the same classes", "classify both by one list of classes")
  return { ...a, inputs: concatRows(a.inputs, b.inputs), targets: concatRows(a.targets, b.targets) }
}

const concatRows = (a: NDArray.NDArray, b: NDArray.NDArray): NDArray.NDArray => {
  const [m = 0, ...rest] = a.shape
  const [n = 0, ...others] = b.shape
  if (a.dtype !== b.dtype || !Shape.equals(rest, others))
    refuse("Dataset.concat", [a, b], "rows of one shape and kind", "preprocess both in the same way first")
  // doubles hold whatever either side holds
  const widest = a.data instanceof Float64Array ? a.data : b.data
  const data = like(widest, a.data.length + b.data.length)
  data.set(a.data)
  data.set(b.data, a.data.length)
  return NDArray.make(a.dtype, [m + n, ...rest], data)
}

const like = (storage: DType.Storage, length: number): DType.Storage =>
  storage instanceof Float32Array
    ? new Float32Array(length)
    : storage instanceof Float64Array
      ? new Float64Array(length)
      : storage instanceof Int32Array
        ? new Int32Array(length)
        : new Uint8Array(length)
