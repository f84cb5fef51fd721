/**
 * The power transform of Yeo and Johnson ("A new family of power transformations", 2000). It makes the distribution of values of
 * either sign more like a normal one. Its exponent λ is the one of maximum likelihood.
 */

/** |λ| below this is 0: then the transform is the logarithm to the precision of doubles. */
const tiny = Number.EPSILON

/** The transform of x. `apply(1, -2) // => -2`, since λ = 1 changes nothing. */
export const apply = (lambda: number, x: number): number => {
  if (lambda === 1) return x
  if (x >= 0) return Math.abs(lambda) < tiny ? Math.log1p(x) : Math.expm1(lambda * Math.log1p(x)) / lambda
  const rest = 2 - lambda
  return Math.abs(rest) < tiny ? -Math.log1p(-x) : -Math.expm1(rest * Math.log1p(-x)) / rest
}

/** The number whose transform is y; infinite for a y beyond those of all numbers. `invert(0, Math.log1p(3)) // => 3` */
export const invert = (lambda: number, y: number): number => {
  if (lambda === 1) return y
  if (y >= 0) return Math.abs(lambda) < tiny ? Math.expm1(y) : Math.expm1(Math.log1p(Math.max(lambda * y, -1)) / lambda)
  const rest = 2 - lambda
  return Math.abs(rest) < tiny ? -Math.expm1(-y) : -Math.expm1(Math.log1p(Math.max(-rest * y, -1)) / rest)
}

/** The golden section. */
const section = (Math.sqrt(5) - 1) / 2

/** The exponents that the search starts between, as those of scikit-learn. */
const [low, high] = [-2, 2]

/** The search ends within this of the best exponent. */
const precision = 1e-9

/**
 * A transform that leaves a smaller deviation, as a share of the mean, is not considered: 32-bit floats would keep too few digits
 * of it. A very negative exponent makes all values of a narrow sample nearly equal.
 */
const leastSpread = 2 ** -10

/**
 * The exponent with the largest likelihood for these values: -n/2 log var(y) + (λ - 1) Σ sign(x) log(1 + |x|), among those whose
 * transform keeps enough digits. It is 1 for equal values, for values whose squares no double can hold, and for values that are
 * far from 0 compared with how much they vary, such as years, for which every power is nearly linear.
 */
export const fit = (values: Float64Array): number => {
  const n = values.length
  const logs = values.map((x) => Math.log1p(Math.abs(x)))
  const slope = values.reduce((sum, x, i) => sum + Math.sign(x) * (logs[i] ?? 0), 0)
  const transformed = new Float64Array(n)
  const cost = (lambda: number): number => {
    const rest = 2 - lambda
    let mean = 0
    for (let i = 0; i < n; i++) {
      const log = logs[i] ?? 0
      const power = (values[i] ?? 0) >= 0 ? lambda : rest
      const size = Math.abs(power) < tiny ? log : Math.expm1(power * log) / power
      transformed[i] = (values[i] ?? 0) >= 0 ? size : -size
      mean += (transformed[i] ?? 0) / n
    }
    let variance = 0
    for (let i = 0; i < n; i++) variance += ((transformed[i] ?? 0) - mean) ** 2 / n
    const value = (n / 2) * Math.log(variance) - (lambda - 1) * slope
    return Math.sqrt(variance) > leastSpread * Math.abs(mean) && Number.isFinite(value) ? value : Number.POSITIVE_INFINITY
  }
  if (n === 0 || values.every((x) => x === values[0]) || !Number.isFinite(cost(1))) return 1
  const [from, to] = bracket(cost)
  return least(cost, from, to)
}

/** Two exponents with a local minimum between them: steps downhill that double. */
const bracket = (cost: (lambda: number) => number): readonly [number, number] => {
  let [a, b] = cost(low) < cost(high) ? [high, low] : [low, high]
  // The middle is lower than both ends where the minimum is between them.
  let middle = (a + b) / 2
  if (cost(middle) <= cost(b)) return [Math.min(a, b), Math.max(a, b)]
  for (let step = b - middle; Math.abs(step) < 2 ** 10; step *= 2) {
    const next = b + step
    if (!(cost(next) < cost(b))) return [Math.min(middle, next), Math.max(middle, next)]
    ;[a, middle, b] = [middle, b, next]
  }
  return [Math.min(a, b), Math.max(a, b)]
}

/** The minimum between two numbers, by golden sections. */
const least = (cost: (x: number) => number, from: number, to: number): number => {
  let [a, b] = [from, to]
  let [c, d] = [b - section * (b - a), a + section * (b - a)]
  let [atC, atD] = [cost(c), cost(d)]
  while (b - a > precision * Math.max(1, Math.abs(a), Math.abs(b))) {
    if (atC < atD) {
      ;[b, d, atD] = [d, c, atC]
      c = b - section * (b - a)
      atC = cost(c)
    } else {
      ;[a, c, atC] = [c, d, atD]
      d = a + section * (b - a)
      atD = cost(d)
    }
  }
  return (a + b) / 2
}
