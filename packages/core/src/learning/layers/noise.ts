/** Noise against overfitting: drawn from the key anew at each step of training, and absent when inferring. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { type Net, pure } from "../Net.ts"
import { wantOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { layer, light } from "./Layer.ts"

/** A layer that does something while training, unless there is nothing to do, and nothing when inferring. */
const whileTraining = (kind: string, amount: number, apply: (x: Tensor, key: Key.Key) => Tensor): Net<None, None> =>
  pure(kind, (x, context) => (context.mode === "infer" || amount === 0 ? x : apply(x, context.key)))

/** x / (1 - rate) where the mask (true with probability 1 - rate, stretched to x) holds, 0 elsewhere. */
const dropped = (x: Tensor, key: Key.Key, rate: number, mask: Shape.Shape): Tensor =>
  T.where(Key.bernoulli(key, 1 - rate, mask), T.div(x, 1 - rate), 0)

/**
 * While training, 0 in place of a share `rate` of the numbers, drawn anew from the key each time, the others divided by
 * 1 - rate so that sums keep their size; when inferring, the input as it is. Throws `OptionError` unless `rate` is at least
 * 0 and below 1.
 */
export const dropout = (rate: number): Net<None, None> => {
  wantOptions("dropout", entries.dropout.options, { rate })
  return whileTraining("dropout", rate, (x, key) => dropped(x, key, rate, x.shape))
}

/** Dropout of whole channels: all numbers of a sample's channel [batch, …space, channels] together. */
export const spatialDropout = (rate: number): Net<None, None> => {
  wantOptions("spatialDropout", entries.spatial_dropout.options, { rate })
  return whileTraining("spatial_dropout", rate, (x, key) =>
    dropped(
      x,
      key,
      rate,
      x.shape.map((n, axis) => (axis === 0 || axis === x.shape.length - 1 ? n : 1)),
    ),
  )
}

// selu for inputs far below 0: -λα, with Klambauer's constants in doubles.
const saturated = -1.0507009873554805 * 1.6732632423543772

/**
 * Dropout for selu nets: a share `rate` of the numbers becomes what selu is far below 0, and an affine map brings all
 * back to mean 0 and variance 1, which dropout would spoil.
 */
export const alphaDropout = (rate: number): Net<None, None> => {
  wantOptions("alphaDropout", entries.alpha_dropout.options, { rate })
  // Of numbers with mean 0 and variance 1: the mean after dropping is rate · α′, the variance (1 - rate)(1 + rate · α′²).
  const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * saturated ** 2))
  const shift = -scale * rate * saturated
  return whileTraining("alpha_dropout", rate, (x, key) =>
    T.add(T.mul(T.where(Key.bernoulli(key, 1 - rate, x.shape), x, saturated), scale), shift),
  )
}

/** While training, a normal number of mean 0 and the given standard deviation added to each. */
export const gaussianNoise = (std: number): Net<None, None> => {
  wantOptions("gaussianNoise", entries.gaussian_noise.options, { std })
  return whileTraining("gaussian_noise", std, (x, key) => T.add(x, T.mul(Key.normal(key, x.shape), std)))
}

const rate = (value: number) =>
  ({
    kind: "number",
    doc: "The share that is dropped.",
    synonyms: ["p", "prob", "probability", "drop_rate", "dropout_rate", "drop_prob"],
    default: value,
    minimum: 0,
    exclusiveMaximum: 1,
    usual: [0, 0.8],
  }) as const

/** Noise layers by the name a model file calls them. */
export const entries = {
  dropout: layer({
    doc: "While training, sets a random share of the numbers to 0 and scales the others up to make up for it.",
    formula: "y = m ⊙ x / (1 - rate), mᵢ ~ Bernoulli(1 - rate); when not training y = x",
    source: "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout, 2014",
    advice:
      "Against overfitting: 0.5 between wide dense layers, 0.1 to 0.3 elsewhere, not on the outputs. Training slows down, so give it more epochs; selu nets want alpha_dropout instead, images spatial_dropout.",
    synonyms: ["drop"],
    options: { rate: rate(0.5) },
    main: "rate",
    traits: { role: "noise", drops: "numbers", keepsMoments: false, ...light },
    make: (options): Net => dropout(options.rate),
  }),
  spatial_dropout: layer({
    doc: "While training, sets a random share of the channels of each sample to 0 everywhere and scales the others up.",
    formula: "y = m ⊙ x / (1 - rate), one m ~ Bernoulli(1 - rate) for each sample and channel; when not training y = x",
    source: "Tompson, Goroshin, Jain, LeCun and Bregler, Efficient object localization using convolutional networks, 2015",
    advice:
      "After convolutions, whose neighbouring numbers are alike, so that dropping single ones drops little. On rows without space it is dropout.",
    synonyms: ["Dropout1d", "Dropout2d", "SpatialDropout1D", "SpatialDropout2D", "channel_dropout"],
    options: { rate: rate(0.2) },
    main: "rate",
    traits: { role: "noise", drops: "channels", keepsMoments: false, ...light },
    make: (options): Net => spatialDropout(options.rate),
  }),
  alpha_dropout: layer({
    doc: "Dropout for selu nets: while training, a random share of the numbers becomes what selu is far below 0, and mean and variance are kept.",
    formula: "y = a · (m ⊙ x + (1 - m) · α′) + b, α′ = -λα, a = 1 / √((1 - rate)(1 + rate · α′²)), b = -a · rate · α′",
    source: "Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks, 2017",
    advice: "Behind selu and nowhere else, at rates of 0.05 to 0.1: it keeps the mean and variance that selu counts on.",
    synonyms: ["FeatureAlphaDropout"],
    options: { rate: rate(0.1) },
    main: "rate",
    traits: { role: "noise", drops: "numbers", keepsMoments: true, ...light },
    make: (options): Net => alphaDropout(options.rate),
  }),
  gaussian_noise: layer({
    doc: "While training, adds normal noise to every number.",
    formula: "y = x + ε, εᵢ ~ N(0, std²); when not training y = x",
    source: "Bishop, Training with noise is equivalent to Tikhonov regularization, 1995",
    advice: "On standardized inputs, 0.1 or so: a mild augmentation for tables and signals.",
    synonyms: ["noise"],
    options: {
      std: {
        kind: "number",
        doc: "The standard deviation of the noise.",
        synonyms: ["stddev", "standard_deviation", "sigma"],
        default: 0.1,
        minimum: 0,
        usual: [0, 2],
      },
    },
    main: "std",
    traits: { role: "noise", drops: "nothing", keepsMoments: false, ...light },
    make: ({ std }): Net => gaussianNoise(std),
  }),
}
