/** Noise against overfitting: random at each training step, absent in inference. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { type Net, pure } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { layer, light } from "./Layer.ts"

/** A layer that applies noise in training, unless the amount is 0, and is the identity in inference. */
const whileTraining = (kind: string, amount: number, apply: (x: Tensor, key: Key.Key) => Tensor): Net<None, None> =>
  pure(kind, (x, context) => (context.mode === "infer" || amount === 0 ? x : apply(x, context.key)))

/** x / (1 - rate) where a random mask of the given shape, broadcast to x, is true (with probability 1 - rate), 0 elsewhere. */
const dropped = (x: Tensor, key: Key.Key, rate: number, mask: Shape.Shape): Tensor =>
  T.where(Key.bernoulli(key, 1 - rate, mask), T.div(x, 1 - rate), 0)

/**
 * In training, sets a random fraction `rate` of the elements to 0 and divides the others by 1 - rate, which preserves the
 * expected sum. In inference it is the identity. Throws `OptionError` unless `rate` is at least 0 and below 1.
 */
export const dropout = (rate: number): Net<None, None> => {
  checkOptions("dropout", dropoutOptions, { rate })
  return whileTraining("dropout", rate, (x, key) => dropped(x, key, rate, x.shape))
}

/** Dropout of whole channels of samples: x [batch, …space, channels]. */
export const spatialDropout = (rate: number): Net<None, None> => {
  checkOptions("spatialDropout", spatialDropoutOptions, { rate })
  return whileTraining("spatial_dropout", rate, (x, key) =>
    dropped(
      x,
      key,
      rate,
      x.shape.map((n, axis) => (axis === 0 || axis === x.shape.length - 1 ? n : 1)),
    ),
  )
}

// The limit of selu far below 0: -λα, with Klambauer's constants in doubles.
const saturated = -1.0507009873554805 * 1.6732632423543772

/**
 * Dropout for selu nets: sets a fraction `rate` of the elements to the limit of selu far below 0, and restores mean 0 and
 * variance 1 by an affine map. Ordinary dropout does not preserve them.
 */
export const alphaDropout = (rate: number): Net<None, None> => {
  checkOptions("alphaDropout", alphaDropoutOptions, { rate })
  // For mean 0 and variance 1, the mean after dropping is rate · α′, and the variance (1 - rate)(1 + rate · α′²).
  const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * saturated ** 2))
  const shift = -scale * rate * saturated
  return whileTraining("alpha_dropout", rate, (x, key) =>
    T.add(T.mul(T.where(Key.bernoulli(key, 1 - rate, x.shape), x, saturated), scale), shift),
  )
}

/** In training, adds a normal number of mean 0 and the given standard deviation to each element. */
export const gaussianNoise = (std: number): Net<None, None> => {
  checkOptions("gaussianNoise", gaussianNoiseOptions, { std })
  return whileTraining("gaussian_noise", std, (x, key) => T.add(x, T.mul(Key.normal(key, x.shape), std)))
}

const rate = (value: number) =>
  ({
    kind: "number",
    doc: "The fraction that is dropped.",
    synonyms: ["p", "prob", "probability", "drop_rate", "dropout_rate", "drop_prob"],
    default: value,
    minimum: 0,
    exclusiveMaximum: 1,
    usual: [0, 0.8],
  }) as const

/** The options of `dropout` in a model file. */
const dropoutOptions = { rate: rate(0.5) } as const

/** The options of `spatial_dropout` in a model file. */
const spatialDropoutOptions = { rate: rate(0.2) } as const

/** The options of `alpha_dropout` in a model file. */
const alphaDropoutOptions = { rate: rate(0.1) } as const

/** The options of `gaussian_noise` in a model file. */
const gaussianNoiseOptions = {
  std: {
    kind: "number",
    doc: "The standard deviation of the noise.",
    synonyms: ["stddev", "standard_deviation", "sigma"],
    default: 0.1,
    minimum: 0,
    usual: [0, 2],
  },
} as const

/** Noise layers, by their names in a model file. */
export const entries = {
  dropout: layer({
    doc: "In training, sets a random fraction of the elements to 0 and scales up the others.",
    formula: "y = m ⊙ x / (1 - rate), mᵢ ~ Bernoulli(1 - rate); in inference y = x",
    source: "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014",
    advice:
      "Against overfitting: 0.5 between wide dense layers, 0.1 to 0.3 elsewhere, not on the outputs. Training takes more epochs. Use alpha_dropout for selu nets, and spatial_dropout for images.",
    synonyms: ["drop"],
    options: dropoutOptions,
    main: "rate",
    traits: { role: "noise", drops: "numbers", keepsMoments: false, ...light },
    make: (options): Net => dropout(options.rate),
  }),
  spatial_dropout: layer({
    doc: "In training, sets a random fraction of the channels of each sample to 0 and scales up the others.",
    formula: "y = m ⊙ x / (1 - rate), one m ~ Bernoulli(1 - rate) for each sample and channel; in inference y = x",
    source: "Tompson, Goroshin, Jain, LeCun and Bregler, Efficient object localization using convolutional networks, 2015",
    advice:
      "After convolutions: neighbouring elements are similar there, so dropping single ones has little effect. Without spatial axes it is ordinary dropout.",
    synonyms: ["Dropout1d", "Dropout2d", "SpatialDropout1D", "SpatialDropout2D", "channel_dropout"],
    options: spatialDropoutOptions,
    main: "rate",
    traits: { role: "noise", drops: "channels", keepsMoments: false, ...light },
    make: (options): Net => spatialDropout(options.rate),
  }),
  alpha_dropout: layer({
    doc: "Dropout for selu nets: in training, sets a random fraction of the elements to the limit of selu far below 0, and preserves mean and variance.",
    formula: "y = a · (m ⊙ x + (1 - m) · α′) + b, α′ = -λα, a = 1 / √((1 - rate)(1 + rate · α′²)), b = -a · rate · α′",
    source: "Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, 2017",
    advice: "Only after selu, at rates of 0.05 to 0.1: it preserves the mean and variance that selu needs.",
    synonyms: ["FeatureAlphaDropout"],
    options: alphaDropoutOptions,
    main: "rate",
    traits: { role: "noise", drops: "numbers", keepsMoments: true, ...light },
    make: (options): Net => alphaDropout(options.rate),
  }),
  gaussian_noise: layer({
    doc: "In training, adds normal noise to each element.",
    formula: "y = x + ε, εᵢ ~ N(0, std²); in inference y = x",
    source: "Bishop, Training with noise is equivalent to Tikhonov regularization, 1995",
    advice: "On standardized inputs, about 0.1: a mild augmentation for tables and signals.",
    synonyms: ["noise"],
    options: gaussianNoiseOptions,
    main: "std",
    traits: { role: "noise", drops: "nothing", keepsMoments: false, ...light },
    make: ({ std }): Net => gaussianNoise(std),
  }),
}
