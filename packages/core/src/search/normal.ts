/** The standard normal distribution in doubles, from operations that are exact on every machine (`exactMath`). */
import { exp, log } from "./exactMath.ts"

/** 1 / √(2π). */
const density0 = 0.3989422804014327

/** ln √(2π). */
export const logSqrtTwoPi = 0.9189385332046728

/** The density at x. */
export const density = (x: number): number => density0 * exp((-x * x) / 2)

/** Mills' ratio (1 - Φ(x)) / φ(x) for x ≥ 1, by Laplace's continued fraction x + 1 / (x + 2 / (x + 3 / …)). */
export const mills = (x: number): number => {
  let fraction = x
  // The number of terms for full precision falls as 1 / x².
  for (let n = Math.ceil(10 + 600 / (x * x)); n >= 1; n--) fraction = x + n / fraction
  return 1 / fraction
}

/**
 * Φ(x), the share of the distribution below x. Near zero by the series ½ + φ(x) (x + x³/3 + x⁵/(3 · 5) + …) (Marsaglia, Evaluating
 * the normal distribution, 2004), whose terms all have one sign; far out by Mills' ratio.
 *
 * `cdf(0) // => 0.5`
 */
export const cdf = (x: number): number => {
  if (Math.abs(x) > 3) return x < 0 ? density(x) * mills(-x) : 1 - density(x) * mills(x)
  let sum = x
  let term = x
  for (let n = 3; Math.abs(term) > 1e-17; n += 2) {
    term *= (x * x) / n
    sum += term
  }
  return 0.5 + density(x) * sum
}

/** ln (φ(z) + z Φ(z)): the logarithm of the expected improvement in units of the deviation, also where it underflows. */
export const logImprovement = (z: number): number => {
  if (z > -1) return log(density(z) + z * cdf(z))
  return (-z * z) / 2 - logSqrtTwoPi + log(Math.max(1 + z * mills(-z), Number.MIN_VALUE))
}
