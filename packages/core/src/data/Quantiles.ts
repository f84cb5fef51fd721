/** The quantile transforms: a quantity becomes the share of training rows below it, or the normal number with that share below it. */
import { probit } from "./probit.ts"

/** At most so many quantiles are kept. */
const most = 1000

/** The quantile of sorted values at a share, linearly interpolated. `quantile(Float64Array.of(1, 2), 0.5) // => 1.5` */
export const quantile = (sorted: Float64Array, share: number): number => {
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)] ?? 0
  const above = sorted[Math.ceil(at)] ?? 0
  return below + (above - below) * (at - Math.floor(at))
}

/** Quantiles of sorted values at even shares from 0 to 1: one for each value, two at least and 1,000 at most. */
export const fit = (sorted: Float64Array): ReadonlyArray<number> => {
  const count = Math.max(2, Math.min(most, sorted.length))
  const all = Array.from({ length: count }, (_, i) => quantile(sorted, i / (count - 1)))
  // Rounding of an interpolation must not break the order.
  let greatest = Number.NEGATIVE_INFINITY
  return all.map((value) => {
    greatest = Math.max(greatest, value)
    return greatest
  })
}

/** The first place whose quantile is at least x (`above: false`), or above it. */
const place = (quantiles: ReadonlyArray<number>, x: number, above: boolean): number => {
  let [from, to] = [0, quantiles.length]
  while (from < to) {
    const middle = (from + to) >> 1
    const value = quantiles[middle] ?? 0
    if (above ? value <= x : value < x) from = middle + 1
    else to = middle
  }
  return from
}

/**
 * The share of x among the quantiles, from 0 to 1: interpolated between two quantiles, and the middle of those that equal it.
 * `share([0, 1, 1, 4], 1) // => 0.5`
 */
export const share = (quantiles: ReadonlyArray<number>, x: number): number => {
  const last = quantiles.length - 1
  if (x <= (quantiles[0] ?? 0)) return 0
  if (x >= (quantiles[last] ?? 0)) return 1
  const [from, to] = [place(quantiles, x, false), place(quantiles, x, true)]
  if (to > from) return (from + to - 1) / 2 / last
  const [below, over] = [quantiles[from - 1] ?? 0, quantiles[from] ?? 0]
  return (from - 1 + (x - below) / (over - below)) / last
}

/** Shares nearer to 0 and 1 than this become the same normal number as at this distance, about 5.2. */
const margin = 1e-7

/** The number below which a normal distribution has the share of x. */
export const normal = (quantiles: ReadonlyArray<number>, x: number): number =>
  probit(Math.min(Math.max(share(quantiles, x), margin), 1 - margin))
