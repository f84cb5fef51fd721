/** The rows that pre-training learns from: prepared inputs without targets. */
import * as ArrayInput from "@adjoint/core/data/ArrayInput"
import * as Dataset from "@adjoint/core/data/Dataset"
import type { NDArray } from "@adjoint/core/words/NDArray"
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

/** The least and the largest number of some rows. */
export const extentOf = ({ data }: NDArray): readonly [number, number] => {
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const x of data) {
    if (x < least) least = x
    if (x > largest) largest = x
  }
  return [least, largest]
}
