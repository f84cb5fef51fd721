/** Optimizer wrappers: gradient accumulation, a slow copy of the parameters (lookahead), and their running mean. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { checkOptions } from "../OptionError.ts"
import { map, type Params, zerosLike, zip } from "../Params.ts"
import { accumulateOptions, averageOptions, lookaheadOptions } from "./options.ts"
import { type Optimizer, type RateIn, start } from "./Transformation.ts"

const choose = <P>(which: Tensor, a: P, b: unknown): P => zip((x, y) => T.where(which, x, y), a, b)

const moved = <P>(params: P, updates: unknown): P => zip((x, u) => T.add(x, u), params, updates)

/** The rate of a wrapped optimizer, whose state is `inner` of the outer state. */
const rateInside = <State, Outer extends { readonly inner: State }>({
  rate,
}: Optimizer<State>): { readonly rate?: RateIn<Outer> } =>
  rate === undefined
    ? {}
    : {
        rate: {
          read: ({ inner }) => rate.read(inner),
          scale: (state, factor) => ({ ...state, inner: rate.scale(state.inner, factor) }),
        },
      }

/** The state of `accumulate`. */
export type Accumulated<State> = {
  readonly step: Tensor
  readonly sum: Params
  readonly inner: State
}

/**
 * Gradient accumulation: passes on the mean of every k gradients, and updates nothing in between. This gives batches k times
 * larger than memory allows. A schedule inside counts only the steps that update: one in k.
 */
export const accumulate = <State>(k: number, inner: Optimizer<State>): Optimizer<Accumulated<State>> => {
  checkOptions("accumulate", { k: accumulateOptions.batches }, { k })
  return {
    init: (params) => ({ step: start(), sum: zerosLike(params) as Params, inner: inner.init(params) }),
    update: (grads, state, params) => {
      const step = T.add(state.step, 1)
      const isDue = T.equal(T.rem(step, k), 0)
      const sum = zip((g, s) => T.add(s, g), grads, state.sum)
      const next = inner.update(
        map(sum, (s) => T.div(s, k)),
        state.inner,
        params,
      )
      return {
        updates: choose(isDue, next.updates, zerosLike(grads)),
        state: {
          step,
          sum: choose(isDue, zerosLike(sum), sum) as Params,
          inner: choose(isDue, next.state, state.inner),
        },
      }
    },
    ...rateInside<State, Accumulated<State>>(inner),
  }
}

/** The options of `lookahead`. */
export interface LookaheadOptions {
  /** Steps between two updates of the slow copy: 5 unless given. */
  readonly every?: number
  /** The fraction of the distance to the fast parameters that the slow copy moves: 0.5 unless given. */
  readonly alpha?: number
}

/** The state of `lookahead`. */
export type Ahead<State> = {
  readonly step: Tensor
  readonly slow: Params
  readonly inner: State
}

/**
 * Every k steps a slow copy moves a fraction α of the way to the parameters, and the parameters are reset to it:
 * φ ← φ + α(θ - φ), θ ← φ (Zhang, Lucas, Hinton and Ba, Lookahead optimizer: k steps forward, 1 step back, 2019).
 */
export const lookahead = <State>(
  inner: Optimizer<State>,
  { alpha = 0.5, every = 5, ...rest }: LookaheadOptions = {},
): Optimizer<Ahead<State>> => {
  checkOptions("lookahead", lookaheadOptions, { alpha, every, ...rest })
  return {
    init: (params) => ({ step: start(), slow: map(params, (x) => x) as Params, inner: inner.init(params) }),
    update: (grads, state, params) => {
      const step = T.add(state.step, 1)
      const isDue = T.equal(T.rem(step, every), 0)
      const next = inner.update(grads, state.inner, params)
      const slow = zip((fast, s) => T.add(s, T.mul(T.sub(fast, s), alpha)), moved(params, next.updates), state.slow)
      const back = zip((s, x) => T.sub(s, x), slow, params)
      return {
        updates: choose(isDue, back, next.updates),
        state: { step, slow: choose(isDue, slow, state.slow) as Params, inner: next.state },
      }
    },
    ...rateInside<State, Ahead<State>>(inner),
  }
}

/** Whether a state belongs to an optimizer wrapper. */
const isAround = (state: unknown): state is { readonly inner: unknown } =>
  typeof state === "object" && state !== null && "inner" in state

/** The state of `average`. */
export type Averaged<State> = {
  /** The running mean of the parameters. */
  readonly mean: Params
  readonly inner: State
}

/**
 * Keeps the exponential moving average of the parameters, φ ← βφ + (1 - β)θ, without changing the optimizer's updates.
 * `mean` of the state often predicts better than the parameters (Polyak and Juditsky, Acceleration of stochastic
 * approximation by averaging, 1992).
 */
export const average = <State>(
  inner: Optimizer<State>,
  { decay = 0.999, ...rest }: { readonly decay?: number } = {},
): Optimizer<Averaged<State>> => {
  checkOptions("average", averageOptions, { decay, ...rest })
  return {
    init: (params) => ({ mean: map(params, (x) => x) as Params, inner: inner.init(params) }),
    update: (grads, state, params) => {
      const { state: next, updates } = inner.update(grads, state.inner, params)
      const mean = zip((x, m) => T.add(T.mul(m, decay), T.mul(x, 1 - decay)), moved(params, updates), state.mean)
      return { updates, state: { mean: mean as Params, inner: next } }
    },
    ...rateInside<State, Averaged<State>>(inner),
  }
}

/** The running mean in the state of an optimizer, also when other wrappers enclose `average`; `undefined` without one. */
export const averaged = (state: unknown): Params | undefined => {
  if (!isAround(state)) return undefined
  return "mean" in state ? (state.mean as Params) : averaged(state.inner)
}
