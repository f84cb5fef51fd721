/** Layers of single time steps, and pooling over the time steps of a sequence. */

import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { type Context, type Net, pure } from "../Net.ts"
import { leaves, type None, none } from "../Params.ts"
import { checked, clean, counts, mask, type Padded, sizesOf, stepOf, stretched, withShape, withValues } from "./Padded.ts"
import type { Stepwise } from "./Stepwise.ts"

/** A function of time steps [n, …], applied to those of all sequences; the padding of the result is 0. */
export const overSteps = <X extends Padded>(sequences: X, f: (steps: Tensor) => Tensor): X => {
  const x = clean(sequences)
  const [batch = 0, time = 0, ...step] = x.shape
  const y = f(T.reshape(x, [batch * time, ...step]) as Tensor)
  return withValues(sequences, clean(withValues(sequences, T.reshape(y, [batch, time, ...y.shape.slice(1)]))))
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
      return withShape(input, [time, ...layer.shape(step)])
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
const divisor = (count: Tensor, rank: number): Tensor => stretched(T.cast(T.maximum(count, 1), "f32"), rank)

/**
 * The mean over the time steps of each sequence, without the padding: [batch, time, …] gives [batch, …]; 0 for an empty one.
 *
 * ```ts
 * const x = Tensor.make([[[1], [3], [NaN]], [[1], [2], [6]]])
 * Tensor.toArray(Net.infer(Sequence.mean, { params: {}, state: {} }, { x, length: Tensor.make([2, 3], "i32") })) // => [[2], [3]]
 * ```
 */
export const mean: Net<None, None, Padded, Tensor> = pooling("mean", (sequences) => {
  const sum = T.sum(sequences.x, { axes: 1 })
  return T.div(sum, divisor(counts(sequences), sum.shape.length))
})

/**
 * The maximum over the time steps of each sequence, without the padding: [batch, time, …] gives [batch, …]; 0 for an empty one.
 *
 * ```ts
 * const x = Tensor.make([[[-1], [-3], [9]], [[1], [2], [6]]])
 * Tensor.toArray(Net.infer(Sequence.max, { params: {}, state: {} }, { x, length: Tensor.make([2, 3], "i32") })) // => [[-1], [6]]
 * ```
 */
export const max: Net<None, None, Padded, Tensor> = pooling("max", (sequences) => {
  const { x } = sequences
  const most = T.max(T.where(stretched(mask(sequences), x.shape.length), x, Number.NEGATIVE_INFINITY), { axes: 1 })
  return T.where(stretched(T.greater(counts(sequences), 0), most.shape.length), most, 0)
})

/**
 * The last time step of each sequence that counts: [batch, time, …] gives [batch, …]; 0 for an empty one.
 *
 * ```ts
 * const x = Tensor.make([[[1], [3], [9]], [[1], [2], [6]]])
 * Tensor.toArray(Net.infer(Sequence.last, { params: {}, state: {} }, { x, length: Tensor.make([2, 3], "i32") })) // => [[3], [6]]
 * ```
 */
export const last: Net<None, None, Padded, Tensor> = pooling("last", (sequences) => {
  const { length, x } = sequences
  const steps = T.iota(x.shape.slice(0, 2), 1) as Tensor
  const end = sequences.mask === undefined ? T.sub(length, 1) : T.max(T.where(mask(sequences), steps, -1), { axes: 1 })
  const isLast = T.equal(steps, T.expandAxis(end, -1))
  return T.sum(T.where(stretched(isLast, x.shape.length), x, 0), { axes: 1 })
})
