/**
 * Training of a restricted Boltzmann machine. The gradient of log p(v) is the correlation of visible and hidden units under
 * the data, minus their correlation under the model of the machine,
 *
 *     ∂ log p(v) / ∂W = E[v ⊗ P(h | v)] over the data - E[ṽ ⊗ P(h | ṽ)] over the machine
 *
 * Contrastive divergence approximates the second by k rounds of Gibbs sampling that start from the data (Hinton, Training
 * products of experts by minimizing contrastive divergence, 2002). Persistent contrastive divergence keeps its chains from
 * step to step (Tieleman, Training restricted Boltzmann machines using approximations to the likelihood gradient, 2008).
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { checkOptions } from "../OptionError.ts"
import { zerosLike, zip } from "../Params.ts"
import { gibbs, hiddenProbabilities, type Params, reconstructionError, type Visible } from "./model.ts"
import { l2 as l2Option, learningRate, particles, sparsity as sparsityOptions, steps, visible } from "./options.ts"

/** The samples of the machine: from the data after `cd` rounds, or from `particles` chains that run `steps` rounds in each step. */
export type Method = { readonly cd: number } | { readonly pcd: { readonly steps: number; readonly particles: number } }

/** The target fraction of time that hidden units are on, and the strength of this penalty. */
export interface Sparsity {
  readonly target: number
  readonly cost: number
}

/** The settings of training. */
export interface Learning {
  readonly visible: Visible
  readonly method: Method
  readonly learningRate: number
  /** λ of a weight decay of λW, for weights only, not for biases. None unless given. */
  readonly l2?: number
  readonly sparsity?: Sparsity
  /** The key of the samples; each step folds its number into it. */
  readonly key: Key.Key
}

/** The state of training. */
export interface State {
  readonly params: Params
  /** The change of each parameter in the previous step. */
  readonly velocity: Params
  /** The running mean of each hidden unit's activation: [hidden]. */
  readonly activity: Tensor
  /** The chains of persistent contrastive divergence: [particles, visible]. */
  readonly particles?: Tensor
  /** Steps done: i32[]. */
  readonly step: Tensor
}

/** The input of a step: v [n, visible], and the momentum (a scalar from 0 to below 1). */
export interface Batch {
  readonly v: Tensor
  readonly momentum: Tensor
}

/** The output of a step: the mean reconstruction error of its batch, before the update. */
export interface Output {
  readonly error: Tensor
}

/** The decay of the running activity at each step (Hinton's practical guide, section 11: 0.9 to 0.99). */
const activityDecay = 0.95

/** Checks the settings. Throws `OptionError`. */
const checkLearning = (operation: string, learning: Pick<Learning, "method"> & Partial<Learning>): void => {
  const { method, sparsity } = learning
  checkOptions(operation, { l2: l2Option, learningRate, visible }, learning, ["method", "sparsity", "key"])
  if (sparsity !== undefined) checkOptions(operation, sparsityOptions, sparsity)
  checkOptions(operation, { cd: steps }, method, ["pcd"])
  if ("pcd" in method) checkOptions(operation, { steps, particles }, method.pcd)
}

/** The initial state. In persistent chains every visible unit is initially on with probability ½. */
export const begin = (params: Params, learning: Pick<Learning, "key" | "method">): State => {
  checkLearning("begin", learning)
  const { key, method } = learning
  const [visible = 0, hidden = 0] = params.w.shape
  return {
    params,
    velocity: zerosLike(params),
    activity: T.full([hidden], 0.5),
    ...("pcd" in method
      ? { particles: T.cast(Key.bernoulli(Key.fold(key, "particles"), 0.5, [method.pcd.particles, visible]), "f32") }
      : {}),
    step: T.scalar(0, "i32"),
  }
}

/** E[v ⊗ P(h | v)], E[P(h | v)] and E[v] over the rows of v [n, visible]. */
const correlations = (v: Tensor, h: Tensor): Params => ({
  w: T.div(T.matmul(T.transpose(v), h), v.shape[0] ?? 1),
  b: T.mean(h, { axes: 0 }),
  a: T.mean(v, { axes: 0 }),
})

/** The estimated gradient of log p, from data v [n, visible] and samples ṽ [m, visible] of the machine. */
export const gradient = (params: Params, v: Tensor, samples: Tensor): Params => {
  const data = correlations(v, hiddenProbabilities(params, v))
  const model = correlations(samples, hiddenProbabilities(params, samples))
  return { w: T.sub(data.w, model.w), b: T.sub(data.b, model.b), a: T.sub(data.a, model.a) }
}

/** The gradients of weight decay and of sparsity, which a step subtracts. */
const constraint = (params: Params, v: Tensor, activity: Tensor, { l2 = 0, sparsity }: Learning): Params => {
  const pull = sparsity === undefined ? undefined : T.mul(T.sub(activity, sparsity.target), sparsity.cost)
  const decay = T.mul(params.w, l2)
  if (pull === undefined) return { w: decay, b: T.zerosLike(params.b), a: T.zerosLike(params.a) }
  // The derivative for the bias and, times the inputs, for the weights: with the bias alone, weights would compensate.
  const outer = T.mul(T.expandAxis(T.mean(v, { axes: 0 }), 1), T.expandAxis(pull, 0))
  return { w: T.add(decay, outer), b: pull, a: T.zerosLike(params.a) }
}

/** Samples of the machine for a batch, and the new states of its chains. */
const sampled = ({ key, method, visible }: Learning, { params, particles, step }: State, v: Tensor) => {
  const stepKey = Key.fold(key, step)
  if ("cd" in method) return { samples: gibbs(stepKey, params, v, method.cd, visible), chains: {} }
  const samples = gibbs(stepKey, params, particles ?? v, method.pcd.steps, visible)
  return { samples, chains: { particles: samples } }
}

/**
 * One training step, for `Compile.step`:
 *
 *     v ← momentum · v + η · (gradient - λW - cost · (activity - target))
 *     θ ← θ + v
 *
 * The last term is for the hidden biases and, times the mean of each visible unit, for the weights. It is the derivative of
 * the cross-entropy between the target and the actual activity of a hidden unit (Lee, Ekanadham and Ng, Sparse deep belief net
 * model for visual area V2, 2008, in the form of Hinton's practical guide, 2010, section 11).
 */
export const step = (learning: Learning) => {
  checkLearning("step", learning)
  return (state: State, { momentum, v }: Batch): { readonly state: State; readonly output: Output } => {
    const { params } = state
    const { chains, samples } = sampled(learning, state, v)
    const on = T.mean(hiddenProbabilities(params, v), { axes: 0 })
    const activity = T.add(T.mul(state.activity, activityDecay), T.mul(on, 1 - activityDecay))
    const ascent = zip(T.sub, gradient(params, v, samples), constraint(params, v, activity, learning))
    const velocity = zip((u, g) => T.add(T.mul(u, momentum), T.mul(g, learning.learningRate)), state.velocity, ascent)
    return {
      state: { params: zip(T.add, params, velocity), velocity, activity, ...chains, step: T.add(state.step, 1) },
      output: { error: T.mean(reconstructionError(params, v, learning.visible)) },
    }
  }
}

/**
 * The momentum of an epoch, counted from 0: linear from one value to another over `epochs` epochs. Early gradients are large,
 * so the momentum starts low (Hinton's practical guide, section 9). `Rbm.momentumAt([0.5, 0.9], 4, 5) // => 0.9`
 */
export const momentumAt = (momentum: number | readonly [from: number, to: number], epoch: number, epochs: number): number => {
  if (typeof momentum === "number") return momentum
  const [from, to] = momentum
  return epochs < 2 ? from : from + ((to - from) * epoch) / (epochs - 1)
}
