/** Normalizations of single samples: over the features, or over groups of channels. They are the same in training and inference. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import { type Net, stateless } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { layer, widthOf } from "./Layer.ts"
import { channelsOf, type Learned, learned, scaled } from "./standardize.ts"

/** The options of layer normalization. */
export interface LayerNormOptions {
  /** The number of last axes that are normalized together: 1, the features, unless given. */
  readonly axes?: number
  /** Added to the variance: 1e-5 unless given. */
  readonly eps?: number
}

const lastAxes = (kind: string, input: Shape.Shape, axes: number): Shape.Shape => {
  if (axes > input.length || input.length === 0)
    refuse(kind, [{ dtype: "f32", shape: input }], `samples of ${axes} axes or more`, "fewer axes, or a reshape before it")
  return input.slice(input.length - axes)
}

const axesBetween = (from: number, to: number): ReadonlyArray<number> => Array.from({ length: to - from }, (_, i) => from + i)

/** The differences from the mean along some axes, and their mean square. */
const spread = (x: Tensor, axes: ReadonlyArray<number>): { readonly centred: Tensor; readonly variance: Tensor } => {
  const centred = T.sub(x, T.mean(x, { axes, keepAxes: true }))
  return { centred, variance: T.mean(T.square(centred), { axes, keepAxes: true }) }
}

/** γ · (x - mean) / √(variance + ε) + β with the mean and variance over the last axes of each sample. γ and β have the shape of these axes. Throws `ShapeError`. */
export const layerNorm = ({ axes = 1, eps = 1e-5, ...rest }: LayerNormOptions = {}): Net<Learned, None> => {
  checkOptions("layerNorm", layerNormOptions, { ...rest, axes, eps })
  return stateless({
    kind: "layer_norm",
    shape: (input) => {
      lastAxes("layer_norm", input, axes)
      return input
    },
    init: (_, input) => learned(lastAxes("layer_norm", input, axes)),
    apply: (params, x) => {
      const { centred, variance } = spread(x, axesBetween(x.shape.length - axes, x.shape.length))
      // One factor for each sample; γ has one for each feature.
      const factor = T.div(1, T.sqrt(T.add(variance, eps)))
      return T.add(T.mul(T.mul(centred, factor), params.gamma), params.beta)
    },
  })
}

/** The options of group normalization. */
export interface GroupNormOptions {
  /** The number of groups of channels, which divides the number of channels. */
  readonly groups: number
  /** Added to the variance: 1e-5 unless given. */
  readonly eps?: number
}

/**
 * γ · (x - mean) / √(variance + ε) + β with the mean and variance of each group of channels of a sample, over the spatial
 * axes: x [batch, …space, channels], γ and β [channels]. One group is layer normalization over the whole sample; as many
 * groups as channels is instance normalization. Throws `ShapeError`.
 */
export const groupNorm = ({ eps = 1e-5, groups, ...rest }: GroupNormOptions): Net<Learned, None> => {
  checkOptions("groupNorm", groupNormOptions, { ...rest, eps, groups })
  const channels = (input: Shape.Shape): number => {
    const n = channelsOf("group_norm", input)
    return n % groups === 0
      ? n
      : refuse(
          "group_norm",
          [{ dtype: "f32", shape: input }],
          `channels that ${groups} groups divide, not ${n}`,
          `groups that divide ${n}`,
        )
  }
  return stateless({
    kind: "group_norm",
    shape: (input) => {
      channels(input)
      return input
    },
    init: (_, input) => learned([channels(input)]),
    apply: ({ beta, gamma }, x) => {
      const n = channels(x.shape.slice(1))
      const grouped = T.reshape(x, [...x.shape.slice(0, -1), groups, n / groups]) as Tensor
      const axes = [...axesBetween(1, x.shape.length - 1), x.shape.length]
      const { centred, variance } = spread(grouped, axes)
      const each = { gamma: T.reshape(gamma, [groups, n / groups]), beta: T.reshape(beta, [groups, n / groups]) }
      return T.reshape(scaled(centred, variance, eps, each), x.shape)
    },
  })
}

/** The parameters of root mean square normalization: the scale γ of each feature. */
export type RmsNormParams = { readonly gamma: Tensor }

/** γ · x / √(mean(x²) + ε) over the last axis, without centring. Throws `ShapeError`. */
export const rmsNorm = ({ eps = 1e-6, ...rest }: { readonly eps?: number } = {}): Net<RmsNormParams, None> => {
  checkOptions("rmsNorm", rmsNormOptions, { ...rest, eps })
  return stateless({
    kind: "rms_norm",
    shape: (input) => {
      channelsOf("rms_norm", input)
      return input
    },
    init: (_, input) => ({ gamma: T.ones([channelsOf("rms_norm", input)]) as Tensor }),
    apply: ({ gamma }, x) => {
      const factor = T.div(1, T.sqrt(T.add(T.mean(T.square(x), { axes: -1, keepAxes: true }), eps)))
      return T.mul(T.mul(x, factor), gamma)
    },
  })
}

const epsOption = (value: number) =>
  ({
    kind: "number",
    doc: "Added to the mean square.",
    synonyms: ["epsilon"],
    default: value,
    exclusiveMinimum: 0,
    usual: [1e-12, 0.1],
  }) as const

/** The options of `layer_norm` in a model file. */
const layerNormOptions = {
  axes: { kind: "integer", doc: "The number of last axes that are normalized together.", default: 1, minimum: 1 },
  eps: epsOption(1e-5),
} as const

/** The options of `group_norm` in a model file. */
const groupNormOptions = {
  groups: { kind: "integer", doc: "The number of groups of channels.", synonyms: ["num_groups"], minimum: 1 },
  eps: epsOption(1e-5),
} as const

/** The options of `rms_norm` in a model file. */
const rmsNormOptions = { eps: epsOption(1e-6) } as const

/** These normalizations, by their names in a model file. */
export const entries = {
  layer_norm: layer({
    doc: "Normalizes the features of each sample to mean 0 and variance 1, then applies a learned scale and shift.",
    formula: "y = γ · (x - μ) / √(σ² + ε) + β, μ and σ² over the last axes of each sample",
    source: "Ba, Kiros and Hinton, Layer normalization, 2016",
    advice:
      "For recurrent nets and transformers, and where batches are too small for batch_norm: samples do not depend on each other.",
    synonyms: ["LayerNormalization", "ln"],
    options: layerNormOptions,
    traits: {
      role: "normalization",
      over: "sample",
      learned: ({ axes }, input) => 2 * Shape.size(input.slice(-axes)),
      between: () => 0,
    },
    make: (options): Net => layerNorm(options),
  }),
  group_norm: layer({
    doc: "Normalizes groups of channels of each sample to mean 0 and variance 1, then applies a learned scale and shift.",
    formula: "y = γ · (x - μ) / √(σ² + ε) + β, μ and σ² over space and the channels of a group",
    source: "Wu and He, Group normalization, 2018",
    advice: "For images in small batches. 32 groups are usual; as many as channels is instance normalization.",
    synonyms: ["GroupNormalization"],
    options: groupNormOptions,
    main: "groups",
    traits: { role: "normalization", over: "sample", learned: (_, input) => 2 * widthOf(input), between: () => 0 },
    make: (options): Net => groupNorm(options),
  }),
  rms_norm: layer({
    doc: "Scales the features of each sample to mean square 1, then applies a learned scale.",
    formula: "y = γ · x / √(mean(x²) + ε), over the last axis",
    source: "Zhang and Sennrich, Root mean square layer normalization, 2019",
    advice: "Like layer_norm without centring, and cheaper: the usual choice in recent transformers.",
    synonyms: ["RMSNormalization"],
    options: rmsNormOptions,
    traits: { role: "normalization", over: "sample", learned: (_, input) => widthOf(input), between: () => 0 },
    make: (options): Net => rmsNorm(options),
  }),
}
