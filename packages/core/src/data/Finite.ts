/** Locates the first non-finite number of an array, before it spreads through means and sums. */
import * as Result from "effect/Result"
import * as Shape from "../types/Shape.ts"
import { type DataError, dataError } from "./DataError.ts"
import { blocks, type RawArray } from "./RawArray.ts"
import type { Rows } from "./TableColumn.ts"

/** Fails with `BadCell` at the first of the given rows of `array` [rows, ...] that holds NaN or an infinity; `what` are inputs or targets. */
export const check = (what: "inputs" | "targets", array: RawArray, rows: Rows): Result.Result<void, DataError> => {
  if (array.dtype !== "f32") return Result.succeed(undefined)
  const width = Shape.size(array.shape.slice(1))
  for (const { data, first, rows: own } of blocks(array, rows))
    for (let r = 0; r < own.length; r++) {
      const start = (own[r] ?? 0) * width
      for (let at = start; at < start + width; at++)
        if (!Number.isFinite(data[at] ?? 0))
          return Result.fail(
            dataError({
              _tag: "BadCell",
              row: (rows[first + r] ?? 0) + 1,
              column: what,
              got: String(data[at]),
              wanted: "a finite number",
              hint: "drop the row, or replace the value",
            }),
          )
    }
  return Result.succeed(undefined)
}
