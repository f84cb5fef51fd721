/** Optimizers that go down the slope as it is, with or without momentum. */

import { wantOptions } from "../OptionError.ts"
import type { Params } from "../Params.ts"
import { accumulate as accumulateOption, fixed, rateBounds, velocity } from "../transformation/options.ts"
import { trace } from "../transformation/running.ts"
import { chain, type Optimizer, type Rate, type RateState, scaleByLearningRate } from "../transformation/Transformation.ts"

/** θ ← θ - ηg. */
export const sgd = (rate: Rate): Optimizer<readonly [RateState]> => {
  wantOptions("sgd", rateBounds, fixed(rate))
  return chain(scaleByLearningRate(rate))
}

/** How momentum is kept. */
export interface MomentumOptions {
  /** γ: what is left of the velocity after a step. */
  readonly momentum?: number
  /** What is summed up: steps ηg, so that a velocity outlives a change of η, or gradients, which η scales afterwards. */
  readonly accumulate?: "steps" | "gradients"
  /** Whether to look one step ahead along the velocity. */
  readonly nesterov?: boolean
}

const bounds = { ...rateBounds, momentum: velocity(0.9), accumulate: accumulateOption } as const

const wantMomentum = (operation: string, rate: Rate, options: MomentumOptions): void =>
  wantOptions(operation, bounds, { ...fixed(rate), ...options })

/**
 * Accumulating steps: v ← γv + ηg, θ ← θ - v. Accumulating gradients: v ← γv + g, θ ← θ - ηv. The two differ when η
 * changes.
 */
export const momentum = (
  rate: Rate,
  { accumulate = "steps", momentum: gamma = 0.9, nesterov = false }: MomentumOptions = {},
): Optimizer<Params> => {
  wantMomentum("momentum", rate, { accumulate, momentum: gamma })
  const eta = scaleByLearningRate(rate)
  const v = trace({ decay: gamma, nesterov })
  return accumulate === "steps" ? chain(eta, v) : chain(v, eta)
}

/** v ← γv + ηg, θ ← θ - (γv + ηg): momentum with the gradient of where the velocity leads, θ being that place. */
export const nesterov = (rate: Rate, options: Omit<MomentumOptions, "nesterov"> = {}): Optimizer<Params> => {
  wantMomentum("nesterov", rate, options)
  return momentum(rate, { ...options, nesterov: true })
}
