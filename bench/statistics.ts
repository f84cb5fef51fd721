/** Summaries of repeated timings. */

/** The quantile `q` of sorted numbers, with linear interpolation. `quantile([1, 2, 4], 0.75) // => 3` */
export const quantile = (sorted: ReadonlyArray<number>, q: number): number => {
  const place = q * (sorted.length - 1)
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

/** Timings in milliseconds. */
export interface Summary {
  readonly median: number
  readonly fastest: number
  readonly quartiles: readonly [lower: number, upper: number]
  readonly repetitions: number
}

/** The median of timings, which is robust against outliers, and their spread. Needs at least one. */
export const summarize = (milliseconds: ReadonlyArray<number>): Summary => {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    fastest: quantile(sorted, 0),
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
    repetitions: sorted.length,
  }
}

/** Whether the median is only approximate: the interquartile range is over a quarter of it. */
export const isRough = ({ median, quartiles: [lower, upper] }: Summary): boolean => upper - lower > median / 4
