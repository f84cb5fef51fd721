/** Gradient transformations that keep weights small: weight decay, L1, and a maximum norm of a unit's weights. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { checkOptions } from "../OptionError.ts"
import { isWeight, type None, type Select, zip } from "../Params.ts"
import { transformationOptions } from "./options.ts"
import { type Optimizer, stateless } from "./Transformation.ts"

const addTo =
  (term: (parameter: Tensor) => Tensor, select: Select) =>
  <P>(grads: P, params: P): P =>
    zip((g, parameter, path) => (select(path) ? T.add(g, term(parameter)) : g), grads, params)

/** g + λw for weights. Before other transformations it is the gradient of an L2 penalty; after them, decoupled weight decay. */
export const addDecayedWeights = (lambda: number, select: Select = isWeight): Optimizer<None> => {
  checkOptions("addDecayedWeights", transformationOptions, { lambda })
  return stateless(addTo((w) => T.mul(w, lambda), select))
}

/** g + λ sign(w) for weights: the gradient of an L1 penalty. */
export const addWeightSigns = (lambda: number, select: Select = isWeight): Optimizer<None> => {
  checkOptions("addWeightSigns", transformationOptions, { lambda })
  return stateless(addTo((w) => T.mul(T.sign(w), lambda), select))
}

/** The squared norm of the incoming weights of each unit. Units are along the last axis. */
const squaredNorms = (w: Tensor): Tensor => {
  const inner = w.shape.slice(0, -1).map((_, axis) => axis)
  return inner.length === 0 ? T.square(w) : T.sum(T.square(w), { axes: inner, keepAxes: true })
}

/**
 * Limits the norm of the incoming weights of each unit to `max` after the update; larger weights are scaled down. Put it last
 * in a chain, where updates are the final changes of the parameters (Srebro and Shraibman, Rank, trace-norm and max-norm,
 * 2005; Srivastava et al., Dropout, 2014).
 */
export const maxNorm = (max: number, select: Select = isWeight): Optimizer<None> => {
  checkOptions("maxNorm", transformationOptions, { max })
  return stateless((updates, params) =>
    zip(
      (update, w, path) => {
        if (!select(path)) return update
        const moved = T.add(w, update)
        // At least the smallest normal f32, so that weights of 0 stay 0 under a maximum of 0.
        const factor = T.div(max, T.sqrt(T.maximum(squaredNorms(moved), Math.max(max ** 2, 2 ** -126))))
        return T.sub(T.mul(moved, factor), w)
      },
      updates,
      params,
    ),
  )
}
