/** Successive halving without waiting: at each rung only the best part of the trials goes on. */
import { checkOptions } from "../../learning/OptionError.ts"
import type { Report } from "../Trial.ts"
import { type Pruner, worstIfNonFinite } from "./Pruner.ts"

/** The options of successive halving. */
export interface AshaOptions {
  /** The step of the first rung. */
  readonly min?: number
  /** One of this many trials goes on at each rung, and each rung is this many times as far as the one before. */
  readonly factor?: number
}

/** The options of `asha` in a model file. */
export const ashaOptions = {
  min: {
    kind: "epochs",
    doc: "Epochs that every trial may train: the first rung.",
    synonyms: ["min_resource", "grace_period", "r"],
    default: 1,
  },
  factor: {
    kind: "integer",
    doc: "One in this many goes on at a rung, and the next rung is this many times as far.",
    synonyms: ["reduction_factor", "eta"],
    default: 3,
    minimum: 2,
    maximum: 1000,
  },
} as const

/** Steps are whole numbers, at least one. */
export const stepBounds = { min: { kind: "integer", minimum: 1 } } as const

/** The number of the last rung at or before a step, from 0, and -1 before the first. */
const rungAt = (step: number, min: number, factor: number): number => {
  let rung = -1
  for (let at = min; at <= step; at *= factor) rung++
  return rung
}

/** The value that decides at a rung: that of the first report at or after its step. */
const valueAtRung = (reports: ReadonlyArray<Report>, rung: number, min: number, factor: number): number | undefined => {
  const found = reports.find(({ step }) => rungAt(step, min, factor) >= rung)
  return found === undefined ? undefined : worstIfNonFinite(found.value)
}

/**
 * How many go on at a rung, of `here` trials that got to it and `all` that got to the first: one in `factor` of `here`, but not more
 * than successive halving gives them, one in factorʳ⁺¹ of all; at least one.
 */
const places = (here: number, all: number, rung: number, factor: number): number => {
  let share = all / factor
  for (let r = 0; r < rung; r++) share /= factor
  return Math.max(1, Math.floor(Math.min(here / factor, share)))
}

/**
 * Stops a trial at a rung (min, min · factor, min · factor² …) unless its value is among the best 1 / factor of those that got so far,
 * its own included (Li et al., A system for massively parallel hyperparameter tuning, 2020, in the form that stops and never promotes
 * later). The first trials of a search run to their end, since they know no others, and fill the later rungs: so at rung r, from 0, no
 * more than one in factorʳ⁺¹ of all trials goes on, and always the best. Throws `OptionError`.
 */
export const asha = ({
  factor = ashaOptions.factor.default,
  min = ashaOptions.min.default,
  ...rest
}: AshaOptions = {}): Pruner => {
  checkOptions("asha", stepBounds, { min })
  checkOptions("asha", ashaOptions, { factor, ...rest })
  return ({ reports }, known) => {
    const rung = rungAt(reports.at(-1)?.step ?? 0, min, factor)
    if (rung < 0 || rung === rungAt(reports.at(-2)?.step ?? 0, min, factor)) return false
    const own = valueAtRung(reports, rung, min, factor) ?? Number.POSITIVE_INFINITY
    const values = known.flatMap((trial) => valueAtRung(trial.reports, rung, min, factor) ?? [])
    const all = known.filter((trial) => valueAtRung(trial.reports, 0, min, factor) !== undefined).length + 1
    const sorted = [...values, own].toSorted((a, b) => a - b)
    return own > (sorted[places(sorted.length, all, rung, factor) - 1] ?? own)
  }
}
