/**
 * Attention: each time step of a sequence gets a weighted mean of all time steps. Samples are [time, features].
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import * as Activation from "../Activation.ts"
import { make } from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import { type AnyNet, graph, type Named, type Net, type Node, stateless } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import type { None, Params } from "../Params.ts"
import { type ActivationLike, activationOf } from "./activation.ts"
import { type InitializerLike, initializerOf } from "./affine.ts"
import { dense } from "./dense.ts"
import { layer, widthOf } from "./Layer.ts"
import { dropout } from "./noise.ts"
import { layerNorm } from "./normalization.ts"

const sequenceOf = (kind: string, input: Shape.Shape): readonly [time: number, features: number] =>
  input.length === 2
    ? [input[0] ?? 0, input[1] ?? 0]
    : refuse(kind, [{ dtype: "f32", shape: input }], "samples [time, features]", "an embedding of tokens, or a reshape before it")

/** The options of attention. */
export interface AttentionOptions {
  /** The number of heads, which divides the number of features. Each head uses a part of the features. */
  readonly heads: number
  /** Whether a time step attends only to itself and earlier ones: false unless given. */
  readonly causal?: boolean
  /** The dropout rate of the attention weights: 0 unless given. */
  readonly dropout?: number
  /** The initializer of the weights: `auto` unless given. */
  readonly init?: InitializerLike
}

/** The parameters of attention: the maps to queries, keys and values and the output map, w [features, features], b [features]. */
export type AttentionParams = {
  readonly wq: Tensor
  readonly wk: Tensor
  readonly wv: Tensor
  readonly wo: Tensor
  readonly bq: Tensor
  readonly bk: Tensor
  readonly bv: Tensor
  readonly bo: Tensor
}

/** The causal mask [time, time]: 0 for the same and earlier time steps, -∞ for later ones. */
const causalMask = (time: number): Tensor => {
  const [row, column] = [T.iota([time, time], 0), T.iota([time, time], 1)]
  return T.where(T.lessEqual(column as Tensor, row as Tensor), 0, Number.NEGATIVE_INFINITY)
}

/**
 * softmax(Q Kᵀ / √d) V for each head, where d is the number of features of a head, and a map over all heads together: x
 * [batch, time, features] gives the same shape. Throws `ShapeError` unless the heads divide the features.
 */
export const multiHeadAttention = ({
  causal = false,
  dropout: rate = 0,
  heads,
  init = "auto",
  ...rest
}: AttentionOptions): Net<AttentionParams, None> => {
  const kind = "multi_head_attention"
  checkOptions("multiHeadAttention", multiHeadAttentionOptions, { ...rest, dropout: rate, heads })
  const dropped = dropout(rate)
  const weights = initializerOf(init)
  const widthOf = (input: Shape.Shape): number => {
    const [, features] = sequenceOf(kind, input)
    return features % heads === 0
      ? features
      : refuse(
          kind,
          [{ dtype: "f32", shape: input }],
          `features that ${heads} heads divide, not ${features}`,
          `heads that divide ${features}`,
        )
  }
  return stateless({
    kind,
    shape: (input) => {
      widthOf(input)
      return input
    },
    init: (key, input) => {
      const width = widthOf(input)
      const w = (name: string): Tensor =>
        weights(Key.fold(key, name), [width, width], {
          ...Initializer.fans([width, width]),
          activation: activationOf("identity"),
        })
      const b = T.zeros([width]) as Tensor
      return { wq: w("wq"), wk: w("wk"), wv: w("wv"), wo: w("wo"), bq: b, bk: b, bv: b, bo: b }
    },
    apply: ({ bk, bo, bq, bv, wk, wo, wq, wv }, x, context) => {
      const width = widthOf(x.shape.slice(1))
      const [batch = 0, time = 0] = x.shape
      const rows = T.reshape(x, [batch * time, width]) as Tensor
      const mapped = (w: Tensor, b: Tensor): Tensor => {
        const split = T.reshape(T.add(T.matmul(rows, w), b), [batch, time, heads, width / heads])
        return T.transpose(split, [0, 2, 1, 3]) as Tensor
      }
      const [q, k, v] = [mapped(wq, bq), mapped(wk, bk), mapped(wv, bv)]
      const scale = 1 / Math.sqrt(width / heads)
      const scores = T.matmul(T.mul(q, scale), T.transpose(k, [0, 1, 3, 2]) as Tensor)
      const attention = Activation.softmax(causal ? T.add(scores, causalMask(time)) : scores)
      const kept = dropped.apply({}, {}, attention, context).y
      const merged = T.reshape(T.transpose(T.matmul(kept, v) as Tensor, [0, 2, 1, 3]), [batch * time, width]) as Tensor
      return T.reshape(T.add(T.matmul(merged, wo), bo), x.shape)
    },
  })
}

/** The options of positional encodings. */
export interface PositionsOptions {
  /** Fixed sine and cosine waves, or a learned row for each time step. */
  readonly kind?: "waves" | "learned"
}

/** sin(t / 10000^(2i / features)) and the cosine of the same angle, in alternate columns: [time, features]. */
const waves = (time: number, features: number): Tensor => {
  const column = T.iota([time, features], 1)
  const pair = T.cast(T.sub(column as Tensor, T.rem(column as Tensor, 2)) as Tensor, "f32")
  const angle = T.div(T.cast(T.iota([time, features], 0), "f32") as Tensor, T.pow(1e4, T.div(pair, features)))
  return T.where(T.equal(T.rem(column as Tensor, 2), 0), T.sin(angle), T.cos(angle))
}

/**
 * Adds a positional encoding to each time step, since attention itself ignores the order: fixed waves, or learned rows
 * w [time, features].
 */
export const positions = ({ kind = "waves", ...rest }: PositionsOptions = {}): Net<{ readonly w?: Tensor }, None> => {
  checkOptions("positions", positionsOptions, { ...rest, kind })
  return stateless({
    kind: "positions",
    shape: (input) => {
      sequenceOf("positions", input)
      return input
    },
    init: (key, input) =>
      kind === "waves" ? {} : { w: T.mul(Key.normal(Key.fold(key, "w"), [...sequenceOf("positions", input)]), 0.02) },
    apply: ({ w }, x) => T.add(x, w ?? waves(...sequenceOf("positions", x.shape.slice(1)))),
  })
}

/** The options of a transformer encoder block. */
export interface EncoderOptions extends AttentionOptions {
  /** The number of units between the two dense layers: four times the features if 0 or not given. */
  readonly hidden?: number
  /** The activation between the two dense layers: gelu unless given. */
  readonly activation?: ActivationLike
  /** Whether to normalize before attention and dense layers, which trains more stably, or after the residual sum. */
  readonly norm?: "before" | "after"
}

/** The layers of an encoder block for values of one kind: one tensor, or padded sequences. */
interface Parts<X> {
  /** A layer applied to each time step. */
  readonly each: (layer: Net) => AnyNet
  readonly attention: (options: AttentionOptions) => AnyNet
  /** The features of a time step. Throws `ShapeError`. */
  readonly features: (input: ShapeTree.Of<X>) => number
}

const encoderGraph = <X>(
  { activation = "gelu", dropout: rate = 0.1, hidden = 0, norm = "before", ...options }: EncoderOptions,
  { attention, each }: Parts<X>,
  features: number,
): Net<Params, Params, X, X> => {
  const normalized: Node = { net: each(layerNorm() as Net) }
  const drop: Node = { net: each(dropout(rate) as Net) }
  const heads: Node = { net: attention({ ...options, dropout: rate }) }
  const wide: Node = { net: each(dense({ units: hidden === 0 ? 4 * features : hidden, activation }) as Net) }
  const narrow: Node = { net: each(dense({ units: features }) as Net) }
  const before: Named<Node> = [
    ["norm1", normalized],
    ["attention", heads],
    ["dropout1", drop],
    ["sum1", { join: "add", from: ["input", "dropout1"] }],
    ["norm2", normalized],
    ["dense1", wide],
    ["dropout2", drop],
    ["dense2", narrow],
    ["dropout3", drop],
    ["sum2", { join: "add", from: ["sum1", "dropout3"] }],
  ]
  const after: Named<Node> = [
    ["attention", heads],
    ["dropout1", drop],
    ["sum1", { join: "add", from: ["input", "dropout1"] }],
    ["norm1", normalized],
    ["dense1", wide],
    ["dropout2", drop],
    ["dense2", narrow],
    ["dropout3", drop],
    ["sum2", { join: "add", from: ["norm1", "dropout3"] }],
    ["norm2", normalized],
  ]
  return graph(norm === "before" ? before : after) as unknown as Net<Params, Params, X, X>
}

/** An encoder block of parts. */
export const encoder = <X>(options: EncoderOptions, parts: Parts<X>): Net<Params, Params, X, X> => {
  const of = (input: ShapeTree.Of<X>): Net<Params, Params, X, X> => encoderGraph(options, parts, parts.features(input))
  return {
    kind: "transformer_encoder",
    shape: (input) => of(input).shape(input),
    init: (key, input) => of(input).init(key, input),
    apply: (params, state, x, context) => of(ShapeTree.ofRows(x)).apply(params, state, x, context),
    children: (input) => of(input).children?.(input) ?? [],
  }
}

/**
 * A transformer encoder block: attention and two dense layers, both with a residual connection and layer normalization. x
 * [batch, time, features] gives the same shape. Throws `ShapeError`.
 */
export const transformerEncoder = (options: EncoderOptions): Net => {
  checkOptions("transformerEncoder", transformerEncoderOptions, options)
  return encoder<Tensor>(options, {
    each: (layer) => layer,
    attention: multiHeadAttention,
    features: (input) => sequenceOf("transformer_encoder", input)[1],
  })
}

const shared = {
  heads: {
    kind: "integer",
    doc: "The number of heads; it must divide the number of features.",
    synonyms: ["num_heads", "n_heads", "nhead"],
    minimum: 1,
  },
  causal: {
    kind: "boolean",
    doc: "Whether a time step attends only to itself and earlier ones.",
    synonyms: ["is_causal", "use_causal_mask"],
    default: false,
  },
} as const

/* @__NO_SIDE_EFFECTS__ */ const dropoutRate = (doc: string, usual: number) =>
  ({ kind: "number", doc, default: usual, minimum: 0, exclusiveMaximum: 1, usual: [0, 0.8] }) as const

/** A bound on the intermediate elements of a row: queries, keys, values, the result, and a score for each pair of time steps. */
const attentionSize = ({ heads }: { readonly heads: number }, input: Shape.Shape): number => {
  const [time = 0] = input
  return 4 * time * (widthOf(input) + time * heads)
}

/** Options of the attention of sequences that `Layers` does not have, in a model file. */
const ofSequences = {
  key_heads: {
    kind: "integer",
    doc: "The number of heads of keys and values, which groups of heads share. Default: `heads`.",
    synonyms: ["num_key_value_heads", "num_kv_heads", "n_kv_heads", "kv_heads", "num_groups"],
    minimum: 1,
    optional: true,
  },
  rotary: {
    kind: "boolean",
    doc: "Whether queries and keys are turned by their positions, instead of `positions`.",
    synonyms: ["rope", "use_rope", "rotary_embedding", "rotary_positions"],
    default: false,
  },
} as const

/** The options of `multi_head_attention` in a model file. */
const multiHeadAttentionOptions = {
  ...shared,
  dropout: dropoutRate("The dropout rate of the attention weights in training.", 0),
  init: { kind: "initializer", doc: "The initializer of the weights.", default: "auto" },
} as const

/** The layer that cross-attention attends to. */
const memory = {
  kind: "layer",
  doc: "The layer or input that is attended to (cross-attention), instead of the sequence itself.",
  synonyms: ["context", "encoder", "encoder_output", "key", "value", "keys", "values", "attend_to", "cross"],
  optional: true,
} as const

/** The options of `positions` in a model file. */
const positionsOptions = {
  kind: {
    kind: "choice",
    doc: "`waves` are fixed sines and cosines, `learned` is a learned row for each time step.",
    of: ["waves", "learned"],
    default: "waves",
  },
} as const

/** The options of `transformer_encoder` in a model file. */
const transformerEncoderOptions = {
  ...shared,
  hidden: {
    kind: "integer",
    doc: "Units between the dense layers; 0 is four times the features.",
    synonyms: ["dim_feedforward", "feedforward_dim", "ffn_dim", "intermediate_dim", "mlp_dim"],
    default: 0,
    minimum: 0,
  },
  activation: { kind: "activation", doc: "The activation between the dense layers.", default: "gelu" },
  dropout: dropoutRate("The dropout rate in training, of attention weights, hidden units and both residual branches.", 0.1),
  norm: {
    kind: "choice",
    doc: "Whether to normalize before attention and dense layers, or after each residual sum.",
    of: ["before", "after"],
    default: "before",
  },
} as const

/** Attention layers, by their names in a model file. `make` gives the layer of one tensor; `over` of `sequence/overSequences` has the other forms. */
export const entries = {
  multi_head_attention: layer({
    doc: "Multi-head attention over the time steps of a sequence, its own or those of another one.",
    formula: "concatₕ softmax(Qₕ Kₕᵀ / √d) Vₕ · Wo + bo, with Q, K, V = x · W + b; K and V of the memory, if there is one",
    source: "Vaswani et al., Attention is all you need, 2017",
    advice:
      "It attends to the whole sequence, at a cost that grows with the square of the length. It ignores the order: put `positions` before it. Mostly used within transformer_encoder.",
    synonyms: ["attention", "self_attention", "mha"],
    options: { ...multiHeadAttentionOptions, ...ofSequences, memory },
    main: "heads",
    rule: {
      wanted: "`memory` without `causal` and `rotary`, which compare positions in one sequence",
      holds: ({ causal, memory: other, rotary }) => other === undefined || !(causal || rotary),
    },
    traits: {
      role: "weights",
      over: "time",
      width: undefined,
      init: "init",
      bias: undefined,
      activation: undefined,
      learned: (_, input) => 4 * (widthOf(input) + 1) * widthOf(input),
      between: attentionSize,
    },
    make: ({ causal, dropout: rate, heads, init }): Net =>
      multiHeadAttention({ heads, causal, dropout: rate, init: make(Initializer.makers, init) }),
  }),
  positions: layer({
    doc: "Adds a positional encoding to each time step of a sequence.",
    formula: "yₜ = xₜ + pₜ; waves: p₍ₜ,₂ᵢ₎ = sin(t / 10000^(2i/d)), p₍ₜ,₂ᵢ₊₁₎ = cos(…)",
    source: "Vaswani et al., Attention is all you need, 2017",
    advice: "Put it before the first attention, after the embedding. Learned rows suit sequences of a fixed length.",
    synonyms: ["PositionalEncoding", "positional_embedding", "position_embedding"],
    options: positionsOptions,
    main: "kind",
    traits: {
      role: "positions",
      learned: ({ kind }, input) => (kind === "learned" ? Shape.size(input) : 0),
      between: (_, input) => Shape.size(input),
    },
    make: (options): Net => positions(options),
  }),
  transformer_encoder: layer({
    doc: "A transformer encoder block: attention and two dense layers with residual connections and layer normalization.",
    formula: "x ← x + attention(norm(x)), x ← x + dense₂(f(dense₁(norm(x)))); after: x ← norm(x + …)",
    source: "Vaswani et al., Attention is all you need, 2017; norm before: Xiong et al., On layer normalization, 2020",
    advice:
      "Stack several with `repeat`. With `norm: before`, put a layer_norm after the last one. Train it with adamw, a warm-up and clipping. On small data a gru is often better.",
    synonyms: ["TransformerEncoderLayer", "TransformerBlock", "transformer"],
    options: { ...transformerEncoderOptions, ...ofSequences },
    main: "heads",
    traits: {
      role: "weights",
      over: "time",
      width: undefined,
      init: undefined,
      bias: undefined,
      activation: "activation",
      learned: ({ hidden }, input) => {
        const [width, inner] = [widthOf(input), hidden === 0 ? 4 * widthOf(input) : hidden]
        return 4 * (width + 1) * width + (width + 1) * inner + (inner + 1) * width + 4 * width
      },
      between: ({ heads, hidden }, input) => attentionSize({ heads }, input) + 4 * (input[0] ?? 0) * hidden,
    },
    make: ({ activation, causal, dropout: rate, heads, hidden, norm }): Net =>
      transformerEncoder({
        heads,
        causal,
        dropout: rate,
        norm,
        activation: make(Activation.makers, activation),
        hidden,
      }),
  }),
}
