/** Regularized evolution: changes of good recent points. */
import { checkOptions } from "../../learning/OptionError.ts"
import { mutated, usualWidth } from "./mutate.ts"
import { afterRandom, type Observing, observed, observing, ranked } from "./observed.ts"
import type { Sampler } from "./Sampler.ts"

/** The options of evolution. */
export interface EvolutionOptions {
  /** How many of the last trials are alive; as many random trials come first. */
  readonly population?: number
  /** How many of them are drawn, of which the best has the next child. */
  readonly sample?: number
}

/** The options of `evolution` in a model file. */
export const evolutionOptions = {
  population: {
    kind: "integer",
    doc: "How many of the last trials are alive; as many random trials come first.",
    synonyms: ["population_size", "pop_size"],
    default: 20,
    minimum: 2,
  },
  sample: {
    kind: "integer",
    doc: "How many of them are drawn for each child, whose parent is the best of them.",
    synonyms: ["sample_size", "tournament_size"],
    default: 5,
    minimum: 1,
    maximum: 10_000,
  },
} as const

/**
 * Regularized evolution (Real et al., Regularized evolution for image classifier architecture search, 2019): the parent is the best of
 * `sample` drawn from the last `population` trials, and the child differs from it in one dimension. Old trials die, good or not, so a
 * lucky score does not last. Throws `OptionError`.
 */
export const evolution = ({
  population = evolutionOptions.population.default,
  sample = evolutionOptions.sample.default,
  ...rest
}: EvolutionOptions = {}): Sampler<Observing> => {
  checkOptions("evolution", evolutionOptions, { population, sample, ...rest })
  return {
    name: "evolution",
    objectives: "one",
    init: observing,
    ask: afterRandom(population, (state, own) => {
      const alive = state.observations.filter((each) => each.state !== "refused").slice(-population)
      const drawn = Array.from({ length: sample }, () => own.below(alive.length)).flatMap((i) => alive[i] ?? [])
      const [parent] = ranked(drawn)
      return mutated(state.space, parent?.point ?? {}, usualWidth, own)
    }),
    tell: observed,
  }
}
