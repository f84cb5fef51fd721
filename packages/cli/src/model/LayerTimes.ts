/** How long each layer of a net computes, forward and backward, on a batch of its own: what its share of a training step is, about. */
import * as Compile from "@adjoint/core/engines/Compile"
import type { Net } from "@adjoint/core/learning/Net"
import { leaves, type Params } from "@adjoint/core/learning/Params"
import * as Key from "@adjoint/core/tensor/Key"
import { read } from "@adjoint/core/tensor/read"
import * as T from "@adjoint/core/tensor/Tensor"
import { vjp } from "@adjoint/core/transform/Autodiff"
import type * as Shape from "@adjoint/core/types/Shape"
import * as Effect from "effect/Effect"

/** A layer that has no others inside. */
export interface Leaf {
  readonly name: string
  readonly net: Net
  readonly input: Shape.Shape
}

/** The layer as a step: outputs, and gradients by its parameters and its input, added up so that all are computed. */
const stepOf = ({ input, net }: Leaf) => {
  const { params, state } = net.init(Key.make(0), input)
  return Compile.step((weights: Params, x: T.Tensor) => {
    const apply = (own: { readonly weights: Params; readonly x: T.Tensor }) =>
      net.apply(own.weights, state, own.x, { mode: "train", key: Key.make(0) }).y
    const { pull, value } = vjp(apply, { weights, x })
    const gradients = leaves(pull(T.onesLike(value)))
    return { state: weights, output: gradients.reduce<T.Tensor>((sum, g) => T.add(sum, T.sum(T.cast(g, "f32"))), T.sum(value)) }
  }, params)
}

const repeats = 5
const batches = 4

/** Milliseconds for a batch of a layer: the least of some measurements, since whatever else the machine does only adds to it. */
const timeOf = (leaf: Leaf, batch: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const step = yield* stepOf(leaf)
      const x = read(T.zeros([batch, ...leaf.input]))
      const run = step.run(Array.from({ length: batches }, () => x))
      yield* run
      let least = Number.POSITIVE_INFINITY
      for (let i = 0; i < repeats; i++) {
        const start = performance.now()
        yield* run
        least = Math.min(least, (performance.now() - start) / batches)
      }
      // Nobody can tell less than a microsecond.
      return Math.round(1000 * least) / 1000
    }),
  )

/** Milliseconds for a batch of each layer, by name. A layer that cannot be computed alone is left out. */
export const layerTimes = (layers: ReadonlyArray<Leaf>, batch: number) =>
  Effect.map(
    Effect.forEach(layers, (leaf) => Effect.map(Effect.option(timeOf(leaf, batch)), (time) => [leaf.name, time] as const)),
    (all) => Object.fromEntries(all.flatMap(([name, time]) => (time._tag === "Some" ? [[name, time.value] as const] : []))),
  )
