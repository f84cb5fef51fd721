/** What a model must beat: the score of an answer that looks at no input. */
import * as Dataset from "@adjoint/core/data/Dataset"

/** `majority`: the share of rows that are right when the training rows' most common class is always answered. `mean`: the mean squared error of always answering the training targets' means. */
export type Baseline =
  | { readonly kind: "majority"; readonly class: string; readonly accuracy: number }
  | { readonly kind: "mean"; readonly mse: number }

/** Learns the answer from `train` and scores it on `on`. */
export const baseline = (train: Dataset.Dataset, on: Dataset.Dataset): Baseline =>
  train.targets.dtype === "f32" ? mean(train, on) : majority(train, on)

const majority = ({ classes, targets }: Dataset.Dataset, on: Dataset.Dataset): Baseline => {
  const counts = new Map<number, number>()
  for (const label of targets.data) counts.set(label, (counts.get(label) ?? 0) + 1)
  const [answer] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0])
  let right = 0
  for (const label of on.targets.data) if (label === answer) right += 1
  return { kind: "majority", class: classes?.[answer] ?? String(answer), accuracy: right / Dataset.size(on) }
}

const mean = ({ targets }: Dataset.Dataset, on: Dataset.Dataset): Baseline => {
  const width = targets.data.length / Math.max(1, targets.shape[0] ?? 1)
  const means = new Float64Array(width)
  targets.data.forEach((value, i) => {
    means[i % width] = (means[i % width] ?? 0) + value
  })
  const rows = targets.shape[0] ?? 1
  let sum = 0
  for (const [i, value] of on.targets.data.entries()) sum += (value - (means[i % width] ?? 0) / rows) ** 2
  return { kind: "mean", mse: sum / on.targets.data.length }
}
