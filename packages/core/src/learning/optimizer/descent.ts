/** Optimizers that go down the slope as it is, with or without momentum. */
import { chain, type Optimizer, type Rate, type RateState, scaleByLearningRate } from "../brick/Brick.ts"
import { trace } from "../brick/running.ts"
import type { Params } from "../Params.ts"

/** θ ← θ - ηg. */
export const sgd = (rate: Rate): Optimizer<readonly [RateState]> => chain(scaleByLearningRate(rate))

/** How momentum is kept. */
export interface MomentumOptions {
  /** γ: what is left of the velocity after a step. */
  readonly momentum?: number
  /** What is summed up: steps ηg, so that a velocity outlives a change of η, or gradients, which η scales afterwards. */
  readonly accumulate?: "steps" | "gradients"
  /** Whether to look one step ahead along the velocity. */
  readonly nesterov?: boolean
}

/**
 * Accumulating steps: v ← γv + ηg, θ ← θ - v. Accumulating gradients: v ← γv + g, θ ← θ - ηv. The two differ when η
 * changes.
 */
export const momentum = (
  rate: Rate,
  { accumulate = "steps", momentum: gamma = 0.9, nesterov = false }: MomentumOptions = {},
): Optimizer<Params> => {
  const eta = scaleByLearningRate(rate)
  const v = trace({ decay: gamma, nesterov })
  return accumulate === "steps" ? chain(eta, v) : chain(v, eta)
}

/** v ← γv + ηg, θ ← θ - (γv + ηg): momentum with the gradient of where the velocity leads, θ being that place. */
export const nesterov = (rate: Rate, options: Omit<MomentumOptions, "nesterov"> = {}): Optimizer<Params> =>
  momentum(rate, { ...options, nesterov: true })
