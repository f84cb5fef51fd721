/**
 * Gradient transformations with running sums and means of gradients and of their squares: momentum, and adaptive step sizes
 * for each parameter.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { checkOptions } from "../OptionError.ts"
import { map, type Params, zerosLike, zip } from "../Params.ts"
import {
  betas,
  eps as epsOption,
  epsPlace as epsPlaceOption,
  fraction,
  lionBetas,
  momentumDecay as momentumDecayOption,
  velocity,
} from "./options.ts"
import { type Optimizer, start } from "./Transformation.ts"

const zeros = <P>(params: P): Params => zerosLike(params) as Params

/** m ← βm + (1 - β)x. */
const mean = <P>(beta: number, xs: P, previous: unknown): P =>
  zip((x, m) => T.add(T.mul(m, beta), T.mul(x, 1 - beta)), xs, previous)

/** The running mean of squares. */
const meanSquare = <P>(beta: number, grads: P, previous: unknown): P => mean(beta, map(grads, T.square), previous)

/** The options of running means and sums of squares. */
export const adagradBounds = { eps: epsOption(1e-8), epsPlace: epsPlaceOption } as const
export const adadeltaBounds = { decay: fraction("The decay of the mean at each step.", 0.9), eps: epsOption(1e-8) } as const
export const rmsBounds = { ...adadeltaBounds, epsPlace: epsPlaceOption } as const

/** Where ε is added to the root that divides: √(x + ε) or √x + ε. */
export type EpsPlace = "inside" | "outside"

const root = (x: Tensor, eps: number, epsPlace: EpsPlace): Tensor =>
  epsPlace === "inside" ? T.sqrt(T.add(x, eps)) : T.add(T.sqrt(x), eps)

/** 1 - βᵗ, computed by expm1: β is close to 1, and f32 would lose most digits of the difference. */
const correction = (beta: number, t: Tensor): Tensor => T.neg(T.expm1(T.mul(T.cast(t, "f32"), Math.log(beta))))

/** The options of `accumulateMomentum`. */
export interface AccumulateMomentumOptions {
  /** γ: the decay of the velocity at each step. */
  readonly decay: number
  /** Whether to look one step ahead, as Nesterov's momentum does. */
  readonly nesterov?: boolean
}

/** v ← γv + g. The update is v, or γv + g with the new v for Nesterov's momentum. */
export const accumulateMomentum = ({
  decay: gamma,
  nesterov = false,
  ...rest
}: AccumulateMomentumOptions): Optimizer<{ readonly v: Params }> => {
  checkOptions("accumulateMomentum", { decay: velocity(0.9) }, { decay: gamma, ...rest })
  return {
    init: (params) => ({ v: zerosLike(params) as Params }),
    update: (grads, state) => {
      const follow = <P>(v: unknown, g: P): P => zip((x, y) => T.add(x, T.mul(y, gamma)), g, v)
      const v = follow(state.v, grads)
      return { updates: nesterov ? follow(v, grads) : v, state: { v: v as Params } }
    },
  }
}

/** The options of Adagrad's equations. */
export interface AdagradOptions {
  readonly eps?: number
  readonly epsPlace?: EpsPlace
}

/** G ← G + g², with the update g / √(G + ε) (Duchi, Hazan and Singer, Adaptive subgradient methods, 2011). */
export const scaleByAdagrad = ({
  eps = 1e-8,
  epsPlace = "inside",
  ...rest
}: AdagradOptions = {}): Optimizer<{ readonly sum: Params }> => {
  checkOptions("scaleByAdagrad", adagradBounds, { eps, epsPlace, ...rest })
  return {
    init: (params) => ({ sum: zeros(params) }),
    update: (grads, state) => {
      const sum = zip((g, s) => T.add(s, T.square(g)), grads, state.sum)
      return { updates: zip((g, s) => T.div(g, root(s, eps, epsPlace)), grads, sum), state: { sum: sum as Params } }
    },
  }
}

/** The options of RMSProp's equations. */
export interface RmsOptions {
  /** γ: the decay of the running mean of g². */
  readonly decay?: number
  readonly eps?: number
  readonly epsPlace?: EpsPlace
}

/** G ← γG + (1 - γ)g², with the update g / √(G + ε) (Tieleman and Hinton, Lecture 6.5: RMSProp, 2012). */
export const scaleByRms = ({
  decay = 0.9,
  eps = 1e-8,
  epsPlace = "inside",
  ...rest
}: RmsOptions = {}): Optimizer<{ readonly nu: Params }> => {
  checkOptions("scaleByRms", rmsBounds, { decay, eps, epsPlace, ...rest })
  return {
    init: (params) => ({ nu: zeros(params) }),
    update: (grads, state) => {
      const nu = meanSquare(decay, grads, state.nu)
      return { updates: zip((g, v) => T.div(g, root(v, eps, epsPlace)), grads, nu), state: { nu: nu as Params } }
    },
  }
}

/**
 * Like `scaleByRms`, but with the variance instead of the mean square: G - m², where m is the running mean of g (Graves,
 * Generating sequences with recurrent neural networks, 2013).
 */
export const scaleByVariance = ({
  decay = 0.9,
  eps = 1e-8,
  epsPlace = "inside",
  ...rest
}: RmsOptions = {}): Optimizer<{
  readonly mu: Params
  readonly nu: Params
}> => {
  checkOptions("scaleByVariance", rmsBounds, { decay, eps, epsPlace, ...rest })
  return {
    init: (params) => ({ mu: zeros(params), nu: zeros(params) }),
    update: (grads, state) => {
      const mu = mean(decay, grads, state.mu)
      const nu = meanSquare(decay, grads, state.nu)
      // Rounding can make the difference negative.
      const variance = zip((m, v) => T.maximum(T.sub(v, T.square(m)), 0), mu, nu)
      const updates = zip((g, v) => T.div(g, root(v, eps, epsPlace)), grads, variance)
      return { updates, state: { mu: mu as Params, nu: nu as Params } }
    },
  }
}

/** The options of Adadelta's equations. */
export interface AdadeltaOptions {
  readonly decay?: number
  readonly eps?: number
}

/**
 * E ← ρE + (1 - ρ)g², Δ = √(D + ε) / √(E + ε) · g, D ← ρD + (1 - ρ)Δ²: steps in the parameters' own units (Zeiler,
 * Adadelta: an adaptive learning rate method, 2012).
 */
export const scaleByAdadelta = ({
  decay = 0.9,
  eps = 1e-6,
  ...rest
}: AdadeltaOptions = {}): Optimizer<{
  readonly nu: Params
  readonly steps: Params
}> => {
  checkOptions("scaleByAdadelta", adadeltaBounds, { decay, eps, ...rest })
  return {
    init: (params) => ({ nu: zeros(params), steps: zeros(params) }),
    update: (grads, state) => {
      const nu = meanSquare(decay, grads, state.nu)
      const sizes = zip((v, d) => T.div(root(d, eps, "inside"), root(v, eps, "inside")), nu, state.steps)
      const updates = zip((g, size) => T.mul(g, size), grads, sizes)
      return { updates, state: { nu: nu as Params, steps: meanSquare(decay, updates, state.steps) as Params } }
    },
  }
}

/** The decays of both running means, and what prevents division by zero. */
export interface BetaOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
}

/** The options of Adam's equations. */
export interface AdamOptions extends BetaOptions {
  /** Whether the means are bias-corrected. */
  readonly biasCorrection?: boolean
}

/** The state of Adam: the number of steps done, and the running means of g and g². */
export type AdamState = { readonly step: Tensor; readonly mu: Params; readonly nu: Params }

const adamStart = <P>(params: P): AdamState => ({ step: start(), mu: zeros(params), nu: zeros(params) })

/** One step of the running means that Adam and its variants share; t counts from 1. */
const advance = <P>(beta1: number, beta2: number, grads: P, state: AdamState) => ({
  t: T.add(state.step, 1),
  mu: mean(beta1, grads, state.mu),
  nu: meanSquare(beta2, grads, state.nu),
})

/** The bias-corrected means. The factor 1 / (1 - βᵗ) is computed once for all leaves. */
const corrected = <P>(means: P, beta: number, t: Tensor): P => {
  const factor = T.div(1, correction(beta, t))
  return map(means, (m) => T.mul(m, factor))
}

/**
 * μ̂ / (√ν̂ + ε), with the bias-corrected running means μ of g and ν of g² (Kingma and Ba, Adam: a method for
 * stochastic optimization, 2015).
 */
export const scaleByAdam = ({
  beta1 = 0.9,
  beta2 = 0.999,
  biasCorrection = true,
  eps = 1e-8,
  ...rest
}: AdamOptions = {}): Optimizer<AdamState> => {
  checkOptions("scaleByAdam", betas, { beta1, beta2, eps, ...rest }, ["biasCorrection"])
  return {
    init: adamStart,
    update: (grads, state) => {
      const { mu, nu, t } = advance(beta1, beta2, grads, state)
      const [muHat, nuHat] = biasCorrection ? [corrected(mu, beta1, t), corrected(nu, beta2, t)] : [mu, nu]
      const updates = zip((m, v) => T.div(m, root(v, eps, "outside")), muHat, nuHat)
      return { updates, state: { step: t, mu: mu as Params, nu: nu as Params } }
    },
  }
}

/** Like `scaleByAdam`, but with the largest ν so far: a step size that never grows (Reddi, Kale and Kumar, 2018). */
export const scaleByAmsgrad = ({
  beta1 = 0.9,
  beta2 = 0.999,
  eps = 1e-8,
  ...rest
}: BetaOptions = {}): Optimizer<AdamState & { readonly nuMax: Params }> => {
  checkOptions("scaleByAmsgrad", betas, { beta1, beta2, eps, ...rest })
  return {
    init: (params) => ({ ...adamStart(params), nuMax: zeros(params) }),
    update: (grads, state) => {
      const { mu, nu, t } = advance(beta1, beta2, grads, state)
      const nuMax = zip((v, m) => T.maximum(v, m), nu, state.nuMax)
      const updates = zip((m, v) => T.div(m, root(v, eps, "outside")), corrected(mu, beta1, t), corrected(nuMax, beta2, t))
      return { updates, state: { step: t, mu: mu as Params, nu: nu as Params, nuMax: nuMax as Params } }
    },
  }
}

/** μ̂ / u, u ← max(β₂u, |g| + ε): Adam with the largest gradient instead of the mean square (Kingma and Ba, 2015, section 7). */
export const scaleByAdamax = ({ beta1 = 0.9, beta2 = 0.999, eps = 1e-8, ...rest }: BetaOptions = {}): Optimizer<AdamState> => {
  checkOptions("scaleByAdamax", betas, { beta1, beta2, eps, ...rest })
  return {
    init: adamStart,
    update: (grads, state) => {
      const t = T.add(state.step, 1)
      const mu = mean(beta1, grads, state.mu)
      const nu = zip((g, u) => T.maximum(T.mul(u, beta2), T.add(T.abs(g), eps)), grads, state.nu)
      const updates = zip((m, u) => T.div(m, u), corrected(mu, beta1, t), nu)
      return { updates, state: { step: t, mu: mu as Params, nu: nu as Params } }
    },
  }
}

/** The options of NAdam's equations. */
export interface NadamOptions extends BetaOptions {
  /** ψ: how fast the momentum rises to β₁. */
  readonly momentumDecay?: number
}

/**
 * Adam that looks one step ahead: β₁ₜ = β₁(1 - ½ · 0.96^(tψ)), m̂ = β₁₍ₜ₊₁₎ μ / (1 - Πβ₁₍ᵢ≤ₜ₊₁₎) + (1 - β₁ₜ) g / (1 - Πβ₁₍ᵢ≤ₜ₎)
 * (Dozat, Incorporating Nesterov momentum into Adam, 2016).
 */
export const scaleByNadam = ({
  beta1 = 0.9,
  beta2 = 0.999,
  eps = 1e-8,
  momentumDecay = 0.004,
  ...rest
}: NadamOptions = {}): Optimizer<AdamState & { readonly product: Tensor }> => {
  checkOptions("scaleByNadam", { ...betas, momentumDecay: momentumDecayOption }, { beta1, beta2, eps, momentumDecay, ...rest })
  return {
    init: (params) => ({ ...adamStart(params), product: T.scalar(1) }),
    update: (grads, state) => {
      const { mu, nu, t } = advance(beta1, beta2, grads, state)
      const momentumAt = (step: Tensor): Tensor =>
        T.mul(T.sub(1, T.mul(T.pow(0.96, T.mul(T.cast(step, "f32"), momentumDecay)), 0.5)), beta1)
      const now = momentumAt(t)
      const next = momentumAt(T.add(t, 1))
      const product = T.mul(state.product, now)
      const ahead = T.div(next, T.sub(1, T.mul(product, next)))
      const here = T.div(T.sub(1, now), T.sub(1, product))
      const muHat = zip((m, g) => T.add(T.mul(m, ahead), T.mul(g, here)), mu, grads)
      const updates = zip((m, v) => T.div(m, root(v, eps, "outside")), muHat, corrected(nu, beta2, t))
      return { updates, state: { step: t, mu: mu as Params, nu: nu as Params, product } }
    },
  }
}

/**
 * Adam that divides by √ν only once the mean of g² is reliable: with ρ∞ = 2 / (1 - β₂) - 1 and
 * ρₜ = ρ∞ - 2tβ₂ᵗ / (1 - β₂ᵗ), the step is μ̂ while ρₜ ≤ 5 and r μ̂ √(1 - β₂ᵗ) / (√ν + ε) afterwards,
 * r² = (ρₜ - 4)(ρₜ - 2)ρ∞ / ((ρ∞ - 4)(ρ∞ - 2)ρₜ) (Liu et al., On the variance of the adaptive learning rate, 2020).
 */
export const scaleByRadam = ({ beta1 = 0.9, beta2 = 0.999, eps = 1e-8, ...rest }: BetaOptions = {}): Optimizer<AdamState> => {
  checkOptions("scaleByRadam", betas, { beta1, beta2, eps, ...rest })
  return {
    init: adamStart,
    update: (grads, state) => {
      const { mu, nu, t } = advance(beta1, beta2, grads, state)
      const rhoMax = 2 / (1 - beta2) - 1
      const debias = correction(beta2, t)
      const rho = T.sub(rhoMax, T.div(T.mul(T.mul(T.cast(t, "f32"), 2), T.sub(1, debias)), debias))
      const isReliable = T.greater(rho, 5)
      // For smaller ρ the root can be of a negative number.
      const safe = T.where(isReliable, rho, 5)
      const rectified = T.div(T.mul(T.mul(T.sub(safe, 4), T.sub(safe, 2)), rhoMax), T.mul(safe, (rhoMax - 4) * (rhoMax - 2)))
      const size = T.mul(T.sqrt(rectified), T.sqrt(debias))
      const updates = zip(
        (m, v) => T.where(isReliable, T.mul(m, T.div(size, root(v, eps, "outside"))), m),
        corrected(mu, beta1, t),
        nu,
      )
      return { updates, state: { step: t, mu: mu as Params, nu: nu as Params } }
    },
  }
}

/** The options of Lion's equations. */
export interface LionOptions {
  readonly beta1?: number
  readonly beta2?: number
}

/** sign(β₁m + (1 - β₁)g), then m ← β₂m + (1 - β₂)g (Chen et al., Symbolic discovery of optimization algorithms, 2023). */
export const scaleByLion = ({ beta1 = 0.9, beta2 = 0.99, ...rest }: LionOptions = {}): Optimizer<{ readonly mu: Params }> => {
  checkOptions("scaleByLion", lionBetas, { beta1, beta2, ...rest })
  return {
    init: (params) => ({ mu: zeros(params) }),
    update: (grads, state) => ({
      updates: map(mean(beta1, grads, state.mu), T.sign),
      state: { mu: mean(beta2, grads, state.mu) as Params },
    }),
  }
}
