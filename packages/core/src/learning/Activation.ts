/**
 * Activations: the functions between a net's affine maps, element by element or (softmax) along an axis. An entry of the
 * table also says what an initializer has to know of it: its gain, and which family of initializers suits it.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import { entry, type Table } from "./Entry.ts"
import type { Net } from "./Net.ts"

/** The families of initializers, by who found how to keep the variance of signals through a layer. */
export type Family = "xavier" | "he" | "lecun"

/** A function between layers, and what the layer before it must know to start well. */
export interface Activation {
  /** The function: x and its result have one shape. Of an activation that learns or draws, the one it starts from. */
  readonly apply: (x: Tensor) => Tensor
  /** How many times larger the weights before it must be than before a linear unit for signals to keep their size. */
  readonly gain: number
  /** The initializers made for it; `auto` picks by this. */
  readonly suits: Family
  /** Of an activation that learns or draws, the layer that it is. */
  readonly net?: Net
}

/** x. */
export const identity = (x: Tensor): Tensor => x

/** 1 where x > 0, 0 elsewhere. `Tensor.print(Activation.step(Tensor.make([-1, 0, 2]))) // => "[0, 0, 1]"` */
export const step = (x: Tensor): Tensor => T.cast(T.greater(x, 0), "f32")

/** 1 / (1 + e⁻ˣ), without overflow for any x. `Tensor.toNumber(Activation.sigmoid(Tensor.scalar(0))) // => 0.5` */
export const sigmoid = (x: Tensor): Tensor => T.sigmoid(x)

/** The hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => T.tanh(x)

/** x where it is above 0, 0 elsewhere; the derivative at 0 is 0, and NaN stays NaN. `Tensor.print(Activation.relu(Tensor.make([-1, 0, 2]))) // => "[0, 0, 2]"` */
export const relu = (x: Tensor): Tensor => T.where(T.lessEqual(x, 0), 0, x)

/** x where it is above 0, αx elsewhere; the derivative at 0 is α. `Tensor.print(Activation.leakyRelu(Tensor.make([-1, 2]), 0.1)) // => "[-0.1, 2]"` */
export const leakyRelu = (x: Tensor, alpha = 0.01): Tensor => T.where(T.lessEqual(x, 0), T.mul(x, alpha), x)

/** x with its largest element along an axis taken away, which neither softmax nor its logarithm notices. */
const shifted = (x: Tensor, axis: number): Tensor => T.sub(x, T.stopGradient(T.max(x, { axes: axis, keepAxes: true })))

/** eˣ / Σ eˣ along an axis: numbers above 0 that add up to 1. `Tensor.print(Activation.softmax(Tensor.make([1e4, 1e4]))) // => "[0.5, 0.5]"` */
export const softmax = (x: Tensor, axis = -1): Tensor => {
  const powers = T.exp(shifted(x, axis))
  return T.div(powers, T.sum(powers, { axes: axis, keepAxes: true }))
}

/** The logarithm of softmax, exact where softmax itself has become 0. `Tensor.print(Activation.logSoftmax(Tensor.make([0, 1e4]))) // => "[-10000, 0]"` */
export const logSoftmax = (x: Tensor, axis = -1): Tensor => {
  const y = shifted(x, axis)
  return T.sub(y, T.log(T.sum(T.exp(y), { axes: axis, keepAxes: true })))
}

const axis = {
  kind: "integer",
  doc: "The axis whose elements compete, counted from the last: -1 is the last.",
  default: -1,
  maximum: -1,
} as const

/** Every activation by the name a model file calls it. */
export const table = {
  identity: entry({
    doc: "The input as it is.",
    formula: "f(z) = z",
    source: "Linear regression: Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805",
    advice:
      "The output of a regression, and of any net whose loss wants logits. Between layers it makes two of them no more than one.",
    options: {},
    make: (): Activation => ({ apply: identity, gain: 1, suits: "xavier" }),
  }),
  step: entry({
    doc: "1 above zero and 0 elsewhere, the threshold of the perceptron.",
    formula: "f(z) = 1 if z > 0 else 0",
    source:
      "McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity, 1943; Rosenblatt, The perceptron, 1958",
    advice:
      "For gates with given weights. Its derivative is 0 everywhere, so nothing before it can learn by gradients: use sigmoid or relu to train.",
    options: {},
    make: (): Activation => ({ apply: step, gain: 1, suits: "xavier" }),
  }),
  sigmoid: entry({
    doc: "An S from 0 to 1: a number read as a probability.",
    formula: "f(z) = 1 / (1 + e⁻ᶻ)",
    source: "Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986",
    advice:
      "For gates and for reading off the probability of one of two classes. Between layers prefer relu: its slope is at most ¼, so gradients vanish with depth, and its values are not centred on zero. A loss from logits already contains it.",
    options: {},
    make: (): Activation => ({ apply: sigmoid, gain: 1, suits: "xavier" }),
  }),
  tanh: entry({
    doc: "An S from -1 to 1.",
    formula: "f(z) = (eᶻ - e⁻ᶻ) / (eᶻ + e⁻ᶻ)",
    source: "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998",
    advice:
      "Centred on zero, so it learns faster than sigmoid between layers, but it too saturates: beyond |z| of about 3 hardly any gradient gets through. At home in recurrent nets.",
    options: {},
    make: (): Activation => ({ apply: tanh, gain: 5 / 3, suits: "xavier" }),
  }),
  relu: entry({
    doc: "The positive part.",
    formula: "f(z) = max(0, z), f′(0) = 0",
    source: "Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010",
    advice:
      "The first choice between layers. A unit that is negative for every sample gets no gradient and stays dead: a lower learning rate, a small positive bias or leaky_relu help.",
    options: {},
    make: (): Activation => ({ apply: relu, gain: Math.SQRT2, suits: "he" }),
  }),
  leaky_relu: entry({
    doc: "The positive part, with a slight slope below zero.",
    formula: "f(z) = z if z > 0 else αz",
    source: "Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013",
    advice: "Where units die under relu: the slope keeps a gradient alive. 0.01 is usual; 0.1 and 0.001 are seen too.",
    options: { alpha: { kind: "number", doc: "The slope below zero.", default: 0.01, minimum: 0 } },
    main: "alpha",
    make: ({ alpha }): Activation => ({
      apply: (x) => leakyRelu(x, alpha),
      gain: Math.sqrt(2 / (1 + alpha ** 2)),
      suits: "he",
    }),
  }),
  softmax: entry({
    doc: "Numbers turned into probabilities that add up to 1 along an axis.",
    formula: "f(z)ᵢ = e^(zᵢ - max z) / Σⱼ e^(zⱼ - max z)",
    source: "Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
    advice:
      "For reading off the probabilities of several classes. Not before a cross-entropy from logits, which already contains it; applied twice it flattens the gradients.",
    options: { axis },
    make: (options): Activation => ({ apply: (x) => softmax(x, options.axis), gain: 1, suits: "xavier" }),
  }),
  log_softmax: entry({
    doc: "The logarithms of the softmax probabilities.",
    formula: "f(z)ᵢ = zᵢ - max z - log Σⱼ e^(zⱼ - max z)",
    source: "Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
    advice: "Where log-probabilities are wanted: exact even where the probability itself has become 0.",
    options: { axis },
    make: (options): Activation => ({ apply: (x) => logSoftmax(x, options.axis), gain: 1, suits: "xavier" }),
  }),
} satisfies Table<Activation>

/** The name of an activation. */
export type Name = keyof typeof table
