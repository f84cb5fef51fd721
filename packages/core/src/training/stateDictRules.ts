/**
 * How PyTorch's modules lay out the arrays of Adjoint's layers: a rule for each kind of layer. PyTorch keeps weights as
 * [out, in, …window], stacks the gates of recurrent layers along the first axis, and adds two biases where Adjoint has one.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import * as Shape from "../types/Shape.ts"

/** How one array of a layer is computed from arrays of a module. */
export interface Conversion {
  /** The arrays of the module that it is computed from, with their shapes in PyTorch. */
  readonly from: { readonly [name: string]: Shape.Shape }
  /** The array, from these arrays in the order of `from`. */
  readonly to: (...arrays: ReadonlyArray<Tensor>) => Tensor
  /** The value of its elements if the module has none of the arrays, as without biases: required unless given. */
  readonly absent?: number
}

/** A layer to load: the shapes of its arrays, parameters and state, by their paths in the layer, such as `w`. */
export interface LayerShapes {
  readonly kind: string
  readonly shapes: { readonly [leaf: string]: Shape.Shape }
  /** Which layer of a module with several (`num_layers` of an LSTM) it is, from 0. */
  readonly index: number
  /** The shape [...space, channels] of the images that were flattened to the layer's inputs. */
  readonly flattened?: Shape.Shape
  /** The shape [...space, channels] of the images that the layer's outputs are reshaped to. */
  readonly reshaped?: Shape.Shape
}

/** The conversions of a layer's arrays, by their paths in the layer. */
export type Rule = (layer: LayerShapes) => { readonly [leaf: string]: Conversion }

const same = (name: string, shape: Shape.Shape, absent?: number): Conversion => ({
  from: { [name]: shape },
  to: (x) => T.reshape(x as Tensor, shape),
  ...(absent === undefined ? {} : { absent }),
})

/** [a, b] from [b, a]. */
const turned = (x: Tensor): Tensor => T.transpose(x, [1, 0]) as Tensor

/** Axes of [a, b, …c] in the order [...c, b, a]. */
const windowFirst = (rank: number): ReadonlyArray<number> => [...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1, 0]

/** Axes of [channels, …space, rest] or of [channels, …space] with the channels after the space. */
const channelsLater = (space: number, rest: number): ReadonlyArray<number> => [
  ...Array.from({ length: space }, (_, i) => i + 1),
  0,
  ...Array.from({ length: rest }, (_, i) => space + 1 + i),
]

const split = (image: Shape.Shape): readonly [channels: number, space: Shape.Shape] => [image.at(-1) ?? 1, image.slice(0, -1)]

const dense: Rule = ({ flattened, reshaped, shapes }) => {
  const [inputs = 0, outputs = 0] = shapes.w ?? []
  const weight = (x: Tensor): Tensor => {
    let w = turned(x)
    if (flattened !== undefined) {
      const [channels, space] = split(flattened)
      const axes = channelsLater(space.length, 1)
      w = T.reshape(T.transpose(T.reshape(w, [channels, ...space, outputs]) as Tensor, axes), [inputs, outputs])
    }
    return reshaped === undefined ? w : turned(T.reshape(outputsOf(turned(w), reshaped), [outputs, inputs]))
  }
  return {
    w: { from: { weight: [outputs, inputs] }, to: (x) => weight(x as Tensor) },
    ...(shapes.b === undefined
      ? {}
      : {
          b: {
            from: { bias: [outputs] },
            to: (x) => T.reshape(reshaped === undefined ? (x as Tensor) : outputsOf(x as Tensor, reshaped), [outputs]),
          },
        }),
  }
}

/** Rows [channels · space, …] in the order of an image with the channels last. */
const outputsOf = (rows: Tensor, image: Shape.Shape): Tensor => {
  const [channels, space] = split(image)
  const rest = rows.shape.slice(1)
  return T.transpose(T.reshape(rows, [channels, ...space, ...rest]) as Tensor, channelsLater(space.length, rest.length)) as Tensor
}

/** Weights [...window, a, b] from [b, a, ...window]. */
const convolution: Rule = ({ shapes }) => {
  const w = shapes.w ?? []
  const [a = 0, b = 0] = w.slice(-2)
  return {
    w: { from: { weight: [b, a, ...w.slice(0, -2)] }, to: (x) => T.transpose(x as Tensor, windowFirst(w.length)) as Tensor },
    ...(shapes.b === undefined ? {} : { b: same("bias", shapes.b) }),
  }
}

/** A scale and a shift, without which they are 1 and 0. Those of whole images have the channels first in PyTorch. */
const normalization: Rule = ({ shapes: { beta, gamma = [] } }) => {
  const image = gamma.length < 3 ? undefined : gamma
  const of = (name: string, absent: number): Conversion => {
    if (image === undefined) return same(name, gamma, absent)
    const [channels, space] = split(image)
    return { from: { [name]: [channels, ...space] }, to: (x) => T.transpose(x as Tensor, channelsLater(space.length, 0)), absent }
  }
  return { gamma: of("weight", 1), ...(beta === undefined ? {} : { beta: of("bias", 0) }) }
}

const batchNorm: Rule = (layer) => ({
  ...normalization(layer),
  mean: same("running_mean", layer.shapes.mean ?? []),
  variance: same("running_var", layer.shapes.variance ?? []),
})

/** The layer `index` of a recurrent module. Adjoint's bias is the sum of PyTorch's two. */
/* @__NO_SIDE_EFFECTS__ */ const recurrent =
  (suffix = "", at = ""): Rule =>
  ({ index, shapes }) => {
    const of = (leaf: string): Shape.Shape => shapes[`${at}${leaf}`] ?? []
    const name = (what: string): string => `${what}_l${index}${suffix}`
    const weights = (leaf: string, what: string): Conversion => {
      const [inputs = 0, outputs = 0] = of(leaf)
      return { from: { [name(what)]: [outputs, inputs] }, to: (x) => turned(x as Tensor) }
    }
    const biases = { [name("bias_ih")]: of("b"), [name("bias_hh")]: of("b") }
    const all = {
      [`${at}wx`]: weights("wx", "weight_ih"),
      [`${at}wh`]: weights("wh", "weight_hh"),
    }
    const bh = shapes[`${at}bh`]
    if (bh === undefined)
      return { ...all, [`${at}b`]: { from: biases, to: (x, y) => T.add(x as Tensor, y as Tensor), absent: 0 } }
    // The candidate's recurrent bias is inside the product with the reset gate, so it stays apart.
    const units = bh[0] ?? 0
    const outer = (y: Tensor): Tensor => T.concat([T.at(y, `0:${2 * units}`), T.zeros([units]) as Tensor]) as Tensor
    return {
      ...all,
      [`${at}b`]: { from: biases, to: (x, y) => T.add(x as Tensor, outer(y as Tensor)), absent: 0 },
      [`${at}bh`]: {
        from: { [name("bias_hh")]: of("b") },
        to: (y) => T.at(y as Tensor, `${2 * units}:${3 * units}`),
        absent: 0,
      },
    }
  }

const bidirectional: Rule = (layer) => ({ ...recurrent("", "forward.")(layer), ...recurrent("_reverse", "backward.")(layer) })

/** `nn.MultiheadAttention`: three maps in one array if queries, keys and values have as many features, otherwise three arrays. */
const attention: Rule = ({ shapes: { wk = [], wq = [], wv = [] } }) => {
  const [features = 0] = wq
  const isOne = [wk, wv].every((w) => Shape.equals(w, wq))
  const third = (x: Tensor, i: number): Tensor => T.at(x, `${i * features}:${(i + 1) * features}`)
  const w = (i: number, name: string, [inputs = 0, outputs = 0]: Shape.Shape): Conversion =>
    isOne
      ? { from: { in_proj_weight: [3 * features, features] }, to: (x) => turned(third(x as Tensor, i)) }
      : { from: { [`${name}_proj_weight`]: [outputs, inputs] }, to: (x) => turned(x as Tensor) }
  const b = (i: number): Conversion => ({
    from: { in_proj_bias: [3 * features] },
    to: (x) => third(x as Tensor, i),
    absent: 0,
  })
  return {
    wq: w(0, "q", wq),
    wk: w(1, "k", wk),
    wv: w(2, "v", wv),
    wo: { from: { "out_proj.weight": [features, features] }, to: (x) => turned(x as Tensor) },
    bq: b(0),
    bk: b(1),
    bv: b(2),
    bo: same("out_proj.bias", [features], 0),
  }
}

/** Arrays of the same names and shapes: for layers of your own, whose modules keep `nn.Parameter`s of these names. */
export const sameNames: Rule = ({ shapes }) =>
  Object.fromEntries(Object.entries(shapes).map(([leaf, shape]) => [leaf, same(leaf, shape)]))

/** The rules, by the kinds of layers. Other kinds have `sameNames`. */
export const rules: { readonly [kind: string]: Rule } = {
  dense,
  conv1d: convolution,
  conv2d: convolution,
  conv_transpose2d: convolution,
  batch_norm: batchNorm,
  layer_norm: normalization,
  group_norm: normalization,
  rms_norm: normalization,
  embedding: ({ shapes: { w = [] } }) => ({ w: same("weight", w) }),
  prelu: ({ shapes: { alpha = [] } }) => ({
    alpha: { from: { weight: alpha.length === 0 ? [1] : alpha }, to: (x) => T.reshape(x as Tensor, alpha) },
  }),
  simple_rnn: recurrent(),
  lstm: recurrent(),
  gru: recurrent(),
  bidirectional_simple_rnn: bidirectional,
  bidirectional_lstm: bidirectional,
  bidirectional_gru: bidirectional,
  multi_head_attention: attention,
  attention,
  cross_attention: attention,
}

/** The names of PyTorch's modules for the layers within a composite layer, by their paths in it. */
export const modulesIn: { readonly [kind: string]: { readonly [path: string]: string } } = {
  transformer_encoder: { attention: "self_attn", norm1: "norm1", norm2: "norm2", dense1: "linear1", dense2: "linear2" },
  transformer: {
    "residual1.layer_norm1": "norm1",
    "residual1.attention1": "self_attn",
    "residual2.layer_norm1": "norm2",
    "residual2.dense1": "linear1",
    "residual2.dense2": "linear2",
  },
  decoder: {
    "residual1.layer_norm1": "norm1",
    "residual1.attention1": "self_attn",
    "residual2.layer_norm1": "norm2",
    "residual2.cross_attention1": "multihead_attn",
    "residual3.layer_norm1": "norm3",
    "residual3.dense1": "linear1",
    "residual3.dense2": "linear2",
  },
}
