/** Bricks that keep steps short: against gradients that explode. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Tree from "../../types/Tree.ts"
import { wantOptions } from "../OptionError.ts"
import { globalNorm, map, type None } from "../Params.ts"
import { transformationOptions } from "./options.ts"
import { type Optimizer, stateless } from "./Transformation.ts"

/** The least normal f32, so that nothing divided by the norm of zeros is 0 and not NaN. */
const least = 2 ** -126

/** min(1, max / norm); 0 where both are 0. */
const shrink = (norm: Tensor, max: number): Tensor => T.div(max, T.maximum(norm, Math.max(max, least)))

const wantMax = (operation: string, max: number): void => wantOptions(operation, transformationOptions, { max })

/**
 * g · min(1, max / ‖g‖), the norm taken over all leaves together, so that the direction stays (Pascanu, Mikolov and
 * Bengio, On the difficulty of training recurrent neural networks, 2013).
 */
export const clipByGlobalNorm = (max: number): Optimizer<None> => {
  wantMax("clipByGlobalNorm", max)
  return stateless((grads) => {
    const factor = shrink(globalNorm(grads), max)
    return map(grads, (g) => T.mul(g, factor))
  })
}

/**
 * g · min(1, max / ‖g‖) with a norm for each layer: the leaves that stand beside each other in the tree. One layer's
 * explosion then does not stop the others.
 */
export const clipByLayerNorm = (max: number): Optimizer<None> => {
  wantMax("clipByLayerNorm", max)
  return stateless((grads) => {
    const layers = new Map<string, Array<unknown>>()
    for (const [path, leaf] of Tree.entries(grads as unknown)) {
      const layer = Tree.printPath(path.slice(0, -1))
      const found = layers.get(layer)
      if (found === undefined) layers.set(layer, [leaf])
      else found.push(leaf)
    }
    const factors = new Map([...layers].map(([layer, together]) => [layer, shrink(globalNorm(together), max)]))
    return map(grads, (g, path) => T.mul(g, factors.get(Tree.printPath(path.slice(0, -1))) ?? 1))
  })
}

/** Each number of g kept between -max and max: turns the step, where clipping a norm only shortens it. */
export const clipByValue = (max: number): Optimizer<None> => {
  wantMax("clipByValue", max)
  return stateless((grads) => map(grads, (g) => T.clamp(g, -max, max)))
}
