/**
 * Confidence intervals of scores at 95 %: the scores of other rows from the same population are covered this often.
 * A share of yes and no has Wilson's interval; another score has one by the jackknife.
 */

/** The ends of an interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** The 97.5 % quantile of the standard normal distribution. */
const z = 1.959963984540054

/**
 * The interval of a proportion: `share` of `n` samples are a yes. Wilson, Probable inference, the law of succession, and
 * statistical inference, 1927. It stays between 0 and 1 and has a width for shares of 0 and 1 too.
 *
 * `Interval.wilson(0.5, 100).low.toFixed(4) // => "0.4038"`
 */
export const wilson = (share: number, n: number): Interval => {
  const widening = (z * z) / n
  const centre = (share + widening / 2) / (1 + widening)
  const half = (z / (1 + widening)) * Math.sqrt((share * (1 - share)) / n + widening / (4 * n))
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}

/**
 * The 97.5 % quantile of Student's t distribution. Hill, Algorithm 396, 1970.
 *
 * `Interval.studentQuantile(9).toFixed(3) // => "2.262"`
 */
export const studentQuantile = (freedom: number): number => {
  const p = 0.05
  if (freedom === 1) return Math.cos((p * Math.PI) / 2) / Math.sin((p * Math.PI) / 2)
  if (freedom === 2) return Math.sqrt(2 / (p * (2 - p)) - 2)
  const a = 1 / (freedom - 0.5)
  const b = 48 / (a * a)
  const c = ((20700 * a) / b - 98) * a * a - 16 * a + 96.36
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * freedom
  const y = (d * p) ** (2 / freedom)
  if (y <= 0.05 + a) {
    const inner = 1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4)
    return Math.sqrt(freedom * (((inner * y - 1) * (freedom + 1)) / (freedom + 2) + 1 / y))
  }
  const x = -z
  const q = x * x
  const e = freedom < 5 ? c + 0.3 * (freedom - 4.5) * (x + 0.6) : c
  const f = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + e
  const w = ((((((0.4 * q + 6.3) * q + 36) * q + 94.5) / f - q - 3) / b + 1) * x) ** 2 * a
  return Math.sqrt(freedom * Math.expm1(w))
}

const logit = (p: number): number => Math.log(p / (1 - p))
const logistic = (x: number): number => 1 / (1 + Math.exp(-x))

/**
 * The interval of a score of all rows, from the scores of these rows without one of several random groups of equal size
 * each: the delete-a-group jackknife (Kott, 2001), with each row as a group of its own where there are few. A score from 0
 * to 1 has its interval on the logit scale, so that it stays in between. `undefined` where a score is not finite, and where
 * the rows do not show how it varies: all the same, or at an end of its range.
 *
 * `Interval.jackknife(2, [1.5, 2, 2.5])?.low.toFixed(2) // => "-0.48"`
 */
export const jackknife = (
  score: number,
  replicates: ReadonlyArray<number>,
  { isUnit = false }: { readonly isUnit?: boolean } = {},
): Interval | undefined => {
  const n = replicates.length
  const mean = replicates.reduce((sum, x) => sum + x, 0) / n
  const variance = ((n - 1) / n) * replicates.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  const half = studentQuantile(n - 1) * Math.sqrt(variance)
  if (n < 2 || !Number.isFinite(half) || !Number.isFinite(score) || half === 0) return undefined
  if (!isUnit) return { low: score - half, high: score + half }
  if (score <= 0 || score >= 1) return undefined
  const halfLogit = half / (score * (1 - score))
  // There and back the score itself may be rounded.
  return {
    low: Math.min(score, logistic(logit(score) - halfLogit)),
    high: Math.max(score, logistic(logit(score) + halfLogit)),
  }
}
