/**
 * Attention: every time of a sequence looks at the others and takes from each what suits it. Samples are [time, features].
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as Activation from "../Activation.ts"
import { make } from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import { graph, type Named, type Net, type Node, stateless } from "../Net.ts"
import { wantOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
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

/** How attention is built. */
export interface AttentionOptions {
  /** How many times it looks, each time at a part of the features; it divides them. */
  readonly heads: number
  /** Whether a time sees only itself and those before it: no unless given. */
  readonly causal?: boolean
  /** The share of the looks that is dropped while training: 0 unless given. */
  readonly dropout?: number
  /** The weights at the start: `auto` unless given. */
  readonly init?: InitializerLike
}

/** What attention learns: the maps to queries, keys and values and the one back, w [features, features], b [features]. */
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

/** 0 where a time may be seen, -∞ where it comes later: [time, time]. */
const futureHidden = (time: number): Tensor => {
  const [row, column] = [T.iota([time, time], 0), T.iota([time, time], 1)]
  return T.where(T.lessEqual(column as Tensor, row as Tensor), 0, Number.NEGATIVE_INFINITY)
}

/**
 * softmax(Q Kᵀ / √d) V for each head, d being the features of a head, and a map over all heads together: x
 * [batch, time, features] gives the same shape. Throws `ShapeError` unless the heads divide the features.
 */
export const multiHeadAttention = ({
  causal = false,
  dropout: rate = 0,
  heads,
  init = "auto",
}: AttentionOptions): Net<AttentionParams, None> => {
  const kind = "multi_head_attention"
  wantOptions("multiHeadAttention", entries.multi_head_attention.options, { dropout: rate, heads })
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
        const made = T.reshape(T.add(T.matmul(rows, w), b), [batch, time, heads, width / heads])
        return T.transpose(made, [0, 2, 1, 3]) as Tensor
      }
      const [q, k, v] = [mapped(wq, bq), mapped(wk, bk), mapped(wv, bv)]
      const scale = 1 / Math.sqrt(width / heads)
      const scores = T.matmul(T.mul(q, scale), T.transpose(k, [0, 1, 3, 2]) as Tensor)
      const looks = Activation.softmax(causal ? T.add(scores, futureHidden(time)) : scores)
      const kept = dropped.apply({}, {}, looks, context).y
      const together = T.reshape(T.transpose(T.matmul(kept, v) as Tensor, [0, 2, 1, 3]), [batch * time, width]) as Tensor
      return T.reshape(T.add(T.matmul(together, wo), bo), x.shape)
    },
  })
}

/** How positions are encoded. */
export interface PositionsOptions {
  /** Waves that are fixed, or a row for each time that is learned. */
  readonly kind?: "waves" | "learned"
}

/** sin(t / 10000^(2i / features)) and its cosine, side by side: [time, features]. */
const waves = (time: number, features: number): Tensor => {
  const column = T.iota([time, features], 1)
  const pair = T.cast(T.sub(column as Tensor, T.rem(column as Tensor, 2)) as Tensor, "f32")
  const angle = T.div(T.cast(T.iota([time, features], 0), "f32") as Tensor, T.pow(1e4, T.div(pair, features)))
  return T.where(T.equal(T.rem(column as Tensor, 2), 0), T.sin(angle), T.cos(angle))
}

/**
 * Adds to each time what tells it from others, which attention cannot see by itself: fixed waves, or learned rows
 * w [time, features].
 */
export const positions = ({ kind = "waves" }: PositionsOptions = {}): Net<{ readonly w?: Tensor }, None> => {
  wantOptions("positions", entries.positions.options, { kind })
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

/** How a transformer's block is built. */
export interface EncoderOptions extends AttentionOptions {
  /** How many units there are between the two dense layers: four times the features unless given, or 0. */
  readonly hidden?: number
  /** What is between the two dense layers: gelu unless given. */
  readonly activation?: ActivationLike
  /** Whether features are normalized before attention and dense layers, which learns more steadily, or after adding. */
  readonly norm?: "before" | "after"
}

const encoderGraph = (
  { activation = "gelu", dropout: rate = 0.1, hidden = 0, norm = "before", ...attention }: EncoderOptions,
  features: number,
): Net => {
  const normalized: Node = { net: layerNorm() as Net }
  const drop: Node = { net: dropout(rate) as Net }
  const looks: Node = { net: multiHeadAttention({ ...attention, dropout: rate }) as Net }
  const wide: Node = { net: dense({ units: hidden === 0 ? 4 * features : hidden, activation }) as Net }
  const narrow: Node = { net: dense({ units: features }) as Net }
  const before: Named<Node> = [
    ["norm1", normalized],
    ["attention", looks],
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
    ["attention", looks],
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
  return graph(norm === "before" ? before : after)
}

/**
 * A block of a transformer's encoder: attention and two dense layers, each with a way around it that is added, and
 * normalization. x [batch, time, features] gives the same shape. Throws `ShapeError`.
 */
export const transformerEncoder = (options: EncoderOptions): Net => {
  wantOptions("transformerEncoder", entries.transformer_encoder.options, options)
  const of = (input: Shape.Shape): Net => encoderGraph(options, sequenceOf("transformer_encoder", input)[1])
  return {
    kind: "transformer_encoder",
    shape: (input) => of(input).shape(input),
    init: (key, input) => of(input).init(key, input),
    apply: (params, state, x, context) => of(x.shape.slice(1)).apply(params, state, x, context),
    parts: (input) => of(input).parts?.(input) ?? [],
  }
}

const shared = {
  heads: {
    kind: "integer",
    doc: "How many times it looks, each at a part of the features; it divides them.",
    synonyms: ["num_heads", "n_heads", "nhead"],
    minimum: 1,
  },
  causal: {
    kind: "boolean",
    doc: "Whether a time sees only itself and those before it.",
    synonyms: ["is_causal", "use_causal_mask"],
    default: false,
  },
} as const

const share = (doc: string, usual: number) =>
  ({ kind: "number", doc, default: usual, minimum: 0, exclusiveMaximum: 1, usual: [0, 0.8] }) as const

/** A bound on the intermediate numbers of a row: queries, keys, values, the result, and a score of each time for each. */
const looking = ({ heads }: { readonly heads: number }, input: Shape.Shape): number => {
  const [time = 0] = input
  return 4 * time * (widthOf(input) + time * heads)
}

/** Layers of attention by the name a model file calls them. */
export const entries = {
  multi_head_attention: layer({
    doc: "Every time of a sequence takes from the others what suits it, in several ways at once.",
    formula: "concatₕ softmax(Qₕ Kₕᵀ / √d) Vₕ · Wo + bo, with Q, K, V = x · W + b",
    source: "Vaswani et al., Attention is all you need, 2017",
    advice:
      "It sees the whole sequence at once, at a cost that grows with its square, and does not know what comes first: put `positions` before it. Mostly used within transformer_encoder.",
    synonyms: ["attention", "self_attention", "mha"],
    options: {
      ...shared,
      dropout: share("The share of the looks that is dropped while training.", 0),
      init: { kind: "initializer", doc: "The weights at the start.", default: "auto" },
    },
    main: "heads",
    traits: {
      role: "weights",
      over: "time",
      width: undefined,
      init: "init",
      bias: undefined,
      activation: undefined,
      learned: (_, input) => 4 * (widthOf(input) + 1) * widthOf(input),
      between: looking,
    },
    make: ({ causal, dropout: rate, heads, init }): Net =>
      multiHeadAttention({ heads, causal, dropout: rate, init: make(Initializer.table, init) }),
  }),
  positions: layer({
    doc: "Adds to each time of a sequence what tells it from the others.",
    formula: "yₜ = xₜ + pₜ; waves: p₍ₜ,₂ᵢ₎ = sin(t / 10000^(2i/d)), p₍ₜ,₂ᵢ₊₁₎ = cos(…)",
    source: "Vaswani et al., Attention is all you need, 2017",
    advice: "Before the first attention, after the embedding. Learned rows suit sequences of one length.",
    synonyms: ["PositionalEncoding", "positional_embedding", "position_embedding"],
    options: {
      kind: {
        kind: "choice",
        doc: "`waves` are fixed, `learned` is a row for each time.",
        of: ["waves", "learned"],
        default: "waves",
      },
    },
    main: "kind",
    traits: {
      role: "positions",
      learned: ({ kind }, input) => (kind === "learned" ? Shape.size(input) : 0),
      between: (_, input) => Shape.size(input),
    },
    make: (options): Net => positions(options),
  }),
  transformer_encoder: layer({
    doc: "Attention and two dense layers, each with a way around it, and normalization.",
    formula: "x ← x + attention(norm(x)), x ← x + dense₂(f(dense₁(norm(x)))); after: x ← norm(x + …)",
    source: "Vaswani et al., Attention is all you need, 2017; norm before: Xiong et al., On layer normalization, 2020",
    advice:
      "Stack some with `repeat`. With the norm before, end with a layer_norm. Wants adamw, a warm-up and clipping; on small data less than a gru.",
    synonyms: ["TransformerEncoderLayer", "TransformerBlock", "transformer"],
    options: {
      ...shared,
      hidden: {
        kind: "integer",
        doc: "Units between the dense layers; 0 is four times the features.",
        synonyms: ["dim_feedforward", "feedforward_dim", "ffn_dim", "intermediate_dim", "mlp_dim"],
        default: 0,
        minimum: 0,
      },
      activation: { kind: "activation", doc: "What is between the dense layers.", default: "gelu" },
      dropout: share("The share that is dropped while training, of looks, hidden units and both sums.", 0.1),
      norm: {
        kind: "choice",
        doc: "Whether features are normalized before each part or after adding.",
        of: ["before", "after"],
        default: "before",
      },
    },
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
      between: ({ heads, hidden }, input) => looking({ heads }, input) + 4 * (input[0] ?? 0) * hidden,
    },
    make: ({ activation, causal, dropout: rate, heads, hidden, norm }): Net =>
      transformerEncoder({
        heads,
        causal,
        dropout: rate,
        norm,
        activation: make(Activation.table, activation),
        hidden,
      }),
  }),
}
