/** The rows that pre-training learns from: prepared inputs without targets. */
import * as ArrayInput from "@adjoint/core/data/ArrayInput"
import * as Dataset from "@adjoint/core/data/Dataset"
import type { NDArray } from "@adjoint/core/types/NDArray"
import type { Prepared } from "@adjoint/dsl/prepare/Prepare"
import * as Result from "effect/Result"

/** Inputs prepared, where they are still bytes. */
export const prepared = ({ fitted: { input } }: Prepared, { inputs }: Dataset.Dataset): NDArray =>
  inputs.dtype === "u8" && input.type === "array" ? Result.getOrThrow(ArrayInput.apply(input, inputs)) : inputs

/** The rows that machines learn from: those to learn from, and those without labels after them. */
export const rowsOf = (rows: Prepared): NDArray => {
  const train = prepared(rows, rows.train)
  return rows.unlabelled === undefined ? train : Dataset.concatRows([train, rows.unlabelled])
}
