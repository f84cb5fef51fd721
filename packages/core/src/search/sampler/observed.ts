/** The trials that a sampler learns from. */
import { type Draws, draws, fold } from "../draws.ts"
import { order } from "../Pareto.ts"
import type { Point } from "../Space.ts"
import type { Report, Trial } from "../Trial.ts"
import { type Asking, asking, randomPoint } from "./random.ts"
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
  /** What a complete trial reported. */
  readonly reports: ReadonlyArray<Report>
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

/** The state with a trial. A point that failed cannot be trained, as one that was refused. */
export const observed = <S extends Observing>(state: S, { number, point, reports, state: result, values = [] }: Trial): S => {
  const how = result === "failed" ? "refused" : result
  // JSON has no infinite numbers, so a value that is not finite is the largest.
  const finite = reports.every(({ value }) => Number.isFinite(value))
    ? reports
    : reports.map(({ step, value }) => ({ step, value: Number.isFinite(value) ? value : Number.MAX_VALUE }))
  const { step = 0, value = Number.MAX_VALUE } = finite.at(-1) ?? {}
  const observation = { number, point, state: how, values, step, value, reports: how === "complete" ? finite : [] }
  const refused = how === "refused" ? state.observations.filter((each) => each.state === "refused") : []
  const kept = refused.length < mostRefused ? state.observations : state.observations.filter((each) => each !== refused[0])
  return { ...state, observations: [...kept, observation] }
}

/** How many results there are, refused points aside. */
export const resultsOf = ({ observations }: Observing): number => observations.filter(({ state }) => state !== "refused").length

/** An `ask` that gives random points until there are `startup` results, and then those that `choose` finds with draws of its own. */
export const afterRandom =
  (startup: number, choose: (state: Observing, own: Draws, pending: ReadonlyArray<Point>) => Point): Sampler<Observing>["ask"] =>
  (state, pending) => {
    const words = fold(state.words, state.asked)
    const point = resultsOf(state) < startup ? randomPoint(state.space, words) : choose(state, draws(words), pending)
    return { point, state: { ...state, asked: state.asked + 1 } }
  }

const groups = { complete: 0, pruned: 0, diverged: 1, refused: 2 } as const

/**
 * The final value that a stopped trial might have had: that of the complete trial whose value was nearest at the step where it was
 * stopped. Infinite where no complete trial reported as much.
 */
const estimates = (complete: ReadonlyArray<Observation>): ((stopped: Observation) => number) => {
  const curves = new Map<number, ReadonlyArray<{ readonly then: number; readonly end: number }>>()
  const at = (step: number) => {
    const known = curves.get(step)
    if (known !== undefined) return known
    const curve = complete.flatMap(({ reports, values: [end = Number.POSITIVE_INFINITY] }) => {
      const then = reports.find((report) => report.step >= step)?.value
      return then === undefined ? [] : [{ then, end }]
    })
    curves.set(step, curve)
    return curve
  }
  return ({ step, value }) => {
    let nearest = Number.POSITIVE_INFINITY
    let estimate = Number.POSITIVE_INFINITY
    for (const { end, then } of at(step)) {
      const distance = Math.abs(then - value)
      if (distance < nearest || (distance === nearest && end > estimate)) {
        nearest = distance
        estimate = end
      }
    }
    return estimate
  }
}

/**
 * The observations from the best to the worst. With one objective, complete ones by their value and stopped ones by the value that
 * they might have had; with several, complete ones by their front and how crowded they are there, then stopped ones. Then come those
 * that diverged and those that were refused.
 */
export const ranked = (observations: ReadonlyArray<Observation>): ReadonlyArray<Observation> => {
  const of = (...states: ReadonlyArray<Observation["state"]>) => observations.filter(({ state }) => states.includes(state))
  const complete = of("complete")
  // Those that got furthest first, then by their value.
  const stopped = of("pruned").toSorted((a, b) => b.step - a.step || a.value - b.value || a.number - b.number)
  const rest = of("diverged", "refused").toSorted((a, b) => groups[a.state] - groups[b.state] || a.number - b.number)
  if (complete.some(({ values }) => values.length > 1))
    return [...order(complete.map(({ values }) => values)).flatMap((i) => complete[i] ?? []), ...stopped, ...rest]
  const estimateOf = estimates(complete)
  const valued = [
    ...complete.toSorted((a, b) => a.number - b.number).map((each) => ({ each, value: each.values[0] ?? 0 })),
    ...stopped.map((each) => ({ each, value: estimateOf(each) })),
  ]
  // Equal values keep their order; the difference of two infinite ones is not a number.
  const sorted = valued.toSorted((a, b) => (a.value === b.value ? 0 : a.value - b.value))
  return [...sorted.map(({ each }) => each), ...rest]
}

/** The complete observation with the best value. */
export const bestOf = ({ observations }: Observing): Observation | undefined =>
  ranked(observations.filter(({ state }) => state === "complete"))[0]
