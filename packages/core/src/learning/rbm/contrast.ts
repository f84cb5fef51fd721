/**
 * How a restricted Boltzmann machine learns: the gradient of log p(v) is what weights and states have to do with each
 * other under the data, less what they have under the machine itself,
 *
 *     ∂ log p(v) / ∂W = E[v ⊗ P(h | v)] over the data - E[ṽ ⊗ P(h | ṽ)] over the machine
 *
 * Contrastive divergence starts the second from the data and lets k rounds of Gibbs sampling do (Hinton, Training products
 * of experts by minimizing contrastive divergence, 2002); persistent contrastive divergence keeps its chains from step to
 * step (Tieleman, Training restricted Boltzmann machines using approximations to the likelihood gradient, 2008).
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { wantOptions } from "../OptionError.ts"
import { zerosLike, zip } from "../Params.ts"
import { gibbs, hiddenProbabilities, type Params, reconstructionError, type Visible } from "./model.ts"
import { l2 as l2Option, learningRate, particles, steps } from "./options.ts"

/** Whose samples stand for the machine's: the data's own after `cd` rounds, or `particles` that go on for `steps` rounds a step. */
export type Method = { readonly cd: number } | { readonly pcd: { readonly steps: number; readonly particles: number } }

/** Hidden units are wanted to be on this share of the time, and how much that counts. */
export interface Sparsity {
  readonly target: number
  readonly cost: number
}

/** How a machine learns. */
export interface Learning {
  readonly visible: Visible
  readonly method: Method
  readonly learningRate: number
  /** λ of a weight decay of λW: weights alone are decayed, never biases. None unless given. */
  readonly l2?: number
  readonly sparsity?: Sparsity
  /** Where the samples come from; each step folds its number into it. */
  readonly key: Key.Key
}

/** What a machine carries from step to step. */
export interface State {
  readonly params: Params
  /** The change of each parameter in the step before. */
  readonly velocity: Params
  /** How often each hidden unit has been on of late: [hidden]. */
  readonly activity: Tensor
  /** The chains of persistent contrastive divergence: [particles, visible]. */
  readonly particles?: Tensor
  /** Steps done: i32[]. */
  readonly step: Tensor
}

/** What a step learns from: v [n, visible], and how much of the step before goes on (a scalar from 0 below 1). */
export interface Batch {
  readonly v: Tensor
  readonly momentum: Tensor
}

/** What a step says of its batch, before it learned from it: the mean reconstruction error. */
export interface Output {
  readonly error: Tensor
}

/** The share of the running activity that each step keeps (Hinton's practical guide, section 11: 0.9 to 0.99). */
const activityKept = 0.95

/** Checks how a machine is to learn. Throws `OptionError`. */
const wantLearning = (operation: string, { l2, learningRate: rate, method }: Partial<Learning>): void => {
  wantOptions(operation, { l2: l2Option, learningRate }, { l2, learningRate: rate })
  if (method === undefined) return
  wantOptions(operation, { cd: steps, steps, particles }, "cd" in method ? method : method.pcd)
}

/** The state learning begins with. Persistent chains begin where every visible unit is on by an even chance. */
export const begin = (params: Params, { key, method }: Pick<Learning, "key" | "method">): State => {
  wantLearning("begin", { method })
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

/** The direction in which log p grows, as estimated from data v [n, visible] and samples ṽ [m, visible] of the machine. */
export const gradient = (params: Params, v: Tensor, samples: Tensor): Params => {
  const data = correlations(v, hiddenProbabilities(params, v))
  const own = correlations(samples, hiddenProbabilities(params, samples))
  return { w: T.sub(data.w, own.w), b: T.sub(data.b, own.b), a: T.sub(data.a, own.a) }
}

/** What a step adds to the gradient besides: less weight, and hidden units nearer to how often they are to be on. */
const constraint = (params: Params, v: Tensor, activity: Tensor, { l2 = 0, sparsity }: Learning): Params => {
  const pull = sparsity === undefined ? undefined : T.mul(T.sub(activity, sparsity.target), sparsity.cost)
  const decay = T.mul(params.w, l2)
  if (pull === undefined) return { w: decay, b: T.zerosLike(params.b), a: T.zerosLike(params.a) }
  // The same derivative for the bias and, by what comes in, for the weights: a bias alone would undo what the weights say.
  const outer = T.mul(T.expandAxis(T.mean(v, { axes: 0 }), 1), T.expandAxis(pull, 0))
  return { w: T.add(decay, outer), b: pull, a: T.zerosLike(params.a) }
}

/** Samples of the machine for a batch, and the chains they leave. */
const sampled = ({ key, method, visible }: Learning, { params, particles, step }: State, v: Tensor) => {
  const now = Key.fold(key, step)
  if ("cd" in method) return { samples: gibbs(now, params, v, method.cd, visible), chains: {} }
  const samples = gibbs(now, params, particles ?? v, method.pcd.steps, visible)
  return { samples, chains: { particles: samples } }
}

/**
 * One step of learning, for `Compile.step`:
 *
 *     v ← momentum · v + η · (gradient - λW - cost · (activity - target))
 *     θ ← θ + v
 *
 * The last term, for the hidden biases and by the mean of each visible unit for the weights, is the derivative of the
 * cross-entropy between how often a hidden unit is to be on and how often it has been (Lee, Ekanadham and Ng, Sparse deep
 * belief net model for visual area V2, 2008, in the form of Hinton's practical guide, 2010, section 11).
 */
export const step = (learning: Learning) => {
  wantLearning("step", learning)
  return (state: State, { momentum, v }: Batch): { readonly state: State; readonly output: Output } => {
    const { params } = state
    const { chains, samples } = sampled(learning, state, v)
    const on = T.mean(hiddenProbabilities(params, v), { axes: 0 })
    const activity = T.add(T.mul(state.activity, activityKept), T.mul(on, 1 - activityKept))
    const rise = zip(T.sub, gradient(params, v, samples), constraint(params, v, activity, learning))
    const velocity = zip((before, now) => T.add(T.mul(before, momentum), T.mul(now, learning.learningRate)), state.velocity, rise)
    return {
      state: { params: zip(T.add, params, velocity), velocity, activity, ...chains, step: T.add(state.step, 1) },
      output: { error: T.mean(reconstructionError(params, v, learning.visible)) },
    }
  }
}

/**
 * The momentum of an epoch, counted from 0, of so many: from one value to another in even steps, since early steps are
 * large and a memory of them would carry too far (Hinton's practical guide, section 9). `Rbm.momentumAt([0.5, 0.9], 4, 5) // => 0.9`
 */
export const momentumAt = (momentum: number | readonly [from: number, to: number], epoch: number, epochs: number): number => {
  if (typeof momentum === "number") return momentum
  const [from, to] = momentum
  return epochs < 2 ? from : from + ((to - from) * epoch) / (epochs - 1)
}
