/**
 * Bricks: the pieces optimizers are built of. Each turns gradients into something nearer to an update, and keeps what it
 * remembers in a tree of tensors, so that the whole can live in an engine and be saved. `chain` puts them one after the other.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { constant, type LearningRate } from "../LearningRate.ts"
import { wantOptions } from "../OptionError.ts"
import { map, type None, none, type Params } from "../Params.ts"
import { brickOptions, fixed, rateBounds } from "./options.ts"

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

/** A brick that remembers nothing. */
export const stateless = (update: <P>(grads: P, params: P) => P): Optimizer<None> => ({
  init: () => none,
  update: (grads, _, params) => ({ updates: update(grads, params), state: none }),
})

/** A count of steps that starts at 0. */
export const start = (): Tensor => T.scalar(0, "i32")

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
export const scale = (factor: number): Optimizer<None> => {
  wantOptions("scale", brickOptions, { factor })
  return stateless((grads) => map(grads, (g) => T.mul(g, factor)))
}

/** -η(t) · g: the step down the slope, where t counts the steps done. */
export const scaleByLearningRate = (rate: Rate): Optimizer<{ readonly step: Tensor }> => {
  wantOptions("scaleByLearningRate", rateBounds, fixed(rate))
  const eta = typeof rate === "number" ? constant(rate) : rate
  return {
    init: () => ({ step: start() }),
    update: (grads, { step }) => {
      const down = T.neg(eta(step))
      return { updates: map(grads, (g) => T.mul(g, down)), state: { step: T.add(step, 1) } }
    },
  }
}
