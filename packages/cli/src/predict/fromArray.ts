/** An array of samples as rows to predict. */
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import * as Dataset from "@adjoint/core/data/Dataset"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import * as Result from "effect/Result"
import { fromArrays } from "./fromArrays.ts"
import type { Rows } from "./Rows.ts"

/** The spellings of a sample's shape: as it is, without a last axis of one channel, and as a row of numbers. */
const spellings = (sample: Shape.Shape): ReadonlyArray<Shape.Shape> => [
  sample,
  ...(sample.length > 1 && sample.at(-1) === 1 ? [sample.slice(0, -1)] : []),
  [Shape.size(sample)],
]

/** Whether an array holds samples (its first axis counts them), or is one sample. */
export const framing = (
  fitted: FittedTree,
  shape: Shape.Shape,
): Result.Result<{ readonly count: number; readonly sample: Shape.Shape }, DataError> => {
  if (fitted.input.type !== "array")
    return Result.fail(
      dataError({ _tag: "BadSpec", at: "the rows", got: "an array", wanted: "a table, as in training", hint: "a csv file" }),
    )
  const { array = "", sequence, shape: sample } = fitted.input
  if (sequence?.lengths !== undefined)
    return Result.fail(
      dataError({
        _tag: "BadSpec",
        at: "the rows",
        got: "one array",
        wanted: `the array \`${array}\` with its lengths \`${sequence.lengths}\``,
        hint: "an npz file with both, or lines of JSON",
      }),
    )
  const isSpelling = (some: Shape.Shape) => spellings(sample).some((one) => Shape.equals(one, some))
  if (shape.length > 0 && isSpelling(shape.slice(1))) return Result.succeed({ count: shape[0] ?? 0, sample })
  // Samples of one number may be a plain list of them.
  if (Shape.size(sample) === 1 && shape.length === 1) return Result.succeed({ count: shape[0] ?? 0, sample })
  if (isSpelling(shape)) return Result.succeed({ count: 1, sample })
  const wanted = spellings(sample).map((one) => `[${["rows", ...one].join(", ")}]`)
  return Result.fail(
    dataError({ _tag: "BadShape", what: "the array", got: shape, wanted: `${wanted.join(" or ")}, as in training` }),
  )
}

/** The samples of an array. Fails with `BadShape` where they are not of the shape that was fitted, with `Empty` where there are none. */
export const fromArray = (fitted: FittedTree, array: NDArray.NDArray): Result.Result<Rows, DataError> =>
  Result.flatMap(framing(fitted, array.shape), ({ count, sample }) => {
    if (count === 0) return Result.fail(dataError({ _tag: "Empty", got: "there are no rows in it", wanted: "one or more" }))
    const samples = new NDArray.NDArray(array.dtype, [count, ...sample], array.data)
    const { input } = fitted
    return input.type === "array" && input.sequence !== undefined
      ? fromArrays(fitted, { [input.array ?? ""]: samples })
      : Result.succeed({ count, inputs: (places) => rowsOf(fitted, samples, places) })
  })

const rowsOf = (fitted: FittedTree, samples: NDArray.NDArray, places: ReadonlyArray<number>): ReturnType<Rows["inputs"]> => {
  const inputs = Dataset.takeRows(samples, Int32Array.from(places))
  const bad = inputs.dtype === "f32" ? inputs.data.findIndex((value) => !Number.isFinite(value)) : -1
  if (bad >= 0) {
    const width = Shape.size(samples.shape.slice(1))
    const row = (places[Math.floor(bad / width)] ?? 0) + 1
    const column = `element ${bad % width}`
    return Result.fail(
      dataError({ _tag: "BadCell", row, column, got: String(inputs.data[bad]), wanted: "a finite number", hint: "" }),
    )
  }
  return PreprocessTree.inputs(fitted, { inputs })
}
