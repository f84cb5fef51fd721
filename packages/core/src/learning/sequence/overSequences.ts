/**
 * The layers of the catalogue over padded sequences, as a model file has them: a layer below a text column takes { x, length }, and
 * has the results and the parameters that it has for each sequence alone.
 */
import type { Tensor } from "../../language/Expr.ts"
import { refuse } from "../../types/ShapeError.ts"
import type * as ShapeTree from "../../types/ShapeTree.ts"
import * as Activation from "../Activation.ts"
import * as Entry from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import type * as Layers from "../Layers.ts"
import { entries as attentions, encoder } from "../layers/attention.ts"
import type { entries as convolutions } from "../layers/convolution.ts"
import type { entries as poolings } from "../layers/pooling.ts"
import { entries as recurrents } from "../layers/recurrent.ts"
import type * as Net from "../Net.ts"
import type { Params } from "../Params.ts"
import { attention } from "./attention.ts"
import { each, mean } from "./each.ts"
import { clean, isPadded, isPaddedShape, type Padded, type PaddedShape, stepOf, withShape, withValues } from "./Padded.ts"
import { final, gru, lstm, type Recurrent, simpleRnn } from "./recurrent.ts"
import { windowed } from "./windows.ts"

/** A net of padded sequences, which gives sequences or, after pooling, one tensor. */
export type OfSequences = Net.Net<Params, Params, Padded, Padded | Tensor>

/** All time steps at once, for a layer that keeps their number. */
const together = (layer: Net.Net): OfSequences => ({
  kind: layer.kind,
  shape: (input) => {
    stepOf(layer.kind, input)
    return withShape(input, layer.shape(input.x))
  },
  init: (key, input) => layer.init(key, input.x),
  apply: (params, state, sequences, context) => {
    const applied = layer.apply(params, state, clean(sequences), context)
    return { y: withValues(sequences, clean(withValues(sequences, applied.y))), state: applied.state }
  },
})

/** One tensor, with 0 in the padding. */
const flat = (layer: Net.Net): OfSequences => ({
  kind: layer.kind,
  shape: (input) => {
    stepOf(layer.kind, input)
    return layer.shape(input.x)
  },
  init: (key, input) => layer.init(key, input.x),
  apply: (params, state, sequences, context) => layer.apply(params, state, clean(sequences), context),
})

const refused =
  (hint: string) =>
  (layer: Net.Net): OfSequences => {
    const no = (): never => refuse(layer.kind, [], "rows of one length, not sequences with padding", hint)
    return { kind: layer.kind, shape: no, init: no, apply: no }
  }

const steps = (layer: Net.Net): OfSequences => each(layer)

const ofImages = refused("a layer of sequences, such as conv1d or gru")

/** What `give` asks for: the last output of a recurrent layer, or those of all time steps. */
const given = <P, C>(layer: Recurrent<P, C>, give: "last" | "all"): OfSequences =>
  (give === "all" ? layer : final(layer)) as unknown as OfSequences

/** Layers that know sequences, by their names in a model file. */
const makers = {
  simple_rnn: {
    options: recurrents.simple_rnn.options,
    make: ({ activation, give, init, recurrent_init, reverse, units }: Entry.Values<typeof recurrents.simple_rnn.options>) =>
      given(
        simpleRnn({
          units,
          reverse,
          activation: Entry.make(Activation.makers, activation),
          init: Entry.make(Initializer.makers, init),
          recurrentInit: Entry.make(Initializer.makers, recurrent_init),
        }),
        give,
      ),
  },
  lstm: {
    options: recurrents.lstm.options,
    make: ({ forget_bias, give, init, recurrent_init, reverse, units }: Entry.Values<typeof recurrents.lstm.options>) =>
      given(
        lstm({
          units,
          reverse,
          forgetBias: forget_bias,
          init: Entry.make(Initializer.makers, init),
          recurrentInit: Entry.make(Initializer.makers, recurrent_init),
        }),
        give,
      ),
  },
  gru: {
    options: recurrents.gru.options,
    make: ({ give, init, recurrent_init, reset, reverse, units }: Entry.Values<typeof recurrents.gru.options>): OfSequences => {
      const options = {
        units,
        reverse,
        init: Entry.make(Initializer.makers, init),
        recurrentInit: Entry.make(Initializer.makers, recurrent_init),
      }
      return reset === "before" ? given(gru({ ...options, reset }), give) : given(gru(options), give)
    },
  },
  multi_head_attention: {
    options: attentions.multi_head_attention.options,
    make: ({ init, ...options }: Entry.Values<typeof attentions.multi_head_attention.options>): OfSequences =>
      attention({ ...options, init: Entry.make(Initializer.makers, init) }) as unknown as OfSequences,
  },
  transformer_encoder: {
    options: attentions.transformer_encoder.options,
    make: ({ activation, ...options }: Entry.Values<typeof attentions.transformer_encoder.options>): OfSequences =>
      encoder<Padded>(
        { ...options, activation: Entry.make(Activation.makers, activation) },
        { each: (layer) => each(layer), attention, features: (input) => stepOf("transformer_encoder", input)[1].at(-1) ?? 0 },
      ) as unknown as OfSequences,
  },
} as const satisfies Entry.Makers<OfSequences>

type Way = (layer: Net.Net, options: { readonly [option: string]: unknown }) => OfSequences

const convolution: Way = (layer, options) => {
  const { kernel, ...others } = options as Entry.PlainValues<typeof convolutions.conv1d.options>
  return windowed(layer, { window: kernel, ...others }) as unknown as OfSequences
}

const pooling: Way = (layer, options) => {
  const { pad, stride, window } = options as Entry.PlainValues<typeof poolings.max_pool.options>
  if (pad !== "valid") return refused("pad: valid")(layer)
  return windowed(layer, { window, stride: stride ?? window }) as unknown as OfSequences
}

/** How each other layer takes sequences. */
const ways: { readonly [N in Exclude<Layers.Name, keyof typeof makers>]: Way } = {
  dense: steps,
  maxout: steps,
  embedding: steps,
  layer_norm: steps,
  rms_norm: steps,
  batch_norm: refused("layer_norm"),
  group_norm: refused("layer_norm"),
  positions: together,
  dropout: together,
  alpha_dropout: together,
  spatial_dropout: together,
  gaussian_noise: together,
  flatten: flat,
  reshape: flat,
  global_avg_pool: () => ({ ...mean, kind: "global_avg_pool" }) as unknown as OfSequences,
  conv1d: convolution,
  max_pool: pooling,
  avg_pool: pooling,
  conv2d: ofImages,
  conv_transpose2d: ofImages,
  random_flip: ofImages,
  random_shift: ofImages,
  random_rotate: ofImages,
  random_zoom: ofImages,
  random_erase: ofImages,
}

const formOf = ({ name, options }: Entry.Use, layer: Net.Net, of: Entry.Options | undefined): OfSequences => {
  if (Object.hasOwn(makers, name)) return Entry.make(makers, { name, options })
  const way = Object.hasOwn(ways, name) ? ways[name as keyof typeof ways] : steps
  return way(layer, of === undefined ? options : Entry.fill(of, options))
}

/** The input of a layer that may come after a text: one tensor, or padded sequences. */
export type MaybePadded = Tensor | Padded

/**
 * A layer of the catalogue for tensors, which also takes padded sequences. `layer` is what `use` makes, and `of` are the options of
 * its entry; other layers, such as activations, take each time step by itself.
 */
export const over = (use: Entry.Use, layer: Net.Net, of?: Entry.Options): Net.Net<Params, Params, MaybePadded, MaybePadded> => {
  const form = formOf(use, layer, of)
  const forShape = (input: Shapes): Net.TreeNet => (isPaddedShape(input) ? form : layer) as unknown as Net.TreeNet
  const children = (input: Shapes) => forShape(input).children?.(input as ShapeTree.ShapeTree) ?? []
  return {
    kind: layer.kind,
    shape: (input) => forShape(input).shape(input as ShapeTree.ShapeTree) as Shapes,
    init: (key, input) => forShape(input).init(key, input as ShapeTree.ShapeTree),
    apply: (params, state, x, context) =>
      (isPadded(x) ? form.apply(params, state, x, context) : layer.apply(params, state, x, context)) as Net.Applied<
        Params,
        MaybePadded
      >,
    ...(layer.children === undefined ? {} : { children }),
  }
}

type Shapes = ShapeTree.Of<MaybePadded> | PaddedShape
