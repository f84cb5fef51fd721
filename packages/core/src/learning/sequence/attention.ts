/** Attention over padded sequences: padding and holes are no keys, and their own results are 0. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import * as Activation from "../Activation.ts"
import * as Initializer from "../Initializer.ts"
import { activationOf } from "../layers/activation.ts"
import { type InitializerLike, initializerOf } from "../layers/affine.ts"
import { type AttentionParams, entries } from "../layers/attention.ts"
import { dropout } from "../layers/noise.ts"
import type { Context } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import { type None, none } from "../Params.ts"
import {
  checked,
  clean,
  featuresOf,
  mask,
  type Padded,
  type PaddedShape,
  sizesOf,
  type WithMemory,
  withValues,
} from "./Padded.ts"
import { angles, rotate } from "./rotary.ts"
import type { Stepwise } from "./Stepwise.ts"

/** The options of attention between two sequences. */
export interface CrossAttentionOptions {
  /** The number of heads, which divides the number of features. Each head uses a part of the features. */
  readonly heads: number
  /** The number of heads of keys and values, which divides `heads`: as many unless given. Groups of heads share them. */
  readonly keyHeads?: number
  /** The dropout rate of the attention weights: 0 unless given. */
  readonly dropout?: number
  /** The initializer of the weights: `auto` unless given. */
  readonly init?: InitializerLike
}

/** The options of attention within a sequence. */
export interface AttentionOptions extends CrossAttentionOptions {
  /** Whether a time step attends only to itself and earlier ones: false unless given. */
  readonly causal?: boolean
  /** Whether queries and keys are rotated by their positions: false unless given. */
  readonly rotary?: boolean
}

/** Keys and values of the time steps so far [batch, keyHeads, time, features of a head], and their number. */
export type AttentionCache = { readonly k: Tensor; readonly v: Tensor; readonly at: Tensor }

/** Keys and values of the memory [batch, keyHeads, others, features of a head], and which of its time steps count, 1 or 0, or NaN if its length is impossible. */
export type MemoryCache = { readonly k: Tensor; readonly v: Tensor; readonly isKey: Tensor }

interface Sizes {
  readonly heads: number
  readonly keyHeads: number
  /** The number of features of a head. */
  readonly width: number
}

/** A score that no other is below, but finite: a row without any key has no NaN in its gradient. */
const never = -1e30

const sizes = (kind: string, { heads, keyHeads = heads }: CrossAttentionOptions, features: number, rotary: boolean): Sizes => {
  const refused = (wanted: string, hint: string): never => refuse(kind, [{ dtype: "f32", shape: [features] }], wanted, hint)
  if (features % heads !== 0) refused(`features that ${heads} heads divide, not ${features}`, `heads that divide ${features}`)
  if (heads % keyHeads !== 0) refused(`heads that ${keyHeads} key heads divide, not ${heads}`, `key heads that divide ${heads}`)
  const width = features / heads
  if (rotary && width % 2 !== 0) refused(`an even number of features for a head to rotate, not ${width}`, "half as many heads")
  return { heads, keyHeads, width }
}

const initial = (
  { init = "auto" }: CrossAttentionOptions,
  { heads, keyHeads, width }: Sizes,
  key: Key.Key,
  features: number,
): AttentionParams => {
  const weights = initializerOf(init)
  const w = (name: string, inputs: number, outputs: number): Tensor =>
    weights(Key.fold(key, name), [inputs, outputs], {
      ...Initializer.fans([inputs, outputs]),
      activation: activationOf("identity"),
    })
  const [all, shared] = [heads * width, keyHeads * width]
  const b = (outputs: number): Tensor => T.zeros([outputs]) as Tensor
  return {
    wq: w("wq", all, all),
    wk: w("wk", features, shared),
    wv: w("wv", features, shared),
    wo: w("wo", all, all),
    bq: b(all),
    bk: b(shared),
    bv: b(shared),
    bo: b(all),
  }
}

/** x · w + b of time steps [batch, time, features], divided among heads: [batch, heads, time, width]. */
const mapped = (x: Tensor, w: Tensor, b: Tensor, heads: number): Tensor => {
  const [batch = 0, time = 0, features = 0] = x.shape
  const rows = T.add(T.matmul(T.reshape(x, [batch * time, features]) as Tensor, w), b)
  return T.transpose(T.reshape(rows, [batch, time, heads, (w.shape[1] ?? 0) / heads]), [0, 2, 1, 3]) as Tensor
}

/** The inverse: heads [batch, heads, time, width] side by side, and the output map, [batch, time, features]. */
const merged = (heads: Tensor, { bo, wo }: AttentionParams): Tensor => {
  const [batch = 0, count = 0, time = 0, width = 0] = heads.shape
  const rows = T.reshape(T.transpose(heads, [0, 2, 1, 3]), [batch * time, count * width]) as Tensor
  return T.reshape(T.add(T.matmul(rows, wo), bo), [batch, time, wo.shape[1] ?? 0])
}

/**
 * softmax(q kᵀ / √d) v for queries [batch, heads, …], and keys and values [batch, keyHeads, …], which groups of heads share.
 * `isKey` broadcasts to [batch, heads, queries, keys]; a query without any key gets 0.
 */
const attend = (q: Tensor, k: Tensor, v: Tensor, isKey: Tensor, drop: (weights: Tensor) => Tensor): Tensor => {
  const [batch = 0, heads = 0, queries = 0, width = 0] = q.shape
  const [, keyHeads = 0, keys = 0] = k.shape
  const grouped = [batch, keyHeads, (heads / keyHeads) * queries]
  const scaled = T.reshape(T.mul(q, 1 / Math.sqrt(width)), [...grouped, width]) as Tensor
  const scores = T.reshape(T.matmul(scaled, T.transpose(k, [0, 1, 3, 2]) as Tensor), [batch, heads, queries, keys])
  const weights = drop(T.where(isKey, Activation.softmax(T.where(isKey, scores, never)), 0))
  return T.reshape(T.matmul(T.reshape(weights, [...grouped, keys]) as Tensor, v), [batch, heads, queries, width])
}

const dropping = (rate: number, context: Context) => {
  const dropped = dropout(rate)
  return (weights: Tensor): Tensor => dropped.apply(none, none, weights, context).y
}

const {
  causal: causalOption,
  dropout: dropoutOption,
  heads,
  init,
  key_heads: keyHeads,
  rotary,
} = entries.multi_head_attention.options

const crossBounds = { heads, keyHeads, dropout: dropoutOption, init }
const bounds = { ...crossBounds, causal: causalOption, rotary }

/**
 * Multi-head attention within each sequence: x [batch, time, features] gives the same shape. With fewer `keyHeads` than heads,
 * groups of heads share keys and values (Ainslie et al., GQA, 2023; Shazeer, Fast transformer decoding, 2019, for one). With
 * `rotary`, scores depend on the distance of two time steps (Su et al., RoFormer, 2021). Its parameters are those of
 * `Layers.multiHeadAttention`. Throws `ShapeError`.
 *
 * ```ts
 * const layer = Sequence.attention({ heads: 4, keyHeads: 2, causal: true, rotary: true })
 * layer.init(Key.make(1), { x: [7, 8], length: [] }).params.wk.shape // => [8, 4]
 * ```
 */
export const attention = (options: AttentionOptions): Stepwise<AttentionParams, None, AttentionCache> => {
  const kind = "attention"
  const { causal = false, dropout: rate = 0, rotary = false } = options
  checkOptions("Sequence.attention", bounds, options)
  const of = (features: number): Sizes => sizes(kind, options, features, rotary)
  const turned = (x: Tensor, from: Tensor): Tensor => (rotary ? rotate(x, angles(from, x.shape.at(-1) ?? 0)) : x)
  const parts = ({ bk, bq, bv, wk, wq, wv }: AttentionParams, x: Tensor, positions: Tensor) => {
    const { heads, keyHeads } = of(x.shape[2] ?? 0)
    return {
      q: turned(mapped(x, wq, bq, heads), positions),
      k: turned(mapped(x, wk, bk, keyHeads), positions),
      v: mapped(x, wv, bv, keyHeads),
    }
  }
  return {
    kind,
    shape: (input) => {
      of(featuresOf(kind, input))
      return input
    },
    init: (key, input) => {
      const features = featuresOf(kind, input)
      return { params: initial(options, of(features), key, features), state: none }
    },
    apply: (params, state, sequences, context) => {
      const { length, x } = sequences
      featuresOf(kind, ShapeTree.ofRows({ x, length }))
      const [batch, time] = sizesOf(kind, sequences)
      const { k, q, v } = parts(params, clean(sequences), T.cast(T.range(time), "f32"))
      const isReal = T.reshape(mask(sequences), [batch, 1, 1, time]) as Tensor
      const isEarlier = T.lessEqual(T.iota([time, time], 1) as Tensor, T.iota([time, time], 0) as Tensor)
      const y = attend(q, k, v, causal ? T.and(isReal, isEarlier) : isReal, dropping(rate, context))
      return { y: withValues(sequences, clean(withValues(sequences, merged(y, params)))), state }
    },
    begin: (_, __, { batch, input }) => {
      if (!causal) refuse(kind, [], "causal attention for one step after another", "causal: true")
      const { keyHeads, width } = of(featuresOf(kind, input))
      const cache = T.zeros([batch, keyHeads, input.x[0] ?? 0, width]) as Tensor
      return { k: cache, v: cache, at: T.scalar(0) }
    },
    step: (params, _, { at, k, v }, x) => {
      const [batch = 0, features = 0] = x.shape
      const next = parts(params, T.reshape(x, [batch, 1, features]), T.reshape(at, [1]))
      const time = k.shape[2] ?? 0
      const place = T.cast(T.reshape(T.range(time), [1, 1, time, 1]), "f32") as Tensor
      const put = (cache: Tensor, one: Tensor): Tensor => T.where(T.equal(place, at), one, cache)
      const [keys, values] = [put(k, next.k), put(v, next.v)]
      const isKey = T.lessEqual(T.reshape(place, [1, 1, 1, time]) as Tensor, at)
      const y = attend(next.q, keys, values, isKey, (weights) => weights)
      const merge = merged(y, params)
      return { x: T.reshape(merge, [batch, features]), carry: { k: keys, v: values, at: T.add(at, 1) } }
    },
  }
}

/**
 * Multi-head attention from each sequence to another one, its memory, such as an encoder's output: { x: [batch, time, features],
 * length, memory: { x: [batch, others, …], length } } gives the same with other x. Step by step, the memory's keys and values are
 * computed once, before the first step. Throws `ShapeError`.
 *
 * ```ts
 * const layer = Sequence.crossAttention({ heads: 2 })
 * layer.shape({ x: [7, 4], length: [], memory: { x: [9, 6], length: [] } }) // => { x: [7, 4], length: [], memory: { x: [9, 6], length: [] } }
 * ```
 */
export const crossAttention = (options: CrossAttentionOptions): Stepwise<AttentionParams, None, MemoryCache, WithMemory> => {
  const kind = "cross_attention"
  const { dropout: rate = 0 } = options
  checkOptions("Sequence.crossAttention", crossBounds, options)
  const of = (features: number): Sizes => sizes(kind, options, features, false)
  const wanted = (memory: PaddedShape | undefined): PaddedShape =>
    memory ?? refuse(kind, [], "sequences with a memory { x, length, memory: { x, length } }", "memory: the output of an encoder")
  const keysOf = ({ bk, bv, wk, wv }: AttentionParams, memory: Padded, keyHeads: number) => {
    const seen = clean(memory)
    return { k: mapped(seen, wk, bk, keyHeads), v: mapped(seen, wv, bv, keyHeads) }
  }
  return {
    kind,
    shape: (input) => {
      of(featuresOf(kind, input))
      featuresOf(kind, wanted(input.memory))
      return input
    },
    init: (key, input) => ({
      params: initial(options, of(featuresOf(kind, input)), key, featuresOf(kind, wanted(input.memory))),
      state: none,
    }),
    apply: (params, state, sequences, context) => {
      const { length, memory, x } = sequences
      const { heads, keyHeads } = of(featuresOf(kind, ShapeTree.ofRows({ x, length })))
      wanted(memory && { x: memory.x.shape, length: [] })
      const [batch, others] = sizesOf(kind, memory)
      const isReal = T.reshape(mask(memory), [batch, 1, 1, others]) as Tensor
      const q = mapped(clean(sequences), params.wq, params.bq, heads)
      const { k, v } = keysOf(params, memory, keyHeads)
      const y = merged(attend(q, k, v, isReal, dropping(rate, context)), params)
      return { y: withValues(sequences, checked(clean(withValues(sequences, y)), memory.length, others)), state }
    },
    begin: (params, _, { input, memory }) => {
      const { keyHeads } = of(featuresOf(kind, input))
      if (memory === undefined) return refuse(kind, [], "a memory to attend to", "memory: the output of an encoder")
      const [, others] = sizesOf(kind, memory)
      const { k, v } = keysOf(params, memory, keyHeads)
      return { k, v, isKey: checked(T.cast(mask(memory), "f32"), memory.length, others) }
    },
    step: (params, _, carry, x) => {
      const [batch = 0, features = 0] = x.shape
      const q = mapped(T.reshape(x, [batch, 1, features]), params.wq, params.bq, of(features).heads)
      const isKey = T.reshape(T.greater(carry.isKey, 0), [batch, 1, 1, carry.isKey.shape[1] ?? 0]) as Tensor
      const y = merged(
        attend(q, carry.k, carry.v, isKey, (weights) => weights),
        params,
      )
      // NaN marks a memory whose length is impossible.
      const isKnown = T.equal(T.sum(T.mul(carry.isKey, 0), { axes: 1, keepAxes: true }), 0)
      return { x: T.where(isKnown, T.reshape(y, [batch, features]), Number.NaN), carry }
    },
  }
}
