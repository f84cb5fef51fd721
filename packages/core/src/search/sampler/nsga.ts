/** NSGA-II: evolution towards the front of several objectives. */
import { checkOptions } from "../../learning/OptionError.ts"
import { crossed, mutated, usualWidth } from "./mutate.ts"
import { afterRandom, type Observing, observed, observing, ranked } from "./observed.ts"
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

/** The share of children that mix two parents. */
const crossing = 0.9

/**
 * NSGA-II (Deb et al., 2002) without generations: parents are the better of two drawn from the best `population` trials so far, by
 * front and then by the distance to their neighbours; a child mixes two of them and changes one dimension. Throws `OptionError`.
 */
export const nsga = ({ population = nsgaOptions.population.default, ...rest }: NsgaOptions = {}): Sampler<Observing> => {
  checkOptions("nsga", nsgaOptions, { population, ...rest })
  return {
    name: "nsga",
    objectives: "several",
    init: observing,
    ask: afterRandom(population, (state, own) => {
      const parents = ranked(state.observations).slice(0, population)
      // `parents` are in order, so the better of two is the one with the lower index.
      const parent = () => parents[Math.min(own.below(parents.length), own.below(parents.length))]?.point ?? {}
      const mother = parent()
      const child = own.uniform() < crossing ? crossed(state.space, mother, parent(), own) : mother
      return mutated(state.space, child, usualWidth, own)
    }),
    tell: observed,
  }
}
