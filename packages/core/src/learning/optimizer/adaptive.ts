/**
 * Optimizers that find a step size for each parameter by its own past gradients. Each is a chain that reads like its
 * equation: what scales the gradient, decay where there is one, and the learning rate.
 */

import { wantOptions } from "../OptionError.ts"
import type { Params } from "../Params.ts"
import { addDecayedWeights } from "../transformation/decay.ts"
import { scaleByTrustRatio } from "../transformation/groups.ts"
import { betas, decay, eps, epsPlace, fixed, momentumDecay, rateBounds, share, velocity } from "../transformation/options.ts"
import {
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamOptions,
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
  trace,
} from "../transformation/running.ts"
import { chain, type Optimizer, type Rate, scaleByLearningRate } from "../transformation/Transformation.ts"

const bounds = {
  ...rateBounds,
  ...betas,
  eps: eps(1e-8),
  place: epsPlace,
  decay: share("What is left of the mean of g² after a step.", 0.9),
  momentum: velocity(0),
  weightDecay: decay(0.01),
  momentumDecay,
} as const

/** Checks a rate and the options beside it, under the optimizer's own name. */
const want = (operation: string, rate: Rate, options: object): void =>
  wantOptions(operation, bounds, { ...fixed(rate), ...options })

/** θ ← θ - η g / √(G + ε), G ← G + g². */
export const adagrad = (rate: Rate, options: AdagradOptions = {}): Optimizer<Params> => {
  want("adagrad", rate, options)
  return chain(scaleByAdagrad(options), scaleByLearningRate(rate))
}

/** How RMSProp is varied. */
export interface RmspropOptions extends RmsOptions {
  /** What is left of the velocity after a step; 0 keeps none. */
  readonly momentum?: number
  /** Whether squares are taken about the running mean of g. */
  readonly centered?: boolean
}

/** θ ← θ - η g / √(G + ε), G ← γG + (1 - γ)g²; with momentum v ← μv + g / √(G + ε), θ ← θ - ηv. */
export const rmsprop = (rate: Rate, { centered = false, momentum = 0, ...options }: RmspropOptions = {}): Optimizer<Params> => {
  want("rmsprop", rate, { ...options, momentum })
  const scaled: Optimizer<Params> = centered ? scaleByVariance(options) : scaleByRms(options)
  const down = scaleByLearningRate(rate)
  return momentum === 0 ? chain(scaled, down) : chain(scaled, trace({ decay: momentum }), down)
}

/** θ ← θ - η √(D + ε) / √(E + ε) · g, usually with η = 1. */
export const adadelta = (rate: Rate, options: AdadeltaOptions = {}): Optimizer<Params> => {
  want("adadelta", rate, options)
  return chain(scaleByAdadelta(options), scaleByLearningRate(rate))
}

/** θ ← θ - η μ̂ / (√ν̂ + ε). */
export const adam = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> => {
  want("adam", rate, options)
  return chain(scaleByAdam(options), scaleByLearningRate(rate))
}

/** How fast weights shrink, beside the numbers of an optimizer. */
export type Decaying<Options> = Options & { readonly weightDecay?: number }

/** θ ← θ - η (μ̂ / (√ν̂ + ε) + λw): decay beside the gradient, not inside its running means; weights only. */
export const adamw = (rate: Rate, { weightDecay = 0.01, ...options }: Decaying<AdamOptions> = {}): Optimizer<Params> => {
  want("adamw", rate, { ...options, weightDecay })
  return chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate))
}

/** As adam, by the largest ν so far. */
export const amsgrad = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> => {
  want("amsgrad", rate, options)
  return chain(scaleByAmsgrad(options), scaleByLearningRate(rate))
}

/** θ ← θ - η μ̂ / u, u ← max(β₂u, |g| + ε). */
export const adamax = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> => {
  want("adamax", rate, options)
  return chain(scaleByAdamax(options), scaleByLearningRate(rate))
}

/** As adam, with the momentum of the step ahead. */
export const nadam = (rate: Rate, options: NadamOptions = {}): Optimizer<Params> => {
  want("nadam", rate, options)
  return chain(scaleByNadam(options), scaleByLearningRate(rate))
}

/** As adam, dividing by √ν̂ only once that can be trusted. */
export const radam = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> => {
  want("radam", rate, options)
  return chain(scaleByRadam(options), scaleByLearningRate(rate))
}

/** θ ← θ - η (sign(β₁m + (1 - β₁)g) + λw); weights only are decayed. */
export const lion = (rate: Rate, { weightDecay = 0, ...options }: Decaying<LionOptions> = {}): Optimizer<Params> => {
  want("lion", rate, { ...options, weightDecay })
  return chain(scaleByLion(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate))
}

/** θ ← θ - η ‖θ‖ / ‖u‖ · u, u = μ̂ / (√ν̂ + ε) + λw, for each leaf of the parameters. */
export const lamb = (rate: Rate, { weightDecay = 0.01, ...options }: Decaying<AdamOptions> = {}): Optimizer<Params> => {
  want("lamb", rate, { ...options, weightDecay })
  return chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByTrustRatio, scaleByLearningRate(rate))
}
