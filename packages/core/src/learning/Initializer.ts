/**
 * Initializers: what weights are before they learn. Each draws a tensor of a given shape from a key, knowing how many
 * inputs and outputs the weights connect, so that signals keep their size from layer to layer.
 */
import type { Tensor } from "../language/Expr.ts"
import * as Key from "../tensor/Key.ts"
import * as T from "../tensor/Tensor.ts"
import * as Shape from "../words/Shape.ts"
import * as Activation from "./Activation.ts"
import { entry, make as makeFrom, type Table, type Use } from "./Entry.ts"

/** How many inputs one output is made of, and how many outputs one input goes into. */
export interface Fans {
  readonly fanIn: number
  readonly fanOut: number
}

/** The place the weights take in a net: what they connect, and the activation that follows (none is the identity). */
export interface Place extends Fans {
  readonly activation?: Activation.Activation
}

/** Draws weights of a shape. */
export type Initializer = (key: Key.Key, shape: Shape.Shape, place: Place) => Tensor

/**
 * The fans of a weight: [in, out] of a matrix; of a convolution kernel [...window, channels, filters], channels and
 * filters times the window's area.
 *
 * `Initializer.fans([3, 3, 16, 32]) // => { fanIn: 144, fanOut: 288 }`
 */
export const fans = (shape: Shape.Shape): Fans => {
  const area = Shape.size(shape.slice(0, -2))
  return { fanIn: area * (shape.at(-2) ?? shape.at(-1) ?? 1), fanOut: area * (shape.at(-1) ?? 1) }
}

/** One number everywhere. */
export const constant =
  (value: number): Initializer =>
  (_, shape) =>
    T.full(shape, value)

/** 0 everywhere. */
export const zeros: Initializer = constant(0)

/** 1 everywhere. */
export const ones: Initializer = constant(1)

/** The normal distribution around 0 with a standard deviation. */
export const normal =
  (std: number): Initializer =>
  (key, shape) =>
    T.mul(Key.normal(key, shape), std)

/** Evenly between -limit and limit. */
export const uniform =
  (limit: number): Initializer =>
  (key, shape) =>
    Key.uniform(key, shape, { low: -limit, high: limit })

/** The two shapes of distribution that weights are drawn from. */
export type Distribution = "normal" | "uniform"

const distributions: { readonly [D in Distribution]: (variance: number) => Initializer } = {
  normal: (variance) => normal(Math.sqrt(variance)),
  // The variance of a uniform distribution over [-l, l] is l²/3.
  uniform: (variance) => uniform(Math.sqrt(3 * variance)),
}

/** Weights around 0 whose variance depends on their place; every named scheme is one of these. */
export const withVariance =
  (distribution: Distribution, variance: (place: Place) => number): Initializer =>
  (key, shape, place) =>
    distributions[distribution](variance(place))(key, shape, place)

/** gain² / fan_avg: a compromise between signals forwards and gradients backwards. */
export const xavier = (distribution: Distribution, gain = 1): Initializer =>
  withVariance(distribution, ({ fanIn, fanOut }) => (gain ** 2 * 2) / (fanIn + fanOut))

/** Which fan counts: `fan_in` keeps the size of signals forwards, `fan_out` that of gradients backwards. */
export type Mode = "fan_in" | "fan_out"

const fanOf: { readonly [M in Mode]: (fans: Fans) => number } = {
  fan_in: ({ fanIn }) => fanIn,
  fan_out: ({ fanOut }) => fanOut,
}

/** gain² / fan, with the gain of the activation that follows: √2 makes up for the half that relu cuts away. */
export const he = (distribution: Distribution, gain = Math.SQRT2, mode: Mode = "fan_in"): Initializer =>
  withVariance(distribution, (place) => gain ** 2 / fanOf[mode](place))

/** 1 / fan_in. */
export const lecun = (distribution: Distribution): Initializer => withVariance(distribution, ({ fanIn }) => 1 / fanIn)

const families: { readonly [F in Activation.Family]: (gain: number) => Initializer } = {
  xavier: (gain) => xavier("normal", gain),
  he: (gain) => he("normal", gain),
  lecun: () => lecun("normal"),
}

/** What suits the activation that follows: he, xavier or lecun, all normal, with its gain. */
export const auto: Initializer = (key, shape, place) => {
  const { gain, suits } = place.activation ?? Activation.table.identity.make({})
  return families[suits](gain)(key, shape, place)
}

const gain = {
  kind: "number",
  doc: "What the activation that follows needs: 1 for linear and sigmoid, 5/3 for tanh, 1.414 for relu.",
  default: 1,
  exclusiveMinimum: 0,
} as const

const heOptions = {
  nonlinearity: { kind: "activation", doc: "The activation that follows, for its gain.", default: "relu" },
  mode: {
    kind: "choice",
    doc: "`fan_in` keeps the size of signals forwards, `fan_out` that of gradients backwards.",
    of: ["fan_in", "fan_out"],
    default: "fan_in",
  },
} as const

const glorot = "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010"
const kaiming = "He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015"
const efficient = "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998"

const xavierNormal = entry({
  doc: "Normal, scaled by the mean of inputs and outputs.",
  formula: "Var(w) = gain² · 2 / (fan_in + fan_out)",
  source: glorot,
  advice: "Before tanh, sigmoid, softmax and linear outputs. Too small before relu, which halves the variance at every layer.",
  options: { gain },
  main: "gain",
  make: (options): Initializer => xavier("normal", options.gain),
})

const xavierUniform = entry({
  doc: "Uniform, scaled by the mean of inputs and outputs.",
  formula: "w ~ U(-l, l), l = gain · √(6 / (fan_in + fan_out))",
  source: glorot,
  advice: "Before tanh, sigmoid, softmax and linear outputs, where no weight should be far out.",
  options: { gain },
  main: "gain",
  make: (options): Initializer => xavier("uniform", options.gain),
})

const gainOf = (nonlinearity: Use): number => makeFrom(Activation.table, nonlinearity).gain

/** Every initializer by the name a model file calls it. */
export const table = {
  auto: entry({
    doc: "What suits the activation that follows.",
    formula: "he_normal before the relu family, xavier_normal before tanh, sigmoid, softmax and linear, lecun_normal before selu",
    source: `${kaiming}; ${glorot}; Klambauer et al., Self-normalizing neural networks, 2017`,
    advice: "The default. It takes the gain of the activation too.",
    options: {},
    make: (): Initializer => auto,
  }),
  zeros: entry({
    doc: "0 everywhere.",
    formula: "w = 0",
    source:
      "Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986 (why weights must not start so)",
    advice: "For biases. Weights of a hidden layer that are all alike get the same gradient and stay alike.",
    options: {},
    make: (): Initializer => zeros,
  }),
  ones: entry({
    doc: "1 everywhere.",
    formula: "w = 1",
    source: "Ioffe and Szegedy, Batch normalization, 2015",
    advice: "For the scale of a normalization.",
    options: {},
    make: (): Initializer => ones,
  }),
  constant: entry({
    doc: "One number everywhere.",
    formula: "w = c",
    source: "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012",
    advice: "A small positive bias (0.01) keeps relu units from starting dead.",
    options: { value: { kind: "number", doc: "The number.", default: 0.01 } },
    main: "value",
    make: ({ value }): Initializer => constant(value),
  }),
  normal: entry({
    doc: "Normal around 0 with a given standard deviation.",
    formula: "w ~ N(0, std²)",
    source: "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012",
    advice:
      "Small random numbers do for shallow nets; in deep ones the signals fade, whatever the std, unless it depends on the fans.",
    options: { std: { kind: "number", doc: "The standard deviation.", default: 0.01, minimum: 0 } },
    main: "std",
    make: ({ std }): Initializer => normal(std),
  }),
  uniform: entry({
    doc: "Evenly between -limit and limit.",
    formula: "w ~ U(-limit, limit)",
    source: efficient,
    advice: "As normal: for shallow nets and for embeddings.",
    options: { limit: { kind: "number", doc: "How far from 0.", default: 0.05, minimum: 0 } },
    main: "limit",
    make: ({ limit }): Initializer => uniform(limit),
  }),
  xavier_normal: xavierNormal,
  xavier_uniform: xavierUniform,
  glorot_normal: { ...xavierNormal, doc: "xavier_normal under its author's surname." },
  glorot_uniform: { ...xavierUniform, doc: "xavier_uniform under its author's surname." },
  he_normal: entry({
    doc: "Normal, scaled by one fan and the gain of the activation that follows.",
    formula: "Var(w) = gain² / fan, gain = √2 for relu and √(2 / (1 + α²)) for leaky_relu",
    source: kaiming,
    advice: "Before relu and its relatives. Before tanh or sigmoid it starts them near saturation.",
    options: heOptions,
    main: "nonlinearity",
    make: ({ mode, nonlinearity }): Initializer => he("normal", gainOf(nonlinearity), mode),
  }),
  he_uniform: entry({
    doc: "Uniform, scaled by one fan and the gain of the activation that follows.",
    formula: "w ~ U(-l, l), l = gain · √(3 / fan), which is √(6 / fan) for relu",
    source: kaiming,
    advice: "As he_normal, where no weight should be far out.",
    options: heOptions,
    main: "nonlinearity",
    make: ({ mode, nonlinearity }): Initializer => he("uniform", gainOf(nonlinearity), mode),
  }),
  lecun_normal: entry({
    doc: "Normal, scaled by the inputs.",
    formula: "Var(w) = 1 / fan_in",
    source: efficient,
    advice: "Before selu, whose self-normalization counts on exactly this variance; also for linear units.",
    options: {},
    make: (): Initializer => lecun("normal"),
  }),
  lecun_uniform: entry({
    doc: "Uniform, scaled by the inputs.",
    formula: "w ~ U(-l, l), l = √(3 / fan_in)",
    source: efficient,
    advice: "As lecun_normal, where no weight should be far out.",
    options: {},
    make: (): Initializer => lecun("uniform"),
  }),
} satisfies Table<Initializer>

/** The name of an initializer. */
export type Name = keyof typeof table
