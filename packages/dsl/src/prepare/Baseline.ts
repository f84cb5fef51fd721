/** The baseline that a model must beat: a constant prediction. */
import { arrayOf } from "@adjoint/core/data/PreprocessTree"
import { restore, type Unit } from "@adjoint/core/learning/Score"
import type { NDArray } from "@adjoint/core/types/NDArray"
import { type Head, headsOf } from "./Facts.ts"
import { type Naive, naive } from "./Naive.ts"
import type { Prepared } from "./Prepare.ts"

/**
 * `majority`: the accuracy of always predicting the most common training class. `mean`: the
 * mean squared error of always predicting the mean of the training targets, in their original units; `scaled` is the
 * same for scaled targets, if the net learns those. `last` and `season` are the naive forecasts of a series.
 */
export type Baseline =
  | { readonly kind: "majority"; readonly class: string; readonly accuracy: number }
  | { readonly kind: "mean"; readonly mse: number; readonly scaled?: number }
  | Naive

/** Targets, with the names of their classes. */
interface Targets {
  readonly targets: NDArray
  readonly classes?: ReadonlyArray<string>
}

/** Computes the prediction from `train` and scores it on `on`; `units` are the original units of number columns. */
export const baseline = (train: Targets, on: Targets, units?: ReadonlyArray<Unit>): Baseline => {
  if (train.targets.dtype !== "f32") return majority(train, on)
  const scaled = squaredError(train, on)
  return units === undefined ? { kind: "mean", mse: scaled } : { kind: "mean", mse: squaredError(train, on, units), scaled }
}

/** The most common label of some rows. */
const mostCommon = (labels: Iterable<number>): number => {
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0])[0]
}

const share = (labels: ReadonlyArray<number>, answer: number): number =>
  labels.reduce((sum, label) => sum + (label === answer ? 1 : 0), 0) / labels.length

const majority = ({ classes, targets }: Targets, on: Targets): Baseline => {
  const answer = mostCommon(targets.data)
  return { kind: "majority", class: classes?.[answer] ?? String(answer), accuracy: share([...on.targets.data], answer) }
}

/** The same for several labels: the most common answer of each. */
const majorities = (train: NDArray, on: NDArray, classes: ReadonlyArray<ReadonlyArray<string>>): Baseline => {
  const column = ({ data }: NDArray, i: number) => [...data].filter((_, at) => at % classes.length === i)
  const answers = classes.map((_, i) => mostCommon(column(train, i)))
  const shares = answers.map((answer, i) => share(column(on, i), answer))
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
    const [own, others] = [arrayOf(train.targets, name), arrayOf(on.targets, name)]
    if (target.type === "labels") return [{ head, answer: majorities(own, others, target.classes ?? []) }]
    if (target.type === "numbers")
      return [baseline({ targets: own }, { targets: others }, target.units), ...naive(prepared, on, name, target.units)].map(
        (answer) => ({ head, answer }),
      )
    const classes = target.classes === undefined ? {} : { classes: target.classes }
    return [{ head, answer: baseline({ targets: own, ...classes }, { targets: others }) }]
  })
}

/** The mean squared error of always predicting the mean of the training targets. */
const squaredError = ({ targets }: Targets, on: Targets, units: ReadonlyArray<Unit> = []): number => {
  const rows = targets.shape[0] ?? 1
  const width = targets.data.length / Math.max(1, rows)
  const measured = (value: number, i: number): number => {
    const unit = units[i % width]
    return unit === undefined ? value : restore(unit, value)
  }
  const sums = new Float64Array(width)
  for (const [i, value] of targets.data.entries()) sums[i % width] = (sums[i % width] ?? 0) + measured(value, i)
  let squares = 0
  for (const [i, value] of on.targets.data.entries()) squares += (measured(value, i) - (sums[i % width] ?? 0) / rows) ** 2
  return squares / on.targets.data.length
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
