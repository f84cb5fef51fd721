/**
 * Gradient transformations: the pieces that optimizers are built of. Each maps gradients to updates and keeps its state in a
 * tree of tensors, so that the state can stay in an engine and be saved. `chain` composes them.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { constant, type LearningRate } from "../LearningRate.ts"
import { checkOptions } from "../OptionError.ts"
import { map, type None, none, type Params, type Select } from "../Params.ts"
import { fixed, rateBounds, transformationOptions } from "./options.ts"

/** The result of an optimizer's step. */
export interface Updated<P, State> {
  /** The values to add to the parameters. */
  readonly updates: P
  readonly state: State
}

/** An optimizer or gradient transformation: two pure functions, and a state that each step passes to the next. */
export interface Optimizer<State = Params> {
  /** The state before the first step, for parameters like these. */
  init<P>(params: P): State
  /** From gradients to updates, trees like the parameters. */
  update<P>(grads: P, state: State, params: P): Updated<P, State>
  /** Where the state holds the learning rate; missing where the state has none. */
  readonly rate?: RateIn<State>
  /** The parameters that never change, wherever it stands in a chain; missing where all may change. */
  readonly frozen?: Select
}

/** How to read and to change the learning rate in the state of an optimizer. */
export interface RateIn<State> {
  /** The rate that the last step applied, f32[]; 0 before the first step. */
  read(state: State): Tensor
  /** A state whose later steps apply `factor` times the scheduled rate. */
  scale(state: State, factor: number): State
}

/** A learning rate: a function of the step, or a constant number. */
export type Rate = LearningRate | number

/** A gradient transformation without state. */
export const stateless = (update: <P>(grads: P, params: P) => P): Optimizer<None> => ({
  init: () => none,
  update: (grads, _, params) => ({ updates: update(grads, params), state: none }),
})

/** A count of steps that starts at 0. */
export const start = (): Tensor => T.scalar(0, "i32")

/** The rate of a chain: the product of the rates in it. `scale` changes the first of them. */
const rateInChain = (transformations: ReadonlyArray<Optimizer<unknown>>): { readonly rate?: RateIn<ReadonlyArray<unknown>> } => {
  const rates = transformations.flatMap(({ rate }, i) => (rate === undefined ? [] : [{ rate, i }]))
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

/** The parameters that some of these transformations freeze. */
const frozenBy = (transformations: ReadonlyArray<Optimizer<unknown>>): Select | undefined => {
  const selections = transformations.flatMap(({ frozen }) => frozen ?? [])
  return selections.length === 0 ? undefined : (path) => selections.some((isFrozen) => isFrozen(path))
}

/**
 * Applies transformations in order, each to the result of the previous one. The state is the list of their states. What one of
 * them freezes, such as `freeze`, stays frozen: weight decay after it has no effect there.
 */
export const chain = <States extends ReadonlyArray<unknown>>(
  ...transformations: { readonly [K in keyof States]: Optimizer<States[K]> }
): Optimizer<States> => {
  const all = transformations as ReadonlyArray<Optimizer<unknown>>
  const frozen = frozenBy(all)
  // Where the last transformation freezes everything that is frozen, its updates are 0 already.
  const before = frozenBy(all.slice(0, -1))
  return {
    init: (params) => all.map((transformation) => transformation.init(params)) as ReadonlyArray<unknown> as States,
    update: (grads, state, params) => {
      let updates = grads
      const next = all.map((transformation, i) => {
        const updated = transformation.update(updates, state[i], params)
        updates = updated.updates
        return updated.state
      })
      return {
        updates: before === undefined ? updates : map(updates, (u, path) => (before(path) ? T.zerosLike(u) : u)),
        state: next as ReadonlyArray<unknown> as States,
      }
    },
    ...(frozen === undefined ? {} : { frozen }),
    ...(rateInChain(all) as { readonly rate?: RateIn<States> }),
  }
}

/** g · factor. */
export const scale = (factor: number): Optimizer<None> => {
  checkOptions("scale", transformationOptions, { factor })
  return stateless((grads) => map(grads, (g) => T.mul(g, factor)))
}

/** The state of `scaleByLearningRate`, all scalars. */
export type RateState = {
  /** Steps done: i32[]. */
  readonly step: Tensor
  /** The factor of the scheduled rate: f32[], 1 unless changed, for example by a plateau. */
  readonly factor: Tensor
  /** The rate that the last step applied: f32[], 0 before the first step. */
  readonly rate: Tensor
}

/** -η(t) · g, where t is the number of steps done. The state holds the applied rate. */
export const scaleByLearningRate = (rate: Rate): Optimizer<RateState> => {
  checkOptions("scaleByLearningRate", rateBounds, fixed(rate))
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
