/** Locates the first non-finite number of an array, before it spreads through means and sums. */
import * as Result from "effect/Result"
import type * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { type DataError, dataError } from "./DataError.ts"
import type { Rows } from "./Raw.ts"

/** Fails with `BadCell` at the first of the given rows of `array` [rows, ...] that holds NaN or an infinity; `what` are inputs or targets. */
export const check = (what: "inputs" | "targets", array: NDArray.NDArray, rows: Rows): Result.Result<void, DataError> => {
  if (array.dtype !== "f32") return Result.succeed(undefined)
  const { data } = array
  const width = Shape.size(array.shape.slice(1))
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r] ?? 0
    for (let at = row * width; at < (row + 1) * width; at++)
      if (!Number.isFinite(data[at] ?? 0))
        return Result.fail(
          dataError({
            _tag: "BadCell",
            row: row + 1,
            column: what,
            got: String(data[at]),
            wanted: "a finite number",
            hint: "drop the row, or replace the value",
          }),
        )
  }
  return Result.succeed(undefined)
}
