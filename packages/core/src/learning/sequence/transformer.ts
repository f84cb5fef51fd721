/** Nets of attention: the block of a transformer, and language models whose input and output share their weights. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as Initializer from "../Initializer.ts"
import type { ActivationLike } from "../layers/activation.ts"
import { entries } from "../layers/attention.ts"
import { dense } from "../layers/dense.ts"
import { type EmbeddingOptions, embedding } from "../layers/embedding.ts"
import { dropout } from "../layers/noise.ts"
import { layerNorm } from "../layers/normalization.ts"
import { checkOptions } from "../OptionError.ts"
import { type AttentionOptions, attention } from "./attention.ts"
import { each, overSteps } from "./each.ts"
import { type PaddedShape, stepOf } from "./Padded.ts"
import { ofShape, residual, type Stepwise, stack } from "./Stepwise.ts"

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
export const transformer = ({ activation = "gelu", hidden = 0, ...options }: TransformerOptions): Stepwise => {
  const { causal, dropout: rate = 0, heads } = options
  checkOptions("Sequence.transformer", entries.transformer_encoder.options, { heads, hidden, dropout: rate, causal })
  const drop = each(dropout(rate))
  return ofShape("transformer", (input) => {
    const features = stepOf("transformer", input)[1].at(-1) ?? 0
    return stack([
      residual(stack([each(layerNorm()), attention(options), drop])),
      residual(
        stack([
          each(layerNorm()),
          each(dense({ units: hidden === 0 ? 4 * features : hidden, activation })),
          drop,
          each(dense({ units: features })),
          drop,
        ]),
      ),
    ])
  })
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
export const tied = <P, S, C>(options: EmbeddingOptions, body: Stepwise<P, S, C>): Stepwise<TiedParams<P>, S, C> => {
  const { units } = options
  // Logits of about unit variance, for an output of the body of unit variance.
  const embed = embedding({ init: Initializer.normal(units ** -0.5), ...options })
  const inner = each(embed)
  const bodyOf = (input: PaddedShape): PaddedShape => {
    const embedded = inner.shape(input)
    const { x } = body.shape(embedded)
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
    shape: (input) => ({ x: [bodyOf(input).x[0] ?? 0, options.tokens], length: [] }),
    init: (key, input) => {
      const { params, state } = body.init(Key.fold(key, "body"), bodyOf(input))
      return { params: { ...embed.init(Key.fold(key, "embedding"), []).params, body: params }, state }
    },
    apply: ({ body: own, w }, state, sequences, context) => {
      const vectors = inner.apply({ w }, {}, sequences, context).y
      const applied = body.apply(own, state, vectors, context)
      return { y: overSteps(applied.y, (steps) => logits(steps, w)), state: applied.state }
    },
    begin: (input, batch) => body.begin(inner.shape(input), batch),
    step: ({ body: own, w }, state, carry, x) => {
      const stepped = body.step(own, state, carry, embed.apply({ w }, {}, x, { mode: "infer" }).y)
      return { x: logits(stepped.x, w), carry: stepped.carry }
    },
  }
}
