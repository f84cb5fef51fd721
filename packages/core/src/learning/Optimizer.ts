/**
 * Optimizers: from gradients to updates of the parameters. Each is a chain of gradient transformations that reads like its
 * equation; θ are the parameters, g their gradients, η the learning rate and t the number of steps done. Constructors throw
 * `OptionError` for a number outside the bounds of their entry.
 *
 * ```ts
 * import { Optimizer, Tensor } from "@adjoint/core"
 *
 * const loss = ({ x }: { readonly x: Tensor.Tensor }) => Tensor.square(Tensor.sub(x, 3))
 * const optimizer = Optimizer.momentum(0.1)
 * let params: { readonly x: Tensor.Tensor } = { x: Tensor.scalar(0) }
 * let state = optimizer.init(params)
 * for (let step = 0; step < 200; step++) {
 *   const next = Optimizer.minimize(optimizer, params, state, loss)
 *   params = next.params
 *   state = next.state
 * }
 * Tensor.print(params.x) // => "3"
 * ```
 */

import { isTensor, type Tensor } from "../language/Expr.ts"
import { checkUnchanged, type Like } from "../language/TensorTree.ts"
import * as T from "../tensor/Tensor.ts"
import { valueAndGradAux } from "../transform/Autodiff.ts"
import type { Entry, OptionName, Options, Table, Traits } from "./Entry.ts"
import { constant, type LearningRate } from "./LearningRate.ts"
import { adadelta, adagrad, adam, adamax, adamw, amsgrad, lamb, lion, nadam, radam, rmsprop } from "./optimizer/adaptive.ts"
import { momentum, nesterov, sgd } from "./optimizer/descent.ts"
import { zip } from "./Params.ts"
import {
  accumulate,
  adamOptions,
  betas,
  decay,
  eps,
  epsPlace,
  fraction,
  lionBetas,
  lr,
  momentumDecay,
  velocity,
} from "./transformation/options.ts"
import type { Optimizer } from "./transformation/Transformation.ts"

export * from "./optimizer/adaptive.ts"
export * from "./optimizer/descent.ts"
export * from "./transformation/clip.ts"
export * from "./transformation/decay.ts"
export * from "./transformation/groups.ts"
export * from "./transformation/running.ts"
export * from "./transformation/Transformation.ts"
export * from "./transformation/wrappers.ts"

/** The parameters after a step: θ + updates, a tree like the parameters. Throws `ShapeError` for another tree. */
export const apply = <P>(params: P, updates: Like<NoInfer<P>>): P => {
  checkUnchanged("Optimizer.apply", params, updates, "updates like the parameters", "updates of the optimizer that `init` began")
  return zip((parameter, update) => T.add(parameter, update), params, updates)
}

/** The result of one step: the new parameters, the optimizer's new state, and the value of the loss before the step. */
export interface Minimized<P, S> {
  readonly params: P
  readonly state: S
  readonly value: Tensor
}

interface Minimize {
  /** A loss of the parameters. */
  <P, S>(optimizer: Optimizer<S>, params: P, state: S, loss: (params: P) => Tensor): Minimized<P, S>
  /** A loss with auxiliary results, such as its terms or a net's new state. */
  <P, S, A>(
    optimizer: Optimizer<S>,
    params: P,
    state: S,
    loss: (params: P) => { readonly value: Tensor; readonly aux: A },
  ): Minimized<P, S> & { readonly aux: A }
}

/**
 * One step of an optimizer: the gradient of a loss, the update, and the new parameters. Throws `ShapeError` if the loss does not give
 * one f32 number.
 *
 * ```ts
 * const loss = ({ x }: { readonly x: Tensor.Tensor }) => Tensor.square(Tensor.sub(x, 3))
 * const params = { x: Tensor.scalar(0) }
 * const optimizer = Optimizer.sgd(0.5)
 * const next = Optimizer.minimize(optimizer, params, optimizer.init(params), loss)
 * Tensor.toNumber(next.value) // => 9
 * Tensor.toNumber(next.params.x) // => 3
 * ```
 */
export const minimize = (<P, S, A>(
  optimizer: Optimizer<S>,
  params: P,
  state: S,
  loss: (params: P) => Tensor | { readonly value: Tensor; readonly aux: A },
): Minimized<P, S> & { readonly aux?: A } => {
  const { aux, grad, value } = valueAndGradAux((at: P) => {
    const result = loss(at)
    return isTensor(result) ? { value: result, aux: undefined } : result
  })(params)
  const next = optimizer.update(grad, state, params)
  return { params: apply(params, next.updates), state: next.state, value, ...(aux === undefined ? {} : { aux }) }
}) as Minimize

/** Makes an optimizer from a learning rate; without one, the rate is the option `lr` at every step. */
export type Factory = (rate?: LearningRate) => Optimizer

/** Facts about an optimizer that checks and suggestions read. */
export interface OptimizerTraits<Option extends string = string> {
  /** Whether the step of each parameter is divided by the size of its gradients, which include the gradient of a penalty. */
  readonly isAdaptive: boolean
  /** The option with the decoupled weight decay. */
  readonly decay: Option | undefined
}

/* @__NO_SIDE_EFFECTS__ */ const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Factory, Main> & Traits<OptimizerTraits<OptionName<O>>>,
): Entry<O, Factory, Main> & Traits<OptimizerTraits<OptionName<O>>> => definition

/** Every optimizer, by its name in a model file. */
export const table = {
  sgd: entry({
    doc: "Gradient descent, with momentum if asked.",
    formula: "θ ← θ - ηg; with momentum γ: v ← γv + g, θ ← θ - ηv",
    source: "Robbins and Monro, A stochastic approximation method, 1951",
    advice:
      "The simplest optimizer. With momentum and a falling rate it is still among the best for images. The rate must be tuned: too high diverges, too low is slow.",
    synonyms: ["gradient_descent", "stochastic_gradient_descent", "gd"],
    options: {
      lr: lr(0.01),
      momentum: velocity(0, "γ: the decay of the velocity at each step; 0 is no momentum."),
      nesterov: {
        kind: "boolean",
        doc: "Whether to use Nesterov momentum, which looks one step ahead.",
        synonyms: ["nesterovs_momentum"],
        default: false,
      },
    },
    main: "lr",
    traits: { isAdaptive: false, decay: undefined },
    make:
      (options): Factory =>
      (rate = constant(options.lr)) =>
        options.momentum === 0
          ? sgd(rate)
          : momentum(rate, { momentum: options.momentum, nesterov: options.nesterov, accumulate: "gradients" }),
  }),
  momentum: entry({
    doc: "Gradient descent with a velocity that accumulates past steps.",
    formula: "v ← γv + ηg, θ ← θ - v; accumulating gradients: v ← γv + g, θ ← θ - ηv",
    source: "Polyak, Some methods of speeding up the convergence of iteration methods, 1964",
    advice: "Use it where sgd zigzags. With γ = 0.9 steps add up to ten times ηg, so start with a lower rate than for sgd.",
    synonyms: ["sgd_momentum", "heavy_ball"],
    options: { lr: lr(0.01), momentum: velocity(0.9), accumulate },
    main: "lr",
    traits: { isAdaptive: false, decay: undefined },
    make:
      (options): Factory =>
      (rate = constant(options.lr)) =>
        momentum(rate, { momentum: options.momentum, accumulate: options.accumulate }),
  }),
  nesterov: entry({
    doc: "Momentum with the gradient at the point that the velocity leads to.",
    formula: "v ← γv + ηg(θ), θ ← θ - (γv + ηg(θ)), where θ is the point that the velocity leads to",
    source:
      "Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983; Sutskever et al., 2013",
    advice: "Like momentum, and a little more stable for large γ.",
    synonyms: ["nag", "nesterov_momentum"],
    options: { lr: lr(0.01), momentum: velocity(0.9), accumulate },
    main: "lr",
    traits: { isAdaptive: false, decay: undefined },
    make:
      (options): Factory =>
      (rate = constant(options.lr)) =>
        nesterov(rate, { momentum: options.momentum, accumulate: options.accumulate }),
  }),
  adagrad: entry({
    doc: "A step size for each parameter that shrinks with the sum of its squared gradients.",
    formula: "G ← G + g², θ ← θ - η g / √(G + ε)",
    source: "Duchi, Hazan and Singer, Adaptive subgradient methods for online learning, 2011",
    advice:
      "For sparse inputs, where rare features need large steps. Its steps only shrink, so long runs of deep nets stop learning: use rmsprop there.",
    options: { lr: lr(0.01), eps: eps(1e-8), eps_place: epsPlace },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      (options): Factory =>
      (rate = constant(options.lr)) =>
        adagrad(rate, { eps: options.eps, epsPlace: options.eps_place }),
  }),
  rmsprop: entry({
    doc: "A step size for each parameter from the running mean of its squared gradients.",
    formula: "G ← γG + (1 - γ)g², θ ← θ - η g / √(G + ε); with momentum μ: v ← μv + g / √(G + ε), θ ← θ - ηv",
    source: "Tieleman and Hinton, Lecture 6.5: RMSProp, Neural networks for machine learning, 2012",
    advice:
      "For recurrent nets and targets that change over time. Its first steps are large, since G starts at 0; adam corrects that.",
    options: {
      lr: lr(0.001),
      decay: { ...fraction("γ: the decay of the running mean of g².", 0.9), synonyms: ["rho", "alpha", "smoothing"] },
      momentum: velocity(0, "μ: the decay of the velocity at each step; 0 is no momentum."),
      centered: { kind: "boolean", doc: "Whether to divide by the variance of g instead of its mean square.", default: false },
      eps: eps(1e-8),
      eps_place: epsPlace,
    },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      ({ eps_place, lr, ...options }): Factory =>
      (rate = constant(lr)) =>
        rmsprop(rate, { ...options, epsPlace: eps_place }),
  }),
  adadelta: entry({
    doc: "A step size for each parameter from the ratio of its recent steps and gradients.",
    formula: "E ← ρE + (1 - ρ)g², Δ = √(D + ε) / √(E + ε) · g, D ← ρD + (1 - ρ)Δ², θ ← θ - ηΔ",
    source: "Zeiler, Adadelta: an adaptive learning rate method, 2012",
    advice: "Needs no learning rate (leave it at 1), but starts slowly, since D starts at 0: a larger eps helps.",
    options: {
      lr: lr(1),
      decay: { ...fraction("ρ: the decay of both running means.", 0.9), synonyms: ["rho"] },
      eps: eps(1e-6),
    },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      ({ lr, ...options }): Factory =>
      (rate = constant(lr)) =>
        adadelta(rate, options),
  }),
  adam: entry({
    doc: "A step for each parameter from the running means of its gradients and of their squares.",
    formula: "μ ← β₁μ + (1 - β₁)g, ν ← β₂ν + (1 - β₂)g², μ̂ = μ / (1 - β₁ᵗ), ν̂ = ν / (1 - β₂ᵗ), θ ← θ - η μ̂ / (√ν̂ + ε)",
    source: "Kingma and Ba, Adam: a method for stochastic optimization, 2015",
    advice:
      "The first choice: a rate of 0.001 works for most nets. Steps are about η, independent of the size of the gradients. For weight decay use adamw.",
    options: { lr: lr(0.001), ...adamOptions },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      ({ bias_correction, lr, ...options }): Factory =>
      (rate = constant(lr)) =>
        adam(rate, { ...options, biasCorrection: bias_correction }),
  }),
  adamw: entry({
    doc: "Adam with decoupled weight decay.",
    formula: "as adam, and θ ← θ - η (μ̂ / (√ν̂ + ε) + λθ) for weights",
    source: "Loshchilov and Hutter, Decoupled weight decay regularization, 2019",
    advice: "Use it where adam overfits. Biases and normalization are not decayed. The decay is multiplied by the learning rate.",
    options: {
      lr: lr(0.001),
      ...adamOptions,
      weight_decay: decay(0.01),
    },
    main: "lr",
    traits: { isAdaptive: true, decay: "weight_decay" },
    make:
      ({ bias_correction, lr, weight_decay, ...options }): Factory =>
      (rate = constant(lr)) =>
        adamw(rate, { ...options, biasCorrection: bias_correction, weightDecay: weight_decay }),
  }),
  amsgrad: entry({
    doc: "Adam with step sizes that never grow.",
    formula: "as adam, with ν̂ of the largest ν so far",
    source: "Reddi, Kale and Kumar, On the convergence of Adam and beyond, 2018",
    advice: "Try it where adam gets worse late in a run. In most cases the difference is small.",
    options: { lr: lr(0.001), ...betas },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      ({ lr, ...options }): Factory =>
      (rate = constant(lr)) =>
        amsgrad(rate, options),
  }),
  adamax: entry({
    doc: "Adam with the largest recent gradient instead of the root of the mean square.",
    formula: "u ← max(β₂u, |g| + ε), θ ← θ - η μ̂ / u",
    source: "Kingma and Ba, Adam: a method for stochastic optimization, 2015, section 7",
    advice: "For embeddings, and for gradients with rare large values, which shrink the steps only briefly.",
    options: { lr: lr(0.002), ...betas },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      ({ lr, ...options }): Factory =>
      (rate = constant(lr)) =>
        adamax(rate, options),
  }),
  nadam: entry({
    doc: "Adam with Nesterov momentum.",
    formula: "as adam, with m̂ = β₁₍ₜ₊₁₎ μ / (1 - Πβ₁₍ᵢ≤ₜ₊₁₎) + (1 - β₁ₜ) g / (1 - Πβ₁₍ᵢ≤ₜ₎), β₁ₜ = β₁(1 - ½ · 0.96^(tψ))",
    source: "Dozat, Incorporating Nesterov momentum into Adam, 2016",
    advice: "Like adam, and often a little faster at the beginning.",
    options: {
      lr: lr(0.002),
      ...betas,
      momentum_decay: momentumDecay,
    },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      ({ lr, momentum_decay, ...options }): Factory =>
      (rate = constant(lr)) =>
        nadam(rate, { ...options, momentumDecay: momentum_decay }),
  }),
  radam: entry({
    doc: "Rectified Adam: divides by √ν only once the running mean of g² is reliable, which replaces a warm-up.",
    formula: "θ ← θ - η μ̂ while ρₜ ≤ 5, then θ ← θ - η r μ̂ √(1 - β₂ᵗ) / (√ν + ε)",
    source: "Liu et al., On the variance of the adaptive learning rate and beyond, 2020",
    advice:
      "Use it instead of adam with a warm-up. Its first steps are as large as the gradients, so they must not be very large.",
    options: { lr: lr(0.001), ...betas },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      ({ lr, ...options }): Factory =>
      (rate = constant(lr)) =>
        radam(rate, options),
  }),
  lion: entry({
    doc: "Steps of constant size in the direction of the sign of a running mean.",
    formula: "θ ← θ - η (sign(β₁m + (1 - β₁)g) + λw), m ← β₂m + (1 - β₂)g",
    source: "Chen et al., Symbolic discovery of optimization algorithms, 2023",
    advice:
      "Its state is half the size of adam's. Every step has the size η, so use a rate three to ten times lower than for adam, and a weight decay that many times higher.",
    synonyms: ["evolved_sign_momentum"],
    options: {
      lr: lr(1e-4),
      ...lionBetas,
      weight_decay: decay(0),
    },
    main: "lr",
    traits: { isAdaptive: true, decay: "weight_decay" },
    make:
      ({ lr, weight_decay, ...options }): Factory =>
      (rate = constant(lr)) =>
        lion(rate, { ...options, weightDecay: weight_decay }),
  }),
  lamb: entry({
    doc: "Adam with updates in proportion to the weights, for each array of parameters.",
    formula: "u = μ̂ / (√ν̂ + ε) + λw, θ ← θ - η ‖θ‖ / ‖u‖ · u for each array of parameters",
    source: "You et al., Large batch optimization for deep learning: training BERT in 76 minutes, 2020",
    advice: "For very large batches, where one rate is too high for some layers. For usual batches prefer adamw.",
    options: { lr: lr(0.001), ...betas, weight_decay: decay(0.01) },
    main: "lr",
    traits: { isAdaptive: true, decay: "weight_decay" },
    make:
      ({ lr, weight_decay, ...options }): Factory =>
      (rate = constant(lr)) =>
        lamb(rate, { ...options, weightDecay: weight_decay }),
  }),
} satisfies Table<Factory, Traits<OptimizerTraits>>

/** The name of an optimizer. */
export type Name = keyof typeof table
