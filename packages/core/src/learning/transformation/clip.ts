/** Gradient clipping, against exploding gradients. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Tree from "../../types/Tree.ts"
import { checkOptions } from "../OptionError.ts"
import { globalNorm, map, type None } from "../Params.ts"
import { transformationOptions } from "./options.ts"
import { type Optimizer, stateless } from "./Transformation.ts"

/** The smallest normal f32: clipping zeros to a maximum of 0 then gives 0, not NaN. */
const least = 2 ** -126

/** min(1, max / norm); 0 where both are 0. */
const shrink = (norm: Tensor, max: number): Tensor => T.div(max, T.maximum(norm, Math.max(max, least)))

const checkMax = (operation: string, max: number): void => checkOptions(operation, transformationOptions, { max })

/**
 * g · min(1, max / ‖g‖) with the norm of all leaves together, which keeps the direction (Pascanu, Mikolov and Bengio, On the
 * difficulty of training recurrent neural networks, 2013).
 */
export const clipByGlobalNorm = (max: number): Optimizer<None> => {
  checkMax("clipByGlobalNorm", max)
  return stateless((grads) => {
    const factor = shrink(globalNorm(grads), max)
    return map(grads, (g) => T.mul(g, factor))
  })
}

/**
 * g · min(1, max / ‖g‖) with one norm for each layer, that is, for the leaves with the same parent in the tree. An exploding
 * gradient in one layer then does not shrink the others.
 */
export const clipByLayerNorm = (max: number): Optimizer<None> => {
  checkMax("clipByLayerNorm", max)
  return stateless((grads) => {
    const layers = new Map<string, Array<unknown>>()
    for (const [path, leaf] of Tree.entries(grads as unknown)) {
      const layer = Tree.printPath(path.slice(0, -1))
      const gradients = layers.get(layer)
      if (gradients === undefined) layers.set(layer, [leaf])
      else gradients.push(leaf)
    }
    const factors = new Map([...layers].map(([layer, gradients]) => [layer, shrink(globalNorm(gradients), max)]))
    return map(grads, (g, path) => T.mul(g, factors.get(Tree.printPath(path.slice(0, -1))) ?? 1))
  })
}

/** Clamps each element of g to [-max, max]. This changes the direction of the step; clipping by a norm does not. */
export const clipByValue = (max: number): Optimizer<None> => {
  checkMax("clipByValue", max)
  return stateless((grads) => map(grads, (g) => T.clamp(g, -max, max)))
}
