/** How long each layer of a net computes, forward and backward, on a batch of its own: what its share of a training step is, about. */
import * as Compile from "@adjoint/core/engines/Compile"
import { tensors } from "@adjoint/core/language/TensorTree"
import type { TreeNet } from "@adjoint/core/learning/Net"
import { leaves, type Params } from "@adjoint/core/learning/Params"
import * as Key from "@adjoint/core/tensor/Key"
import { read } from "@adjoint/core/tensor/read"
import * as T from "@adjoint/core/tensor/Tensor"
import { vjp } from "@adjoint/core/transform/Autodiff"
import type * as ShapeTree from "@adjoint/core/types/ShapeTree"
import { valuesFor } from "@adjoint/dsl/build/LayerRows"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** A layer that has no others inside. */
export interface Leaf {
  readonly name: string
  readonly net: TreeNet
  readonly input: ShapeTree.ShapeTree
}

/** Samples of 0 as a layer takes them; sequences have all of their steps. */
const samplesOf = (input: ShapeTree.ShapeTree, batch: number): ReadonlyArray<T.Tensor> =>
  tensors(
    valuesFor<T.Tensor>(
      input,
      (shape) => read(T.zeros([batch, ...shape])),
      (time) => read(T.full([batch], time, "i32")),
    ),
  )

/** The tensors of a layer's input, of which `floats` are those of numbers and the others lengths. */
const inputWith = (input: ShapeTree.ShapeTree, batch: number, floats: ReadonlyArray<T.Tensor>): Params => {
  const rest = [...floats]
  return valuesFor<T.Tensor>(
    input,
    () => rest.shift() ?? T.scalar(0),
    (time) => T.full([batch], time, "i32"),
  ) as Params
}

/** The layer as a step: outputs, and gradients by its parameters and its input, added up so that all are computed. */
const stepOf = ({ input, net }: Leaf, batch: number) => {
  const { params, state } = net.init(Key.make(0), input)
  return Compile.step((weights: Params, x: ReadonlyArray<T.Tensor>) => {
    const apply = (own: { readonly weights: Params; readonly x: ReadonlyArray<T.Tensor> }): T.Tensor => {
      const samples = inputWith(input, batch, own.x)
      const { y } = net.apply(own.weights, state, samples, { mode: "train", key: Key.make(0) })
      return tensors(y).find(({ dtype }) => dtype === "f32") ?? T.scalar(0)
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
      const x = samplesOf(leaf.input, batch).filter(({ dtype }) => dtype === "f32")
      const step = yield* stepOf(leaf, batch)
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
