/**
 * The input transform: how raw inputs become the numbers that a net computes with. Rows that were read as bytes stay bytes,
 * a quarter of the memory, and the net begins with the transform. It is the same arithmetic in the same floats, so a net
 * gives the same for rows prepared beforehand and for rows that are still bytes.
 */
import * as Result from "effect/Result"
import type { Net } from "../learning/Net.ts"
import type * as NDArray from "../types/NDArray.ts"
import * as ArrayInput from "./ArrayInput.ts"
import type { DataError } from "./DataError.ts"
import * as Dataset from "./Dataset.ts"
import type { Fitted, FittedInput } from "./Fitted.ts"
import * as Preprocess from "./Preprocess.ts"

/**
 * The inputs of the given rows (all, if none are given) for a net that `net` made: bytes as they are, `u8` [rows, ...shape
 * of a sample]; all others prepared. Fails as `Preprocess.inputs` does.
 */
export const inputs = (
  fitted: Fitted,
  raw: Preprocess.Raw,
  rows?: Preprocess.Rows,
): Result.Result<NDArray.NDArray, DataError> => {
  const { input } = fitted
  if (input.type !== "array" || "rows" in raw || raw.inputs.dtype !== "u8") return Preprocess.inputs(fitted, raw, rows)
  return ArrayInput.shaped(input, rows === undefined ? raw.inputs : Dataset.takeRows(raw.inputs, rows))
}

/** As `Preprocess.dataset`, with inputs for a net that `net` made. */
export const dataset = (fitted: Fitted, raw: Preprocess.Raw, rows?: Preprocess.Rows): Result.Result<Dataset.Dataset, DataError> =>
  Result.gen(function* () {
    return yield* Dataset.make(
      yield* inputs(fitted, raw, rows),
      yield* Preprocess.targets(fitted, raw, rows),
      Preprocess.names(fitted),
    )
  })

/** What `inputs` stand for: bytes prepared, `f32` [rows, ...shape of a sample]; all others as they are. Fails as `Preprocess.inputs` does. */
export const numbers = (input: FittedInput, rows: NDArray.NDArray): Result.Result<NDArray.NDArray, DataError> =>
  input.type === "array" && rows.dtype === "u8" ? ArrayInput.apply(input, rows) : Result.succeed(rows)

/**
 * A net that takes samples as bytes too: it prepares them as was fitted and hands them on. Its parameters and state are
 * those of the net it is given. Rows of a table are never bytes, so their net is given back as it is.
 */
export const net = <P, S>(input: FittedInput, inner: Net<P, S>): Net<P, S> =>
  input.type === "columns"
    ? inner
    : {
        ...inner,
        apply: (params, state, x, context) =>
          inner.apply(params, state, x.dtype === "u8" ? ArrayInput.trace(input, x) : x, context),
      }
