/**
 * The arrays of each layer of a net: its parameters, its output and its intermediate tensors. Gradients and the state of an
 * optimizer have the shapes of parameters, gradients of outputs those of outputs, so every array of a training step belongs
 * to a layer.
 */
import type { Tensor } from "../language/Expr.ts"
import { placeholders } from "../language/Program.ts"
import { refill, tensors } from "../language/TensorTree.ts"
import { order } from "../language/Walk.ts"
import type { Net } from "../learning/Net.ts"
import { zeros } from "../tensor/create.ts"
import * as Key from "../tensor/Key.ts"
import type { Spec } from "../types/ShapeError.ts"
import * as ShapeTree from "../types/ShapeTree.ts"
import * as SpecTree from "../types/SpecTree.ts"
import * as Tree from "../types/Tree.ts"

/** The arrays of one layer. */
export interface LayerArrays {
  /** Names from the outermost net to the layer, joined by dots: `repeat1.0.dense1`. */
  readonly layer: string
  readonly parameters: ReadonlyArray<Spec>
  /** Its output for a batch and its intermediate tensors. */
  readonly activations: ReadonlyArray<Spec>
}

const specOf = ({ dtype, shape }: Spec): Spec => ({ dtype, shape })

/**
 * The arrays of a net's layers in a training step on a batch, a tensor or a tree of tensors [rows, ...sample], in order; nothing
 * is computed. Throws `ShapeError`.
 */
export const layerArrays = <P, S, X, Y>(net: Net<P, S, X, Y>, batch: SpecTree.SpecTree): ReadonlyArray<LayerArrays> => {
  const like = SpecTree.map(batch, ({ dtype, shape }) => zeros(shape, dtype))
  const start = net.init(Key.make(0), ShapeTree.ofRows(like) as ShapeTree.Of<X>)
  const inputs = placeholders(tensors([start, like]))
  const [{ params, state }, x] = refill([start, like as X] as const, inputs)
  const seen = new Set<Tensor>(inputs)
  const observed: Array<readonly [layer: string, arrays: ReadonlyArray<Spec>]> = []
  const observe = (layer: string, y: Tensor): void => {
    const added = order([y], (x) => seen.has(x) || x.value !== undefined)
    for (const x of added) seen.add(x)
    const arrays = added.map(specOf)
    const last = observed.at(-1)
    // A layer that gives a tree is observed once for each of its tensors.
    if (last?.[0] === layer) observed[observed.length - 1] = [layer, [...last[1], ...arrays]]
    else observed.push([layer, arrays])
  }
  net.apply(params, state, x, { mode: "train", key: Key.make(0), observe })
  const parameters = Tree.entries(start.params).map(([path, leaf]) => ({
    at: `${Tree.printPath(path)}.`,
    spec: specOf(leaf as Tensor),
  }))
  const names = observed.map(([layer]) => layer)
  // Inner layers are observed before the layers that contain them, so the first matching name is the innermost layer.
  const ownerOf = (at: string): string | undefined => names.find((layer) => at.startsWith(`${layer}.`))
  return observed.map(([layer, arrays]) => ({
    layer,
    parameters: parameters.flatMap(({ at, spec }) => (ownerOf(at) === layer ? [spec] : [])),
    activations: arrays,
  }))
}
