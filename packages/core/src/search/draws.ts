/**
 * Random numbers in doubles, from the words of a key: the state of a sampler is plain data, and its draws are pure functions of it.
 * The words are those of `Key`, by the same Threefry.
 */
import { probit } from "../data/probit.ts"
import { block } from "../reference/threefry.ts"
import type { Key } from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"
import { log } from "./exactMath.ts"

/** Powers of two, written out: the language does not define the last bits of `**`. */
const twoTo26 = 67108864
const twoTo52 = 4503599627370496

/** The two words of a key. */
export type Words = readonly [number, number]

/** The words of a key as plain numbers. */
export const wordsOf = (key: Key): Words => {
  const [first = 0, second = 0] = read(key).data
  return [first, second]
}

/** The words of `Key.fold(key, n)`. */
export const fold = ([first, second]: Words, n: number): Words => block(first, second, 0, n)

/** Random numbers, one after the other. */
export interface Draws {
  /** A number in [0, 1), with a resolution of 2⁻⁵³. */
  readonly uniform: () => number
  /** A whole number from 0 to n - 1. */
  readonly below: (n: number) => number
  /** A number of the standard normal distribution. */
  readonly normal: () => number
  /** The index of a weight, with a probability in proportion to it. */
  readonly weighted: (weights: ReadonlyArray<number>) => number
}

/** The random numbers of some words. Equal words give equal numbers. */
export const draws = ([first, second]: Words): Draws => {
  let next = 0
  const uniform = (): number => {
    const [high, low] = block(first, second, 0, next++)
    return ((high >>> 5) * twoTo26 + (low >>> 6)) / (2 * twoTo52)
  }
  return {
    uniform,
    below: (n) => Math.floor(uniform() * n),
    // An odd multiple of 2⁻⁵³, so that the ends 0 and 1 never occur.
    normal: () => probit((Math.floor(uniform() * twoTo52) + 0.5) / twoTo52, log),
    weighted: (weights) => {
      let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0)
      const found = weights.findIndex((weight) => {
        left -= weight
        return left < 0
      })
      return found < 0 ? weights.findLastIndex((weight) => weight > 0) : found
    },
  }
}

/** The numbers from 0 to n - 1 in random order (Fisher and Yates). */
export const shuffled = ({ below }: Draws, n: number): ReadonlyArray<number> => {
  const order = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1)
    const moved = order[i] as number
    order[i] = order[j] as number
    order[j] = moved
  }
  return order
}
