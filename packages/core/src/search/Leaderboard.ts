/** The trials of a search in the order of their results. */
import { type Objective, oriented, type Trial } from "./Trial.ts"

/** A complete trial with its place, from 1; equal values share a place. */
export interface Row<T extends Trial = Trial> {
  readonly place: number
  readonly trial: T
  /** The value of the objective. */
  readonly value: number
}

/** Which of two trials is better in the first objective in which they differ. */
const compared = (objectives: ReadonlyArray<Objective>, a: Trial, b: Trial): number => {
  for (const [i, { mode }] of objectives.entries()) {
    const difference = oriented({ mode }, a.values?.[i] ?? 0) - oriented({ mode }, b.values?.[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The complete trials with their values of an objective. */
const valued = <T extends Trial>(trials: ReadonlyArray<T>, index: number): ReadonlyArray<Omit<Row<T>, "place">> =>
  trials.flatMap((trial) => {
    const value = trial.state === "complete" ? trial.values?.[index] : undefined
    return value === undefined ? [] : [{ trial, value }]
  })

/** The order of the leaderboard. */
const order =
  (objectives: ReadonlyArray<Objective>, index: number) =>
  (a: Omit<Row, "place">, b: Omit<Row, "place">): number => {
    const { mode = "min" } = objectives[index] ?? {}
    return (
      oriented({ mode }, a.value) - oriented({ mode }, b.value) ||
      compared(objectives, a.trial, b.trial) ||
      a.trial.number - b.trial.number
    )
  }

/**
 * The complete trials by the value of one objective, the best first; among equal values those that are better in the other
 * objectives, and then the earlier ones. So the first row is on the Pareto front. The order depends on the trials alone, not on when
 * they finished.
 *
 * ```ts
 * import { Leaderboard } from "@adjoint/core"
 * const trial = (number: number, value: number) => ({ number, point: {}, state: "complete" as const, values: [value], reports: [] })
 * const rows = Leaderboard.of([trial(0, 0.3), trial(1, 0.1), trial(2, 0.3)], [{ name: "loss", mode: "min" }])
 * rows.map(({ place, trial }) => [place, trial.number]) // => [[1, 1], [2, 0], [2, 2]]
 * ```
 */
export const of = <T extends Trial>(
  trials: ReadonlyArray<T>,
  objectives: ReadonlyArray<Objective>,
  index = 0,
): ReadonlyArray<Row<T>> => {
  const sorted = valued(trials, index).toSorted(order(objectives, index))
  let place = 1
  return sorted.map(({ trial, value }, i) => {
    if (sorted[i - 1]?.value !== value) place = i + 1
    return { place, trial, value }
  })
}

/** The first row's trial, `undefined` if no trial is complete. */
export const best = <T extends Trial>(
  trials: ReadonlyArray<T>,
  objectives: ReadonlyArray<Objective>,
  index = 0,
): T | undefined => {
  const isBefore = order(objectives, index)
  const [first, ...others] = valued(trials, index)
  return first && others.reduce((lead, each) => (isBefore(each, lead) < 0 ? each : lead), first).trial
}
