/** Watching a score from epoch to epoch: which one, whether it got better, and when to give up. */
import type { EpochRecord, Progress } from "./Progress.ts"

/** A score by the part of the data and its name, `val.accuracy` or `train.loss`, and which way is better. */
export interface Monitor {
  readonly monitor: string
  readonly mode: "min" | "max"
  /** How much better it must be to count. */
  readonly minDelta?: number
}

/** Ends a run whose score has not been better for `patience` epochs; `restoreBest` hands back the best epoch's parameters. */
export interface EarlyStop extends Monitor {
  readonly patience: number
  readonly restoreBest?: boolean
}

/** The monitored score of an epoch, `undefined` where the epoch has none of that name. */
export const watched = ({ monitor }: Monitor, { train, validation }: EpochRecord): number | undefined => {
  const dot = monitor.indexOf(".")
  const scores = { train, val: validation }[monitor.slice(0, dot)]
  const name = monitor.slice(dot + 1)
  return scores !== undefined && Object.hasOwn(scores, name) ? scores[name] : undefined
}

/** Whether a value is better than the best so far. */
export const isBetter = ({ minDelta = 0, mode }: Monitor, value: number, best: Progress["best"]): boolean =>
  best === undefined || (mode === "min" ? best.value - value : value - best.value) > minDelta

/** Whether the best epoch lies `patience` epochs back. */
export const isOver = ({ patience }: EarlyStop, { best, epoch }: Progress): boolean =>
  best !== undefined && epoch - best.epoch >= patience
