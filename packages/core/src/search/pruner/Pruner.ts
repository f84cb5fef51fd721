/** What a pruner is: a pure function that stops trials early. */
import type { Report, Trial } from "../Trial.ts"

/** A running trial. */
export interface Running {
  readonly number: number
  /** In the order of their steps, at least one. */
  readonly reports: ReadonlyArray<Report>
}

/**
 * Whether a trial should stop after its last report, given the trials that it may know, in the order of their numbers. Values are
 * better the lower they are; a search negates those that it maximizes.
 */
export type Pruner = (running: Running, known: ReadonlyArray<Trial>) => boolean

/** The value that a trial reported at a step, `undefined` if it reported none. */
export const valueAt = ({ reports }: Pick<Running, "reports">, step: number): number | undefined =>
  reports.find((report) => report.step === step)?.value

/** A value that is not finite, as the worst of all. */
export const worstIfNonFinite = (value: number): number => (Number.isFinite(value) ? value : Number.POSITIVE_INFINITY)
