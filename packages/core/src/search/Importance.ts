/**
 * Which dimensions of a search matter: the share of the variance of a value that each explains by itself, over the whole space, by a
 * functional analysis of variance on a random forest (Hutter, Hoos and Leyton-Brown, An efficient approach for assessing
 * hyperparameter importance, 2014).
 */
import { sampleSpread } from "../data/sampleSpread.ts"
import type { Key } from "../tensor/Key.ts"
import { draws, fold, wordsOf } from "./draws.ts"
import { grow, type Row, shareOf } from "./importance/forest.ts"
import { numberOf, type Point, type Space } from "./Space.ts"
import { positionOf } from "./space/Dimension.ts"
import type { Trial } from "./Trial.ts"

/** The importance of a dimension. */
export interface Share {
  readonly name: string
  /** The share of the variance, from 0 to 1: the mean of the trees. What is missing to 1 are the dimensions' joint effects. */
  readonly share: number
  /** The standard deviation of the trees. */
  readonly deviation: number
}

/** Options of the forest. */
export interface ForestOptions {
  readonly key: Key
  /** How many trees the forest has; 32 unless given. */
  readonly trees?: number
  /** Which objective, from 0. */
  readonly objective?: number
}

/** The coordinates of a point: a position, or the index of a choice. A dimension that does not exist has the middle, or no index. */
const rowOf = (space: Space, point: Point): Row =>
  space.map((dimension) => {
    const value = numberOf(point, dimension.name)
    if (dimension._tag === "Choice") return value ?? 0
    return value === undefined ? 0.5 : positionOf(dimension, value)
  })

/**
 * The importance of each dimension of a space for the complete trials, the largest first; among equal ones in the order of the space.
 * Without two different values it is 0. It depends on the trials and the key alone.
 *
 * ```ts
 * import { Importance, Key, type Space, type Trial } from "@adjoint/core"
 * const space: Space.Space = [
 *   { name: "used", _tag: "Float", low: 0, high: 1 },
 *   { name: "unused", _tag: "Float", low: 0, high: 1 },
 * ]
 * const trials = Array.from({ length: 40 }, (_, number): Trial => {
 *   const point = { used: (number * 0.618) % 1, unused: (number * 0.414) % 1 }
 *   return { number, point, state: "complete", values: [point.used], reports: [] }
 * })
 * const [first, second] = Importance.of(space, trials, { key: Key.make(1) })
 * first?.name // => "used"
 * const { share = 1 } = second ?? {}
 * share < 0.05 // => true
 * ```
 */
export const of = (
  space: Space,
  trials: ReadonlyArray<Trial>,
  { key, objective = 0, trees = 32 }: ForestOptions,
): ReadonlyArray<Share> => {
  const complete = trials
    .filter(({ state, values }) => state === "complete" && values?.[objective] !== undefined)
    .toSorted((a, b) => a.number - b.number)
  const rows = complete.map(({ point }) => rowOf(space, point))
  const values = complete.map((trial) => trial.values?.[objective] ?? 0)
  const words = wordsOf(key)
  const sizes = space.map((dimension) => (dimension._tag === "Choice" ? dimension.size : 0))
  // The shares of each tree: with many trials a tree is large, and one is enough at a time.
  const forest = Array.from({ length: trees }, (_, i): ReadonlyArray<number> => {
    const own = draws(fold(words, i))
    const drawn = rows.map(() => own.below(rows.length))
    const tree = grow(sizes, rows, values, drawn)
    return space.map((_, d) => shareOf(sizes, tree, d))
  })
  return space
    .map(({ name }, d) => {
      const { deviation, mean: share } = sampleSpread(forest.map((shares) => shares[d] ?? 0))
      return { name, share, deviation: trees === 1 ? 0 : deviation }
    })
    .toSorted((a, b) => b.share - a.share)
}
