/** Scores of numbers: how far predictions are from targets of the same shape. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../words/Shape.ts"
import { aligned } from "../Target.ts"
import { add, append, rows, rowsOf, type Score } from "./Score.ts"

const answers = ["numbers", "binary"] as const

/** The mean of a measure over all numbers, seen through a function of the mean. */
const meanOf = (operation: string, measure: (d: Tensor) => Tensor, seen = (mean: number): number => mean): Score => ({
  sums: (output, target) => {
    const each = measure(T.sub(output, aligned(operation, output, target)))
    return T.stack([T.sum(each), T.scalar(Shape.size(each.shape))])
  },
  merge: add,
  finish: ([sum = 0, count = 0]) => seen(sum / count),
  better: "lower",
  answers,
})

/** The mean of (ŷ - y)². */
export const meanSquaredError: Score = meanOf("mse", (d) => T.square(d))

/** The root of the mean of (ŷ - y)². */
export const rootMeanSquaredError: Score = meanOf("rmse", (d) => T.square(d), Math.sqrt)

/** The mean of |ŷ - y|. */
export const meanAbsoluteError: Score = meanOf("mae", (d) => T.abs(d))

const sum = (xs: ReadonlyArray<number>): number => xs.reduce((total, x) => total + x, 0)

/** 1 - Σ (ŷ - y)² / Σ (y - ȳ)² of pairs. */
const determination = (pairs: ReadonlyArray<readonly [said: number, truth: number]>): number => {
  const mean = sum(pairs.map(([, y]) => y)) / pairs.length
  const left = sum(pairs.map(([said, y]) => (said - y) ** 2))
  return 1 - left / sum(pairs.map(([, y]) => (y - mean) ** 2))
}

/**
 * The share of the targets' variance that the predictions explain: 1 is all of it, 0 is no better than the mean, and
 * below 0 is worse. Of several outputs the mean of each one's. Not defined (NaN) for targets that are all alike.
 *
 * `Score.of(Score.r2, Tensor.make([[1], [2], [4]]), Tensor.make([1, 2, 3])) // => 0.5`
 */
export const r2: Score = {
  sums: (output, target) => {
    const wanted = aligned("r2", output, target)
    const n = output.shape[0] ?? 0
    return rows(
      T.concat([T.reshape(output, [n, Shape.size(output.shape) / n]), T.reshape(wanted, [n, Shape.size(output.shape) / n])], 1),
    )
  },
  merge: append,
  finish: (gathered) => {
    const all = rowsOf(gathered)
    const outputs = (all[0]?.length ?? 0) / 2
    return (
      sum(Array.from({ length: outputs }, (_, k) => determination(all.map((row) => [row[k] ?? 0, row[outputs + k] ?? 0])))) /
      outputs
    )
  },
  better: "higher",
  answers,
}
