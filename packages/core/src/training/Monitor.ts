/** Watching a score from epoch to epoch: which one, whether it improved, and when to stop. */
import type { EpochRecord, Progress } from "./Progress.ts"

/** A score by the part of the data and its name, `val.accuracy` or `train.loss`, and which way is better. */
export interface Monitor {
  readonly monitor: string
  readonly mode: "min" | "max"
  /** How much better it must be to count. */
  readonly minDelta?: number
}

/** Ends a run whose score has not been better for `patience` epochs; `restoreBest` gives the best epoch's parameters at the end. */
export interface EarlyStop extends Monitor {
  readonly patience: number
  readonly restoreBest?: boolean
}

/** The monitored score of an epoch, `undefined` where the epoch has none of that name. */
export const monitoredScore = ({ monitor }: Monitor, { train, validation }: EpochRecord): number | undefined => {
  const dot = monitor.indexOf(".")
  const scores = { train, val: validation }[monitor.slice(0, dot)]
  const name = monitor.slice(dot + 1)
  return scores !== undefined && Object.hasOwn(scores, name) ? scores[name] : undefined
}

/** Whether a value is better than the best so far. A non-finite value never is. */
export const isBetter = ({ minDelta = 0, mode }: Monitor, value: number, best: Progress["best"]): boolean =>
  Number.isFinite(value) && (best === undefined || (mode === "min" ? best.value - value : value - best.value) > minDelta)

/** Whether the best epoch lies `patience` epochs back; where no epoch had a finite score, whether `patience` epochs are done. */
export const shouldStop = ({ patience }: EarlyStop, { best, epoch }: Pick<Progress, "best" | "epoch">): boolean =>
  epoch - (best?.epoch ?? 0) >= patience

/** What a run watches where nothing else is said: the validation loss, or the training loss without validation rows. */
export const defaultMonitor = (hasValidation: boolean): Monitor => ({
  monitor: hasValidation ? "val.loss" : "train.loss",
  mode: "min",
})
