/**
 * The answer that looks at no input: what the targets of the training rows say alone. A run keeps these numbers, so that new rows
 * can be scored beside it without the training rows.
 */
import { type Arrays, arrayOf } from "@adjoint/core/data/PreprocessTree"
import { learned, restore } from "@adjoint/core/learning/Score"
import type { NDArray } from "@adjoint/core/types/NDArray"
import { type Facts, type Head, headsOf } from "./Facts.ts"

/**
 * Of one head: training rows of each class, and what they weigh where rows have weights; what the rows with a yes of each label
 * weigh among all rows; or the mean of each quantity as it was measured, by weight.
 */
export type TargetRecord =
  | { readonly counts: ReadonlyArray<number>; readonly weighed?: ReadonlyArray<number> }
  | { readonly yes: ReadonlyArray<number>; readonly rows: number }
  | { readonly means: ReadonlyArray<number> }

/** The records of all heads by name; the one head of a model has the name "". */
export type TargetRecords = { readonly [head: string]: TargetRecord }

/** What a row counts. */
type WeightOf = (row: number) => number

/** The sum of each column of [rows, width] numbers, each as `value` has it, by weight. */
const sums = (
  { data }: NDArray,
  width: number,
  weightOf: WeightOf,
  value: (x: number, column: number) => number = (x) => x,
): ReadonlyArray<number> => {
  const all = new Array<number>(width).fill(0)
  for (const [i, x] of data.entries())
    all[i % width] = (all[i % width] ?? 0) + weightOf(Math.floor(i / width)) * value(x, i % width)
  return all
}

/** What the rows of each class count. */
const countsOf = ({ data }: NDArray, classes: number, weightOf: WeightOf): ReadonlyArray<number> => {
  const counts = new Array<number>(classes).fill(0)
  for (const [row, label] of data.entries())
    if (label >= 0 && label < classes) counts[label] = (counts[label] ?? 0) + weightOf(row)
  return counts
}

const recordOf = ({ target }: Head, targets: NDArray, weights: NDArray | undefined): TargetRecord => {
  const count = targets.shape[0] ?? 0
  const weightOf: WeightOf = weights === undefined ? () => 1 : (row) => weights.data[row] ?? 0
  const rows = weights === undefined ? count : Array.from(weights.data).reduce((sum, weight) => sum + weight, 0)
  if (target.type === "labels") return { yes: sums(targets, target.names.length, weightOf), rows }
  if (target.type === "numbers") {
    const { units = [] } = target
    const width = Math.max(1, targets.data.length / Math.max(1, count))
    const measured = (x: number, i: number): number => {
      const unit = units[i]
      return unit === undefined ? x : restore(unit, x)
    }
    return { means: sums(targets, width, weightOf, measured).map((sum) => sum / rows) }
  }
  const classes = Math.max(2, target.classes?.length ?? 0)
  const counts = countsOf(targets, classes, () => 1)
  return weights === undefined ? { counts } : { counts, weighed: countsOf(targets, classes, weightOf) }
}

/** The records of the training rows, with the weight of each row where they have some. */
export const recordsOf = (facts: Pick<Facts, "counts" | "target">, targets: Arrays, weights?: NDArray): TargetRecords =>
  Object.fromEntries(headsOf(facts).map((head) => [head.name ?? "", recordOf(head, arrayOf(targets, head.name ?? ""), weights)]))

/** A logarithm that stays finite at 0, far below that of any count. */
const log = (x: number): number => (x <= 0 ? -30 : Math.log(x))

/** The outputs of a net that always gives the answer: logits of the shares of classes, or the means. */
export const outputsOf = ({ target }: Pick<Head, "target">, record: TargetRecord, width: number): ReadonlyArray<number> => {
  if ("yes" in record) return record.yes.map((yes) => log(yes) - log(record.rows - yes))
  if ("means" in record) {
    const units = target.type === "numbers" ? (target.units ?? []) : []
    return record.means.map((mean, i) => {
      const unit = units[i]
      return unit === undefined ? mean : learned(unit, mean)
    })
  }
  const { counts, weighed = counts } = record
  const [first = 0, second = 0] = weighed
  return width === 1 ? [log(second) - log(first)] : weighed.map(log)
}

/** The most frequent of some classes, the first of equally frequent ones. */
const most = (counts: ReadonlyArray<number>): number => counts.reduce((best, n, i) => (n > (counts[best] ?? 0) ? i : best), 0)

/** The answer in the words of the target. */
export const answerOf = ({ target }: Pick<Head, "target">, record: TargetRecord): string | ReadonlyArray<number> => {
  if ("means" in record) return record.means
  if ("counts" in record) {
    const at = most(record.weighed ?? record.counts)
    return (target.type === "class" || target.type === "binary" ? target.classes?.[at] : undefined) ?? String(at)
  }
  const classes = target.type === "labels" ? target.classes : undefined
  return record.yes
    .map((yes) => (2 * yes > record.rows ? 1 : 0))
    .map((at, i) => classes?.[i]?.[at] ?? String(at))
    .join(", ")
}
