/**
 * A Parzen estimator: a density of points as a mixture with one kernel for each observed point, a product over the dimensions, and one
 * kernel that covers the whole space.
 */
import { probit } from "../../../data/probit.ts"
import type { Draws } from "../../draws.ts"
import { exp, log } from "../../exactMath.ts"
import { cdf, logSqrtTwoPi } from "../../normal.ts"
import { type Named, numberOf, type Point, type Space } from "../../Space.ts"
import { at, binOf, count, positionOf } from "../../space/Dimension.ts"

/** A normal distribution within [0, 1]: the position of an observed number, blurred. */
interface Normal {
  readonly mean: number
  readonly deviation: number
  readonly logDeviation: number
  /** Φ at 0, and the share of the distribution within [0, 1]. */
  readonly below: number
  readonly mass: number
  readonly logMass: number
}

/** A kernel's part in one dimension. */
type Part = { readonly normal: Normal } | { readonly weights: ReadonlyArray<number> }

/** A mixture. Its dimensions exist together. */
export interface Parzen {
  readonly space: Space
  readonly weights: ReadonlyArray<number>
  /** The logarithms of the weights, whose sum is 1 then. */
  readonly logWeights: Float64Array
  /** The parts of the kernels of each dimension, each once: kernels with the same value share one. */
  readonly parts: ReadonlyArray<ReadonlyArray<Part>>
  /** The index of the part of each kernel, by dimension. */
  readonly kernels: ReadonlyArray<Int32Array>
  /** The logarithms of the parts at values of dimensions with steps and choices, which candidates share. */
  readonly known: ReadonlyArray<Map<number, Float64Array>>
  /** Room for a number of each kernel: a density overwrites the one before. */
  readonly scratch: Float64Array
}

const normalAt = (mean: number, deviation: number): Normal => {
  const below = cdf(-mean / deviation)
  const mass = cdf((1 - mean) / deviation) - below
  return { mean, deviation, logDeviation: log(deviation), below, mass, logMass: log(mass) }
}

/** The weight of the kernel over the whole space, in units of an observation. */
const prior = 1

/** The number of trials from the last on that count fully. */
const mostFull = 25

/** The weights of n observations by age: the last 25 count fully, and earlier ones the less the older they are. */
export const weightsByAge = (n: number): ReadonlyArray<number> =>
  Array.from({ length: n }, (_, i) => {
    const ramp = n - mostFull
    if (i >= ramp) return 1
    return ramp === 1 ? 1 / n : 1 / n + ((1 - 1 / n) * i) / (ramp - 1)
  })

/**
 * The kernels' width in units of a range, for n observations in d dimensions: a tenth, and narrower by n^(-1 / (d + 4)) (Scott's
 * rule), but not below ½ / min(100, n + 2). That is half of Optuna's, which is better on every function of
 * scripts/search-behaviour.ts.
 */
export const deviationOf = (n: number, d: number): number =>
  Math.max(0.1 * exp(-log(Math.max(n, 1)) / (d + 4)), 0.5 / Math.min(100, n + 2))

/**
 * The estimator of some points, from the oldest to the latest (Bergstra et al., 2011, with the multivariate kernels of Falkner, Klein
 * and Hutter, BOHB, 2018, and the weights of Optuna).
 */
export const parzen = (space: Space, points: ReadonlyArray<Point>): Parzen => {
  const n = points.length
  const deviation = deviationOf(n, space.length)
  const numeric = (mean: number, width: number): Part => ({ normal: normalAt(mean, width) })
  const choice = (size: number, chosen?: number): Part => {
    const even = prior / (n + 1)
    const raw = Array.from({ length: size }, (_, i) => even + (i === chosen ? 1 : 0))
    const sum = raw.reduce((all, weight) => all + weight, 0)
    return { weights: raw.map((weight) => weight / sum) }
  }
  const partsOf = (dimension: Named): { readonly parts: ReadonlyArray<Part>; readonly ofKernels: Int32Array } => {
    const parts: Array<Part> = []
    const indices = new Map<number, number>()
    const isShared = count(dimension) !== Number.POSITIVE_INFINITY
    const ofKernels = new Int32Array(n + 1)
    points.forEach((point, k) => {
      const value = numberOf(point, dimension.name) ?? 0
      const index = (isShared ? indices.get(value) : undefined) ?? parts.length
      if (index === parts.length) {
        if (isShared) indices.set(value, index)
        const isChoice = dimension._tag === "Choice"
        parts.push(isChoice ? choice(dimension.size, value) : numeric(positionOf(dimension, value), deviation))
      }
      ofKernels[k] = index
    })
    ofKernels[n] = parts.length
    parts.push(dimension._tag === "Choice" ? choice(dimension.size) : numeric(0.5, 1))
    return { parts, ofKernels }
  }
  const dimensions = space.map(partsOf)
  const weights = [...weightsByAge(n), prior]
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return {
    space,
    weights,
    logWeights: Float64Array.from(weights.map((weight) => log(weight / total))),
    parts: dimensions.map(({ parts }) => parts),
    kernels: dimensions.map(({ ofKernels }) => ofKernels),
    known: dimensions.map(() => new Map()),
    scratch: new Float64Array(n + 1),
  }
}

/** A point of the mixture: a kernel by its weight, and then each dimension by itself. */
export const drawn = ({ kernels, parts, space, weights }: Parzen, own: Draws): Point => {
  const kernel = own.weighted(weights)
  const chosen = space.map((dimension, i) => {
    const part = parts[i]?.[kernels[i]?.[kernel] ?? 0]
    if (part === undefined) return 0
    if ("weights" in part) return own.weighted(part.weights)
    const { below, deviation, mass, mean } = part.normal
    return at(dimension, mean + deviation * probit(below + own.uniform() * mass, log))
  })
  return Object.fromEntries(space.map(({ name }, i) => [name, chosen[i] ?? 0]))
}

/** Where a value is: the index of a choice, a position, or the interval of a value with steps. */
type Place = { readonly index: number } | { readonly position: number } | { readonly from: number; readonly to: number }

const placeOf = (dimension: Named, value: number): Place => {
  if (dimension._tag === "Choice") return { index: value }
  return count(dimension) === Number.POSITIVE_INFINITY ? { position: positionOf(dimension, value) } : binOf(dimension, value)
}

/** The logarithm of the density, or of the probability of a value with steps, of one kernel in one dimension. */
const logPart = (part: Part, place: Place): number => {
  if ("weights" in part) return "index" in place ? log(part.weights[place.index] ?? 0) : 0
  const { deviation, logDeviation, logMass, mean } = part.normal
  if ("position" in place) {
    const z = (place.position - mean) / deviation
    return (-z * z) / 2 - logDeviation - logSqrtTwoPi - logMass
  }
  if ("index" in place) return 0
  const share = cdf((place.to - mean) / deviation) - cdf((place.from - mean) / deviation)
  return log(Math.max(share, Number.MIN_VALUE)) - logMass
}

/** The density of a point, as logarithms. */
export interface Density {
  /** That of the kernel with the largest part: a lower bound of the whole. */
  readonly largest: number
  /** That of all kernels, which costs an exponential for each. */
  readonly whole: () => number
}

/** The logarithms of the parts of a dimension at a value. */
const logParts = ({ known, parts, space }: Parzen, i: number, value: number): Float64Array => {
  const dimension = space[i]
  const before = known[i]?.get(value)
  if (dimension === undefined || before !== undefined) return before ?? new Float64Array()
  const place = placeOf(dimension, value)
  const own = parts[i] ?? []
  const logs = new Float64Array(own.length)
  for (let k = 0; k < own.length; k++) {
    const part = own[k]
    if (part !== undefined) logs[k] = logPart(part, place)
  }
  if (!("position" in place)) known[i]?.set(value, logs)
  return logs
}

/** Below eᵈ with such a difference, a term no longer changes a sum of 1 or more. */
const negligible = -38

/** The density of a mixture at a point, until that of another point is asked for. */
export const densityAt = (parzen: Parzen, point: Point): Density => {
  const { kernels, logWeights, scratch: logs, space } = parzen
  const n = logs.length
  logs.set(logWeights)
  for (const [i, { name }] of space.entries()) {
    const own = logParts(parzen, i, numberOf(point, name) ?? 0)
    const ofKernels = kernels[i] ?? new Int32Array()
    for (let k = 0; k < n; k++) logs[k] = (logs[k] ?? 0) + (own[ofKernels[k] ?? 0] ?? 0)
  }
  let largest = Number.NEGATIVE_INFINITY
  for (let k = 0; k < n; k++) {
    const each = logs[k] ?? 0
    if (each > largest) largest = each
  }
  const whole = () => {
    let sum = 0
    for (let k = 0; k < n; k++) {
      const difference = (logs[k] ?? 0) - largest
      if (sum < 1 || difference > negligible) sum += exp(difference)
    }
    return largest + log(sum)
  }
  return { largest, whole }
}

/** The logarithm of the density of a point. */
export const logDensity = (parzen: Parzen, point: Point): number => densityAt(parzen, point).whole()
