/** How the numbers of an array are spread: mean, deviation, range, shares and a histogram. Plain data, computed in doubles. */

import { inPieces, type Pieces } from "../types/Pieces.ts"

/** The bars of a histogram. */
export const bars = 20

/** How the numbers of an array are spread. A non-finite number is only counted. */
export interface Spread {
  readonly count: number
  readonly nonFinite: number
  readonly mean: number
  /** The standard deviation. */
  readonly deviation: number
  readonly least: number
  readonly largest: number
  /** The share of numbers that are exactly 0. */
  readonly zero: number
  /** The share of numbers near the ends of their range, where the ends are known. */
  readonly saturated?: number
  /** How many numbers are in each of `bars` equal intervals from `least` to `largest`. */
  readonly histogram: ReadonlyArray<number>
}

/** The ends of a bounded activation: `[-1, 1]` for tanh. */
export type Ends = readonly [low: number, high: number]

/** Within this share of its range from an end, tanh has a slope of at most 6 % of the steepest, sigmoid of at most 6 %. */
const edge = 0.015

/** Numbers between two turns of others: about a millisecond of code that the host has not optimized yet. */
const pieceLength = 2 ** 13

/** The sums over the numbers so far; non-finite ones are left out. */
const emptySums = { count: 0, sum: 0, zeros: 0, saturated: 0, least: Number.POSITIVE_INFINITY, largest: Number.NEGATIVE_INFINITY }

/** Adds the numbers of a range to sums. Numbers up to `low` and from `high` on are saturated. */
const summed = (
  sums: typeof emptySums,
  data: ArrayLike<number>,
  [from, end]: readonly [number, number],
  [low, high]: Ends,
): typeof emptySums => {
  let { count, largest, least, saturated, sum, zeros } = sums
  for (let i = from; i < end; i++) {
    const x = data[i] as number
    if (x - x !== 0) continue
    count++
    sum += x
    if (x < least) least = x
    if (x > largest) largest = x
    if (x === 0) zeros++
    if (x <= low || x >= high) saturated++
  }
  return { count, largest, least, saturated, sum, zeros }
}

/** Counts the numbers of a range in a histogram, and adds the squares of their distances from the mean to the squares so far. */
const counted = (
  histogram: Float64Array,
  squares: number,
  data: ArrayLike<number>,
  [from, end]: readonly [number, number],
  { least, mean, scale }: { readonly least: number; readonly mean: number; readonly scale: number },
): number => {
  let total = squares
  for (let i = from; i < end; i++) {
    const x = data[i] as number
    if (x - x !== 0) continue
    const away = x - mean
    total += away * away
    const bar = Math.min(bars - 1, Math.floor((x - least) * scale))
    histogram[bar] = (histogram[bar] as number) + 1
  }
  return total
}

function* spreading(data: ArrayLike<number>, ends?: Ends): Pieces<Spread> {
  const [low, high] = ends ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const margin = ends === undefined ? 0 : edge * (high - low)
  const near: Ends = [low + margin, high - margin]
  let sums = emptySums
  for (let from = 0; from < data.length; from += pieceLength) {
    sums = summed(sums, data, [from, Math.min(data.length, from + pieceLength)], near)
    if (from + pieceLength < data.length) yield
  }
  const { count, largest, least, saturated, sum, zeros } = sums
  const mean = count === 0 ? Number.NaN : sum / count
  const range = bars / (largest - least)
  // One number alone has no range.
  const scale = Number.isFinite(range) ? range : 0
  const histogram = new Float64Array(bars)
  let squares = 0
  for (let from = 0; from < data.length; from += pieceLength) {
    squares = counted(histogram, squares, data, [from, Math.min(data.length, from + pieceLength)], { least, mean, scale })
    if (from + pieceLength < data.length) yield
  }
  return {
    count,
    nonFinite: data.length - count,
    mean,
    deviation: count === 0 ? Number.NaN : Math.sqrt(squares / count),
    least: count === 0 ? Number.NaN : least,
    largest: count === 0 ? Number.NaN : largest,
    zero: count === 0 ? Number.NaN : zeros / count,
    ...(ends === undefined ? {} : { saturated: count === 0 ? Number.NaN : saturated / count }),
    histogram: Array.from(histogram),
  }
}

/**
 * The spread of numbers, perhaps computed in pieces. `ends` are those of a bounded activation.
 *
 * ```ts
 * import { spreadOf } from "@adjoint/core/training/Spread"
 *
 * const { deviation, mean, saturated, zero } = spreadOf(new Float32Array([-1, 0, 0, 1]), [-1, 1])
 * const shown = [mean, deviation.toFixed(4), zero, saturated]
 * shown // => [0, "0.7071", 0.5, 0.5]
 * ```
 */
export const spreadOf = inPieces(spreading)

/** Adds the squares of the numbers of a range to those so far. */
const squared = (squares: number, data: ArrayLike<number>, from: number, end: number): number => {
  let sum = squares
  for (let i = from; i < end; i++) sum += (data[i] as number) ** 2
  return sum
}

function* norming(arrays: ReadonlyArray<ArrayLike<number>>): Pieces<number> {
  let squares = 0
  for (const data of arrays)
    for (let from = 0; from < data.length; from += pieceLength) {
      squares = squared(squares, data, from, Math.min(data.length, from + pieceLength))
      yield
    }
  return Math.sqrt(squares)
}

/** √Σx², perhaps computed in pieces. */
export const normOf = inPieces(norming)
