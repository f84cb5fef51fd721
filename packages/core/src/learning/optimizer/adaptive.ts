/**
 * Adaptive optimizers: the step size of each parameter depends on its past gradients. Each is a chain that reads like its
 * equation: the scaling of the gradient, weight decay if there is one, and the learning rate.
 */

import { type Bounds, checkOptions } from "../OptionError.ts"
import type { Params } from "../Params.ts"
import { addDecayedWeights } from "../transformation/decay.ts"
import { scaleByTrustRatio } from "../transformation/groups.ts"
import { betas, decay, fixed, lionBetas, momentumDecay, rateBounds, velocity } from "../transformation/options.ts"
import {
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamOptions,
  accumulateMomentum,
  adadeltaBounds,
  adagradBounds,
  type BetaOptions,
  type LionOptions,
  type NadamOptions,
  type RmsOptions,
  rmsBounds,
  scaleByAdadelta,
  scaleByAdagrad,
  scaleByAdam,
  scaleByAdamax,
  scaleByAmsgrad,
  scaleByLion,
  scaleByNadam,
  scaleByRadam,
  scaleByRms,
  scaleByVariance,
} from "../transformation/running.ts"
import { chain, type Optimizer, type Rate, scaleByLearningRate } from "../transformation/Transformation.ts"

const weightDecayBounds = { weightDecay: decay(0.01) } as const

/** The option of Adam without bounds. */
const unbounded = ["biasCorrection"]

/** Checks a rate and the other options. Errors name the optimizer. */
const check = (
  operation: string,
  rate: Rate,
  options: object,
  bounds: { readonly [option: string]: Bounds },
  others: ReadonlyArray<string> = [],
): void => {
  checkOptions(operation, rateBounds, fixed(rate))
  checkOptions(operation, bounds, options, others)
}

/** θ ← θ - η g / √(G + ε), G ← G + g². */
export const adagrad = (rate: Rate, options: AdagradOptions = {}): Optimizer<Params> => {
  check("adagrad", rate, options, adagradBounds)
  return chain(scaleByAdagrad(options), scaleByLearningRate(rate))
}

/** The options of RMSProp. */
export interface RmspropOptions extends RmsOptions {
  /** The decay of the velocity at each step: 0, which is no momentum, unless given. */
  readonly momentum?: number
  /** Whether to divide by the variance of g instead of its mean square. */
  readonly centered?: boolean
}

/** θ ← θ - η g / √(G + ε), G ← γG + (1 - γ)g²; with momentum v ← μv + g / √(G + ε), θ ← θ - ηv. */
export const rmsprop = (rate: Rate, { centered = false, momentum = 0, ...options }: RmspropOptions = {}): Optimizer<Params> => {
  check("rmsprop", rate, { ...options, momentum }, { ...rmsBounds, momentum: velocity(0) }, ["centered"])
  const scaled: Optimizer<Params> = centered ? scaleByVariance(options) : scaleByRms(options)
  const down = scaleByLearningRate(rate)
  return momentum === 0 ? chain(scaled, down) : chain(scaled, accumulateMomentum({ decay: momentum }), down)
}

/** θ ← θ - η √(D + ε) / √(E + ε) · g, usually with η = 1. */
export const adadelta = (rate: Rate, options: AdadeltaOptions = {}): Optimizer<Params> => {
  check("adadelta", rate, options, adadeltaBounds)
  return chain(scaleByAdadelta(options), scaleByLearningRate(rate))
}

/** θ ← θ - η μ̂ / (√ν̂ + ε). */
export const adam = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> => {
  check("adam", rate, options, betas, unbounded)
  return chain(scaleByAdam(options), scaleByLearningRate(rate))
}

/** The options of an optimizer, and its weight decay. */
export type Decaying<Options> = Options & { readonly weightDecay?: number }

/** θ ← θ - η (μ̂ / (√ν̂ + ε) + λw): decoupled weight decay, which the running means do not see. Only weights are decayed. */
export const adamw = (rate: Rate, { weightDecay = 0.01, ...options }: Decaying<AdamOptions> = {}): Optimizer<Params> => {
  check("adamw", rate, { ...options, weightDecay }, { ...betas, ...weightDecayBounds }, unbounded)
  return chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate))
}

/** Like adam, with the largest ν so far. */
export const amsgrad = (rate: Rate, options: BetaOptions = {}): Optimizer<Params> => {
  check("amsgrad", rate, options, betas)
  return chain(scaleByAmsgrad(options), scaleByLearningRate(rate))
}

/** θ ← θ - η μ̂ / u, u ← max(β₂u, |g| + ε). */
export const adamax = (rate: Rate, options: BetaOptions = {}): Optimizer<Params> => {
  check("adamax", rate, options, betas)
  return chain(scaleByAdamax(options), scaleByLearningRate(rate))
}

/** Like adam, with Nesterov momentum. */
export const nadam = (rate: Rate, options: NadamOptions = {}): Optimizer<Params> => {
  check("nadam", rate, options, { ...betas, momentumDecay })
  return chain(scaleByNadam(options), scaleByLearningRate(rate))
}

/** Like adam, but divides by √ν̂ only once that is reliable. */
export const radam = (rate: Rate, options: BetaOptions = {}): Optimizer<Params> => {
  check("radam", rate, options, betas)
  return chain(scaleByRadam(options), scaleByLearningRate(rate))
}

/** θ ← θ - η (sign(β₁m + (1 - β₁)g) + λw). Only weights are decayed. */
export const lion = (rate: Rate, { weightDecay = 0, ...options }: Decaying<LionOptions> = {}): Optimizer<Params> => {
  check("lion", rate, { ...options, weightDecay }, { ...lionBetas, ...weightDecayBounds })
  return chain(scaleByLion(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate))
}

/** θ ← θ - η ‖θ‖ / ‖u‖ · u, u = μ̂ / (√ν̂ + ε) + λw, for each leaf of the parameters. */
export const lamb = (rate: Rate, { weightDecay = 0.01, ...options }: Decaying<AdamOptions> = {}): Optimizer<Params> => {
  check("lamb", rate, { ...options, weightDecay }, { ...betas, ...weightDecayBounds }, unbounded)
  return chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByTrustRatio, scaleByLearningRate(rate))
}
