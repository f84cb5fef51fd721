/** Nets of attention: the block of a transformer, and language models whose input and output share their weights. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import * as Initializer from "../Initializer.ts"
import type { ActivationLike } from "../layers/activation.ts"
import { entries } from "../layers/attention.ts"
import { dense } from "../layers/dense.ts"
import { type EmbeddingOptions, type EmbeddingParams, embedding } from "../layers/embedding.ts"
import { dropout } from "../layers/noise.ts"
import { layerNorm } from "../layers/normalization.ts"
import type { Child, Net, TreeNet } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import type { None, Params } from "../Params.ts"
import { type AttentionOptions, attention, crossAttention } from "./attention.ts"
import { each, overSteps } from "./each.ts"
import { type Padded, type PaddedShape, stepOf, type WithMemory, withShape } from "./Padded.ts"
import { ofShape, residual, type Stepwise, stack } from "./Stepwise.ts"

/** The bounds of a transformer's options. */
const { key_heads: keyHeads, norm: _, causal, ...own } = entries.transformer_encoder.options

const decoderBounds = { ...own, keyHeads }
const bounds = { ...decoderBounds, causal }

/** The options of a transformer block. */
export interface TransformerOptions extends AttentionOptions {
  /** The number of units between the two dense layers: four times the features if 0 or not given. */
  readonly hidden?: number
  /** The activation between the two dense layers: gelu unless given. */
  readonly activation?: ActivationLike
}

/**
 * A transformer block over padded sequences: x + attention(norm(x)), then x + dense(dense(norm(x))). With `causal: true` it is the
 * block of a decoder, which can generate. x [batch, time, features] gives the same shape. Throws `ShapeError`.
 *
 * `Sequence.transformer({ heads: 2 }).shape({ x: [7, 4], length: [] }) // => { x: [7, 4], length: [] }`
 */
export const transformer = ({ activation, hidden, ...options }: TransformerOptions): Stepwise => {
  const { dropout: rate = 0 } = options
  checkOptions("Sequence.transformer", bounds, { ...options, activation, hidden }, ["init"])
  const drop = each(dropout(rate))
  return ofShape("transformer", (input) =>
    stack([
      residual(stack([each(layerNorm()), attention(options), drop])),
      residual(wideAndNarrow({ activation, hidden, drop }, input)),
    ]),
  )
}

/** Two dense layers after a normalization, of which the first has more units. */
const wideAndNarrow = (
  {
    activation = "gelu",
    drop,
    hidden = 0,
  }: {
    readonly activation: ActivationLike | undefined
    readonly hidden: number | undefined
    readonly drop: Stepwise<None, None, None>
  },
  input: PaddedShape,
) => {
  const features = stepOf("transformer", input)[1].at(-1) ?? 0
  return stack([
    each(layerNorm()),
    each(dense({ units: hidden === 0 ? 4 * features : hidden, activation })),
    drop,
    each(dense({ units: features })),
    drop,
  ])
}

/** The options of a decoder block. */
export interface DecoderOptions extends Omit<TransformerOptions, "causal"> {}

/**
 * A decoder block over padded sequences with a memory: x + attention(norm(x)), which is causal, then x + cross-attention(norm(x)) to
 * the memory, then x + dense(dense(norm(x))) (Vaswani et al., Attention is all you need, 2017, with norms before). It can generate.
 * Throws `ShapeError`.
 *
 * ```ts
 * const shape = { x: [7, 4], length: [], memory: { x: [9, 6], length: [] } }
 * Sequence.decoder({ heads: 2 }).shape(shape).x // => [7, 4]
 * ```
 */
export const decoder = ({ activation, hidden, ...options }: DecoderOptions): Stepwise<Params, Params, Params, WithMemory> => {
  const { dropout: rate = 0, heads, init, keyHeads } = options
  checkOptions("Sequence.decoder", decoderBounds, { ...options, activation, hidden }, ["init"])
  const drop = each(dropout(rate))
  const across = crossAttention({
    heads,
    dropout: rate,
    ...(keyHeads === undefined ? {} : { keyHeads }),
    ...(init === undefined ? {} : { init }),
  })
  return ofShape("decoder", (input) =>
    stack([
      residual(stack([each(layerNorm()), attention({ ...options, causal: true }), drop])),
      residual(stack([each(layerNorm()), across, drop])),
      residual(wideAndNarrow({ activation, hidden, drop }, input)),
    ]),
  )
}

/** The parameters of a language model with tied weights: w [tokens, units], and those of its body. */
export type TiedParams<P> = { readonly w: Tensor; readonly body: P }

/**
 * A language model whose embedding is also its output map: the logits of a token are the product of the body's output and the
 * token's vector (Press and Wolf, Using the output embedding to improve language models, 2017). Tokens [batch, time] give logits
 * [batch, time, tokens]. The body keeps the number of features. Vectors start with a standard deviation of 1 / √units unless `init`
 * is given. Throws `ShapeError`.
 *
 * ```ts
 * const net = Sequence.tied({ tokens: 10, units: 4 }, Sequence.gru({ units: 4 }))
 * net.shape({ x: [7], length: [] }) // => { x: [7, 10], length: [] }
 * ```
 */
export const tied = <P, S, C, X extends Padded = Padded>(
  options: EmbeddingOptions,
  body: Stepwise<P, S, C, X>,
): Stepwise<TiedParams<P>, S, C, X> => {
  const { units } = options
  // Logits of about unit variance, for an output of the body of unit variance.
  const embed = embedding({ init: Initializer.normal(units ** -0.5), ...options })
  const embeddings = each(embed)
  const inner = embeddings as unknown as Stepwise<EmbeddingParams, None, None, X>
  const bodyOf = (input: ShapeTree.Of<X>): ShapeTree.Of<X> => {
    const embedded = inner.shape(input)
    const { x } = body.shape(embedded) as PaddedShape
    if (x.length !== 2 || x[1] !== options.units)
      refuse(
        "tied",
        [{ dtype: "f32", shape: x }],
        `a body that gives the ${options.units} features of a token`,
        `Sequence.each(Layers.dense({ units: ${options.units} })) as its last layer`,
      )
    return embedded
  }
  const logits = (x: Tensor, w: Tensor): Tensor => T.matmul(x, T.transpose(w) as Tensor)
  return {
    kind: "tied",
    shape: (input) =>
      withShape(input as PaddedShape, [(bodyOf(input) as PaddedShape).x[0] ?? 0, options.tokens]) as ShapeTree.Of<X>,
    init: (key, input) => {
      const { params, state } = body.init(Key.fold(key, "body"), bodyOf(input))
      return { params: { ...embed.init(Key.fold(key, "embedding"), []).params, body: params }, state }
    },
    apply: ({ body: own, w }, state, sequences, context) => {
      const vectors = inner.apply({ w }, {}, sequences, context).y
      const applied = body.apply(own, state, vectors, context)
      return { y: overSteps(applied.y, (steps) => logits(steps, w)), state: applied.state }
    },
    children: (input) => {
      const embedded = bodyOf(input)
      const child = <Q, R>(name: string, net: Net<Q, R, X, X>, from: ShapeTree.Of<X>, to: ShapeTree.Of<X>): Child => ({
        name,
        kind: net.kind,
        inputs: ShapeTree.leaves(from as ShapeTree.ShapeTree),
        outputs: ShapeTree.leaves(to as ShapeTree.ShapeTree),
        inner: { net: net as unknown as TreeNet, input: from as ShapeTree.ShapeTree },
      })
      return [child("embedding", inner, input, embedded), child("body", body, embedded, body.shape(embedded))]
    },
    begin: ({ body: own }, state, from) => body.begin(own, state, { ...from, input: embeddings.shape(from.input) }),
    step: ({ body: own, w }, state, carry, x) => {
      const stepped = body.step(own, state, carry, embed.apply({ w }, {}, x, { mode: "infer" }).y)
      return { x: logits(stepped.x, w), carry: stepped.carry }
    },
  }
}
