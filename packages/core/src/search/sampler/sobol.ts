/** The Sobol sequence: points that fill the space more evenly than random ones. */
import { fold, type Words } from "../draws.ts"
import { type Problem, pointAt, type Space } from "../Space.ts"
import { type Asking, asking } from "./random.ts"
import type { Sampler } from "./Sampler.ts"
import { directions } from "./sobol/directions.ts"

const bits = 32
const twoTo32 = 4294967296

/** The most dimensions of a Sobol sequence. */
export const mostSobolDimensions = directions.length + 1

/** The direction numbers of a dimension as 32-bit words, the first bit highest. */
const directionsOf = (dimension: number): ReadonlyArray<number> => {
  const row = directions[dimension - 1]
  if (row === undefined) return Array.from({ length: bits }, (_, i) => (1 << (bits - 1 - i)) >>> 0)
  const [polynomial, ...initial] = row
  const degree = initial.length
  const found = initial.map((m, i) => (m << (bits - 1 - i)) >>> 0)
  for (let i = degree; i < bits; i++) {
    const before = found[i - degree] ?? 0
    let next = before ^ (before >>> degree)
    // The coefficients between the first and the last of the polynomial.
    for (let k = 1; k < degree; k++) if ((polynomial >>> (degree - k)) & 1) next ^= found[i - k] ?? 0
    found.push(next >>> 0)
  }
  return found
}

/** Coordinate `dimension` of point `index` as a 32-bit word, in Gray code order (Antonov and Saleev, 1979). */
const coordinate = (index: number, dimension: number): number => {
  let gray = (index ^ (index >>> 1)) >>> 0
  let word = 0
  for (const direction of directionsOf(dimension)) {
    if (gray === 0) break
    if (gray & 1) word ^= direction
    gray >>>= 1
  }
  return word >>> 0
}

/**
 * Coordinate `dimension` of point `index` of the plain sequence, in [0, 1). `[1, 2, 3].map((i) => sobolCoordinate(i, 1)) // => [0.5, 0.25, 0.75]`
 */
export const sobolCoordinate = (index: number, dimension: number): number => coordinate(index, dimension) / twoTo32

/**
 * A word with each bit flipped or not by a random function of the bits above it: Owen's nested uniform scrambling (Owen, Randomly
 * permuted (t, m, s)-nets and (t, s)-sequences, 1995). It keeps how evenly the points lie.
 */
const scrambled = (word: number, words: Words): number => {
  let result = 0
  for (let bit = 0; bit < bits; bit++) {
    const above = bit === 0 ? 0 : word >>> (bits - bit)
    const flip = (fold(fold(words, bit), above)[0] & 1) === 1
    result = (result << 1) | (((word >>> (bits - 1 - bit)) & 1) ^ (flip ? 1 : 0))
  }
  return result >>> 0
}

/** The position of a point of the sequence scrambled by some words: a number in [0, 1) for each of `count` dimensions. */
export const sobolPosition = (words: Words, index: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, i) => scrambled(coordinate(index, i), fold(words, i)) / twoTo32)

const check = (space: Space): ReadonlyArray<Problem> =>
  space.slice(mostSobolDimensions, mostSobolDimensions + 1).map(({ name }) => ({
    dimension: name,
    got: `${space.length} dimensions`,
    wanted: `at most ${mostSobolDimensions} for sobol`,
    hint: "latin_hypercube or random",
  }))

/**
 * The Sobol sequence (Sobol, 1967) with the direction numbers of Joe and Kuo (2008), in at most 128 dimensions, scrambled by the key.
 * It is even over any 2ᵏ points from a multiple of 2ᵏ on.
 */
export const sobol = (): Sampler<Asking> => ({
  name: "sobol",
  objectives: "several",
  check,
  init: asking,
  ask: (state) => ({
    point: pointAt(state.space, sobolPosition(state.words, state.asked, state.space.length)),
    state: { ...state, asked: state.asked + 1 },
  }),
  tell: (state) => state,
})
