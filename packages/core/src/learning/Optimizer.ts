/**
 * Optimizers: how parameters follow their gradients. Each finished one is a chain of bricks that reads like its equation;
 * θ are the parameters, g their gradients, η the learning rate and t the number of steps done.
 *
 * ```ts
 * import { Autodiff, Optimizer, Tensor } from "@adjoint/core"
 *
 * const loss = ({ x }: { readonly x: Tensor.Tensor }) => Tensor.square(Tensor.sub(x, 3))
 * const optimizer = Optimizer.momentum(0.1)
 * let params: { readonly x: Tensor.Tensor } = { x: Tensor.scalar(0) }
 * let state = optimizer.init(params)
 * for (let step = 0; step < 200; step++) {
 *   const next = optimizer.update(Autodiff.grad(loss)(params), state, params)
 *   params = Optimizer.apply(params, next.updates)
 *   state = next.state
 * }
 * Tensor.print(params.x) // => "3"
 * ```
 */

import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import {
  type AdamOptions,
  type AdamState,
  addDecayedWeights,
  chain,
  type Optimizer,
  type Rate,
  scaleByAdam,
  scaleByLearningRate,
  trace,
} from "./Brick.ts"
import { entry, type Table } from "./Entry.ts"
import { constant, type LearningRate } from "./LearningRate.ts"
import { type None, type Params, zip } from "./Params.ts"

export * from "./Brick.ts"

/** The parameters after a step: θ + updates. */
export const apply = <P>(params: P, updates: unknown): P => zip((parameter, update) => T.add(parameter, update), params, updates)

type Stepping = { readonly step: Tensor }

/** θ ← θ - ηg. */
export const sgd = (rate: Rate): Optimizer<readonly [Stepping]> => chain(scaleByLearningRate(rate))

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

/** θ ← θ - η μ̂ / (√ν̂ + ε). */
export const adam = (rate: Rate, options: AdamOptions = {}): Optimizer<readonly [AdamState, Stepping]> =>
  chain(scaleByAdam(options), scaleByLearningRate(rate))

/** θ ← θ - η (μ̂ / (√ν̂ + ε) + λw): decay beside the gradient, not inside its running means; weights only. */
export const adamw = (
  rate: Rate,
  { weightDecay = 0.01, ...options }: AdamOptions & { readonly weightDecay?: number } = {},
): Optimizer<readonly [AdamState, None, Stepping]> =>
  chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByLearningRate(rate))

/** An optimizer still without its learning rate; the option `lr` at every step unless another is given. */
export type Rated = (rate?: LearningRate) => Optimizer

const lr = (usual: number) =>
  ({ kind: "number", doc: "The learning rate, which a schedule starts from.", default: usual, exclusiveMinimum: 0 }) as const

const share = (doc: string, usual: number) => ({ kind: "number", doc, default: usual, minimum: 0, exclusiveMaximum: 1 }) as const

const accumulate = {
  kind: "choice",
  doc: "`steps` sums ηg up, so that a velocity outlives a change of η; `gradients` sums g up and scales by η afterwards.",
  of: ["steps", "gradients"],
  default: "steps",
} as const

const adamOptions = {
  beta1: share("What is left of the mean of g after a step.", 0.9),
  beta2: share("What is left of the mean of g² after a step.", 0.999),
  eps: { kind: "number", doc: "Keeps the division from blowing up.", default: 1e-8, exclusiveMinimum: 0 },
} as const

/** Every optimizer by the name a model file calls it. */
export const table = {
  sgd: entry({
    doc: "Straight down the slope.",
    formula: "θ ← θ - ηg; with momentum γ: v ← γv + g, θ ← θ - ηv",
    source: "Robbins and Monro, A stochastic approximation method, 1951",
    advice:
      "The plainest, and with momentum and a falling rate still among the best for images. Its rate must be found: too high diverges, too low crawls.",
    options: {
      lr: lr(0.01),
      momentum: share("What is left of the velocity after a step; 0 keeps none.", 0),
      nesterov: { kind: "boolean", doc: "Whether the momentum looks one step ahead.", default: false },
    },
    main: "lr",
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        options.momentum === 0
          ? sgd(rate)
          : momentum(rate, { momentum: options.momentum, nesterov: options.nesterov, accumulate: "gradients" }),
  }),
  momentum: entry({
    doc: "Down the slope with the velocity of a heavy ball.",
    formula: "v ← γv + ηg, θ ← θ - v; accumulating gradients: v ← γv + g, θ ← θ - ηv",
    source: "Polyak, Some methods of speeding up the convergence of iteration methods, 1964",
    advice:
      "Where sgd zigzags through a valley. With γ = 0.9 steps add up to ten times ηg, so start with a lower rate than sgd's.",
    options: { lr: lr(0.01), momentum: share("What is left of the velocity after a step.", 0.9), accumulate },
    main: "lr",
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        momentum(rate, { momentum: options.momentum, accumulate: options.accumulate }),
  }),
  nesterov: entry({
    doc: "Momentum that looks ahead before it turns.",
    formula: "v ← γv + ηg(θ), θ ← θ - (γv + ηg(θ)), θ being the place the velocity leads to",
    source:
      "Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983; Sutskever et al., 2013",
    advice: "As momentum, and a little steadier at high γ.",
    options: { lr: lr(0.01), momentum: share("What is left of the velocity after a step.", 0.9), accumulate },
    main: "lr",
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        nesterov(rate, { momentum: options.momentum, accumulate: options.accumulate }),
  }),
  adam: entry({
    doc: "A step for each parameter by the mean and the size of its gradients.",
    formula: "μ ← β₁μ + (1 - β₁)g, ν ← β₂ν + (1 - β₂)g², μ̂ = μ / (1 - β₁ᵗ), ν̂ = ν / (1 - β₂ᵗ), θ ← θ - η μ̂ / (√ν̂ + ε)",
    source: "Kingma and Ba, Adam: a method for stochastic optimization, 2015",
    advice:
      "The first choice: it works at 0.001 for most nets. Steps are about η whatever the size of the gradients. For weight decay use adamw.",
    options: { lr: lr(0.001), ...adamOptions },
    main: "lr",
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        adam(rate, options),
  }),
  adamw: entry({
    doc: "Adam with weight decay of its own, beside the gradients.",
    formula: "as adam, and θ ← θ - η (μ̂ / (√ν̂ + ε) + λθ) for weights",
    source: "Loshchilov and Hutter, Decoupled weight decay regularization, 2019",
    advice: "Where adam overfits. Biases and normalization are not decayed. The decay shrinks with the learning rate.",
    options: {
      lr: lr(0.001),
      ...adamOptions,
      weight_decay: { kind: "number", doc: "λ: how fast weights shrink.", default: 0.01, minimum: 0 },
    },
    main: "lr",
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        adamw(rate, { ...options, weightDecay: options.weight_decay }),
  }),
} satisfies Table<Rated>

/** The name of an optimizer. */
export type Name = keyof typeof table
