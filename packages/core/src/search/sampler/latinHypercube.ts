/** Random points that cover each dimension evenly. */
import { checkOptions } from "../../learning/OptionError.ts"
import { draws, fold, shuffled } from "../draws.ts"
import { pointAt } from "../Space.ts"
import { type Asking, asking } from "./random.ts"
import type { Sampler } from "./Sampler.ts"

/** The options of a Latin hypercube. */
export interface LatinHypercubeOptions {
  /** Points of one hypercube; after them another begins. */
  readonly points?: number
}

/** The options of `latin_hypercube` in a model file. */
export const latinHypercubeOptions = {
  points: {
    kind: "integer",
    doc: "Points of one hypercube, which divides each dimension into as many parts and has one point in each; then another begins.",
    synonyms: ["n", "samples"],
    default: 16,
    minimum: 1,
    maximum: 10_000,
  },
} as const

/**
 * The position of a point of a hypercube: each of the `points` parts of [0, 1) has one point in every dimension, in an order that
 * differs by dimension.
 */
const positions = ({ asked, space, words }: Asking, points: number): ReadonlyArray<number> => {
  const cube = fold(words, Math.floor(asked / points))
  return space.map((_, i) => {
    const own = draws(fold(cube, i))
    const part = shuffled(own, points)[asked % points] ?? 0
    // The place within a part comes from a stream of the point, so that the order of the draws does not matter.
    return (part + draws(fold(fold(cube, i), asked % points)).uniform()) / points
  })
}

/**
 * Latin hypercube sampling: of `points` consecutive trials, one in each of `points` equal parts of every dimension (McKay, Beckman and
 * Conover, 1979). Dimensions that exist in some points only are even over all points. Throws `OptionError`.
 */
export const latinHypercube = ({
  points = latinHypercubeOptions.points.default,
  ...rest
}: LatinHypercubeOptions = {}): Sampler<Asking> => {
  checkOptions("latin_hypercube", latinHypercubeOptions, { points, ...rest })
  return {
    name: "latin_hypercube",
    objectives: "several",
    init: asking,
    ask: (state) => ({
      point: pointAt(state.space, positions(state, points)),
      state: { ...state, asked: state.asked + 1 },
    }),
    tell: (state) => state,
  }
}
