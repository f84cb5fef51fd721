/** Pooling: one number for each window of a sequence [length, channels] or an image [height, width, channels]. */
import type { Tensor } from "../../language/Expr.ts"
import type { Pad, PoolOptions, Sizes } from "../../tensor/linear.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { type Net, pure } from "../Net.ts"
import { wantOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { layer, light } from "./Layer.ts"
import { ofSample } from "./sample.ts"

/** How the windows of a pooling layer stand. One number counts for every axis of space alike. */
export interface PoolingOptions {
  /** The size of the window. */
  readonly window: Sizes
  /** How far it moves from place to place: its own size unless given. */
  readonly stride?: Sizes | undefined
  /** What is laid around the input: nothing (`valid`) unless given. It is never the largest and counts in no mean. */
  readonly pad?: Pad
}

const wantSpace = (kind: string, input: ReadonlyArray<number>): void => {
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
  ({ pad = "valid", stride, window }: PoolingOptions): Net<None, None> => {
    wantOptions(operation, windows, { stride, window })
    const apply = (x: Tensor): Tensor => pool(x, { window, pad, strides: stride ?? window })
    return pure(kind, apply, (input) => {
      wantSpace(kind, input)
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

/** The largest of each window; of equals, the first gets the gradient. Throws `ShapeError`. */
export const maxPool = pooling("maxPool", "max_pool", T.maxPool)

/** The mean of each window, padding left out of it. Throws `ShapeError`. */
export const avgPool = pooling("avgPool", "avg_pool", T.avgPool)

/** The mean of each channel over all places: [batch, …space, channels] gives [batch, channels]. Throws `ShapeError`. */
export const globalAvgPool: Net<None, None> = pure(
  "global_avg_pool",
  (x) => T.mean(x, { axes: x.shape.slice(1, -1).map((_, i) => i + 1) }),
  (input) => {
    wantSpace("global_avg_pool", input)
    return input.slice(-1)
  },
)

const windows = {
  window: { kind: "sizes", doc: "The size of the window.", synonyms: ["pool_size", "kernel_size", "kernel", "size"], default: 2 },
  stride: { kind: "sizes", doc: "How far the window moves; its own size unless given.", synonyms: ["strides"], optional: true },
  pad: {
    kind: "padding",
    doc: "What is laid around the input: `valid` (nothing), `same`, or how many places.",
    synonyms: ["padding"],
    default: "valid",
  },
} as const

/** Pooling layers by the name a model file calls them. */
export const entries = {
  max_pool: layer({
    doc: "The largest number of each window of a sequence or an image, channel by channel.",
    formula: "y(p) = maxᵢ x(stride · p + i - pad)",
    source: "Yamaguchi, Sakamoto, Akabane and Fujimoto, A neural network for speaker-independent isolated word recognition, 1990",
    advice: "Halves an image (`max_pool: 2`) and keeps what was found in it, wherever in the window it stood.",
    synonyms: ["MaxPool1d", "MaxPool2d", "MaxPooling1D", "MaxPooling2D", "max_pooling"],
    options: windows,
    main: "window",
    traits: { role: "pooling", space: "kept", ...light },
    make: (options): Net => maxPool(options),
  }),
  avg_pool: layer({
    doc: "The mean of each window of a sequence or an image, channel by channel.",
    formula: "y(p) = Σᵢ x(stride · p + i - pad) / n(p), n the elements of the window that are not padding",
    source: "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998",
    advice:
      "Makes images smaller without choosing. Padding does not count in the mean, which is `count_include_pad=False` elsewhere.",
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
    advice:
      "Before the last dense layer in place of `flatten`: far fewer weights, and images of any size. What was where is lost.",
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
}
