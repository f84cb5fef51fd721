/**
 * The input transform: preprocessing of inputs as the first operation of a net. Rows that were read as bytes stay bytes, a
 * quarter of the memory. The arithmetic is the same, so a net gives the same bits for preprocessed rows and for bytes.
 */
import * as Result from "effect/Result"
import type { Net } from "../learning/Net.ts"
import type * as NDArray from "../types/NDArray.ts"
import * as ArrayInput from "./ArrayInput.ts"
import type { DataError } from "./DataError.ts"
import * as Dataset from "./Dataset.ts"
import type { Fitted, FittedInput } from "./Fitted.ts"
import * as Preprocess from "./Preprocess.ts"
import type { AnyRaw } from "./Raw.ts"
import { take, whole } from "./RawArray.ts"

/**
 * The inputs of the given rows (all by default) for a net of `InputTransform.net`: bytes as they are, `u8` [rows, ...shape
 * of a sample]; others preprocessed, and those with PCA, which is a product of matrices and is computed once. Fails as `Preprocess.inputs` does.
 */
export const inputs = (fitted: Fitted, raw: AnyRaw, rows?: Preprocess.Rows): Result.Result<NDArray.NDArray, DataError> => {
  const { input } = fitted
  if (input.type !== "array" || input.pca !== undefined || Preprocess.isTable(raw) || raw.inputs.dtype !== "u8")
    return Preprocess.inputs(fitted, raw, rows)
  return ArrayInput.shaped(input, rows === undefined ? whole(raw.inputs) : take(raw.inputs, rows))
}

/** Like `Preprocess.dataset`, with inputs for a net of `InputTransform.net`. */
export const dataset = (fitted: Fitted, raw: AnyRaw, rows?: Preprocess.Rows): Result.Result<Dataset.Dataset, DataError> =>
  Result.gen(function* () {
    return yield* Dataset.make(yield* inputs(fitted, raw, rows), yield* Preprocess.targets(fitted, raw, rows), {
      ...Preprocess.names(fitted),
      ...(yield* Preprocess.weights(fitted, raw, rows)),
    })
  })

/** Bytes of `inputs` preprocessed, `f32` [rows, ...shape of a sample]; other inputs as they are. Fails as `Preprocess.inputs` does. */
export const numbers = (input: FittedInput, rows: NDArray.NDArray): Result.Result<NDArray.NDArray, DataError> =>
  input.type === "array" && rows.dtype === "u8" ? ArrayInput.apply(input, rows) : Result.succeed(rows)

/**
 * A net that also accepts samples as bytes: it preprocesses them and applies `inner`, whose parameters and state it has. Rows
 * of a table are never bytes, so `inner` itself is returned for them.
 */
export const net = <P, S>(input: FittedInput, inner: Net<P, S>): Net<P, S> =>
  input.type === "columns"
    ? inner
    : {
        ...inner,
        apply: (params, state, x, context) =>
          inner.apply(params, state, x.dtype === "u8" ? ArrayInput.trace(input, x) : x, context),
      }
