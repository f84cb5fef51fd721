/** The scores of each class of rows with weights. */
import * as Score from "@adjoint/core/learning/Score"
import type { NDArray } from "@adjoint/core/types/NDArray"

/** Precision, recall and F1 of each class count a row of weight 2 as two rows, as all scores do; the support is a number of rows. */
export const reportOf = (output: NDArray, truth: NDArray, weights: NDArray | undefined): ReadonlyArray<Score.ClassReport> => {
  const rows = Score.of(Score.classReport, output, truth)
  if (weights === undefined) return rows
  const weighted = Score.of(Score.classReport, output, truth, weights)
  return rows.map((own, i) => ({ ...own, ...weighted[i], support: own.support }))
}
