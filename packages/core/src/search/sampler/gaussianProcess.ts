/** Bayesian optimization with a Gaussian process: the point with the largest expected improvement. */
import { checkOptions } from "../../learning/OptionError.ts"
import { type Draws, draws, fold } from "../draws.ts"
import { log } from "../exactMath.ts"
import { logImprovement } from "../normal.ts"
import { build, numberOf, type Point, type Problem, pointAt, type Space } from "../Space.ts"
import { at, positionOf } from "../space/Dimension.ts"
import { condition, type Features, fit, type Hyper, initialHyper, type Process, predict } from "./gaussianProcess/regression.ts"
import { mutated } from "./mutate.ts"
import { type Observation, type Observing, observed, observing, ranked, resultsOf } from "./observed.ts"
import { randomPoint } from "./random.ts"
import type { Sampler } from "./Sampler.ts"
import { sobolPosition } from "./sobol.ts"

/** The options of a Gaussian process. */
export interface GaussianProcessOptions {
  /** Points of a Sobol sequence before the first choice. */
  readonly startup?: number
}

/** The options of `gaussian_process` in a model file. */
export const gaussianProcessOptions = {
  startup: {
    kind: "integer",
    doc: "Points of a Sobol sequence before the first choice.",
    synonyms: ["n_startup_trials", "n_initial_points"],
    default: 10,
    minimum: 2,
  },
} as const

interface State extends Observing {
  /** The parameters of the last fit, from which the next begins. */
  readonly hyper?: Hyper
}

/** The most features: the cost of a fit and the number of trials that it needs grow with them. */
const mostFeatures = 32

/** The most trials that a process knows: the best half and the latest half. The cost grows with the cube. */
const mostTrials = 120

/** How many features a dimension has: a choice one for each alternative, so that all are equally far apart. */
const widthOf = (dimension: Space[number]): number => (dimension._tag === "Choice" ? dimension.size : 1)

/** Two alternatives are as far apart as the ends of a range. */
const half = Math.SQRT1_2

/** The features of a point. A dimension that does not exist in it has the middle of its range, or no alternative. */
const rowOf = (space: Space, point: Point): ReadonlyArray<number> =>
  space.flatMap((dimension) => {
    const value = numberOf(point, dimension.name)
    if (dimension._tag === "Choice") return Array.from({ length: dimension.size }, (_, i) => (i === value ? half : 0))
    return [value === undefined ? 0.5 : positionOf(dimension, value)]
  })

const featuresOf = (space: Space, points: ReadonlyArray<Point>): Features => ({
  rows: points.map((point) => rowOf(space, point)),
  lengths: space.flatMap((dimension, i) => Array.from({ length: widthOf(dimension) }, () => i)),
})

/**
 * The value of each observation, with mean 0 and deviation 1. A trial without a value gets that of the worst; one that was stopped its
 * last report, but not better than the median: a value early in a run is no value at its end.
 */
const valuesOf = (observations: ReadonlyArray<Observation>): ReadonlyArray<number> => {
  const complete = observations.flatMap(({ state, values: [value] }) =>
    state === "complete" && value !== undefined ? [value] : [],
  )
  const sorted = complete.toSorted((a, b) => a - b)
  const worst = sorted.at(-1) ?? 0
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  const raw = observations.map(({ state, value, values: [own = worst] }) =>
    state === "complete" ? own : state === "pruned" ? Math.min(worst, Math.max(median, value)) : worst,
  )
  const mean = raw.reduce((sum, x) => sum + x, 0) / raw.length
  const deviation = Math.sqrt(raw.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / raw.length)
  return raw.map((x) => (deviation > 0 ? (x - mean) / deviation : 0))
}

/** The observations that a process knows. */
const kept = (observations: ReadonlyArray<Observation>): ReadonlyArray<Observation> => {
  const results = observations.filter(({ state }) => state !== "refused")
  if (results.length <= mostTrials) return results
  const latest = results.slice(-mostTrials / 2)
  const best = ranked(results.slice(0, -mostTrials / 2)).slice(0, mostTrials / 2)
  return [...best, ...latest].toSorted((a, b) => a.number - b.number)
}

/** The process with pending points, whose values it believes to be its mean ("kriging believer", Ginsbourger et al., 2010). */
const believing = (process: Process, values: ReadonlyArray<number>, rows: ReadonlyArray<ReadonlyArray<number>>): Process => {
  if (rows.length === 0) return process
  const all = { ...process.features, rows: [...process.features.rows, ...rows] }
  return condition(all, [...values, ...rows.map((row) => predict(process, row).mean)], process.hyper) ?? process
}

/** How many random points are compared, and how many of them are improved by so many changes. */
const candidates = 400
const starts = 5
const changes = 40

/** The point with the largest expected improvement: the best of random points and of the best trials, improved by small changes. */
const largest = (space: Space, score: (point: Point) => number, seeds: ReadonlyArray<Point>, own: Draws): Point => {
  const random = Array.from({ length: candidates }, () => build(space, (dimension) => at(dimension, own.uniform())))
  const scored = [...seeds, ...random]
    .map((point) => ({ point, value: score(point) }))
    .toSorted((a, b) => b.value - a.value)
    .slice(0, starts)
  const improved = scored.map((start) => {
    let best = start
    // The changes become smaller, from a fifth of the range to a thousandth.
    let width = 0.2
    for (let i = 0; i < changes; i++) {
      const point = mutated(space, best.point, width, own)
      const value = score(point)
      if (value > best.value) best = { point, value }
      else width *= 0.87
    }
    return best
  })
  return improved.reduce((best, each) => (each.value > best.value ? each : best)).point
}

const check = (space: Space): ReadonlyArray<Problem> => {
  let features = 0
  for (const dimension of space) {
    features += widthOf(dimension)
    if (features > mostFeatures)
      return [
        {
          dimension: dimension.name,
          got: "a space too large for a Gaussian process",
          wanted: `at most ${mostFeatures} numbers and alternatives in all`,
          hint: "tpe",
        },
      ]
  }
  return []
}

/**
 * Bayesian optimization (Jones, Schonlau and Welch, Efficient global optimization, 1998; Snoek, Larochelle and Adams, 2012): a Gaussian
 * process with a Matérn 5/2 kernel predicts the value of each point, and the one with the largest expected improvement is tried. For
 * spaces of at most 32 numbers and alternatives. Throws `OptionError`.
 */
export const gaussianProcess = ({
  startup = gaussianProcessOptions.startup.default,
  ...rest
}: GaussianProcessOptions = {}): Sampler<State> => {
  checkOptions("gaussian_process", gaussianProcessOptions, { startup, ...rest })
  return {
    name: "gaussian_process",
    objectives: "one",
    check,
    init: observing,
    ask: (state, pending) => {
      const { observations, space, words } = state
      const next = { ...state, asked: state.asked + 1 }
      if (resultsOf(state) < startup || !observations.some((each) => each.state === "complete"))
        return { point: pointAt(space, sobolPosition(words, state.asked, space.length)), state: next }
      const trials = kept(observations)
      const values = valuesOf(trials)
      const features = featuresOf(
        space,
        trials.map(({ point }) => point),
      )
      const process = fit(features, values, state.hyper ?? initialHyper(space.length), {
        rounds: state.hyper === undefined ? 40 : 12,
      })
      const own = draws(fold(words, state.asked))
      if (process === undefined) return { point: randomPoint(space, fold(words, state.asked)), state: next }
      const known = believing(
        process,
        values,
        pending.map((point) => rowOf(space, point)),
      )
      const best = Math.min(...values)
      const score = (point: Point): number => {
        const { mean, variance } = predict(known, rowOf(space, point))
        const deviation = Math.sqrt(variance)
        return log(deviation) + logImprovement((best - mean) / deviation)
      }
      const seeds = ranked(trials)
        .slice(0, 5)
        .map(({ point }) => mutated(space, point, 0.05, own))
      return { point: largest(space, score, seeds, own), state: { ...next, hyper: process.hyper } }
    },
    tell: observed,
  }
}
