/** The baseline that a model must beat: a constant prediction. */
import { arrayOf } from "@adjoint/core/data/PreprocessTree"
import { restore, type Unit } from "@adjoint/core/learning/Score"
import type { NDArray } from "@adjoint/core/types/NDArray"
import { type Head, headsOf } from "./Facts.ts"
import { type Naive, naive } from "./Naive.ts"
import type { Prepared } from "./Prepared.ts"

/**
 * `majority`: the accuracy of always predicting the most common training class. `mean`: the
 * mean squared error of always predicting the mean of the training targets, in their original units; `scaled` is the
 * same for scaled targets, if the net learns those. `last` and `season` are the naive forecasts of a series.
 */
export type Baseline =
  | { readonly kind: "majority"; readonly class: string; readonly accuracy: number }
  | { readonly kind: "mean"; readonly mse: number; readonly scaled?: number }
  | Naive

/** Targets, with the names of their classes and the weights of their rows, 1 for each unless given. */
interface Targets {
  readonly targets: NDArray
  readonly classes?: ReadonlyArray<string>
  readonly weights?: NDArray
}

/**
 * Computes the prediction from `train` and scores it on `on`, with the weights of their rows, as scores are; `units` are the
 * original units of number columns.
 */
export const baseline = (train: Targets, on: Targets, units?: ReadonlyArray<Unit>): Baseline => {
  if (train.targets.dtype !== "f32") return majority(train, on)
  const scaled = squaredError(train, on)
  return units === undefined ? { kind: "mean", mse: scaled } : { kind: "mean", mse: squaredError(train, on, units), scaled }
}

/** The values of one column of targets, and what each of them counts. */
interface Column {
  readonly values: ReadonlyArray<number>
  readonly weightOf: (row: number) => number
}

const columnOf = ({ targets, weights }: Targets, column: number, width: number): Column => ({
  values: Array.from({ length: targets.data.length / width }, (_, row) => targets.data[row * width + column] ?? 0),
  weightOf: weights === undefined ? () => 1 : (row) => weights.data[row] ?? 0,
})

/** The label of the most rows, by weight; of equal ones the first in order, in any order of the rows. */
const mostCommon = ({ values, weightOf }: Column): number => {
  const counts = new Map<number, number>()
  for (const [row, label] of values.entries()) counts.set(label, (counts.get(label) ?? 0) + weightOf(row))
  return [...counts].reduce(
    (best, next) => (next[1] > best[1] || (next[1] === best[1] && next[0] < best[0]) ? next : best),
    [0, 0],
  )[0]
}

/** The mean of what each value gives, by weight. */
const meanOf = ({ values, weightOf }: Column, of: (value: number) => number): number => {
  let [sum, count] = [0, 0]
  for (const [row, value] of values.entries()) {
    sum += weightOf(row) * of(value)
    count += weightOf(row)
  }
  return sum / count
}

const share = (column: Column, answer: number): number => meanOf(column, (label) => (label === answer ? 1 : 0))

const majority = (train: Targets, on: Targets): Baseline => {
  const answer = mostCommon(columnOf(train, 0, 1))
  return { kind: "majority", class: train.classes?.[answer] ?? String(answer), accuracy: share(columnOf(on, 0, 1), answer) }
}

/** The same for several labels: the most common answer of each. */
const majorities = (train: Targets, on: Targets, classes: ReadonlyArray<ReadonlyArray<string>>): Baseline => {
  const width = classes.length
  const answers = classes.map((_, i) => mostCommon(columnOf(train, i, width)))
  const shares = answers.map((answer, i) => share(columnOf(on, i, width), answer))
  return {
    kind: "majority",
    class: answers.map((answer, i) => classes[i]?.[answer] ?? String(answer)).join(", "),
    accuracy: shares.reduce((sum, each) => sum + each, 0) / shares.length,
  }
}

/** The baseline of a head. */
export interface HeadBaseline {
  readonly head: Head
  readonly answer: Baseline
}

/** The baselines of the heads, learned from the training rows and scored on rows that are not trained on, where there are any. */
export const baselines = (prepared: Prepared): ReadonlyArray<HeadBaseline> => {
  const { facts, test, train, val } = prepared
  const on = val ?? test ?? train
  return headsOf(facts).flatMap((head) => {
    const { name = "", target } = head
    const [own, others] = [train, on].map(
      ({ targets, weights }): Targets => ({ targets: arrayOf(targets, name), ...(weights === undefined ? {} : { weights }) }),
    ) as [Targets, Targets]
    if (target.type === "labels") return [{ head, answer: majorities(own, others, target.classes ?? []) }]
    if (target.type === "numbers")
      return [baseline(own, others, target.units), ...naive(prepared, on, name, target.units)].map((answer) => ({ head, answer }))
    const classes = target.classes === undefined ? {} : { classes: target.classes }
    return [{ head, answer: baseline({ ...own, ...classes }, others) }]
  })
}

/** The mean squared error of always predicting the mean of the training targets. */
const squaredError = (train: Targets, on: Targets, units: ReadonlyArray<Unit> = []): number => {
  const rows = train.targets.shape[0] ?? 1
  const width = train.targets.data.length / Math.max(1, rows)
  let sum = 0
  for (let i = 0; i < width; i++) {
    const unit = units[i]
    const measured = (value: number): number => (unit === undefined ? value : restore(unit, value))
    const mean = meanOf(columnOf(train, i, width), measured)
    sum += meanOf(columnOf(on, i, width), (value) => (measured(value) - mean) ** 2)
  }
  return sum / width
}

/** A score that is worse than the baseline's. */
export interface Worse {
  readonly score: string
  readonly got: number
  readonly baseline: number
}

/** The first score that is worse than that of the baseline on the same rows; NaN is worse. `lossName` is the name of the loss. */
export const worseThan = (
  answer: Baseline,
  scores: { readonly [score: string]: number },
  lossName: string,
): Worse | undefined => {
  const has = (score: string): boolean => Object.hasOwn(scores, score)
  const compared = (score: string, baseline: number, isWorse: (got: number) => boolean): Worse | undefined => {
    const got = scores[score] ?? Number.NaN
    return isWorse(got) ? { score, got, baseline } : undefined
  }
  if (answer.kind === "majority")
    return has("accuracy") ? compared("accuracy", answer.accuracy, (got) => !(got >= answer.accuracy)) : undefined
  const above = (score: string, baseline: number) => compared(score, baseline, (got) => !(got <= baseline))
  if (has("mse")) return above("mse", answer.mse)
  if (has("rmse")) return above("rmse", Math.sqrt(answer.mse))
  return lossName === "mse" ? above("loss", answer.scaled ?? answer.mse) : undefined
}
