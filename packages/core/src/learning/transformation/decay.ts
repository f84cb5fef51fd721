/** Bricks that keep weights small: decay, an L1 pull, and a ceiling on the weights of a unit. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { wantOptions } from "../OptionError.ts"
import { isWeight, type None, type Select, zip } from "../Params.ts"
import { transformationOptions } from "./options.ts"
import { type Optimizer, stateless } from "./Transformation.ts"

const addTo =
  (term: (parameter: Tensor) => Tensor, select: Select) =>
  <P>(grads: P, params: P): P =>
    zip((g, parameter, path) => (select(path) ? T.add(g, term(parameter)) : g), grads, params)

/** g + λw for weights: the gradient of an L2 penalty where it stands before other bricks, decoupled weight decay where it stands after. */
export const addDecayedWeights = (lambda: number, select: Select = isWeight): Optimizer<None> => {
  wantOptions("addDecayedWeights", transformationOptions, { lambda })
  return stateless(addTo((w) => T.mul(w, lambda), select))
}

/** g + λ sign(w) for weights: the gradient of an L1 penalty. */
export const addWeightSigns = (lambda: number, select: Select = isWeight): Optimizer<None> => {
  wantOptions("addWeightSigns", transformationOptions, { lambda })
  return stateless(addTo((w) => T.mul(T.sign(w), lambda), select))
}

/** The squares of the weights that lead to each unit, added up: units are along the last axis. */
const squaredNorms = (w: Tensor): Tensor => {
  const inner = w.shape.slice(0, -1).map((_, axis) => axis)
  return inner.length === 0 ? T.square(w) : T.sum(T.square(w), { axes: inner, keepAxes: true })
}

/**
 * Updates after which the weights that lead to a unit have a norm of at most `max`: what they would become is scaled down
 * where it is longer. It stands last in a chain, where updates are what is added to the parameters (Srebro and Shraibman,
 * Rank, trace-norm and max-norm, 2005; Srivastava et al., Dropout, 2014).
 */
export const maxNorm = (max: number, select: Select = isWeight): Optimizer<None> => {
  wantOptions("maxNorm", transformationOptions, { max })
  return stateless((updates, params) =>
    zip(
      (update, w, path) => {
        if (!select(path)) return update
        const moved = T.add(w, update)
        // At least the least normal f32, so that weights of 0 stay 0 under a ceiling of 0.
        const factor = T.div(max, T.sqrt(T.maximum(squaredNorms(moved), Math.max(max ** 2, 2 ** -126))))
        return T.sub(T.mul(moved, factor), w)
      },
      updates,
      params,
    ),
  )
}
