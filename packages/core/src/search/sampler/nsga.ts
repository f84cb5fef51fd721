/** NSGA-II: evolution towards the front of several objectives. */
import { checkOptions } from "../../learning/OptionError.ts"
import { draws, fold } from "../draws.ts"
import { crossed, mutated } from "./mutate.ts"
import { type Observing, observed, observing, ranked, resultsOf } from "./observed.ts"
import { randomPoint } from "./random.ts"
import type { Sampler } from "./Sampler.ts"

/** The options of NSGA-II. */
export interface NsgaOptions {
  /** How many trials are parents: the best so far; as many random trials come first. */
  readonly population?: number
}

/** The options of `nsga` in a model file. */
export const nsgaOptions = {
  population: {
    kind: "integer",
    doc: "How many trials are parents: the best so far; as many random trials come first.",
    synonyms: ["population_size", "pop_size"],
    default: 30,
    minimum: 2,
  },
} as const

const width = 0.1

/** The share of children that mix two parents. */
const crossing = 0.9

/**
 * NSGA-II (Deb et al., 2002) without generations: parents are the better of two drawn from the best `population` trials so far, by
 * front and then by the distance to their neighbours; a child mixes two of them and changes one dimension. Throws `OptionError`.
 */
export const nsga = ({ population = nsgaOptions.population.default }: NsgaOptions = {}): Sampler<Observing> => {
  checkOptions("nsga", nsgaOptions, { population })
  return {
    name: "nsga",
    objectives: "several",
    init: observing,
    ask: (state) => {
      const words = fold(state.words, state.asked)
      const next = { ...state, asked: state.asked + 1 }
      if (resultsOf(state) < population) return { point: randomPoint(state.space, words), state: next }
      const own = draws(words)
      const parents = ranked(state.observations).slice(0, population)
      // `parents` are in order, so the better of two is the one with the lower index.
      const parent = () => parents[Math.min(own.below(parents.length), own.below(parents.length))]?.point ?? {}
      const mother = parent()
      const child = own.uniform() < crossing ? crossed(state.space, mother, parent(), own) : mother
      return { point: mutated(state.space, child, width, own), state: next }
    },
    tell: observed,
  }
}
