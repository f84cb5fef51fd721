/**
 * A restricted Boltzmann machine: visible units v and hidden units h, with weights between the two layers but not within them,
 * and an energy for every state. States of low energy are likely: p(v, h) = exp(-E(v, h)) / Z. Given one layer, the units of
 * the other are independent, which makes sampling and training cheap.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { softplus } from "../Activation.ts"
import { checkOptions } from "../OptionError.ts"
import { visible as visibleOption } from "./options.ts"

/** The parameters: w [visible, hidden], the biases b [hidden] of the hidden units and a [visible] of the visible ones. */
export type Params = { readonly w: Tensor; readonly b: Tensor; readonly a: Tensor }

/** The type of the visible units: binary (data from 0 to 1 are probabilities), or quantities of unit variance. */
export type Visible = "bernoulli" | "gaussian"

interface Unit {
  /** The mean of a unit for its weighted input. */
  readonly mean: (sum: Tensor) => Tensor
  /** Random states with the given means. */
  readonly sample: (key: Key.Key, mean: Tensor) => Tensor
  /** The term of the visible units in the energy: [n]. */
  readonly energy: (v: Tensor, a: Tensor) => Tensor
  /** The bias that gives a unit the mean, for an input of 0. */
  readonly bias: (mean: Tensor) => Tensor
}

const bernoulli = (key: Key.Key, probability: Tensor): Tensor => T.cast(Key.bernoulli(key, probability, probability.shape), "f32")

/** The minimum mean, so that a unit that is 0 in every row gets a finite bias. */
const leastMean = 1e-3

const units: { readonly [V in Visible]: Unit } = {
  bernoulli: {
    mean: T.sigmoid,
    sample: bernoulli,
    energy: (v, a) => T.neg(T.sum(T.mul(v, a), { axes: -1 })),
    bias: (mean) => {
      const p = T.clamp(mean, leastMean, 1 - leastMean)
      return T.log(T.div(p, T.sub(1, p)))
    },
  },
  gaussian: {
    mean: (sum) => sum,
    sample: (key, mean) => T.add(mean, Key.normal(key, mean.shape)),
    energy: (v, a) => T.mul(0.5, T.sum(T.square(T.sub(v, a)), { axes: -1 })),
    bias: (mean) => mean,
  },
}

/** The weighted inputs of the hidden units for v [n, visible]: v · W + b, [n, hidden]. */
const upward = ({ b, w }: Params, v: Tensor): Tensor => T.add(T.matmul(v, w), b)

/** The weighted inputs of the visible units for h [n, hidden]: h · Wᵀ + a, [n, visible]. */
const downward = ({ a, w }: Params, h: Tensor): Tensor => T.add(T.matmul(h, T.transpose(w)), a)

const count = { kind: "integer", minimum: 1 } as const

const initBounds = { visible: count, hidden: count, units: visibleOption }

/**
 * The initial parameters: weights of N(0, 0.01²), hidden biases 0, and visible biases that give the units the means of the
 * data, `mean` [visible] (½, or 0 for Gaussian units, unless given). Hinton, A practical guide to training restricted Boltzmann
 * machines, 2010, section 8.
 */
export const init = (
  key: Key.Key,
  {
    hidden,
    mean,
    units: kind,
    visible,
    ...rest
  }: { readonly visible: number; readonly hidden: number; readonly units: Visible; readonly mean?: Tensor },
): Params => {
  checkOptions("init", initBounds, { hidden, units: kind, visible, ...rest }, ["mean"])
  return {
    w: T.mul(Key.normal(key, [visible, hidden]), 0.01),
    b: T.zeros([hidden]),
    a: mean === undefined ? T.zeros([visible]) : units[kind].bias(mean),
  }
}

/**
 * E(v, h) = -a·v - b·h - v·W·h for each of n states, v [n, visible] and h [n, hidden]; for Gaussian visible units
 * ½‖v - a‖² replaces -a·v. Gives [n]. Smolensky, Information processing in dynamical systems, 1986; Hinton and
 * Salakhutdinov, 2006 (Gaussian units).
 */
export const energy = (params: Params, v: Tensor, h: Tensor, visible: Visible = "bernoulli"): Tensor =>
  T.sub(units[visible].energy(v, params.a), T.sum(T.mul(upward(params, v), h), { axes: -1 }))

/** P(h = 1 | v) = σ(v · W + b) for v [n, visible]: [n, hidden]. */
export const hiddenProbabilities = (params: Params, v: Tensor): Tensor => T.sigmoid(upward(params, v))

/** E[v | h] for h [n, hidden]: σ(h · Wᵀ + a), and h · Wᵀ + a for Gaussian units. Gives [n, visible]. */
export const visibleMeans = (params: Params, h: Tensor, visible: Visible = "bernoulli"): Tensor =>
  units[visible].mean(downward(params, h))

/** Random hidden states of 0 and 1, given v [n, visible]. */
export const sampleHidden = (key: Key.Key, params: Params, v: Tensor): Tensor => bernoulli(key, hiddenProbabilities(params, v))

/** Random visible states, given h [n, hidden]: 0 and 1, or normal around their means with variance 1. */
export const sampleVisible = (key: Key.Key, params: Params, h: Tensor, visible: Visible = "bernoulli"): Tensor =>
  units[visible].sample(key, visibleMeans(params, h, visible))

/**
 * F(v) = -log Σₕ exp(-E(v, h)) for v [n, visible]: -a·v - Σⱼ log(1 + exp(v · wⱼ + bⱼ)), so that p(v) = exp(-F(v)) / Z.
 * Gives [n]. An overfitted machine gives lower values to training rows than to other rows.
 */
export const freeEnergy = (params: Params, v: Tensor, visible: Visible = "bernoulli"): Tensor =>
  T.sub(units[visible].energy(v, params.a), T.sum(softplus(upward(params, v)), { axes: -1 }))

/** The reconstruction of v [n, visible] from the probabilities of the hidden units: [n, visible]. */
export const reconstruct = (params: Params, v: Tensor, visible: Visible = "bernoulli"): Tensor =>
  visibleMeans(params, hiddenProbabilities(params, v), visible)

/** The mean of (v - reconstruction)² over the units, for each row: [n]. */
export const reconstructionError = (params: Params, v: Tensor, visible: Visible = "bernoulli"): Tensor =>
  T.mean(T.square(T.sub(v, reconstruct(params, v, visible))), { axes: -1 })

/**
 * Visible states after `steps` rounds of Gibbs sampling from v [n, visible]. A round draws the hidden units given the visible
 * ones, then the visible ones given the hidden ones.
 */
export const gibbs = (key: Key.Key, params: Params, v: Tensor, steps: number, visible: Visible = "bernoulli"): Tensor => {
  let state = v
  for (let step = 0; step < steps; step++) {
    const [up = key, down = key] = Key.split(Key.fold(key, step))
    state = sampleVisible(down, params, sampleHidden(up, params, state), visible)
  }
  return state
}
