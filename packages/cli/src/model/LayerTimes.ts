/** How long each layer of a net computes, forward and backward, on a batch of its own: what its share of a training step is, about. */
import * as Compile from "@adjoint/core/engines/Compile"
import { tensors } from "@adjoint/core/language/TensorTree"
import type { TreeNet } from "@adjoint/core/learning/Net"
import { leaves, type Params } from "@adjoint/core/learning/Params"
import { isPaddedShape } from "@adjoint/core/learning/sequence/Padded"
import * as Key from "@adjoint/core/tensor/Key"
import { read } from "@adjoint/core/tensor/read"
import * as T from "@adjoint/core/tensor/Tensor"
import { vjp } from "@adjoint/core/transform/Autodiff"
import type * as Shape from "@adjoint/core/types/Shape"
import type * as ShapeTree from "@adjoint/core/types/ShapeTree"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** A layer that has no others inside. */
export interface Leaf {
  readonly name: string
  readonly net: TreeNet
  readonly input: ShapeTree.ShapeTree
}

/** Samples of 0 as a layer takes them; sequences have all of their steps. */
const samplesOf = (input: ShapeTree.ShapeTree, batch: number): { readonly x: T.Tensor; readonly length?: T.Tensor } => {
  if (!isPaddedShape(input)) return { x: read(T.zeros([batch, ...(input as Shape.Shape)])) }
  return { x: read(T.zeros([batch, ...input.x])), length: read(T.full([batch], input.x[0] ?? 1, "i32")) }
}

/** The layer as a step: outputs, and gradients by its parameters and its input, added up so that all are computed. */
const stepOf = ({ input, net }: Leaf, length: T.Tensor | undefined) => {
  const { params, state } = net.init(Key.make(0), input)
  return Compile.step((weights: Params, x: T.Tensor) => {
    const apply = (own: { readonly weights: Params; readonly x: T.Tensor }): T.Tensor => {
      const samples = length === undefined ? own.x : { x: own.x, length }
      const { y } = net.apply(own.weights, state, samples, { mode: "train", key: Key.make(0) })
      return tensors(y).find(({ dtype }) => dtype === "f32") ?? own.x
    }
    const { pull, value } = vjp(apply, { weights, x })
    const gradients = leaves(pull(T.onesLike(value)))
    return { state: weights, output: gradients.reduce<T.Tensor>((sum, g) => T.add(sum, T.sum(T.cast(g, "f32"))), T.sum(value)) }
  }, params)
}

const repeats = 5
const batches = 4

/** A layer that takes longer is measured less often. */
const patience = 200

/** Milliseconds for a batch of a layer: the least of some measurements, since whatever else the machine does only adds to it. */
const timeOf = (leaf: Leaf, batch: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { length, x } = samplesOf(leaf.input, batch)
      const step = yield* stepOf(leaf, length)
      const run = step.run(Array.from({ length: batches }, () => x))
      const first = performance.now()
      yield* run
      let least = Number.POSITIVE_INFINITY
      for (let i = 0; i === 0 || (i < repeats && performance.now() - first < patience); i++) {
        const start = performance.now()
        yield* run
        least = Math.min(least, (performance.now() - start) / batches)
      }
      // Less than a microsecond cannot be measured.
      return Math.round(1000 * least) / 1000
    }),
  )

/** Milliseconds for a batch of each layer, by name. A layer that cannot be computed alone is left out. */
export const layerTimes = (layers: ReadonlyArray<Leaf>, batch: number) =>
  Effect.map(
    Effect.forEach(layers, (leaf) =>
      Effect.map(Effect.exit(Effect.suspend(() => timeOf(leaf, batch))), (time) => [leaf.name, time] as const),
    ),
    (all) => Object.fromEntries(all.flatMap(([name, time]) => (Exit.isSuccess(time) ? [[name, time.value] as const] : []))),
  )
