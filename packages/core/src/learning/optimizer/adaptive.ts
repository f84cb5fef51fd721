/**
 * Adaptive optimizers: the step size of each parameter depends on its past gradients. Each is a chain that reads like its
 * equation: the scaling of the gradient, weight decay if there is one, and the learning rate.
 */

import { checkOptions } from "../OptionError.ts"
import type { Params } from "../Params.ts"
import { addDecayedWeights } from "../transformation/decay.ts"
import { scaleByTrustRatio } from "../transformation/groups.ts"
import { betas, decay, eps, epsPlace, fixed, fraction, momentumDecay, rateBounds, velocity } from "../transformation/options.ts"
import {
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamOptions,
  accumulateMomentum,
  type LionOptions,
  type NadamOptions,
  type RmsOptions,
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

const bounds = {
  ...rateBounds,
  ...betas,
  eps: eps(1e-8),
  epsPlace,
  decay: fraction("The decay of the running mean of g².", 0.9),
  momentum: velocity(0),
  weightDecay: decay(0.01),
  momentumDecay,
} as const

/** Options without bounds, and the rate by its name in the catalogue. */
const others = ["lr", "biasCorrection", "centered"]

/** Checks a rate and the other options. Errors name the optimizer. */
const check = (operation: string, rate: Rate, options: object): void =>
  checkOptions(operation, bounds, { ...fixed(rate), ...options }, others)

/** θ ← θ - η g / √(G + ε), G ← G + g². */
export const adagrad = (rate: Rate, options: AdagradOptions = {}): Optimizer<Params> => {
  check("adagrad", rate, options)
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
  check("rmsprop", rate, { ...options, momentum })
  const scaled: Optimizer<Params> = centered ? scaleByVariance(options) : scaleByRms(options)
  const down = scaleByLearningRate(rate)
  return momentum === 0 ? chain(scaled, down) : chain(scaled, accumulateMomentum({ decay: momentum }), down)
}

/** θ ← θ - η √(D + ε) / √(E + ε) · g, usually with η = 1. */
export const adadelta = (rate: Rate, options: AdadeltaOptions = {}): Optimizer<Params> => {
  check("adadelta", rate, options)
  return chain(scaleByAdadelta(options), scaleByLearningRate(rate))
}

/** θ ← θ - η μ̂ / (√ν̂ + ε). */
export const adam = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> => {
  check("adam", rate, options)
  return chain(scaleByAdam(options), scaleByLearningRate(rate))
}

/** The options of an optimizer, and its weight decay. */
export type Decaying<Options> = Options & { readonly weightDecay?: number }

/** θ ← θ - η (μ̂ / (√ν̂ + ε) + λw): decoupled weight decay, which the running means do not see. Only weights are decayed. */
export const adamw = (rate: Rate, { weightDecay = 0.01, ...options }: Decaying<AdamOptions> = {}): Optimizer<Params> => {
  check("adamw", rate, { ...options, weightDecay })
  return chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate))
}

/** Like adam, with the largest ν so far. */
export const amsgrad = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> => {
  check("amsgrad", rate, options)
  return chain(scaleByAmsgrad(options), scaleByLearningRate(rate))
}

/** θ ← θ - η μ̂ / u, u ← max(β₂u, |g| + ε). */
export const adamax = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> => {
  check("adamax", rate, options)
  return chain(scaleByAdamax(options), scaleByLearningRate(rate))
}

/** Like adam, with Nesterov momentum. */
export const nadam = (rate: Rate, options: NadamOptions = {}): Optimizer<Params> => {
  check("nadam", rate, options)
  return chain(scaleByNadam(options), scaleByLearningRate(rate))
}

/** Like adam, but divides by √ν̂ only once that is reliable. */
export const radam = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> => {
  check("radam", rate, options)
  return chain(scaleByRadam(options), scaleByLearningRate(rate))
}

/** θ ← θ - η (sign(β₁m + (1 - β₁)g) + λw). Only weights are decayed. */
export const lion = (rate: Rate, { weightDecay = 0, ...options }: Decaying<LionOptions> = {}): Optimizer<Params> => {
  check("lion", rate, { ...options, weightDecay })
  return chain(scaleByLion(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate))
}

/** θ ← θ - η ‖θ‖ / ‖u‖ · u, u = μ̂ / (√ν̂ + ε) + λw, for each leaf of the parameters. */
export const lamb = (rate: Rate, { weightDecay = 0.01, ...options }: Decaying<AdamOptions> = {}): Optimizer<Params> => {
  check("lamb", rate, { ...options, weightDecay })
  return chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByTrustRatio, scaleByLearningRate(rate))
}
