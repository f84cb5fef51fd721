/** Gradient descent, with and without momentum. */

import { checkOptions } from "../OptionError.ts"
import type { Params } from "../Params.ts"
import { accumulate as accumulateOption, fixed, rateBounds, velocity } from "../transformation/options.ts"
import { accumulateMomentum } from "../transformation/running.ts"
import { chain, type Optimizer, type Rate, type RateState, scaleByLearningRate } from "../transformation/Transformation.ts"

/** θ ← θ - ηg. */
export const sgd = (rate: Rate): Optimizer<readonly [RateState]> => {
  checkOptions("sgd", rateBounds, fixed(rate))
  return chain(scaleByLearningRate(rate))
}

/** The options of momentum. */
export interface MomentumOptions {
  /** γ: the decay of the velocity at each step. */
  readonly momentum?: number
  /** What to accumulate: steps ηg, which keep their rate when η changes, or gradients g, which η multiplies afterwards. */
  readonly accumulate?: "steps" | "gradients"
  /** Whether to look one step ahead, as Nesterov's momentum does. */
  readonly nesterov?: boolean
}

const bounds = { ...rateBounds, momentum: velocity(0.9), accumulate: accumulateOption } as const

const checkMomentum = (operation: string, rate: Rate, options: MomentumOptions): void =>
  checkOptions(operation, bounds, { ...fixed(rate), ...options }, ["nesterov"])

/**
 * Accumulating steps: v ← γv + ηg, θ ← θ - v. Accumulating gradients: v ← γv + g, θ ← θ - ηv. The two differ when η
 * changes.
 */
export const momentum = (
  rate: Rate,
  { accumulate = "steps", momentum: gamma = 0.9, nesterov = false, ...rest }: MomentumOptions = {},
): Optimizer<Params> => {
  checkMomentum("momentum", rate, { ...rest, accumulate, momentum: gamma })
  const eta = scaleByLearningRate(rate)
  const v = accumulateMomentum({ decay: gamma, nesterov })
  return accumulate === "steps" ? chain(eta, v) : chain(v, eta)
}

/** v ← γv + ηg, θ ← θ - (γv + ηg): Nesterov momentum, where θ is the point that the velocity leads to. */
export const nesterov = (rate: Rate, options: Omit<MomentumOptions, "nesterov"> = {}): Optimizer<Params> => {
  checkMomentum("nesterov", rate, options)
  return momentum(rate, { ...options, nesterov: true })
}
