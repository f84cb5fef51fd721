/**
 * A restricted Boltzmann machine: visible units v and hidden units h, joined by weights but not among themselves, and an
 * energy for every state of them. A state is the likelier the lower its energy, p(v, h) = exp(-E(v, h)) / Z. Given one
 * side the units of the other are independent, which is what makes sampling and learning cheap.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { softplus } from "../Activation.ts"

/** What a machine learns: w [visible, hidden], the biases b [hidden] of the hidden units and a [visible] of the visible ones. */
export type Params = { readonly w: Tensor; readonly b: Tensor; readonly a: Tensor }

/** What the visible units are: yes or no (and data from 0 to 1 their probabilities), or quantities of unit variance. */
export type Visible = "bernoulli" | "gaussian"

interface Unit {
  /** The mean of a unit for the sum that comes in. */
  readonly mean: (sum: Tensor) => Tensor
  /** States drawn for means. */
  readonly sample: (key: Key.Key, mean: Tensor) => Tensor
  /** What the visible units alone add to the energy: [n]. */
  readonly energy: (v: Tensor, a: Tensor) => Tensor
  /** The bias under which a unit has a mean, with nothing coming in. */
  readonly bias: (mean: Tensor) => Tensor
}

const bernoulli = (key: Key.Key, probability: Tensor): Tensor => T.cast(Key.bernoulli(key, probability, probability.shape), "f32")

/** A pixel that is black in every row still gets a finite bias. */
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

/** What v [n, visible] sends to each hidden unit: v · W + b, [n, hidden]. */
const upward = ({ b, w }: Params, v: Tensor): Tensor => T.add(T.matmul(v, w), b)

/** What h [n, hidden] sends to each visible unit: h · Wᵀ + a, [n, visible]. */
const downward = ({ a, w }: Params, h: Tensor): Tensor => T.add(T.matmul(h, T.transpose(w)), a)

/**
 * The parameters a machine starts from: weights of N(0, 0.01²), hidden biases 0, and visible biases under which the units
 * have the means of the data (all ½, or 0 for Gaussian units, unless `mean` [visible] says). Hinton, A practical guide to
 * training restricted Boltzmann machines, 2010, section 8.
 */
export const init = (
  key: Key.Key,
  {
    hidden,
    mean,
    units: kind,
    visible,
  }: { readonly visible: number; readonly hidden: number; readonly units: Visible; readonly mean?: Tensor },
): Params => ({
  w: T.mul(Key.normal(key, [visible, hidden]), 0.01),
  b: T.zeros([hidden]),
  a: mean === undefined ? T.zeros([visible]) : units[kind].bias(mean),
})

/**
 * E(v, h) = -a·v - b·h - v·W·h for each of n states, v [n, visible] and h [n, hidden]; with Gaussian visible units
 * ½‖v - a‖² stands for -a·v. Gives [n]. Smolensky, Information processing in dynamical systems, 1986; Hinton and
 * Salakhutdinov, 2006 (Gaussian units).
 */
export const energy = (params: Params, v: Tensor, h: Tensor, visible: Visible = "bernoulli"): Tensor =>
  T.sub(units[visible].energy(v, params.a), T.sum(T.mul(upward(params, v), h), { axes: -1 }))

/** P(h = 1 | v) = σ(v · W + b) for v [n, visible]: [n, hidden]. */
export const hiddenProbabilities = (params: Params, v: Tensor): Tensor => T.sigmoid(upward(params, v))

/** E[v | h] for h [n, hidden]: σ(h · Wᵀ + a), and h · Wᵀ + a for Gaussian units. Gives [n, visible]. */
export const visibleMeans = (params: Params, h: Tensor, visible: Visible = "bernoulli"): Tensor =>
  units[visible].mean(downward(params, h))

/** Hidden states of 0 and 1 drawn for v [n, visible]. */
export const sampleHidden = (key: Key.Key, params: Params, v: Tensor): Tensor => bernoulli(key, hiddenProbabilities(params, v))

/** Visible states drawn for h [n, hidden]: of 0 and 1, or normal around their means with variance 1. */
export const sampleVisible = (key: Key.Key, params: Params, h: Tensor, visible: Visible = "bernoulli"): Tensor =>
  units[visible].sample(key, visibleMeans(params, h, visible))

/**
 * F(v) = -log Σₕ exp(-E(v, h)) for v [n, visible]: -a·v - Σⱼ log(1 + exp(v · wⱼ + bⱼ)), so that p(v) = exp(-F(v)) / Z.
 * Gives [n]. Of rows it learns from and rows it does not, a machine that overfits gives the first lower values.
 */
export const freeEnergy = (params: Params, v: Tensor, visible: Visible = "bernoulli"): Tensor =>
  T.sub(units[visible].energy(v, params.a), T.sum(softplus(upward(params, v)), { axes: -1 }))

/** What v [n, visible] becomes on its way up and down again, by probabilities and means: [n, visible]. */
export const reconstruct = (params: Params, v: Tensor, visible: Visible = "bernoulli"): Tensor =>
  visibleMeans(params, hiddenProbabilities(params, v), visible)

/** The mean over units of (v - reconstruction)², of each row: [n]. */
export const reconstructionError = (params: Params, v: Tensor, visible: Visible = "bernoulli"): Tensor =>
  T.mean(T.square(T.sub(v, reconstruct(params, v, visible))), { axes: -1 })

/**
 * Visible states after so many rounds of Gibbs sampling from v [n, visible]: the hidden units drawn for the visible ones,
 * then the visible ones for those.
 */
export const gibbs = (key: Key.Key, params: Params, v: Tensor, steps: number, visible: Visible = "bernoulli"): Tensor => {
  let state = v
  for (let step = 0; step < steps; step++) {
    const [up = key, down = key] = Key.split(Key.fold(key, step))
    state = sampleVisible(down, params, sampleHidden(up, params, state), visible)
  }
  return state
}
