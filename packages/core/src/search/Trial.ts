/** Trials: the points that a search tried, with their results, as plain data. */
import type { Point } from "./Space.ts"

/** An intermediate value of a trial, such as the validation loss after an epoch. */
export interface Report {
  readonly step: number
  readonly value: number
}

/**
 * How a trial ended: `complete` with its values; `pruned`, stopped early; `diverged`, with a value that is not finite; `failed`, by
 * another error; `refused`, by the search's condition before it started.
 */
export type State = "complete" | "pruned" | "diverged" | "failed" | "refused"

/** A trial that has ended. */
export interface Trial {
  /** Its place in the search, from 0. */
  readonly number: number
  readonly point: Point
  readonly state: State
  /** One for each objective; only of a complete trial. */
  readonly values?: ReadonlyArray<number>
  /** In the order of their steps, of the first objective. */
  readonly reports: ReadonlyArray<Report>
  /** What it took, in the unit of the steps: the last step that it reported. */
  readonly cost?: number
}

/** What is searched for: the name of a value, and whether lower (`min`) or higher (`max`) is better. */
export interface Objective {
  readonly name: string
  readonly mode: "min" | "max"
}

/** A value such that lower is better. It is its own inverse. */
export const oriented = ({ mode }: Pick<Objective, "mode">, value: number): number => (mode === "max" ? -value : value)

/** A trial whose values and reports are better the lower they are, as samplers and pruners take them. */
export const minimized = (objectives: ReadonlyArray<Pick<Objective, "mode">>, trial: Trial): Trial => {
  if (objectives.every(({ mode }) => mode === "min")) return trial
  const [first = { mode: "min" }] = objectives
  return {
    ...trial,
    reports: trial.reports.map(({ step, value }) => ({ step, value: oriented(first, value) })),
    ...(trial.values === undefined
      ? {}
      : { values: trial.values.map((value, i) => oriented(objectives[i] ?? { mode: "min" }, value)) }),
  }
}
