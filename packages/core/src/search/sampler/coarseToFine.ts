/** Wide first, then narrowed around the best. */
import { checkOptions } from "../../learning/OptionError.ts"
import { type Draws, draws, fold } from "../draws.ts"
import { build, type Named, numberOf, type Point } from "../Space.ts"
import { at, positionOf } from "../space/Dimension.ts"
import { bestOf, type Observing, observed, observing } from "./observed.ts"
import type { Sampler } from "./Sampler.ts"

/** The options of coarse to fine. */
export interface CoarseToFineOptions {
  /** Trials of each round. */
  readonly round?: number
  /** The width of a round's ranges, in units of those of the round before. */
  readonly shrink?: number
}

/** The options of `coarse_to_fine` in a model file. */
export const coarseToFineOptions = {
  round: { kind: "integer", doc: "Trials of each round.", synonyms: ["trials_per_round", "n"], default: 16, minimum: 1 },
  shrink: {
    kind: "number",
    doc: "How wide the ranges of a round are, in units of those of the round before.",
    synonyms: ["factor", "zoom"],
    default: 0.5,
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
  },
} as const

interface State extends Observing {
  /** The point around which this round searches; none in the first. */
  readonly centre?: Point
  /** The width of the ranges, in units of the whole. */
  readonly width: number
}

/** A range of positions of a width around a position, moved into [0, 1]. */
const window = (centre: number, width: number): number => Math.min(Math.max(centre - width / 2, 0), 1 - width)

/** A number of a dimension: of a choice the centre's, unless chance lets it go, which is the rarer the narrower the round. */
const near = (dimension: Named, centre: number, width: number, { uniform }: Draws): number => {
  if (dimension._tag === "Choice") return uniform() < width ? at(dimension, uniform()) : centre
  return at(dimension, window(positionOf(dimension, centre), width) + width * uniform())
}

/** The state at the start of a round: around the best trial so far, and narrower, or as before while there is none. */
const nextRound = (state: State, shrink: number): State => {
  const best = bestOf(state)
  return best === undefined ? state : { ...state, centre: best.point, width: state.width * shrink }
}

/**
 * Searches by hand, as textbooks advise: a round of random trials over the whole space, then rounds within ranges around the best
 * trial so far, each narrower than the one before (Goodfellow, Bengio and Courville, Deep learning, 2016, 11.4.3). Throws `OptionError`.
 */
export const coarseToFine = ({
  round = coarseToFineOptions.round.default,
  shrink = coarseToFineOptions.shrink.default,
  ...rest
}: CoarseToFineOptions = {}): Sampler<State> => {
  checkOptions("coarse_to_fine", coarseToFineOptions, { round, shrink, ...rest })
  return {
    name: "coarse_to_fine",
    objectives: "one",
    init: (space, key) => ({ ...observing(space, key), width: 1 }),
    ask: (before) => {
      const isFirst = before.asked > 0 && before.asked % round === 0
      const state = isFirst ? nextRound(before, shrink) : before
      const own = draws(fold(state.words, state.asked))
      const point = build(state.space, (dimension) => {
        const centre = state.centre && numberOf(state.centre, dimension.name)
        return centre === undefined ? at(dimension, own.uniform()) : near(dimension, centre, state.width, own)
      })
      return { point, state: { ...state, asked: state.asked + 1 } }
    },
    tell: observed,
  }
}
