/** Named arrays as rows to predict: one array for each input, with equal numbers of rows. */
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import * as Dataset from "@adjoint/core/data/Dataset"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Result from "effect/Result"
import type { Rows } from "./Rows.ts"

/** The rows of arrays by the names that they had in training. Fails with `RowsDiffer`, and with `Empty` without rows. */
export const fromArrays = (fitted: FittedTree, arrays: { readonly [name: string]: NDArray }): Result.Result<Rows, DataError> => {
  const differing = Dataset.differingArrays(arrays)
  if (differing !== undefined) return Result.fail(dataError({ _tag: "RowsDiffer", ...differing }))
  const raw = { arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, { array }])) }
  const count = PreprocessTree.size(raw)
  return count === 0
    ? Result.fail(dataError({ _tag: "Empty", got: "there are no rows in it", wanted: "one or more" }))
    : Result.succeed({ count, inputs: (places) => PreprocessTree.inputs(fitted, raw, Int32Array.from(places)) })
}
