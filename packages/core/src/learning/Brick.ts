/**
 * Bricks: the pieces optimizers are built of. Each turns gradients into something nearer to an update, and keeps what it
 * remembers in a tree of tensors, so that the whole can live in an engine and be saved. `chain` puts them one after the other.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import { constant, type LearningRate } from "./LearningRate.ts"
import { globalNorm, isWeight, map, type None, none, type Params, type Select, zerosLike, zip } from "./Params.ts"

/** What an optimizer makes of gradients. */
export interface Updated<P, State> {
  /** What is added to the parameters. */
  readonly updates: P
  readonly state: State
}

/** How parameters follow their gradients: a pair of pure functions and a state that goes round between them. */
export interface Optimizer<State = Params> {
  /** The state before the first step, for parameters like these. */
  init<P>(params: P): State
  /** From gradients to updates, trees like the parameters. */
  update<P>(grads: P, state: State, params: P): Updated<P, State>
}

/** A rate that depends on the step, or a number for one that does not. */
export type Rate = LearningRate | number

const stateless = (update: <P>(grads: P, params: P) => P): Optimizer<None> => ({
  init: () => none,
  update: (grads, _, params) => ({ updates: update(grads, params), state: none }),
})

/** A count of steps that starts at 0. */
const start = (): Tensor => T.scalar(0, "i32")

/** Bricks one after the other, each given what the one before made; the state is the list of theirs. */
export const chain = <States extends ReadonlyArray<unknown>>(
  ...bricks: { readonly [K in keyof States]: Optimizer<States[K]> }
): Optimizer<States> => {
  const all = bricks as ReadonlyArray<Optimizer<unknown>>
  return {
    init: (params) => all.map((brick) => brick.init(params)) as ReadonlyArray<unknown> as States,
    update: (grads, state, params) => {
      let updates = grads
      const next = all.map((brick, i) => {
        const updated = brick.update(updates, state[i], params)
        updates = updated.updates
        return updated.state
      })
      return { updates, state: next as ReadonlyArray<unknown> as States }
    },
  }
}

/** g · factor. */
export const scale = (factor: number): Optimizer<None> => stateless((grads) => map(grads, (g) => T.mul(g, factor)))

/** -η(t) · g: the step down the slope, where t counts the steps done. */
export const scaleByLearningRate = (rate: Rate): Optimizer<{ readonly step: Tensor }> => {
  const eta = typeof rate === "number" ? constant(rate) : rate
  return {
    init: () => ({ step: start() }),
    update: (grads, { step }) => {
      const down = T.neg(eta(step))
      return { updates: map(grads, (g) => T.mul(g, down)), state: { step: T.add(step, 1) } }
    },
  }
}

/** How a trace remembers. */
export interface TraceOptions {
  /** What is left of the trace after a step. */
  readonly decay: number
  /** Whether to look one step ahead along the trace. */
  readonly nesterov?: boolean
}

/** v ← γv + g, giving v, or γv + g of the new v where it looks ahead. */
export const trace = ({ decay: gamma, nesterov = false }: TraceOptions): Optimizer<{ readonly v: Params }> => ({
  init: (params) => ({ v: zerosLike(params) as Params }),
  update: (grads, state) => {
    const follow = <P>(v: unknown, g: P): P => zip((x, y) => T.add(x, T.mul(y, gamma)), g, v)
    const v = follow(state.v, grads)
    return { updates: nesterov ? follow(v, grads) : v, state: { v: v as Params } }
  },
})

/** The numbers of Adam's equations. */
export interface AdamOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
}

/** What Adam remembers: how many steps it did, and the running means of g and g². */
export type AdamState = { readonly step: Tensor; readonly mu: Params; readonly nu: Params }

/** 1 - βᵗ; by expm1, because β is so near to 1 that f32 would lose most digits of the difference. */
const correction = (beta: number, t: Tensor): Tensor => T.neg(T.expm1(T.mul(T.cast(t, "f32"), Math.log(beta))))

/**
 * μ̂ / (√ν̂ + ε), with the running means μ of g and ν of g² freed of their start at 0 (Kingma and Ba, Adam: a method for
 * stochastic optimization, 2015).
 */
export const scaleByAdam = ({ beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }: AdamOptions = {}): Optimizer<AdamState> => ({
  init: (params) => ({ step: start(), mu: zerosLike(params) as Params, nu: zerosLike(params) as Params }),
  update: (grads, state) => {
    const step = T.add(state.step, 1)
    const mu = zip((g, m) => T.add(T.mul(m, beta1), T.mul(g, 1 - beta1)), grads, state.mu)
    const nu = zip((g, v) => T.add(T.mul(v, beta2), T.mul(T.square(g), 1 - beta2)), grads, state.nu)
    const muHat = map(mu, (m) => T.div(m, correction(beta1, step)))
    const nuHat = map(nu, (v) => T.div(v, correction(beta2, step)))
    const updates = zip((m, v) => T.div(m, T.add(T.sqrt(v), eps)), muHat, nuHat)
    return { updates, state: { step, mu: mu as Params, nu: nu as Params } }
  },
})

const addTo =
  (term: (parameter: Tensor) => Tensor, select: Select) =>
  <P>(grads: P, params: P): P =>
    zip((g, parameter, path) => (select(path) ? T.add(g, term(parameter)) : g), grads, params)

/** g + λw for weights: the gradient of an L2 penalty where it stands before other bricks, decoupled weight decay where it stands after. */
export const addDecayedWeights = (lambda: number, select: Select = isWeight): Optimizer<None> =>
  stateless(addTo((w) => T.mul(w, lambda), select))

/** g + λ sign(w) for weights: the gradient of an L1 penalty. */
export const addWeightSigns = (lambda: number, select: Select = isWeight): Optimizer<None> =>
  stateless(addTo((w) => T.mul(T.sign(w), lambda), select))

/**
 * g · min(1, max / ‖g‖), the norm taken over all leaves together, so that the direction stays (Pascanu, Mikolov and
 * Bengio, On the difficulty of training recurrent neural networks, 2013).
 */
export const clipByGlobalNorm = (max: number): Optimizer<None> =>
  stateless((grads) => {
    const factor = T.div(max, T.maximum(globalNorm(grads), max))
    return map(grads, (g) => T.mul(g, factor))
  })
