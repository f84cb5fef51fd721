/**
 * Convolutions: the same kernel at every position of a sequence or an image. Samples are channels-last, [length, channels] and
 * [height, width, channels]; kernels are [...window, in, out].
 */
import type { Tensor } from "../../language/Expr.ts"
import type { Pad, Sizes } from "../../tensor/images.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as Activation from "../Activation.ts"
import { make, type Use } from "../Entry.ts"
import * as Initializer from "../Initializer.ts"
import type { Net } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import { type AffineOptions, type AffineParams, affine, affineOptions, type LinearMap } from "./affine.ts"
import { layer, widthOf, windowOf } from "./Layer.ts"
import { checkAxes, ofSample } from "./sample.ts"

/** The options of a convolution. A single number applies to all spatial axes. */
export interface ConvOptions extends AffineOptions {
  /** The number of outputs at each position. */
  readonly filters: number
  /** The size of the window. */
  readonly kernel: Sizes
  /** The distance between two window positions: 1 unless given. */
  readonly stride?: Sizes
  /** The padding of the input: none (`valid`) unless given. */
  readonly pad?: Pad
  /** The distance between the elements of the window: 1 unless given. */
  readonly dilation?: Sizes
  /** The number of groups of channels, each with its own filters: 1 unless given. */
  readonly groups?: number
}

/** The options of a transposed convolution. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Additional elements at the end of the output, fewer than the stride: 0 unless given. */
  readonly outputPadding?: Sizes
}

const print = (sizes: Sizes): string => (typeof sizes === "number" ? String(sizes) : `[${sizes.join(", ")}]`)

const checkSizes = (kind: string, option: string, sizes: Sizes | undefined, rank: number, input: Shape.Shape): void => {
  if (sizes !== undefined && typeof sizes !== "number" && sizes.length !== rank)
    refuse(
      kind,
      [{ dtype: "f32", shape: input }],
      `one number for \`${option}\`, or ${rank}, not ${print(sizes)}`,
      rank === 1 ? "conv2d for images" : "one for each of height and width",
    )
}

const checkGroups = (kind: string, what: string, n: number, groups: number, input: Shape.Shape): void => {
  if (n % groups !== 0)
    refuse(
      kind,
      [{ dtype: "f32", shape: input }],
      `${what} that ${groups} groups divide, not ${n}`,
      `groups that divide ${n}, or ${Math.ceil(n / groups) * groups} ${what}`,
    )
}

type Convolve = (x: Tensor, w: Tensor) => Tensor

const linear = (
  kind: string,
  rank: number,
  { dilation, filters, groups = 1, kernel, stride }: ConvOptions,
  kernelOf: (channels: number) => Shape.Shape,
  convolve: Convolve,
): LinearMap => {
  const window = typeof kernel === "number" ? Array<number>(rank).fill(kernel) : kernel
  const weights = (input: Shape.Shape): Shape.Shape => [...window, ...kernelOf(input.at(-1) ?? 1)]
  return {
    kind,
    outputs: filters,
    weights,
    shape: (input) => {
      checkAxes(kind, rank, input)
      for (const [option, sizes] of Object.entries({ kernel, stride, dilation })) checkSizes(kind, option, sizes, rank, input)
      checkGroups(kind, "channels", input.at(-1) ?? 0, groups, input)
      checkGroups(kind, "filters", filters, groups, input)
      return ofSample(kind, input, (x) => convolve(x, T.zeros(weights(input))))
    },
    fans: Initializer.fans,
    sums: convolve,
  }
}

const convolution =
  (kind: string, rank: number) =>
  (options: ConvOptions): Net<AffineParams> => {
    checkOptions(kind, windows, options)
    const { dilation = 1, filters, groups = 1, pad = "valid", stride = 1 } = options
    const kernelOf = (channels: number) => [channels / groups, filters]
    return affine(
      options,
      linear(kind, rank, options, kernelOf, (x, w) => T.conv(x, w, { dilation, groups, pad, stride })),
    )
  }

/** f(x * W + b) along one axis: x [batch, length, channels] gives [batch, positions, filters], w [window, channels / groups, filters]. Throws `ShapeError`. */
export const conv1d = convolution("conv1d", 1)

/** f(x * W + b) over images: x [batch, height, width, channels] gives [batch, …positions, filters], w [...window, channels / groups, filters]. Throws `ShapeError`. */
export const conv2d = convolution("conv2d", 2)

/**
 * A transposed convolution over images, which makes them larger if the stride is above 1: x [batch, height, width, channels]
 * gives [batch, …space, filters], w [...window, filters / groups, channels]. The size of each axis is
 * (n - 1) · stride + (kernel - 1) · dilation + 1 - padding + outputPadding; with `same` it is n · stride. Throws `ShapeError`.
 */
export const convTranspose2d = (options: ConvTransposeOptions): Net<AffineParams> => {
  checkOptions("convTranspose2d", { ...windows, outputPadding: convTranspose2dOptions.output_padding }, options)
  const { dilation = 1, filters, groups = 1, outputPadding = 0, pad = "valid", stride = 1 } = options
  const kernelOf = (channels: number) => [filters / groups, channels]
  return affine(
    options,
    linear("conv_transpose2d", 2, options, kernelOf, (x, w) =>
      T.convTranspose(x, w, { dilation, groups, outputPadding, pad, stride }),
    ),
  )
}

const windows = {
  filters: {
    kind: "integer",
    doc: "The number of outputs at each position.",
    synonyms: ["out_channels", "output_channels", "channels", "num_filters", "n_filters", "features"],
    minimum: 1,
  },
  kernel: {
    kind: "sizes",
    doc: "The size of the window.",
    synonyms: ["kernel_size", "filter_size", "ksize", "window", "size"],
    default: 3,
  },
  stride: { kind: "sizes", doc: "The distance between two window positions.", synonyms: ["strides", "step"], default: 1 },
  pad: {
    kind: "padding",
    doc: "The padding of the input: `valid` (none), `same` (a stride of 1 keeps the size), or a number of zeros.",
    synonyms: ["padding", "border_mode"],
    default: "valid",
  },
  dilation: {
    kind: "sizes",
    doc: "The distance between the elements of the window.",
    synonyms: ["dilation_rate", "dilations"],
    default: 1,
  },
  groups: {
    kind: "integer",
    doc: "The number of groups of channels, each with its own filters.",
    synonyms: ["num_groups", "feature_group_count"],
    default: 1,
    minimum: 1,
  },
  ...affineOptions,
} as const

const convolving = {
  role: "weights",
  over: "space",
  width: "filters",
  window: "kernel",
  init: "init",
  bias: "bias",
  activation: "activation",
  learned: ({ filters, kernel }: { readonly filters: number; readonly kernel: Sizes }, input: Shape.Shape): number =>
    (windowOf(kernel, input) * widthOf(input) + 1) * filters,
  between: (): number => 0,
} as const

interface EntryOptions extends Omit<ConvOptions, "activation" | "init" | "biasInit"> {
  readonly activation: Use
  readonly init: Use
  readonly bias_init: Use
}

const convOptions = ({ activation, bias_init, init, ...options }: EntryOptions): ConvOptions => ({
  ...options,
  activation: make(Activation.makers, activation),
  init: make(Initializer.makers, init),
  biasInit: make(Initializer.makers, bias_init),
})

const lecun = "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998"

/** The options of `conv_transpose2d` in a model file. */
const convTranspose2dOptions = {
  ...windows,
  output_padding: {
    kind: "sizes",
    doc: "Additional elements at the end of the output, fewer than the stride.",
    default: 0,
    minimum: 0,
  },
} as const

/** Convolutions, by their names in a model file. */
export const entries = {
  conv1d: /* @__PURE__ */ layer({
    doc: "A convolution over a sequence: the same weighted sum of a window at every position, and a bias.",
    formula: "y(t) = f(Σᵢ x(stride · t + dilation · i - pad) · W(i) + b), W [kernel, channels / groups, filters]",
    source: "Waibel, Hanazawa, Hinton, Shikano and Lang, Phoneme recognition using time-delay neural networks, 1989",
    advice:
      "For sequences and signals, [length, channels]. A window covers `kernel` time steps; dilations of 1, 2, 4, … cover long ranges with few weights. Set `bias: false` before a batch normalization.",
    synonyms: ["convolution1d", "temporal_convolution", "LazyConv1d"],
    options: windows,
    main: "filters",
    traits: convolving,
    make: (options): Net => conv1d(convOptions(options)),
  }),
  conv2d: /* @__PURE__ */ layer({
    doc: "A convolution over an image: the same weighted sum of a window at every position, and a bias.",
    formula: "y(p) = f(Σᵢ x(stride · p + dilation · i - pad) · W(i) + b), W [...kernel, channels / groups, filters]",
    source: lecun,
    advice:
      "For images, [height, width, channels]. Use windows of 3 with `pad: same`, and more filters as the images get smaller. `groups` equal to the channels is a depthwise convolution. Set `bias: false` before a batch normalization.",
    synonyms: ["conv", "convolution", "convolution2d", "LazyConv2d"],
    options: windows,
    main: "filters",
    traits: convolving,
    make: (options): Net => conv2d(convOptions(options)),
  }),
  conv_transpose2d: /* @__PURE__ */ layer({
    doc: "A transposed convolution: each element of an image is multiplied by a window of weights, overlapping windows are added, and a bias.",
    formula: "y(stride · p + dilation · i - pad) += x(p) · W(i), then f(y + b), W [...kernel, filters / groups, channels]",
    source: "Zeiler, Krishnan, Taylor and Fergus, Deconvolutional networks, 2010",
    advice:
      "To make images larger, in decoders and generators. Use a kernel that is a multiple of the stride, such as 4 or 2 with a stride of 2; others produce a checkerboard pattern.",
    synonyms: ["Conv2DTranspose", "deconv", "deconv2d", "deconvolution", "transposed_conv2d"],
    options: convTranspose2dOptions,
    main: "filters",
    traits: convolving,
    make: ({ output_padding, ...options }): Net => convTranspose2d({ ...convOptions(options), outputPadding: output_padding }),
  }),
}
