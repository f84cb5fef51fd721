/**
 * Regression with a Gaussian process in doubles: a Matérn kernel with a length for each feature, and noise (Rasmussen and Williams,
 * Gaussian processes for machine learning, 2006). It uses operations that are exact on every machine alone.
 */
import { exp, log } from "../../exactMath.ts"

/** The parameters as logarithms, so that every value of them is valid. */
export interface Hyper {
  /** ln of the inverse squared length of each feature. */
  readonly inverse: ReadonlyArray<number>
  /** ln of the variance of the process. */
  readonly scale: number
  /** ln of the variance of the noise. */
  readonly noise: number
}

/** Features of some points [n, d], row by row. */
export interface Features {
  readonly rows: ReadonlyArray<ReadonlyArray<number>>
  /** Which length each feature has: those of a choice share one. */
  readonly lengths: ReadonlyArray<number>
}

const at = (values: ReadonlyArray<number> | Float64Array, i: number): number => values[i] ?? 0

/** The squared differences of two rows, summed for each length. */
const squares = (
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  lengths: ReadonlyArray<number>,
  count: number,
): Float64Array => {
  const sums = new Float64Array(count)
  for (let k = 0; k < a.length; k++) {
    const difference = at(a, k) - at(b, k)
    const length = at(lengths, k)
    sums[length] = at(sums, length) + difference * difference
  }
  return sums
}

const root5 = 2.23606797749979

/** The Matérn 5/2 kernel of a squared distance: (1 + r + r²/3) e⁻ʳ with r = √5 √distance. */
const matern = (squared: number): number => {
  const r = root5 * Math.sqrt(squared)
  return (1 + r + (r * r) / 3) * exp(-r)
}

/** Its derivative by the squared distance: -5/6 (1 + r) e⁻ʳ. */
const maternSlope = (squared: number): number => {
  const r = root5 * Math.sqrt(squared)
  return (-5 / 6) * (1 + r) * exp(-r)
}

/** The lower triangle L of a matrix [n, n] with L Lᵀ = A, `undefined` if A is not positive definite. */
const cholesky = (matrix: Float64Array, n: number): Float64Array | undefined => {
  const lower = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = at(matrix, i * n + j)
      for (let k = 0; k < j; k++) sum -= at(lower, i * n + k) * at(lower, j * n + k)
      if (i === j) {
        if (!(sum > 0)) return undefined
        lower[i * n + i] = Math.sqrt(sum)
      } else lower[i * n + j] = sum / at(lower, j * n + j)
    }
  return lower
}

/** x with L x = b. */
const forward = (lower: Float64Array, n: number, b: ArrayLike<number>): Float64Array => {
  const x = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let sum = b[i] ?? 0
    for (let k = 0; k < i; k++) sum -= at(lower, i * n + k) * at(x, k)
    x[i] = sum / at(lower, i * n + i)
  }
  return x
}

/** x with Lᵀ x = b. */
const backward = (lower: Float64Array, n: number, b: Float64Array): Float64Array => {
  const x = new Float64Array(n)
  for (let i = n - 1; i >= 0; i--) {
    let sum = at(b, i)
    for (let k = i + 1; k < n; k++) sum -= at(lower, k * n + i) * at(x, k)
    x[i] = sum / at(lower, i * n + i)
  }
  return x
}

/** A process that knows some values: its mean and variance at any features. */
export interface Process {
  readonly hyper: Hyper
  readonly features: Features
  readonly lower: Float64Array
  /** The variance of the process, and the inverse squared length of each feature. */
  readonly scale: number
  readonly widths: Float64Array
  /** K⁻¹ y. */
  readonly weights: Float64Array
  /** ln of the probability of the values. */
  readonly evidence: number
}

const distanceOf = (sums: Float64Array, inverse: Float64Array): number => {
  let distance = 0
  for (let k = 0; k < sums.length; k++) distance += at(inverse, k) * at(sums, k)
  return distance
}

const expAll = (logs: ReadonlyArray<number>): Float64Array => Float64Array.from(logs, (x) => exp(x))

/** The sums of squared differences of every pair of rows. They do not depend on the parameters. */
type Pairs = ReadonlyArray<Float64Array>

const pairsOf = ({ lengths, rows }: Features, count: number): Pairs =>
  rows.flatMap((a, i) => rows.slice(0, i + 1).map((b) => squares(a, b, lengths, count)))

/** The place of a pair in `Pairs`, i ≥ j. */
const pair = (i: number, j: number): number => (i * (i + 1)) / 2 + j

const conditioned = (features: Features, pairs: Pairs, values: ReadonlyArray<number>, hyper: Hyper): Process | undefined => {
  const n = values.length
  const inverse = expAll(hyper.inverse)
  const scale = exp(hyper.scale)
  const noise = exp(hyper.noise)
  const kernel = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const sums = pairs[pair(i, j)]
      const value = sums === undefined ? 0 : scale * matern(distanceOf(sums, inverse))
      kernel[i * n + j] = value + (i === j ? noise : 0)
    }
  const lower = cholesky(kernel, n)
  if (lower === undefined) return undefined
  const half = forward(lower, n, values)
  let evidence = 0
  for (let i = 0; i < n; i++) evidence -= (at(half, i) * at(half, i)) / 2 + log(at(lower, i * n + i))
  const widths = Float64Array.from(features.lengths, (length) => at(inverse, length))
  return { hyper, features, lower, scale, widths, weights: backward(lower, n, half), evidence }
}

/** A process with given parameters that knows some values. `undefined` if they are numerically singular. */
export const condition = (features: Features, values: ReadonlyArray<number>, hyper: Hyper): Process | undefined =>
  conditioned(features, pairsOf(features, hyper.inverse.length), values, hyper)

/** The mean and the variance at a row of features. */
export const predict = (
  { features, lower, scale, weights, widths }: Process,
  row: ReadonlyArray<number>,
): { readonly mean: number; readonly variance: number } => {
  const n = weights.length
  const covariance = new Float64Array(n)
  let mean = 0
  for (let i = 0; i < n; i++) {
    const own = features.rows[i] ?? []
    let distance = 0
    for (let k = 0; k < widths.length; k++) {
      const difference = at(row, k) - at(own, k)
      distance += at(widths, k) * difference * difference
    }
    const value = scale * matern(distance)
    covariance[i] = value
    mean += value * at(weights, i)
  }
  const half = forward(lower, n, covariance)
  let variance = scale
  for (let i = 0; i < n; i++) variance -= at(half, i) * at(half, i)
  return { mean, variance: Math.max(variance, 1e-12) }
}

/** The least variance of the noise, which keeps the matrix of equal points regular. */
const leastNoise = 1e-6

/** ln of the prior densities of Optuna, up to a constant, and their slopes by the logarithms of the parameters. */
const priors = {
  /** -0.1 / x - 0.1 x, of an inverse squared length. */
  inverse: (x: number) => ({ value: -0.1 / x - 0.1 * x, slope: 0.1 / x - 0.1 * x }),
  /** Gamma(2, 1). */
  scale: (x: number) => ({ value: log(x) - x, slope: 1 - x }),
  /** Gamma(1.1, rate 30). */
  noise: (x: number) => ({ value: 0.1 * log(x) - 30 * x, slope: 0.1 - 30 * x }),
}

/** The slopes of evidence + prior by the parameters: ½ tr((α αᵀ - K⁻¹) ∂K). */
const slopes = (process: Process, pairs: Pairs): Hyper => {
  const { hyper, lower, weights } = process
  const n = weights.length
  const inverse = expAll(hyper.inverse)
  const scale = exp(hyper.scale)
  const noise = exp(hyper.noise)
  const slopesOfInverse = new Float64Array(inverse.length)
  let slopeOfScale = 0
  let slopeOfNoise = 0
  for (let j = 0; j < n; j++) {
    const unit = new Float64Array(n)
    unit[j] = 1
    const column = backward(lower, n, forward(lower, n, unit))
    for (let i = j; i < n; i++) {
      const sums = pairs[pair(i, j)]
      if (sums === undefined) continue
      // Elements beside the diagonal occur twice.
      const factor = (at(weights, i) * at(weights, j) - at(column, i)) * (i === j ? 0.5 : 1)
      const distance = distanceOf(sums, inverse)
      slopeOfScale += factor * scale * matern(distance)
      if (i === j) slopeOfNoise += factor * noise
      const slope = factor * scale * maternSlope(distance)
      for (let k = 0; k < inverse.length; k++) slopesOfInverse[k] = at(slopesOfInverse, k) + slope * at(sums, k) * at(inverse, k)
    }
  }
  return {
    inverse: Array.from(slopesOfInverse, (slope, k) => slope + priors.inverse(at(inverse, k)).slope),
    scale: slopeOfScale + priors.scale(scale).slope,
    noise: slopeOfNoise + priors.noise(noise).slope,
  }
}

const posterior = ({ evidence, hyper }: Process): number =>
  evidence +
  hyper.inverse.reduce((sum, x) => sum + priors.inverse(exp(x)).value, 0) +
  priors.scale(exp(hyper.scale)).value +
  priors.noise(exp(hyper.noise)).value

/** Parameters to begin with: lengths of one range, and a little noise. */
export const initialHyper = (lengths: number): Hyper => ({
  inverse: Array.from({ length: lengths }, () => 0),
  scale: 0,
  noise: log(1e-2),
})

const bounds = { inverse: [-9, 9], scale: [-7, 7], noise: [log(leastNoise), 1] } as const

const clamped = (x: number, [low, high]: readonly [number, number]): number => Math.min(high, Math.max(low, x))

/** Rprop: each parameter has a step that grows while its slope keeps the sign, and shrinks when it changes. */
const growth = 1.2
const shrinkage = 0.5

/**
 * The process whose parameters make the values most likely, with the prior of Optuna's GPSampler: `rounds` steps of Rprop (Riedmiller
 * and Braun, 1993) from the given parameters. The best of all steps is returned.
 */
export const fit = (
  features: Features,
  values: ReadonlyArray<number>,
  from: Hyper,
  { rounds }: { readonly rounds: number },
): Process | undefined => {
  const count = from.inverse.length
  const pairs = pairsOf(features, count)
  const flat = ({ inverse, noise, scale }: Hyper): Array<number> => [...inverse, scale, noise]
  const rangeOf = (k: number): readonly [number, number] =>
    k < count ? bounds.inverse : k === count ? bounds.scale : bounds.noise
  let parameters = flat(from)
  const steps = parameters.map(() => 0.3)
  let before = parameters.map(() => 0)
  let best: Process | undefined
  for (let round = 0; round <= rounds; round++) {
    const hyper: Hyper = { inverse: parameters.slice(0, count), scale: at(parameters, count), noise: at(parameters, count + 1) }
    const process = conditioned(features, pairs, values, hyper)
    if (process === undefined) {
      // A singular matrix: more noise makes it regular.
      parameters = parameters.map((x, k) => (k === count + 1 ? clamped(x + 1, bounds.noise) : x))
      continue
    }
    if (best === undefined || posterior(process) > posterior(best)) best = process
    if (round === rounds) break
    const now = flat(slopes(process, pairs))
    parameters = parameters.map((x, k) => {
      const slope = at(now, k)
      const turned = slope * at(before, k)
      steps[k] = Math.min(1, Math.max(1e-3, at(steps, k) * (turned > 0 ? growth : turned < 0 ? shrinkage : 1)))
      return clamped(x + Math.sign(slope) * at(steps, k), rangeOf(k))
    })
    before = now
  }
  return best
}
