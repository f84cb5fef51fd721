/** Pooling: one number for each window of a sequence [length, channels] or an image [height, width, channels]. */
import type { Tensor } from "../../language/Expr.ts"
import type { Pad, PoolOptions, Sizes } from "../../tensor/images.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { type Net, pure } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { layer, light } from "./Layer.ts"
import { ofSample } from "./sample.ts"

/** The options of a pooling layer. A single number applies to all spatial axes. */
export interface PoolingOptions {
  /** The size of the window. */
  readonly window: Sizes
  /** The distance between two window positions: the size of the window unless given. */
  readonly stride?: Sizes | undefined
  /** The padding of the input: none (`valid`) unless given. Padding is ignored in maxima and means. */
  readonly pad?: Pad
}

const checkSpace = (kind: string, input: ReadonlyArray<number>): void => {
  if (input.length < 2)
    refuse(
      kind,
      [{ dtype: "f32", shape: input }],
      "samples of [length, channels] or [height, width, channels]",
      "a layer above any flatten",
    )
}

const pooling =
  (operation: string, kind: string, pool: (x: Tensor, options: PoolOptions) => Tensor) =>
  ({ pad = "valid", stride, window, ...rest }: PoolingOptions): Net<None, None> => {
    checkOptions(operation, windows, { ...rest, stride, window })
    const apply = (x: Tensor): Tensor => pool(x, { window, pad, stride: stride ?? window })
    return pure(kind, apply, (input) => {
      checkSpace(kind, input)
      const rank = input.length - 1
      for (const [option, sizes] of Object.entries({ window, stride }))
        if (sizes !== undefined && typeof sizes !== "number" && sizes.length !== rank)
          refuse(
            kind,
            [{ dtype: "f32", shape: input }],
            `one number for \`${option}\`, or ${rank}, not [${sizes.join(", ")}]`,
            "one for each axis of space",
          )
      return ofSample(kind, input, apply)
    })
  }

/** The maximum of each window. Among equal elements the first gets the gradient. Throws `ShapeError`. */
export const maxPool = pooling("maxPool", "max_pool", T.maxPool)

/** The mean of each window, without padding. Throws `ShapeError`. */
export const avgPool = pooling("avgPool", "avg_pool", T.avgPool)

/** The mean of each channel over all positions: [batch, …space, channels] gives [batch, channels]. Throws `ShapeError`. */
export const globalAvgPool: Net<None, None> = pure(
  "global_avg_pool",
  (x) => T.mean(x, { axes: x.shape.slice(1, -1).map((_, i) => i + 1) }),
  (input) => {
    checkSpace("global_avg_pool", input)
    return input.slice(-1)
  },
)

/**
 * The maximum of each channel over the whole sequence or image: x [batch, …space, channels] gives [batch, channels].
 *
 * `Layers.globalMaxPool.shape([6, 6, 16]) // => [16]`
 */
export const globalMaxPool: Net<None, None> = pure(
  "global_max_pool",
  (x) => T.max(x, { axes: x.shape.slice(1, -1).map((_, i) => i + 1) }),
  (input) => {
    checkSpace("global_max_pool", input)
    return input.slice(-1)
  },
)

const windows = {
  window: { kind: "sizes", doc: "The size of the window.", synonyms: ["pool_size", "kernel_size", "kernel", "size"], default: 2 },
  stride: {
    kind: "sizes",
    doc: "The distance between two window positions; the size of the window unless given.",
    synonyms: ["strides"],
    optional: true,
  },
  pad: {
    kind: "padding",
    doc: "The padding of the input: `valid` (none), `same`, or a number of elements.",
    synonyms: ["padding"],
    default: "valid",
  },
} as const

/** Pooling layers, by their names in a model file. */
export const entries = {
  max_pool: layer({
    doc: "The maximum of each window of a sequence or an image, for each channel.",
    formula: "y(p) = maxᵢ x(stride · p + i - pad)",
    source: "Yamaguchi, Sakamoto, Akabane and Fujimoto, A neural network for speaker-independent isolated word recognition, 1990",
    advice: "Halves the size of an image (`max_pool: 2`) and keeps the strongest response of each window.",
    synonyms: ["MaxPool1d", "MaxPool2d", "MaxPooling1D", "MaxPooling2D", "max_pooling"],
    options: windows,
    main: "window",
    traits: { role: "pooling", space: "kept", ...light },
    make: (options): Net => maxPool(options),
  }),
  avg_pool: layer({
    doc: "The mean of each window of a sequence or an image, for each channel.",
    formula: "y(p) = Σᵢ x(stride · p + i - pad) / n(p), n the elements of the window that are not padding",
    source: "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998",
    advice:
      "Makes images smaller by averaging. Padding does not count in the mean, as with `count_include_pad=False` in PyTorch.",
    synonyms: ["AvgPool1d", "AvgPool2d", "AveragePooling1D", "AveragePooling2D", "average_pool", "average_pooling", "mean_pool"],
    options: windows,
    main: "window",
    traits: { role: "pooling", space: "kept", ...light },
    make: (options): Net => avgPool(options),
  }),
  global_avg_pool: layer({
    doc: "The mean of each channel over the whole sequence or image.",
    formula: "[…space, channels] → [channels], y = mean over space",
    source: "Lin, Chen and Yan, Network in network, 2013",
    advice: "Before the last dense layer instead of `flatten`: far fewer weights, and images of any size. Positions are lost.",
    synonyms: [
      "GlobalAveragePooling1D",
      "GlobalAveragePooling2D",
      "global_average_pooling",
      "AdaptiveAvgPool1d",
      "AdaptiveAvgPool2d",
      "gap",
    ],
    options: {},
    traits: { role: "pooling", space: "gone", ...light },
    make: (): Net => globalAvgPool,
  }),
  global_max_pool: layer({
    doc: "The maximum of each channel over the whole sequence or image.",
    formula: "[…space, channels] → [channels], y = max over space",
    source: "Collobert et al., Natural language processing (almost) from scratch, 2011",
    advice:
      "After a `conv1d` over a text: whether each filter found its pattern anywhere. For images `global_avg_pool` is more usual.",
    synonyms: ["GlobalMaxPooling1D", "GlobalMaxPooling2D", "global_max_pooling", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d"],
    options: {},
    traits: { role: "pooling", space: "gone", ...light },
    make: (): Net => globalMaxPool,
  }),
}
