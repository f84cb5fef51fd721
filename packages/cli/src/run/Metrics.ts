/** The scores of each epoch as rows of files: the same bytes for the same run, however often it was interrupted. */
import * as Json from "@adjoint/core/training/json"
import type { EpochRecord, Scores } from "@adjoint/core/training/Progress"

const prefixed = (part: string, scores: Scores | undefined): ReadonlyArray<readonly [string, number]> =>
  Object.entries(scores ?? {}).map(([name, value]) => [`${part}.${name}`, value] as const)

/** Every number of an epoch by its name, in the order of columns: `epoch`, `step`, `lr`, `train.loss`, … */
export const row = ({ epoch, learningRate, step, train, validation }: EpochRecord): ReadonlyArray<readonly [string, number]> => [
  ["epoch", epoch],
  ["step", step],
  ["lr", learningRate],
  ...prefixed("train", train),
  ...prefixed("val", validation),
]

/** A line of metrics.jsonl. */
export const jsonLine = (record: EpochRecord): string => Json.print(Object.fromEntries(row(record)))

/** The header of metrics.csv. */
export const csvHeader = (record: EpochRecord): string =>
  row(record)
    .map(([name]) => name)
    .join(",")

/** A line of metrics.csv. */
export const csvLine = (record: EpochRecord): string =>
  row(record)
    .map(([, value]) => String(value))
    .join(",")
