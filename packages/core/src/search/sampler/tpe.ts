/** The tree-structured Parzen estimator: points that are likely among the good trials and unlikely among the others. */
import { checkOptions } from "../../learning/OptionError.ts"
import type { Draws } from "../draws.ts"
import { build, type Condition, isActive, numberOf, type Point, type Space, under } from "../Space.ts"
import { afterRandom, type Observation, type Observing, observed, observing, ranked } from "./observed.ts"
import type { Sampler } from "./Sampler.ts"
import { densityAt, drawn, logDensity, parzen } from "./tpe/parzen.ts"

/** The options of TPE. */
export interface TpeOptions {
  /** Random trials before the first choice. */
  readonly startup?: number
  /** Points that are drawn for each choice, of which the best is tried. */
  readonly candidates?: number
  /** The share of the trials that count as good, at most 25 trials. */
  readonly gamma?: number
}

/** The options of `tpe` in a model file. */
export const tpeOptions = {
  startup: {
    kind: "integer",
    doc: "Random trials before the first choice.",
    synonyms: ["n_startup_trials", "n_initial_points"],
    default: 10,
    minimum: 1,
  },
  candidates: {
    kind: "integer",
    doc: "Points that are drawn for each choice, of which the best is tried.",
    synonyms: ["n_ei_candidates"],
    default: 24,
    minimum: 1,
    maximum: 10_000,
  },
  gamma: {
    kind: "number",
    doc: "The share of the trials that count as good, at most 25 trials.",
    synonyms: ["quantile"],
    default: 0.1,
    exclusiveMinimum: 0,
    maximum: 1,
  },
} as const

const mostGood = 25

/** Dimensions that exist under the same condition are chosen together. */
interface Group {
  readonly when: Condition | undefined
  readonly dimensions: Space
}

/** The groups of a space, each after those that it depends on. */
const groupsOf = (space: Space): ReadonlyArray<Group> => {
  const found: Array<Group> = []
  for (const { when } of space)
    if (!found.some((group) => group.when?.dimension === when?.dimension && group.when?.choice === when?.choice))
      found.push({ when, dimensions: under(space, when) })
  return found
}

const byNumber = (a: Observation, b: Observation): number => a.number - b.number

/** The numbers of a group's dimensions: of some candidates that the good trials make likely, the one that the others make least likely. */
const chosen = (
  { dimensions }: Group,
  all: ReadonlyArray<Observation>,
  pending: ReadonlyArray<Point>,
  { candidates, gamma }: Required<TpeOptions>,
  own: Draws,
): Point => {
  const [first] = dimensions
  const isHere = (point: Point): boolean => first !== undefined && isActive(first, point)
  const here = ranked(all.filter(({ point }) => isHere(point)))
  const results = here.filter(({ state }) => state !== "refused").length
  const good = here.slice(0, Math.min(mostGood, Math.ceil(gamma * results)))
  const others = here.slice(good.length)
  const likely = parzen(
    dimensions,
    good.toSorted(byNumber).map(({ point }) => point),
  )
  // Pending points count as bad, so that parallel trials keep away from each other ("constant liar").
  const unlikely = parzen(dimensions, [...others.toSorted(byNumber).map(({ point }) => point), ...pending.filter(isHere)])
  let best: Point = {}
  let highest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < candidates; i++) {
    const point = drawn(likely, own)
    const amongGood = logDensity(likely, point)
    const amongOthers = densityAt(unlikely, point)
    // The score is at most this, so most candidates need no exponentials.
    if (i > 0 && amongGood - amongOthers.largest <= highest) continue
    const score = amongGood - amongOthers.whole()
    if (score > highest || i === 0) {
      best = point
      highest = score
    }
  }
  return best
}

/**
 * The tree-structured Parzen estimator (Bergstra et al., Algorithms for hyper-parameter optimization, 2011) with multivariate kernels
 * and, but for narrower kernels, the defaults of Optuna. The dimensions of a branch are chosen together, from the trials in that branch. With several objectives
 * the good trials are those of the first fronts (after Ozaki et al., Multiobjective tree-structured Parzen estimator, 2022, with
 * NSGA-II's order within a front). Throws `OptionError`.
 */
export const tpe = (options: TpeOptions = {}): Sampler<Observing> => {
  const all = {
    ...options,
    startup: options.startup ?? tpeOptions.startup.default,
    candidates: options.candidates ?? tpeOptions.candidates.default,
    gamma: options.gamma ?? tpeOptions.gamma.default,
  }
  checkOptions("tpe", tpeOptions, all)
  return {
    name: "tpe",
    objectives: "several",
    init: observing,
    ask: afterRandom(all.startup, (state, own, pending) => {
      let point: Point = {}
      for (const group of groupsOf(state.space)) {
        if (group.when !== undefined && numberOf(point, group.when.dimension) !== group.when.choice) continue
        point = { ...point, ...chosen(group, state.observations, pending, all, own) }
      }
      return build(state.space, ({ name }) => numberOf(point, name) ?? 0)
    }),
    tell: observed,
  }
}
