/**
 * Bricks: the pieces optimizers are built of. Each turns gradients into something nearer to an update, and keeps what it
 * remembers in a tree of tensors, so that the whole can live in an engine and be saved. `chain` puts them one after the other.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { constant, type LearningRate } from "../LearningRate.ts"
import { wantOptions } from "../OptionError.ts"
import { map, type None, none, type Params } from "../Params.ts"
import { fixed, rateBounds, transformationOptions } from "./options.ts"

/** What an optimizer makes of gradients. */
export interface Updated<P, State> {
  /** What is added to the parameters. */
  readonly updates: P
  readonly state: State
}

/** How parameters follow their gradients: a pair of pure functions, and a state that one step hands to the next. */
export interface Optimizer<State = Params> {
  /** The state before the first step, for parameters like these. */
  init<P>(params: P): State
  /** From gradients to updates, trees like the parameters. */
  update<P>(grads: P, state: State, params: P): Updated<P, State>
  /** Where the state holds the learning rate; missing where the state has none. */
  readonly rate?: RateIn<State>
}

/** How the learning rate is read from the state of an optimizer, and changed there. */
export interface RateIn<State> {
  /** The rate that the last step applied, f32[]; 0 before the first step. */
  read(state: State): Tensor
  /** The state whose further steps apply `factor` times the scheduled rate. */
  scale(state: State, factor: number): State
}

/** A rate that depends on the step, or a number for one that does not. */
export type Rate = LearningRate | number

/** A brick that remembers nothing. */
export const stateless = (update: <P>(grads: P, params: P) => P): Optimizer<None> => ({
  init: () => none,
  update: (grads, _, params) => ({ updates: update(grads, params), state: none }),
})

/** A count of steps that starts at 0. */
export const start = (): Tensor => T.scalar(0, "i32")

/** The rate of bricks in a chain, the product of theirs. The first brick with a rate takes the factor. */
const rateInChain = (bricks: ReadonlyArray<Optimizer<unknown>>): { readonly rate?: RateIn<ReadonlyArray<unknown>> } => {
  const rates = bricks.flatMap(({ rate }, i) => (rate === undefined ? [] : [{ rate, i }]))
  const [first, ...others] = rates
  if (first === undefined) return {}
  return {
    rate: {
      read: (state) =>
        others.reduce((product, { i, rate }) => T.mul(product, rate.read(state[i])), first.rate.read(state[first.i])),
      scale: (state, factor) => state.map((each, i) => (i === first.i ? first.rate.scale(each, factor) : each)),
    },
  }
}

/** Bricks one after the other, each given the result of the one before; the state is the list of their states. */
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
    ...(rateInChain(all) as { readonly rate?: RateIn<States> }),
  }
}

/** g · factor. */
export const scale = (factor: number): Optimizer<None> => {
  wantOptions("scale", transformationOptions, { factor })
  return stateless((grads) => map(grads, (g) => T.mul(g, factor)))
}

/** What `scaleByLearningRate` remembers, all scalars. */
export type RateState = {
  /** Steps done: i32[]. */
  readonly step: Tensor
  /** What the scheduled rate is multiplied by: f32[], 1 unless it was changed, such as by a plateau. */
  readonly factor: Tensor
  /** The rate that the last step applied: f32[], 0 before the first step. */
  readonly rate: Tensor
}

/** -η(t) · g: the step down the slope, where t counts the steps done. The state holds the rate that was applied. */
export const scaleByLearningRate = (rate: Rate): Optimizer<RateState> => {
  wantOptions("scaleByLearningRate", rateBounds, fixed(rate))
  const eta = typeof rate === "number" ? constant(rate) : rate
  return {
    init: () => ({ step: start(), factor: T.scalar(1), rate: T.scalar(0) }),
    update: (grads, { factor, step }) => {
      const applied = T.mul(eta(step), factor)
      const down = T.neg(applied)
      return { updates: map(grads, (g) => T.mul(g, down)), state: { step: T.add(step, 1), factor, rate: applied } }
    },
    rate: {
      read: (state) => state.rate,
      scale: (state, factor) => ({ ...state, factor: T.scalar(factor) }),
    },
  }
}
