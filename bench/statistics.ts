/** What is said of many timings of one thing. */

/** The value below which a share `q` of the sorted numbers lie, between neighbours in proportion. `quantile([1, 2, 4], 0.75) // => 3` */
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

/** The median of timings, which a few disturbed ones do not move, and how far they spread. At least one is wanted. */
export const summarize = (milliseconds: ReadonlyArray<number>): Summary => {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    fastest: quantile(sorted, 0),
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
    repetitions: sorted.length,
  }
}

/** Whether the middle half of the timings lies so far apart that the median is but a rough figure: over a quarter of it. */
export const isRough = ({ median, quartiles: [lower, upper] }: Summary): boolean => upper - lower > median / 4
