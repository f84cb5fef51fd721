/** The monitored score of a run: which score it is, whether it improved, and when to stop. */
import type { PrintedPath } from "../types/Tree.ts"
import type { EpochRecord, Progress } from "./Progress.ts"

/** A score, named by its part of the data, such as `val.accuracy` or `train.loss`, and whether lower or higher is better. */
export interface Monitor<out Name extends string = string> {
  readonly monitor: Name
  readonly mode: "min" | "max"
  /** The smallest improvement that counts. */
  readonly minDelta?: number
}

/**
 * What a run with scores `N` and heads `H` can monitor: `val.loss`, `train.accuracy`, `val.kind.loss`. Any text where the names
 * are not known.
 */
export type MonitorName<N extends string, H extends string> = string extends N
  ? string
  : string extends H
    ? string
    : `${"train" | "val"}.${"loss" | N | `${H}.loss`}`

/** The names of a tree of numbers, as a loop reports them: `loss` for one number, else paths such as `kind.loss`. */
type OutputName<O> = string extends PrintedPath<O> ? string : "" extends PrintedPath<O> ? "loss" : PrintedPath<O>

/**
 * What a loop with the outputs `O` and the scores `C` of validation rows can monitor: `train.mse`, `val.nearest`. Any text where
 * the outputs are not known.
 */
export type LoopMonitorName<O, C> = unknown extends O ? string : `train.${OutputName<O>}` | `val.${OutputName<C>}`

/** Ends a run whose score has not improved for `patience` epochs; with `restoreBest` it ends with the best epoch's parameters. */
export interface EarlyStop<out Name extends string = string> extends Monitor<Name> {
  readonly patience: number
  readonly restoreBest?: boolean
}

/** The monitored score of an epoch, `undefined` if the epoch has no score of that name. */
export const monitoredScore = ({ monitor }: Monitor, { train, validation }: EpochRecord): number | undefined => {
  const dot = monitor.indexOf(".")
  const scores = { train, val: validation }[monitor.slice(0, dot)]
  const name = monitor.slice(dot + 1)
  return scores !== undefined && Object.hasOwn(scores, name) ? scores[name] : undefined
}

/** The epoch whose weights a run ends with: its best one where early stopping restores it, else its last. */
export const endingRecord = (
  earlyStop: Pick<EarlyStop, "restoreBest"> | undefined,
  { best, history }: Pick<Progress, "best" | "history">,
): EpochRecord | undefined =>
  (earlyStop?.restoreBest === true ? history.find(({ epoch }) => epoch === best?.epoch) : undefined) ?? history.at(-1)

/** Whether a value is better than the best so far. A non-finite value never is. */
export const isBetter = ({ minDelta = 0, mode }: Monitor, value: number, best: Progress["best"]): boolean =>
  Number.isFinite(value) && (best === undefined || (mode === "min" ? best.value - value : value - best.value) > minDelta)

/** Whether `patience` epochs have passed since the best epoch, or since the start if no epoch had a finite score. */
export const shouldStop = ({ patience }: EarlyStop, { best, epoch }: Pick<Progress, "best" | "epoch">): boolean =>
  epoch - (best?.epoch ?? 0) >= patience

/** The default monitor: the validation loss, or the training loss of a run without validation rows. */
export const defaultMonitor = (hasValidation: boolean): Monitor => ({
  monitor: hasValidation ? "val.loss" : "train.loss",
  mode: "min",
})
