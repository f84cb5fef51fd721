/** The rows that pre-training learns from: prepared inputs without targets. */
import * as Dataset from "@adjoint/core/data/Dataset"
import { arrayOf, inMemory, numbers } from "@adjoint/core/data/PreprocessTree"
import type { NDArray } from "@adjoint/core/types/NDArray"
import type { Part, Prepared } from "@adjoint/dsl/prepare/Prepared"
import * as Result from "effect/Result"

/** Inputs prepared, where they are still bytes. Throws `TypeError` for several inputs. Rows of pre-training are always in memory. */
export const prepared = ({ fitted }: Prepared, { inputs }: Part): NDArray => {
  const held = inMemory(inputs)
  if (held === undefined) throw new TypeError("pre-training takes rows in memory")
  return arrayOf(Result.getOrThrow(numbers(fitted, held)), "")
}

/** The rows that machines learn from: those to learn from, and those without labels after them. */
export const rowsOf = (rows: Prepared): NDArray => {
  const train = prepared(rows, rows.train)
  return rows.unlabelled === undefined ? train : Dataset.concatRows([train, arrayOf(rows.unlabelled, "")])
}
