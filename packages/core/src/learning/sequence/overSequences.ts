/**
 * The layers of the catalogue over padded sequences, as a model file has them: a layer below a text column takes { x, length }, and
 * has the results and the parameters that it has for each sequence alone.
 */
import type { Tensor } from "../../language/Expr.ts"
import { refill, tensors } from "../../language/TensorTree.ts"
import type { Key } from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import type { Shape } from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import type * as ShapeTree from "../../types/ShapeTree.ts"
import * as Activation from "../Activation.ts"
import * as Entry from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import type * as Layers from "../Layers.ts"
import { type AttentionParams, entries as attentions, encoder } from "../layers/attention.ts"
import type { entries as convolutions } from "../layers/convolution.ts"
import type { entries as poolings } from "../layers/pooling.ts"
import { entries as recurrents } from "../layers/recurrent.ts"
import type * as Net from "../Net.ts"
import { type None, none, type Params } from "../Params.ts"
import { type AttentionOptions, attention, type CrossAttentionOptions, crossAttention } from "./attention.ts"
import { each, max, mean } from "./each.ts"
import {
  clean,
  isPadded,
  isPaddedShape,
  type Padded,
  type PaddedShape,
  sizesOf,
  stepOf,
  type WithMemory,
  withShape,
  withValues,
} from "./Padded.ts"
import { bidirectional, final, gru, lstm, type Recurrent, simpleRnn } from "./recurrent.ts"
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

/** The tensors of a state side by side, [batch, size]. */
const sideBySide = (state: unknown): Tensor => {
  const [first, ...others] = tensors(state)
  return first === undefined || others.length === 0 ? (first ?? T.zeros([0, 0])) : (T.concat([first, ...others], -1) as Tensor)
}

/** The sizes of the tensors of a layer's state. */
const sizesOfState = <P, C>(layer: Recurrent<P, C>): ReadonlyArray<number> =>
  tensors(layer.start(1)).map(({ shape }) => shape.at(-1) ?? 0)

/** A state from its tensors side by side. */
const stateOf = <P, C>(layer: Recurrent<P, C>, state: Tensor): C => {
  const parts = T.split(state, [...sizesOfState(layer)], -1) as ReadonlyArray<Tensor>
  return refill(layer.start(1), [...parts])
}

/** The options of a recurrent layer in a model file that its constructor does not have. */
interface RecurrentForm {
  readonly bidirectional: boolean
  readonly give: "last" | "all" | "state"
  readonly initial_state: string | undefined
}

/** Sequences, and the state before their first time step, [batch, size]. */
type WithInitial = { readonly x: Padded; readonly initial_state: Tensor }

/** A recurrent layer as a model file has it: in one direction or both, from zeros or a state, with what it gives. */
const recurrent = <P, C>(one: Recurrent<P, C>, { bidirectional: isBoth, give, initial_state }: RecurrentForm): OfSequences =>
  (isBoth
    ? givenBy(bidirectional(one), give, initial_state !== undefined)
    : givenBy(one, give, initial_state !== undefined)) as unknown as OfSequences

const givenBy = <P, C>(layer: Recurrent<P, C>, give: RecurrentForm["give"], hasInitial: boolean): unknown => {
  if (!hasInitial && give !== "state") return give === "all" ? layer : final(layer)
  const size = sizesOfState(layer).reduce((sum, n) => sum + n, 0)
  const shape = (input: PaddedShape): ShapeTree.ShapeTree => {
    const output = layer.shape(input)
    return (give === "all" ? output : give === "last" ? output.x.slice(1) : [size]) as ShapeTree.ShapeTree
  }
  const run = (params: P, sequences: Padded, state: C, context: Net.Context) => {
    const { y } = layer.withState.apply(params, none, { ...sequences, state }, context)
    const { state: after, ...outputs } = y
    return give === "all" ? outputs : give === "last" ? layer.output(after) : sideBySide(after)
  }
  if (!hasInitial)
    return {
      kind: layer.kind,
      shape,
      init: layer.init,
      apply: (params: P, state: unknown, sequences: Padded, context: Net.Context) => ({
        y: run(params, sequences, layer.start(sizesOf(layer.kind, sequences)[0]), context),
        state,
      }),
    }
  return {
    kind: layer.kind,
    shape: ({ initial_state: initial, x }: ShapeTree.Of<WithInitial>) => {
      const got: Shape = isPaddedShape(initial) ? initial.x : initial
      if (isPaddedShape(initial) || got.length !== 1 || got[0] !== size)
        refuse(
          layer.kind,
          [{ dtype: "f32", shape: got }],
          `an initial state of ${size} numbers`,
          `a layer like it with \`give: state\`, or \`dense: ${size}\` before it`,
        )
      return shape(x)
    },
    init: (key: Key, { x }: ShapeTree.Of<WithInitial>) => layer.init(key, x),
    apply: (params: P, state: unknown, { initial_state: initial, x }: WithInitial, context: Net.Context) => ({
      y: run(params, x, stateOf(layer, initial), context),
      state,
    }),
  }
}

/** Sequences, and those that they attend to. */
type WithContext = { readonly x: Padded; readonly memory: Padded }

/** Attention to another sequence. */
const across = (options: CrossAttentionOptions): unknown => {
  const layer = crossAttention(options)
  const shapes = ({ memory, x }: ShapeTree.Of<WithContext>) => ({ ...x, memory }) as ShapeTree.Of<WithMemory>
  return {
    kind: layer.kind,
    shape: (input: ShapeTree.Of<WithContext>) => {
      const { x: memory } = isPaddedShape(input.memory) ? input.memory : { x: input.memory as Shape }
      if (memory.length !== 2)
        refuse(
          layer.kind,
          [{ dtype: "f32", shape: memory }],
          "a memory that is a sequence [time, features]",
          "a layer that gives one, such as a recurrent layer with `give: all`",
        )
      layer.shape(shapes(input))
      return input.x
    },
    init: (key: Key, input: ShapeTree.Of<WithContext>) => layer.init(key, shapes(input)),
    apply: (params: AttentionParams, state: None, { memory, x }: WithContext, context: Net.Context) => {
      const { y, state: after } = layer.apply(params, state, { ...x, memory }, context)
      return { y: withValues(x, y.x), state: after }
    },
  }
}

/** The options of attention as constructors have them. */
const attentionOptions = ({
  init,
  key_heads,
  memory: _,
  ...options
}: Entry.Values<typeof attentions.multi_head_attention.options>): AttentionOptions => ({
  ...options,
  ...(key_heads === undefined ? {} : { keyHeads: key_heads }),
  init: Entry.make(Initializer.makers, init),
})

/** Layers that know sequences, by their names in a model file. */
const makers = {
  simple_rnn: {
    options: recurrents.simple_rnn.options,
    make: ({ activation, init, recurrent_init, reverse, units, ...form }: Entry.Values<typeof recurrents.simple_rnn.options>) =>
      recurrent(
        simpleRnn({
          units,
          reverse,
          activation: Entry.make(Activation.makers, activation),
          init: Entry.make(Initializer.makers, init),
          recurrentInit: Entry.make(Initializer.makers, recurrent_init),
        }),
        form,
      ),
  },
  lstm: {
    options: recurrents.lstm.options,
    make: ({ forget_bias, init, recurrent_init, reverse, units, ...form }: Entry.Values<typeof recurrents.lstm.options>) =>
      recurrent(
        lstm({
          units,
          reverse,
          forgetBias: forget_bias,
          init: Entry.make(Initializer.makers, init),
          recurrentInit: Entry.make(Initializer.makers, recurrent_init),
        }),
        form,
      ),
  },
  gru: {
    options: recurrents.gru.options,
    make: ({
      init,
      recurrent_init,
      reset,
      reverse,
      units,
      ...form
    }: Entry.Values<typeof recurrents.gru.options>): OfSequences => {
      const options = {
        units,
        reverse,
        init: Entry.make(Initializer.makers, init),
        recurrentInit: Entry.make(Initializer.makers, recurrent_init),
      }
      return reset === "before" ? recurrent(gru({ ...options, reset }), form) : recurrent(gru(options), form)
    },
  },
  multi_head_attention: {
    options: attentions.multi_head_attention.options,
    make: (values: Entry.Values<typeof attentions.multi_head_attention.options>): OfSequences => {
      const options = attentionOptions(values)
      const { causal: _, rotary: __, ...others } = options
      return (values.memory === undefined ? attention(options) : across(others)) as OfSequences
    },
  },
  transformer_encoder: {
    options: attentions.transformer_encoder.options,
    make: ({ activation, key_heads, ...options }: Entry.Values<typeof attentions.transformer_encoder.options>): OfSequences =>
      encoder<Padded>(
        {
          ...options,
          ...(key_heads === undefined ? {} : { keyHeads: key_heads }),
          activation: Entry.make(Activation.makers, activation),
        },
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
  global_max_pool: () => ({ ...max, kind: "global_max_pool" }) as unknown as OfSequences,
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

/** The input of a layer that may come after sequences: one tensor, or padded sequences. */
export type MaybePadded = Tensor | Padded

/** The options of a use that are names of other layers, which it reads beside its input. */
export const readsOf = ({ options }: Entry.Use, of: Entry.Options): ReadonlyArray<readonly [option: string, layer: string]> =>
  Object.entries(options).flatMap(([option, value]) =>
    Object.hasOwn(of, option) && of[option]?.kind === "layer" && typeof value === "string" ? [[option, value] as const] : [],
  )

/** Samples of one length as sequences without padding. */
const full = (x: Tensor): Padded => ({ x, length: T.full([x.shape[0] ?? 0], x.shape[1] ?? 0, "i32") })

const fullShape = (x: Shape): PaddedShape => ({ x, length: [] })

/** A layer of sequences over samples of one length. */
const whole = (form: OfSequences): Net.Net => ({
  kind: form.kind,
  shape: (input) => {
    const output: unknown = form.shape(fullShape(input))
    return isPaddedShape(output) ? output.x : (output as Shape)
  },
  init: (key, input) => form.init(key, fullShape(input)),
  apply: (params, state, x, context) => {
    const applied = form.apply(params, state, full(x), context)
    return { y: isPadded(applied.y) ? applied.y.x : applied.y, state: applied.state }
  },
})

type Values = { readonly x: MaybePadded } & { readonly [option: string]: MaybePadded }
type Read = { readonly x: Shapes } & { readonly [option: string]: Shapes }

/** A layer that reads others too, { x, memory }: sequences among them may be of one length. A state is a tensor. */
const reading = (kind: string, form: OfSequences, takesSequences: boolean): Net.TreeNet => {
  const inner = form as unknown as Net.TreeNet
  const padded = (value: MaybePadded, isMain: boolean): MaybePadded =>
    isPadded(value) || !(isMain || takesSequences) ? value : full(value)
  const paddedShape = (shape: Shapes, isMain: boolean): Shapes =>
    isPaddedShape(shape) || !(isMain || takesSequences) || (shape as Shape).length !== 2 ? shape : fullShape(shape as Shape)
  const shapesOf = (input: ShapeTree.ShapeTree): ShapeTree.ShapeTree =>
    Object.fromEntries(
      Object.entries(input as unknown as Read).map(([name, shape]) => [name, paddedShape(shape, name === "x")]),
    ) as unknown as ShapeTree.ShapeTree
  return {
    kind,
    shape: (input) => {
      const output: unknown = inner.shape(shapesOf(input))
      const isOne = !isPaddedShape((input as unknown as Read).x)
      return (isOne && isPaddedShape(output) ? output.x : output) as ShapeTree.ShapeTree
    },
    init: (key, input) => inner.init(key, shapesOf(input)),
    apply: (params, state, values, context) => {
      const given = values as unknown as Values
      const all = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, padded(value, name === "x")]))
      const applied = inner.apply(params, state, all as Params, context)
      const y = applied.y as unknown as MaybePadded
      return { y: (!isPadded(given.x) && isPadded(y) ? y.x : y) as Params, state: applied.state }
    },
  }
}

/** Whether the layer of one tensor that a use's entry makes lacks what these options ask for. */
const needsSequences = ({ name, options }: Entry.Use): boolean =>
  Object.hasOwn(makers, name) &&
  (options.bidirectional === true || options.give === "state" || options.rotary === true || options.key_heads !== undefined)

/**
 * A layer of the catalogue for tensors, which also takes padded sequences. `layer` is what `use` makes, and `of` are the options of
 * its entry; other layers, such as activations, take each time step by itself. A layer that reads others by their names takes
 * { x } with a value for each of these options.
 */
export const over = (use: Entry.Use, layer: Net.Net, of?: Entry.Options): Net.Net<Params, Params, MaybePadded, MaybePadded> => {
  const form = formOf(use, layer, of)
  if (of !== undefined && readsOf(use, of).length > 0)
    return reading(layer.kind, form, use.options.memory !== undefined) as unknown as Net.Net<
      Params,
      Params,
      MaybePadded,
      MaybePadded
    >
  const plain = needsSequences(use) ? whole(form) : layer
  const forShape = (input: Shapes): Net.TreeNet => (isPaddedShape(input) ? form : plain) as unknown as Net.TreeNet
  const children = (input: Shapes) => forShape(input).children?.(input as ShapeTree.ShapeTree) ?? []
  return {
    kind: layer.kind,
    shape: (input) => forShape(input).shape(input as ShapeTree.ShapeTree) as Shapes,
    init: (key, input) => forShape(input).init(key, input as ShapeTree.ShapeTree),
    apply: (params, state, x, context) =>
      (isPadded(x) ? form.apply(params, state, x, context) : plain.apply(params, state, x, context)) as Net.Applied<
        Params,
        MaybePadded
      >,
    ...(layer.children === undefined ? {} : { children }),
  }
}

type Shapes = ShapeTree.Of<MaybePadded> | PaddedShape
