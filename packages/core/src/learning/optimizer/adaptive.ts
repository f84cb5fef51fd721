/**
 * Optimizers that find a step size for each parameter by its own past gradients. Each is a chain that reads like its
 * equation: what scales the gradient, decay where there is one, and the learning rate.
 */
import { chain, type Optimizer, type Rate, scaleByLearningRate } from "../brick/Brick.ts"
import { addDecayedWeights } from "../brick/decay.ts"
import { scaleByTrustRatio } from "../brick/groups.ts"
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
} from "../brick/running.ts"
import type { Params } from "../Params.ts"

/** θ ← θ - η g / √(G + ε), G ← G + g². */
export const adagrad = (rate: Rate, options: AdagradOptions = {}): Optimizer<Params> =>
  chain(scaleByAdagrad(options), scaleByLearningRate(rate))

/** How RMSProp is varied. */
export interface RmspropOptions extends RmsOptions {
  /** What is left of the velocity after a step; 0 keeps none. */
  readonly momentum?: number
  /** Whether squares are taken about the running mean of g. */
  readonly centered?: boolean
}

/** θ ← θ - η g / √(G + ε), G ← γG + (1 - γ)g²; with momentum v ← μv + g / √(G + ε), θ ← θ - ηv. */
export const rmsprop = (rate: Rate, { centered = false, momentum = 0, ...options }: RmspropOptions = {}): Optimizer<Params> => {
  const scaled: Optimizer<Params> = centered ? scaleByVariance(options) : scaleByRms(options)
  const down = scaleByLearningRate(rate)
  return momentum === 0 ? chain(scaled, down) : chain(scaled, trace({ decay: momentum }), down)
}

/** θ ← θ - η √(D + ε) / √(E + ε) · g, usually with η = 1. */
export const adadelta = (rate: Rate, options: AdadeltaOptions = {}): Optimizer<Params> =>
  chain(scaleByAdadelta(options), scaleByLearningRate(rate))

/** θ ← θ - η μ̂ / (√ν̂ + ε). */
export const adam = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> =>
  chain(scaleByAdam(options), scaleByLearningRate(rate))

/** How fast weights shrink, beside the numbers of an optimizer. */
export type Decaying<Options> = Options & { readonly weightDecay?: number }

/** θ ← θ - η (μ̂ / (√ν̂ + ε) + λw): decay beside the gradient, not inside its running means; weights only. */
export const adamw = (rate: Rate, { weightDecay = 0.01, ...options }: Decaying<AdamOptions> = {}): Optimizer<Params> =>
  chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate))

/** As adam, by the largest ν so far. */
export const amsgrad = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> =>
  chain(scaleByAmsgrad(options), scaleByLearningRate(rate))

/** θ ← θ - η μ̂ / u, u ← max(β₂u, |g| + ε). */
export const adamax = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> =>
  chain(scaleByAdamax(options), scaleByLearningRate(rate))

/** As adam, with the momentum of the step ahead. */
export const nadam = (rate: Rate, options: NadamOptions = {}): Optimizer<Params> =>
  chain(scaleByNadam(options), scaleByLearningRate(rate))

/** As adam, dividing by √ν̂ only once that can be trusted. */
export const radam = (rate: Rate, options: AdamOptions = {}): Optimizer<Params> =>
  chain(scaleByRadam(options), scaleByLearningRate(rate))

/** θ ← θ - η (sign(β₁m + (1 - β₁)g) + λw); weights only are decayed. */
export const lion = (rate: Rate, { weightDecay = 0, ...options }: Decaying<LionOptions> = {}): Optimizer<Params> =>
  chain(scaleByLion(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate))

/** θ ← θ - η ‖θ‖ / ‖u‖ · u, u = μ̂ / (√ν̂ + ε) + λw, for each leaf of the parameters. */
export const lamb = (rate: Rate, { weightDecay = 0.01, ...options }: Decaying<AdamOptions> = {}): Optimizer<Params> =>
  chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByTrustRatio, scaleByLearningRate(rate))
