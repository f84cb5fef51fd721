/**
 * Optimizers: how parameters follow their gradients. Each finished one is a chain of bricks that reads like its equation;
 * θ are the parameters, g their gradients, η the learning rate and t the number of steps done. Constructors throw
 * `OptionError` for a number that is out of the bounds of their entry.
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

import * as T from "../tensor/Tensor.ts"
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
  lionBetas,
  lr,
  momentumDecay,
  share,
  velocity,
} from "./transformation/options.ts"
import type { Optimizer } from "./transformation/Transformation.ts"

export * from "./optimizer/adaptive.ts"
export * from "./optimizer/descent.ts"
export * from "./transformation/around.ts"
export * from "./transformation/clip.ts"
export * from "./transformation/decay.ts"
export * from "./transformation/groups.ts"
export * from "./transformation/running.ts"
export * from "./transformation/Transformation.ts"

/** The parameters after a step: θ + updates. */
export const apply = <P>(params: P, updates: unknown): P => zip((parameter, update) => T.add(parameter, update), params, updates)

/** An optimizer still without its learning rate; the option `lr` at every step unless another is given. */
export type Rated = (rate?: LearningRate) => Optimizer

/** Facts about an optimizer that checks and suggestions read. */
export interface OptimizerTraits<Option extends string = string> {
  /** Whether each parameter's step is divided by the size of its own gradients, and a penalty in the gradient with it. */
  readonly isAdaptive: boolean
  /** The option with the decay of weights that stands beside the gradient. */
  readonly decay: Option | undefined
}

const entry = <const O extends Options, const Main extends keyof O & string = never>(
  definition: Entry<O, Rated, Main> & Traits<OptimizerTraits<OptionName<O>>>,
): Entry<O, Rated, Main> & Traits<OptimizerTraits<OptionName<O>>> => definition

/** Every optimizer by the name a model file calls it. */
export const table = {
  sgd: entry({
    doc: "Straight down the slope.",
    formula: "θ ← θ - ηg; with momentum γ: v ← γv + g, θ ← θ - ηv",
    source: "Robbins and Monro, A stochastic approximation method, 1951",
    advice:
      "The plainest, and with momentum and a falling rate still among the best for images. Its rate must be found: too high diverges, too low crawls.",
    synonyms: ["gradient_descent", "stochastic_gradient_descent", "gd"],
    options: {
      lr: lr(0.01),
      momentum: velocity(0, "What is left of the velocity after a step; 0 keeps none."),
      nesterov: {
        kind: "boolean",
        doc: "Whether the momentum looks one step ahead.",
        synonyms: ["nesterovs_momentum"],
        default: false,
      },
    },
    main: "lr",
    traits: { isAdaptive: false, decay: undefined },
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
    synonyms: ["sgd_momentum", "heavy_ball"],
    options: { lr: lr(0.01), momentum: velocity(0.9), accumulate },
    main: "lr",
    traits: { isAdaptive: false, decay: undefined },
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
    synonyms: ["nag", "nesterov_momentum"],
    options: { lr: lr(0.01), momentum: velocity(0.9), accumulate },
    main: "lr",
    traits: { isAdaptive: false, decay: undefined },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        nesterov(rate, { momentum: options.momentum, accumulate: options.accumulate }),
  }),
  adagrad: entry({
    doc: "A step for each parameter that shrinks with all its gradients so far.",
    formula: "G ← G + g², θ ← θ - η g / √(G + ε)",
    source: "Duchi, Hazan and Singer, Adaptive subgradient methods for online learning, 2011",
    advice:
      "For sparse inputs, where rare features deserve long steps. Its steps only ever shrink, so long runs of deep nets stand still: rmsprop forgets.",
    options: { lr: lr(0.01), eps: eps(1e-8), eps_place: epsPlace },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        adagrad(rate, { eps: options.eps, place: options.eps_place }),
  }),
  rmsprop: entry({
    doc: "A step for each parameter by the size of its latest gradients.",
    formula: "G ← γG + (1 - γ)g², θ ← θ - η g / √(G + ε); with momentum μ: v ← μv + g / √(G + ε), θ ← θ - ηv",
    source: "Tieleman and Hinton, Lecture 6.5: RMSProp, Neural networks for machine learning, 2012",
    advice: "For recurrent nets and targets that move. Its first steps are long, since G starts at 0; adam corrects that.",
    options: {
      lr: lr(0.001),
      decay: { ...share("γ: what is left of the mean of g² after a step.", 0.9), synonyms: ["rho", "alpha", "smoothing"] },
      momentum: velocity(0, "What is left of the velocity after a step; 0 keeps none."),
      centered: { kind: "boolean", doc: "Whether the running mean of g is taken off before squaring.", default: false },
      eps: eps(1e-8),
      eps_place: epsPlace,
    },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        rmsprop(rate, { ...options, place: options.eps_place }),
  }),
  adadelta: entry({
    doc: "Steps as long as the latest ones were, for the size of the latest gradients.",
    formula: "E ← ρE + (1 - ρ)g², Δ = √(D + ε) / √(E + ε) · g, D ← ρD + (1 - ρ)Δ², θ ← θ - ηΔ",
    source: "Zeiler, Adadelta: an adaptive learning rate method, 2012",
    advice: "Needs no learning rate (leave it at 1), but starts slowly, since D begins at 0: a larger eps helps.",
    options: {
      lr: lr(1),
      decay: { ...share("ρ: what is left of both means after a step.", 0.9), synonyms: ["rho"] },
      eps: eps(1e-6),
    },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        adadelta(rate, options),
  }),
  adam: entry({
    doc: "A step for each parameter by the mean and the size of its gradients.",
    formula: "μ ← β₁μ + (1 - β₁)g, ν ← β₂ν + (1 - β₂)g², μ̂ = μ / (1 - β₁ᵗ), ν̂ = ν / (1 - β₂ᵗ), θ ← θ - η μ̂ / (√ν̂ + ε)",
    source: "Kingma and Ba, Adam: a method for stochastic optimization, 2015",
    advice:
      "The first choice: it works at 0.001 for most nets. Steps are about η whatever the size of the gradients. For weight decay use adamw.",
    options: { lr: lr(0.001), ...adamOptions },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        adam(rate, { ...options, biasCorrection: options.bias_correction }),
  }),
  adamw: entry({
    doc: "Adam with weight decay of its own, beside the gradients.",
    formula: "as adam, and θ ← θ - η (μ̂ / (√ν̂ + ε) + λθ) for weights",
    source: "Loshchilov and Hutter, Decoupled weight decay regularization, 2019",
    advice: "Where adam overfits. Biases and normalization are not decayed. The decay shrinks with the learning rate.",
    options: {
      lr: lr(0.001),
      ...adamOptions,
      weight_decay: decay(0.01),
    },
    main: "lr",
    traits: { isAdaptive: true, decay: "weight_decay" },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        adamw(rate, { ...options, biasCorrection: options.bias_correction, weightDecay: options.weight_decay }),
  }),
  amsgrad: entry({
    doc: "Adam whose step sizes never grow again.",
    formula: "as adam, with ν̂ of the largest ν so far",
    source: "Reddi, Kale and Kumar, On the convergence of Adam and beyond, 2018",
    advice: "Where adam wanders off late in a run. Mostly it makes little difference.",
    options: { lr: lr(0.001), ...betas },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        amsgrad(rate, options),
  }),
  adamax: entry({
    doc: "Adam by the largest of the latest gradients, in place of the root of their mean square.",
    formula: "u ← max(β₂u, |g| + ε), θ ← θ - η μ̂ / u",
    source: "Kingma and Ba, Adam: a method for stochastic optimization, 2015, section 7",
    advice: "For embeddings and gradients with rare large values: they do not shrink the steps for long.",
    options: { lr: lr(0.002), ...betas },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        adamax(rate, options),
  }),
  nadam: entry({
    doc: "Adam that looks one step ahead.",
    formula: "as adam, with m̂ = β₁₍ₜ₊₁₎ μ / (1 - Πβ₁₍ᵢ≤ₜ₊₁₎) + (1 - β₁ₜ) g / (1 - Πβ₁₍ᵢ≤ₜ₎), β₁ₜ = β₁(1 - ½ · 0.96^(tψ))",
    source: "Dozat, Incorporating Nesterov momentum into Adam, 2016",
    advice: "As adam, and often a little faster at the beginning.",
    options: {
      lr: lr(0.002),
      ...betas,
      momentum_decay: momentumDecay,
    },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        nadam(rate, { ...options, momentumDecay: options.momentum_decay }),
  }),
  radam: entry({
    doc: "Adam that warms itself up: it waits with its division until the mean of g² can be trusted.",
    formula: "θ ← θ - η μ̂ while ρₜ ≤ 5, then θ ← θ - η r μ̂ √(1 - β₂ᵗ) / (√ν + ε)",
    source: "Liu et al., On the variance of the adaptive learning rate and beyond, 2020",
    advice: "In place of adam with a warm-up. Its first steps are as long as the gradients are, so it wants them of usual size.",
    options: { lr: lr(0.001), ...betas },
    main: "lr",
    traits: { isAdaptive: true, decay: undefined },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        radam(rate, options),
  }),
  lion: entry({
    doc: "Steps of one size, by the sign of a running mean.",
    formula: "θ ← θ - η (sign(β₁m + (1 - β₁)g) + λw), m ← β₂m + (1 - β₂)g",
    source: "Chen et al., Symbolic discovery of optimization algorithms, 2023",
    advice:
      "Remembers half of what adam does. Its steps are all η long, so take a rate three to ten times lower than adam's, and a decay as many times higher.",
    synonyms: ["evolved_sign_momentum"],
    options: {
      lr: lr(1e-4),
      ...lionBetas,
      weight_decay: decay(0),
    },
    main: "lr",
    traits: { isAdaptive: true, decay: "weight_decay" },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        lion(rate, { ...options, weightDecay: options.weight_decay }),
  }),
  lamb: entry({
    doc: "Adam with steps in proportion to the weights they change, layer by layer.",
    formula: "u = μ̂ / (√ν̂ + ε) + λw, θ ← θ - η ‖θ‖ / ‖u‖ · u for each array of parameters",
    source: "You et al., Large batch optimization for deep learning: training BERT in 76 minutes, 2020",
    advice: "For very large batches, where one rate for all layers is too much for some. With usual batches prefer adamw.",
    options: { lr: lr(0.001), ...betas, weight_decay: decay(0.01) },
    main: "lr",
    traits: { isAdaptive: true, decay: "weight_decay" },
    make:
      (options): Rated =>
      (rate = constant(options.lr)) =>
        lamb(rate, { ...options, weightDecay: options.weight_decay }),
  }),
} satisfies Table<Rated, Traits<OptimizerTraits>>

/** The name of an optimizer. */
export type Name = keyof typeof table
