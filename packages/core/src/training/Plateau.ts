/** Lowering the learning rate when a score no longer improves: a pure function of the epochs so far. */
import { isBetter, type Monitor, monitoredScore } from "./Monitor.ts"
import type { EpochRecord, Progress } from "./Progress.ts"

/** When the learning rate is lowered, and by how much. */
export interface Plateau<out Name extends string = string> extends Monitor<Name> {
  /** The rate is multiplied by this each time. */
  readonly factor: number
  /** Epochs without an improvement before the rate is lowered. */
  readonly patience: number
  /** Epochs after a reduction that `patience` does not count: 0 unless given. */
  readonly cooldown?: number
  /** The lower bound of the product of all factors: 0 unless given. */
  readonly least?: number
}

/**
 * The factor of the learning rate after these epochs. A score that is missing or non-finite is no improvement.
 *
 * ```ts
 * import { type EpochRecord } from "@adjoint/core/training/Progress"
 * import { factorAfter } from "@adjoint/core/training/Plateau"
 *
 * const history = [3, 2, 2, 2].map(
 *   (loss, i): EpochRecord => ({ epoch: i + 1, step: i, learningRate: 0, train: { loss } }),
 * )
 * factorAfter({ monitor: "train.loss", mode: "min", factor: 0.1, patience: 2 }, history) // => 0.1
 * ```
 */
export const factorAfter = (
  { cooldown = 0, factor, least = 0, patience, ...monitor }: Plateau,
  history: ReadonlyArray<EpochRecord>,
): number => {
  let [now, waited, cooling] = [1, 0, 0]
  let best: Progress["best"]
  for (const record of history) {
    const value = monitoredScore(monitor, record)
    const better = value !== undefined && isBetter(monitor, value, best)
    if (better) best = { epoch: record.epoch, value }
    waited = better || cooling > 0 ? 0 : waited + 1
    cooling = Math.max(0, cooling - 1)
    if (waited < patience) continue
    now = Math.max(least, now * factor)
    waited = 0
    cooling = cooldown
  }
  return now
}
