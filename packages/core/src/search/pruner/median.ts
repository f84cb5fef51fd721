/** Stops trials that are worse than the median of the others. */
import { checkOptions } from "../../learning/OptionError.ts"
import { type Pruner, valueAt, worstIfNonFinite } from "./Pruner.ts"

/** The options of the median rule. */
export interface MedianOptions {
  /** How many trials must be complete before one is stopped. */
  readonly after?: number
  /** Steps that every trial may take. */
  readonly min?: number
}

/** The options of `median` in a model file. */
export const medianOptions = {
  after: {
    kind: "integer",
    doc: "How many trials must be complete before one is stopped.",
    synonyms: ["n_startup_trials", "startup"],
    default: 5,
    minimum: 1,
  },
  min: {
    kind: "epochs",
    doc: "Epochs that every trial may train.",
    synonyms: ["n_warmup_steps", "warmup", "grace_period"],
    default: 1,
  },
} as const

/** The median of numbers; of an even count, the mean of the two in the middle. `medianOf([3, 1, 2]) // => 2` */
export const medianOf = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper
}

/**
 * Stops a trial whose best value so far is worse than the median of the values that complete trials had at the same step (Golovin et
 * al., Google Vizier, 2017; as Optuna's MedianPruner). Throws `OptionError`.
 */
export const median = ({
  after = medianOptions.after.default,
  min = medianOptions.min.default,
  ...rest
}: MedianOptions = {}): Pruner => {
  checkOptions("median", medianOptions, { after, ...rest })
  return ({ reports }, known) => {
    const step = reports.at(-1)?.step ?? 0
    if (step < min) return false
    const complete = known.filter(({ state }) => state === "complete")
    if (complete.length < after) return false
    const values = complete.flatMap((trial) => {
      const value = valueAt(trial, step)
      return value === undefined ? [] : [worstIfNonFinite(value)]
    })
    if (values.length === 0) return false
    return Math.min(...reports.map(({ value }) => worstIfNonFinite(value))) > medianOf(values)
  }
}
