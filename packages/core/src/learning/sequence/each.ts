/** Layers of single time steps, and pooling over the time steps of a sequence. */

import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { type Context, type Net, pure } from "../Net.ts"
import { leaves, type None, none } from "../Params.ts"
import { checked, clean, mask, type Padded, sizesOf, stepOf, stretched } from "./Padded.ts"
import type { Stepwise } from "./Stepwise.ts"

/** A function of time steps [n, …], applied to those of all sequences; the padding of the result is 0. */
export const overSteps = (sequences: Padded, f: (steps: Tensor) => Tensor): Padded => {
  const x = clean(sequences)
  const [batch = 0, time = 0, ...step] = x.shape
  const y = f(T.reshape(x, [batch * time, ...step]) as Tensor)
  return { x: clean({ x: T.reshape(y, [batch, time, ...y.shape.slice(1)]), length: sequences.length }), length: sequences.length }
}

/**
 * A layer applied to each time step of sequences, as if each step were a sample: dense layers, embeddings, layer normalization,
 * dropout. x [batch, time, …step] gives [batch, time, …output]. Throws `ShapeError` for a layer with state, as batch normalization
 * has, whose statistics would count the padding.
 *
 * ```ts
 * const layer = Sequence.each(Layers.dense({ units: 4 }))
 * layer.shape({ x: [7, 3], length: [] }) // => { x: [7, 4], length: [] }
 * ```
 */
export const each = <P, S>(layer: Net<P, S>): Stepwise<P, S, None> => {
  const operation = `Sequence.each(${layer.kind})`
  return {
    kind: layer.kind,
    shape: (input) => {
      const [time, step] = stepOf(operation, input)
      return { x: [time, ...layer.shape(step)], length: [] }
    },
    init: (key, input) => {
      const initial = layer.init(key, stepOf(operation, input)[1])
      return leaves(initial.state).length === 0
        ? initial
        : refuse(operation, [], "a layer without state, whose statistics would count the padding", "Layers.layerNorm()")
    },
    apply: (params, state, sequences: Padded, context: Context) => ({
      y: overSteps(sequences, (steps) => layer.apply(params, state, steps, context).y),
      state,
    }),
    begin: () => none,
    step: (params, state, carry, x) => ({ x: layer.apply(params, state, x, { mode: "infer" }).y, carry }),
  }
}

const pooling = (kind: string, pool: (sequences: Padded) => Tensor): Net<None, None, Padded, Tensor> =>
  pure<Padded, Tensor>(
    kind,
    (sequences) => {
      const [, time] = sizesOf(kind, sequences)
      return checked(pool({ ...sequences, x: clean(sequences) }), sequences.length, time)
    },
    (input) => stepOf(kind, input)[1],
  )

/** Counts of at least 1 that divide values [batch, …]. */
const divisor = (length: Tensor, rank: number): Tensor => stretched(T.cast(T.maximum(length, 1), "f32"), rank)

/**
 * The mean over the time steps of each sequence, without the padding: [batch, time, …] gives [batch, …]; 0 for an empty one.
 *
 * ```ts
 * const x = Tensor.make([[[1], [3], [NaN]], [[1], [2], [6]]])
 * Tensor.toArray(Net.infer(Sequence.mean, { params: {}, state: {} }, { x, length: Tensor.make([2, 3], "i32") })) // => [[2], [3]]
 * ```
 */
export const mean: Net<None, None, Padded, Tensor> = pooling("mean", ({ length, x }) => {
  const sum = T.sum(x, { axes: 1 })
  return T.div(sum, divisor(length, sum.shape.length))
})

/**
 * The maximum over the time steps of each sequence, without the padding: [batch, time, …] gives [batch, …]; 0 for an empty one.
 *
 * ```ts
 * const x = Tensor.make([[[-1], [-3], [9]], [[1], [2], [6]]])
 * Tensor.toArray(Net.infer(Sequence.max, { params: {}, state: {} }, { x, length: Tensor.make([2, 3], "i32") })) // => [[-1], [6]]
 * ```
 */
export const max: Net<None, None, Padded, Tensor> = pooling("max", ({ length, x }) => {
  const most = T.max(T.where(stretched(mask({ length, x }), x.shape.length), x, Number.NEGATIVE_INFINITY), { axes: 1 })
  return T.where(stretched(T.greater(length, 0), most.shape.length), most, 0)
})

/**
 * The last time step of each sequence that is not padding: [batch, time, …] gives [batch, …]; 0 for an empty one.
 *
 * ```ts
 * const x = Tensor.make([[[1], [3], [9]], [[1], [2], [6]]])
 * Tensor.toArray(Net.infer(Sequence.last, { params: {}, state: {} }, { x, length: Tensor.make([2, 3], "i32") })) // => [[3], [6]]
 * ```
 */
export const last: Net<None, None, Padded, Tensor> = pooling("last", ({ length, x }) => {
  const isLast = T.equal(T.iota(x.shape.slice(0, 2), 1), T.expandAxis(T.sub(length, 1), -1))
  return T.sum(T.where(stretched(isLast, x.shape.length), x, 0), { axes: 1 })
})
