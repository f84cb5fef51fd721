/** How the numbers of an array are spread: mean, deviation, range, shares and a histogram. Plain data, computed in doubles. */

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

/**
 * The spread of numbers. `ends` are those of a bounded activation.
 *
 * ```ts
 * import { spreadOf } from "@adjoint/core/training/Spread"
 *
 * const { deviation, mean, saturated, zero } = spreadOf(new Float32Array([-1, 0, 0, 1]), [-1, 1])
 * const shown = [mean, deviation.toFixed(4), zero, saturated]
 * shown // => [0, "0.7071", 0.5, 0.5]
 * ```
 */
export const spreadOf = (data: ArrayLike<number>, ends?: Ends): Spread => {
  let count = 0
  let sum = 0
  let zeros = 0
  let saturated = 0
  let least = Number.POSITIVE_INFINITY
  let largest = Number.NEGATIVE_INFINITY
  const [low, high] = ends ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const margin = ends === undefined ? 0 : edge * (high - low)
  const [nearLow, nearHigh] = [low + margin, high - margin]
  const { length } = data
  for (let i = 0; i < length; i++) {
    const x = data[i] as number
    if (x - x !== 0) continue
    count++
    sum += x
    if (x < least) least = x
    if (x > largest) largest = x
    if (x === 0) zeros++
    if (x <= nearLow || x >= nearHigh) saturated++
  }
  const mean = count === 0 ? Number.NaN : sum / count
  const range = bars / (largest - least)
  // One number alone has no range.
  const scale = Number.isFinite(range) ? range : 0
  const histogram = new Float64Array(bars)
  let squares = 0
  for (let i = 0; i < length; i++) {
    const x = data[i] as number
    if (x - x !== 0) continue
    const away = x - mean
    squares += away * away
    const bar = Math.min(bars - 1, Math.floor((x - least) * scale))
    histogram[bar] = (histogram[bar] as number) + 1
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

/** √Σx². */
export const normOf = (arrays: ReadonlyArray<ArrayLike<number>>): number => {
  let squares = 0
  for (const data of arrays) for (let i = 0; i < data.length; i++) squares += (data[i] as number) ** 2
  return Math.sqrt(squares)
}
