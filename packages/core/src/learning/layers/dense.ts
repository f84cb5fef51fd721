/** Dense layers: each output is a weighted sum of all inputs. A maxout layer takes the maximum of several such sums. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as Activation from "../Activation.ts"
import { make } from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import { type Net, pure } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import { type AffineOptions, type AffineParams, affine, affineOptions, type InitializerLike, type LinearMap } from "./affine.ts"
import { layer, widthOf } from "./Layer.ts"

/** The options of a dense layer. */
export interface DenseOptions extends AffineOptions {
  /** The number of outputs. */
  readonly units: number
}

/** The parameters of a dense layer: w [in, units], b [units], and those of its activation if it has any. */
export type DenseParams = AffineParams

/** x · W over the last axis. */
const product = (kind: string, units: number): LinearMap => ({
  kind,
  outputs: units,
  shape: (input) =>
    input.length === 0
      ? refuse(kind, [{ dtype: "f32", shape: input }], "at least one axis of features", "a reshape to [1] before it")
      : [...input.slice(0, -1), units],
  weights: (input) => [input.at(-1) ?? 1, units],
  fans: Initializer.fans,
  sums: (x, w) => {
    const width = w.shape[0] ?? 0
    if (x.shape.length < 2 || x.shape.at(-1) !== width)
      refuse(kind, [x, w], `x [batch, …, ${width}]`, "initialize the net for the shape of these samples")
    return T.reshape(T.matmul(T.reshape(x, [-1, width]) as Tensor, w), [...x.shape.slice(0, -1), units])
  },
})

/** f(x · W + b) over the last axis: x [batch, …, in] gives [batch, …, units]. Throws `ShapeError` for samples without axes. */
export const dense = (options: DenseOptions): Net<DenseParams> => {
  checkOptions("dense", denseOptions, options)
  return affine(options, product("dense", options.units))
}

/** The options of a maxout layer. */
export interface MaxoutOptions {
  /** The number of outputs. */
  readonly units: number
  /** The number of affine maps for each output: 2 unless given. */
  readonly pieces?: number
  /** The initializer of the weights: `auto`, which is lecun_normal, unless given. */
  readonly init?: InitializerLike
  /** Whether each map has a bias: true unless given. */
  readonly bias?: boolean
  /** The initializer of the bias: zeros unless given. */
  readonly biasInit?: InitializerLike
}

/**
 * The maximum of several affine maps for each output, over the last axis: x [batch, …, in] gives [batch, …, units]. The
 * parameters are w [in, pieces · units] and b [pieces · units]; the first `units` columns are the first map of each output.
 */
export const maxout = ({ pieces = 2, units, ...options }: MaxoutOptions): Net<AffineParams> => {
  checkOptions("maxout", maxoutOptions, { ...options, pieces, units })
  const apply = (x: Tensor): Tensor => T.max(T.reshape(x, [...x.shape.slice(0, -1), pieces, units]), { axes: -2 })
  const shape = (input: Shape.Shape): Shape.Shape => [...input.slice(0, -1), units]
  // The larger of two normal numbers has the same mean square as each of them, so no gain is needed.
  const largest = Activation.make(apply, { gain: 1, suits: "lecun", net: pure("maxout", apply, shape) })
  return affine({ ...options, activation: largest }, product("maxout", pieces * units))
}

/** The width of a layer, by the names that others call it too. */
const units = {
  kind: "integer",
  doc: "The number of outputs.",
  synonyms: [
    "neurons",
    "nodes",
    "hidden",
    "hidden_size",
    "hidden_units",
    "hidden_dim",
    "fc_size",
    "size",
    "width",
    "out_features",
    "outputs",
    "output_size",
    "output_dim",
    "num_outputs",
    "num_units",
    "dim",
  ],
  minimum: 1,
} as const

/** The options of `dense` in a model file. */
const denseOptions = {
  units,
  ...affineOptions,
} as const

/** The options of `maxout` in a model file. */
const maxoutOptions = {
  units,
  pieces: {
    kind: "integer",
    doc: "The number of weighted sums for each output.",
    synonyms: ["num_pieces", "pool_size", "k"],
    default: 2,
    minimum: 1,
  },
  init: affineOptions.init,
  bias: affineOptions.bias,
  bias_init: affineOptions.bias_init,
} as const

/** Dense layers, by their names in a model file. */
export const entries = {
  dense: /* @__PURE__ */ layer({
    doc: "Each output is a weighted sum of all inputs, and a bias.",
    formula: "y = f(x · W + b), W [in, units], b [units]",
    source: "Rosenblatt, The perceptron, 1958; Rumelhart, Hinton and Williams, 1986",
    advice:
      "For tables, and as the last layer of most nets. The last one has as many units as the net has outputs, and no activation: losses take logits. Before a batch normalization the bias has no effect.",
    synonyms: ["Linear", "LazyLinear", "fc", "fully_connected", "affine", "hidden"],
    options: denseOptions,
    main: "units",
    traits: {
      role: "weights",
      over: "features",
      width: "units",
      init: "init",
      bias: "bias",
      activation: "activation",
      learned: ({ units }, input) => (widthOf(input) + 1) * units,
      between: () => 0,
    },
    make: ({ activation, bias, bias_init, init, units }): Net =>
      dense({
        units,
        activation: make(Activation.makers, activation),
        init: make(Initializer.makers, init),
        bias,
        biasInit: make(Initializer.makers, bias_init),
      }),
  }),
  maxout: /* @__PURE__ */ layer({
    doc: "Each output is the maximum of several weighted sums of all inputs.",
    formula: "yⱼ = maxₖ (x · W + b)ₖⱼ, k = 1 … pieces",
    source: "Goodfellow, Warde-Farley, Mirza, Courville and Bengio, Maxout networks, 2013",
    advice:
      "A layer with a learned convex activation, designed for use with dropout. Units cannot die, since one of the pieces always gets the gradient. It has `pieces` times as many weights.",
    options: maxoutOptions,
    main: "units",
    traits: {
      role: "weights",
      over: "features",
      width: "units",
      init: "init",
      // Its biases are added before the maximum, not to the output.
      bias: undefined,
      activation: undefined,
      learned: ({ pieces, units }, input) => (widthOf(input) + 1) * pieces * units,
      between: ({ pieces, units }, input) => Shape.size(input.slice(0, -1)) * pieces * units,
    },
    make: ({ bias, bias_init, init, pieces, units }): Net =>
      maxout({ units, pieces, init: make(Initializer.makers, init), bias, biasInit: make(Initializer.makers, bias_init) }),
  }),
}
