/**
 * The answer that looks at no input: what the targets of the training rows say alone. A run keeps these numbers, so that new rows
 * can be scored beside it without the training rows.
 */
import { type Arrays, arrayOf } from "@adjoint/core/data/PreprocessTree"
import { restore, type Unit } from "@adjoint/core/learning/Score"
import type { NDArray } from "@adjoint/core/types/NDArray"
import { type Facts, type Head, headsOf } from "./Facts.ts"

/** Of one head: training rows of each class, rows with a yes of each label among all rows, or the mean of each quantity as it was measured. */
export type TargetRecord =
  | { readonly counts: ReadonlyArray<number> }
  | { readonly yes: ReadonlyArray<number>; readonly rows: number }
  | { readonly means: ReadonlyArray<number> }

/** The records of all heads by name; the one head of a model has the name "". */
export type TargetRecords = { readonly [head: string]: TargetRecord }

/** The sum of each column of [rows, width] numbers, each as `value` has it. */
const sums = ({ data }: NDArray, width: number, value: (x: number, column: number) => number): ReadonlyArray<number> => {
  const all = new Array<number>(width).fill(0)
  for (let i = 0; i < data.length; i++) all[i % width] = (all[i % width] ?? 0) + value(data[i] ?? 0, i % width)
  return all
}

const recordOf = ({ target }: Head, targets: NDArray): TargetRecord => {
  const rows = targets.shape[0] ?? 0
  if (target.type === "labels") return { yes: sums(targets, target.names.length, (x) => x), rows }
  if (target.type === "numbers") {
    const { units = [] } = target
    const width = Math.max(1, targets.data.length / Math.max(1, rows))
    const measured = (x: number, i: number): number => {
      const unit = units[i]
      return unit === undefined ? x : restore(unit, x)
    }
    return { means: sums(targets, width, measured).map((sum) => sum / rows) }
  }
  const counts = new Array<number>(Math.max(2, target.classes?.length ?? 0)).fill(0)
  for (const label of targets.data) if (label >= 0 && label < counts.length) counts[label] = (counts[label] ?? 0) + 1
  return { counts }
}

/** The records of the training rows. */
export const recordsOf = (facts: Pick<Facts, "counts" | "target">, targets: Arrays): TargetRecords =>
  Object.fromEntries(headsOf(facts).map((head) => [head.name ?? "", recordOf(head, arrayOf(targets, head.name ?? ""))]))

/** The number that a net has to give for a quantity: the inverse of `restore`. */
const learned = (unit: Unit | undefined, x: number): number =>
  unit === undefined ? x : ((unit.curve === "expm1" ? Math.log1p(x) : x) - unit.shift) / unit.scale

/** A logarithm that stays finite at 0, far below that of any count. */
const log = (x: number): number => (x === 0 ? -30 : Math.log(x))

/** The outputs of a net that always gives the answer: logits of the shares of classes, or the means. */
export const outputsOf = ({ target }: Pick<Head, "target">, record: TargetRecord, width: number): ReadonlyArray<number> => {
  if ("yes" in record) return record.yes.map((yes) => log(yes) - log(record.rows - yes))
  if ("means" in record) {
    const units = target.type === "numbers" ? (target.units ?? []) : []
    return record.means.map((mean, i) => learned(units[i], mean))
  }
  const [first = 0, second = 0] = record.counts
  return width === 1 ? [log(second) - log(first)] : record.counts.map(log)
}

/** The most frequent of some classes. */
const most = (counts: ReadonlyArray<number>): number => counts.reduce((best, n, i) => (n > (counts[best] ?? 0) ? i : best), 0)

/** The answer in the words of the target. */
export const answerOf = ({ target }: Pick<Head, "target">, record: TargetRecord): string | ReadonlyArray<number> => {
  if ("means" in record) return record.means
  if ("counts" in record) {
    const at = most(record.counts)
    return (target.type === "class" || target.type === "binary" ? target.classes?.[at] : undefined) ?? String(at)
  }
  const classes = target.type === "labels" ? target.classes : undefined
  return record.yes
    .map((yes) => (2 * yes > record.rows ? 1 : 0))
    .map((at, i) => classes?.[i]?.[at] ?? String(at))
    .join(", ")
}
