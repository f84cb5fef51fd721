/** The trials that a sampler learns from. */
import { order } from "../Pareto.ts"
import type { Point } from "../Space.ts"
import type { Trial } from "../Trial.ts"
import { type Asking, asking } from "./random.ts"
import type { Sampler } from "./Sampler.ts"

/** What a sampler keeps of a trial. */
export interface Observation {
  readonly number: number
  readonly point: Point
  readonly state: Exclude<Trial["state"], "failed">
  readonly values: ReadonlyArray<number>
  /** The last report of a trial that was stopped. */
  readonly step: number
  readonly value: number
}

/** The state of a sampler that learns. */
export interface Observing extends Asking {
  readonly observations: ReadonlyArray<Observation>
}

/** Refused points that are kept, the last ones: a condition may refuse many. */
const mostRefused = 64

/** The state before the first point. */
export const observing = (...[space, key]: Parameters<Sampler["init"]>): Observing => ({
  ...asking(space, key),
  observations: [],
})

/** The state with a trial. One that failed says nothing of its point. */
export const observed = <S extends Observing>(state: S, { number, point, reports, state: how, values = [] }: Trial): S => {
  if (how === "failed") return state
  const last = reports.at(-1)
  // JSON has no infinite numbers, so a value that is not finite is the largest.
  const value = Number.isFinite(last?.value) ? (last?.value ?? 0) : Number.MAX_VALUE
  const observation: Observation = { number, point, state: how, values, step: last?.step ?? 0, value }
  const refused = how === "refused" ? state.observations.filter((each) => each.state === "refused") : []
  const kept = refused.length < mostRefused ? state.observations : state.observations.filter((each) => each !== refused[0])
  return { ...state, observations: [...kept, observation] }
}

/** How many results there are, refused points aside. */
export const resultsOf = ({ observations }: Observing): number => observations.filter(({ state }) => state !== "refused").length

const groups = { complete: 0, pruned: 1, diverged: 2, refused: 3 } as const

/**
 * The observations from the best to the worst: complete ones by their value, or by their front and how crowded they are there; then
 * stopped ones, those that got furthest first; then those that diverged and those that were refused.
 */
export const ranked = (observations: ReadonlyArray<Observation>): ReadonlyArray<Observation> => {
  const complete = observations.filter(({ state }) => state === "complete")
  const isSingle = complete.every(({ values }) => values.length < 2)
  const first = isSingle
    ? complete.toSorted((a, b) => (a.values[0] ?? 0) - (b.values[0] ?? 0) || a.number - b.number)
    : order(complete.map(({ values }) => values)).flatMap((i) => complete[i] ?? [])
  const rest = observations
    .filter(({ state }) => state !== "complete")
    .toSorted(
      (a, b) =>
        groups[a.state] - groups[b.state] ||
        (a.state === "pruned" ? b.step - a.step || a.value - b.value : 0) ||
        a.number - b.number,
    )
  return [...first, ...rest]
}

/** The complete observation with the best value. */
export const bestOf = ({ observations }: Observing): Observation | undefined =>
  ranked(observations.filter(({ state }) => state === "complete"))[0]
