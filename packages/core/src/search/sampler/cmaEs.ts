/** CMA-ES: a normal distribution that moves and stretches towards good points. */
import { checkOptions } from "../../learning/OptionError.ts"
import { symmetricEigen } from "../../reference/symmetricEigen.ts"
import { type Draws, draws, fold } from "../draws.ts"
import { exp, log } from "../exactMath.ts"
import { type Problem, pointAt, type Space } from "../Space.ts"
import { count } from "../space/Dimension.ts"
import type { Trial } from "../Trial.ts"
import { type Asking, asking } from "./random.ts"
import type { Sampler } from "./Sampler.ts"

/** The options of CMA-ES. */
export interface CmaEsOptions {
  /** The first standard deviation, in units of the range of each dimension. */
  readonly sigma?: number
  /** How many results each step of the distribution takes; 4 + ⌊3 ln n⌋ for n dimensions unless given. */
  readonly population?: number | undefined
}

/** The options of `cma_es` in a model file. */
export const cmaEsOptions = {
  sigma: {
    kind: "number",
    doc: "The first standard deviation, in units of the range of each dimension.",
    synonyms: ["sigma0"],
    default: 0.25,
    exclusiveMinimum: 0,
    maximum: 1,
  },
  population: {
    kind: "integer",
    doc: "How many results each step of the distribution takes; 4 + ⌊3 ln n⌋ for n dimensions unless given.",
    synonyms: ["popsize", "population_size"],
    optional: true,
    minimum: 2,
  },
} as const

type Vector = ReadonlyArray<number>

/** A position that was tried, with its value once it is known. */
interface Result {
  readonly position: Vector
  readonly value: number
}

interface State extends Asking {
  readonly mean: Vector
  readonly sigma: number
  /** C [n, n], row by row, with its eigenvectors (as rows) and the roots of its eigenvalues. */
  readonly covariance: Vector
  readonly axes: Vector
  readonly lengths: Vector
  /** p_σ and p_c, the paths of the mean. */
  readonly pathOfSigma: Vector
  readonly path: Vector
  readonly generation: number
  /** Positions whose results are not known, by the number of the trial. */
  readonly open: ReadonlyArray<{ readonly number: number; readonly position: Vector }>
  /** The results of this generation. */
  readonly results: ReadonlyArray<Result>
}

const at = (x: ArrayLike<number>, i: number): number => x[i] ?? 0
const vector = (n: number, f: (i: number) => number): Vector => Array.from({ length: n }, (_, i) => f(i))
const sum = (n: number, f: (i: number) => number): number => {
  let total = 0
  for (let i = 0; i < n; i++) total += f(i)
  return total
}
const norm = (x: Vector): number => Math.sqrt(sum(x.length, (i) => at(x, i) * at(x, i)))

/** B D x, from the axes of C. */
const stretched = ({ axes, lengths }: State, x: Vector): Vector =>
  vector(x.length, (i) => sum(x.length, (k) => at(axes, k * x.length + i) * at(lengths, k) * at(x, k)))

/** C^(-½) x = B D⁻¹ Bᵀ x. */
const whitened = ({ axes, lengths }: State, x: Vector): Vector => {
  const n = x.length
  const turned = vector(n, (k) => sum(n, (i) => at(axes, k * n + i) * at(x, i)) / at(lengths, k))
  return vector(n, (i) => sum(n, (k) => at(axes, k * n + i) * at(turned, k)))
}

const populationOf = (n: number, given: number | undefined): number => given ?? 4 + Math.floor(3 * log(n))

/** The constants of a step for n dimensions and λ results (Hansen, The CMA evolution strategy: a tutorial, 2016, table 1). */
const constantsOf = (n: number, lambda: number) => {
  const mu = Math.floor(lambda / 2)
  const raw = vector(mu, (i) => log((lambda + 1) / 2) - log(i + 1))
  const total = sum(mu, (i) => at(raw, i))
  const weights = raw.map((weight) => weight / total)
  const muEff = 1 / sum(mu, (i) => at(weights, i) * at(weights, i))
  const cSigma = (muEff + 2) / (n + muEff + 5)
  const dSigma = 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma
  const cPath = (4 + muEff / n) / (n + 4 + (2 * muEff) / n)
  const cOne = 2 / ((n + 1.3) * (n + 1.3) + muEff)
  const cMu = Math.min(1 - cOne, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) * (n + 2) + muEff))
  // The mean length of a standard normal vector.
  const expected = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n))
  return { weights, muEff, cSigma, dSigma, cPath, cOne, cMu, expected }
}

/** The state after λ results: the mean, the paths, the covariance and σ move, as in Hansen's tutorial. */
const stepped = (state: State): State => {
  const { covariance, generation, mean, results, sigma } = state
  const n = mean.length
  const { cMu, cOne, cPath, cSigma, dSigma, expected, muEff, weights } = constantsOf(n, results.length)
  const best = results.toSorted((a, b) => a.value - b.value).slice(0, weights.length)
  // A result may be of an earlier generation, whose distribution was another. Its step is shortened to a likely length (Hansen,
  // Injecting external solutions into CMA-ES, 2011).
  const longest = Math.sqrt(n) + (2 * n) / (n + 2)
  const steps = best.map(({ position }) => {
    const step = vector(n, (i) => (at(position, i) - at(mean, i)) / sigma)
    const shorter = Math.min(1, longest / Math.max(norm(whitened(state, step)), Number.MIN_VALUE))
    return step.map((x) => x * shorter)
  })
  const move = vector(n, (i) => sum(steps.length, (k) => at(weights, k) * at(steps[k] ?? [], i)))
  const white = whitened(state, move)
  const pathOfSigma = vector(
    n,
    (i) => (1 - cSigma) * at(state.pathOfSigma, i) + Math.sqrt(cSigma * (2 - cSigma) * muEff) * at(white, i),
  )
  const length = norm(pathOfSigma)
  const fading = Math.sqrt(1 - exp(2 * (generation + 1) * log(1 - cSigma)))
  const isShort = length / fading < (1.4 + 2 / (n + 1)) * expected
  const path = vector(
    n,
    (i) => (1 - cPath) * at(state.path, i) + (isShort ? Math.sqrt(cPath * (2 - cPath) * muEff) * at(move, i) : 0),
  )
  const kept = 1 - cOne - cMu + (isShort ? 0 : cOne * cPath * (2 - cPath))
  const next = vector(n * n, (k) => {
    const [i, j] = [Math.floor(k / n), k % n]
    const ranks = sum(steps.length, (s) => at(weights, s) * at(steps[s] ?? [], i) * at(steps[s] ?? [], j))
    return kept * at(covariance, k) + cOne * at(path, i) * at(path, j) + cMu * ranks
  })
  const { values, vectors } = symmetricEigen(Float64Array.from(next), n)
  return {
    ...state,
    mean: vector(n, (i) => Math.min(1, Math.max(0, at(mean, i) + sigma * at(move, i)))),
    sigma: Math.min(1, Math.max(1e-8, sigma * exp(Math.min(1, (cSigma / dSigma) * (length / expected - 1))))),
    covariance: next,
    axes: [...vectors],
    lengths: Array.from(values, (value) => Math.sqrt(Math.max(value, 1e-16))),
    pathOfSigma,
    path,
    generation: generation + 1,
    results: [],
  }
}

/** The deviation of a value with steps is at least this share of its interval, so that the values beside it stay possible. */
const leastShare = 0.2

/** Points outside the space are drawn again, at most so often. */
const mostDraws = 100

/** A position from the distribution, inside the space. */
const positionFrom = (state: State, own: Draws): Vector => {
  const { covariance, mean, sigma, space } = state
  const n = mean.length
  const extra = space.map((dimension, i) => {
    const least = leastShare / count(dimension)
    return Math.sqrt(Math.max(0, least * least - sigma * sigma * at(covariance, i * n + i)))
  })
  let position: Vector = mean
  for (let draw = 0; draw < mostDraws; draw++) {
    const step = stretched(
      state,
      vector(n, () => own.normal()),
    )
    position = vector(n, (i) => {
      const more = at(extra, i) > 0 ? at(extra, i) * own.normal() : 0
      return at(mean, i) + sigma * at(step, i) + more
    })
    if (position.every((x) => x >= 0 && x <= 1)) return position
  }
  return position.map((x) => Math.min(1, Math.max(0, x)))
}

const check = (space: Space): ReadonlyArray<Problem> =>
  space
    .filter((dimension) => dimension._tag === "Choice" || dimension.when !== undefined)
    .slice(0, 1)
    .map(({ _tag, name }) => ({
      dimension: name,
      got: _tag === "Choice" ? "a choice" : "a dimension of a branch",
      wanted: "numbers alone for cma_es",
      hint: "tpe or evolution",
    }))

/** The value of a trial. One without a value is worse than every other. */
const resultOf = ({ state, values: [value = Number.MAX_VALUE] = [] }: Trial): number =>
  state === "complete" ? value : Number.MAX_VALUE

/**
 * The evolution strategy with covariance matrix adaptation (Hansen, The CMA evolution strategy: a tutorial, 2016). The distribution
 * moves after every λ results, in the order of the trials. Whole numbers and steps are rounded, with a least deviation (after Marty et
 * al., LB+IC-CMA-ES, 2023). For spaces of numbers alone. Throws `OptionError`.
 */
export const cmaEs = ({ population, sigma = cmaEsOptions.sigma.default, ...rest }: CmaEsOptions = {}): Sampler<State> => {
  checkOptions("cma_es", cmaEsOptions, { sigma, population, ...rest })
  return {
    name: "cma_es",
    objectives: "one",
    check,
    init: (space, key) => {
      const n = space.length
      const identity = vector(n * n, (k) => (k % (n + 1) === 0 ? 1 : 0))
      const zeros = vector(n, () => 0)
      return {
        ...asking(space, key),
        mean: vector(n, () => 0.5),
        sigma,
        covariance: identity,
        axes: identity,
        lengths: vector(n, () => 1),
        pathOfSigma: zeros,
        path: zeros,
        generation: 0,
        open: [],
        results: [],
      }
    },
    ask: (state) => {
      const position = positionFrom(state, draws(fold(state.words, state.asked)))
      const open = [...state.open, { number: state.asked, position }]
      return { point: pointAt(state.space, position), state: { ...state, asked: state.asked + 1, open } }
    },
    tell: (state, trial) => {
      const own = state.open.find(({ number }) => number === trial.number)
      const open = state.open.filter(({ number }) => number !== trial.number)
      if (own === undefined || trial.state === "failed") return { ...state, open }
      const results = [...state.results, { position: own.position, value: resultOf(trial) }]
      const next = { ...state, open, results }
      return results.length < populationOf(state.space.length, population) ? next : stepped(next)
    },
  }
}
