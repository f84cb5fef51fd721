/** How time grows with a size: curves of measured times, and the exponent of each for large sizes. */
import type { Contender } from "./contenders.ts"
import type { MeasuredRow } from "./measure.ts"

/** A size, and the median milliseconds of a step. */
export interface Point {
  readonly size: number
  readonly milliseconds: number
}

/** The times of one contender. */
export interface Curve {
  readonly contender: string
  readonly points: ReadonlyArray<Point>
  /** p in time ∝ sizeᵖ, over the upper half of the sizes; absent if there are too few. */
  readonly exponent?: number
}

/** The curves for one growing quantity. */
export interface Growth {
  /** The quantity: the batch, the width or the depth. */
  readonly with: string
  readonly curves: ReadonlyArray<Curve>
}

/**
 * The slope of the least-squares line in log-log coordinates, over the upper half of the sizes, where constant costs no
 * longer matter.
 *
 * `exponent([1, 2, 4, 8].map((size) => ({ size, milliseconds: 5 * size ** 2 }))) // => 2`
 */
export const exponent = (points: ReadonlyArray<Point>): number | undefined => {
  const upper = points.toSorted((a, b) => a.size - b.size).slice(Math.floor(points.length / 2))
  if (upper.length < 2) return undefined
  const xs = upper.map(({ size }) => Math.log(size))
  const ys = upper.map(({ milliseconds }) => Math.log(milliseconds))
  const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, x) => sum + x, 0) / values.length
  const [x, y] = [mean(xs), mean(ys)]
  const covariance = mean(xs.map((each, i) => (each - x) * ((ys[i] ?? y) - y)))
  return covariance / mean(xs.map((each) => (each - x) ** 2))
}

const curve = (rows: ReadonlyArray<MeasuredRow>, contender: Contender): Curve => {
  const points = rows.flatMap(({ outcomes, row: { grows } }): ReadonlyArray<Point> => {
    const outcome = outcomes.get(contender)
    return grows !== undefined && outcome?.kind === "measured" ? [{ size: grows.to, milliseconds: outcome.time.median }] : []
  })
  const power = exponent(points)
  return { contender: contender.label, points, ...(power === undefined ? {} : { exponent: power }) }
}

/** The curves of measured rows, one growth for each quantity. */
export const growths = (rows: ReadonlyArray<MeasuredRow>): ReadonlyArray<Growth> => {
  const names = new Set(rows.flatMap(({ row }) => (row.grows === undefined ? [] : [row.grows.with])))
  return [...names].map((name) => {
    const own = rows.filter(({ row }) => row.grows?.with === name)
    const contenders = new Set(own.flatMap(({ outcomes }) => [...outcomes.keys()]))
    return { with: name, curves: [...contenders].map((contender) => curve(own, contender)) }
  })
}
