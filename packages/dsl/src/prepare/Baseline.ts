/** The baseline that a model must beat: a constant prediction. */
import * as Dataset from "@adjoint/core/data/Dataset"
import { restore, type Unit } from "@adjoint/core/learning/Score"

/**
 * `majority`: the accuracy of always predicting the most common training class. `mean`: the
 * mean squared error of always predicting the mean of the training targets, in their original units; `scaled` is the
 * same for scaled targets, if the net learns those.
 */
export type Baseline =
  | { readonly kind: "majority"; readonly class: string; readonly accuracy: number }
  | { readonly kind: "mean"; readonly mse: number; readonly scaled?: number }

/** Computes the prediction from `train` and scores it on `on`; `units` are the original units of number columns. */
export const baseline = (train: Dataset.Dataset, on: Dataset.Dataset, units?: ReadonlyArray<Unit>): Baseline => {
  if (train.targets.dtype !== "f32") return majority(train, on)
  const scaled = squaredError(train, on)
  return units === undefined ? { kind: "mean", mse: scaled } : { kind: "mean", mse: squaredError(train, on, units), scaled }
}

const majority = ({ classes, targets }: Dataset.Dataset, on: Dataset.Dataset): Baseline => {
  const counts = new Map<number, number>()
  for (const label of targets.data) counts.set(label, (counts.get(label) ?? 0) + 1)
  const [answer] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0])
  let right = 0
  for (const label of on.targets.data) if (label === answer) right += 1
  return { kind: "majority", class: classes?.[answer] ?? String(answer), accuracy: right / Dataset.size(on) }
}

/** The mean squared error of always predicting the mean of the training targets. */
const squaredError = ({ targets }: Dataset.Dataset, on: Dataset.Dataset, units: ReadonlyArray<Unit> = []): number => {
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
