/**
 * Losses: how wrong the outputs of a net are. Those for classes take logits, the net's outputs before any softmax or
 * sigmoid, because together they are exact where one after the other they would round to 0 or overflow.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import { identity, logSoftmax, sigmoid, softmax } from "./Activation.ts"
import { entry, type Table } from "./Entry.ts"
import { aligned, probabilities } from "./Target.ts"

/** One number for each sample: output [batch, …] and target give [batch]. */
export type PerExample = (output: Tensor, target: Tensor) => Tensor

/** The mean over a batch, a scalar. Throws `ShapeError` when outputs and targets do not belong together. */
export interface Loss {
  (output: Tensor, target: Tensor): Tensor
  readonly perExample: PerExample
  /** What the outputs say of the target under this loss: probabilities of logits, a number as it is. */
  readonly response: (output: Tensor) => Tensor
}

/** A loss from what it is for each sample. */
export const make = (perExample: PerExample, response: (output: Tensor) => Tensor = identity): Loss =>
  Object.assign((output: Tensor, target: Tensor) => T.mean(perExample(output, target)), { perExample, response })

/** The mean of what belongs to each sample: [batch, …] gives [batch]. */
const perSample = (x: Tensor): Tensor => {
  const inner = x.shape.slice(1).map((_, i) => i + 1)
  return inner.length === 0 ? x : T.mean(x, { axes: inner })
}

const differences = (operation: string, output: Tensor, target: Tensor): Tensor =>
  T.sub(output, aligned(operation, output, target))

/** The mean of (ŷ - y)². */
export const meanSquaredError: Loss = make((output, target) => perSample(T.square(differences("mse", output, target))))

/** The mean of |ŷ - y|. */
export const meanAbsoluteError: Loss = make((output, target) => perSample(T.abs(differences("mae", output, target))))

/** ½d² for |d| ≤ δ and δ(|d| - ½δ) beyond, d = ŷ - y. */
export const huber = (delta = 1): Loss =>
  make((output, target) => {
    const d = differences("huber", output, target)
    const size = T.abs(d)
    return perSample(T.where(T.lessEqual(size, delta), T.mul(T.square(d), 0.5), T.mul(T.sub(size, delta / 2), delta)))
  })

/** How the target of a cross-entropy is softened. */
export interface Smoothing {
  /** The share of the target's probability that is spread evenly over all classes. */
  readonly labelSmoothing?: number
}

/** -Σ p log softmax(z) over classes: logits [batch, classes] with class indices i32[batch], or probabilities [batch, classes]. */
export const categoricalCrossEntropy = ({ labelSmoothing = 0 }: Smoothing = {}): Loss =>
  make((logits, target) => {
    const p = probabilities("categorical_cross_entropy", logits, target)
    const classes = logits.shape.at(-1) ?? 1
    const smoothed = labelSmoothing === 0 ? p : T.add(T.mul(p, 1 - labelSmoothing), labelSmoothing / classes)
    return perSample(T.neg(T.sum(T.mul(smoothed, logSoftmax(logits)), { axes: -1 })))
  }, softmax)

/** -y log σ(z) - (1 - y) log(1 - σ(z)): logits and targets from 0 to 1, of one shape. */
export const binaryCrossEntropy: Loss = make((z, target) => {
  const y = aligned("binary_cross_entropy", z, target)
  // max(z, 0) - zy + log(1 + e^-|z|): the same, with an exponent that is never positive.
  return perSample(T.add(T.sub(T.maximum(z, 0), T.mul(z, y)), T.log1p(T.exp(T.neg(T.abs(z))))))
}, sigmoid)

/** Every loss by the name a model file calls it. */
export const table = {
  mse: entry({
    doc: "The mean squared error.",
    formula: "mean (ŷ - y)²",
    source: "Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805; Gauss, Theoria motus, 1809",
    advice:
      "For numbers. A few far outliers decide it: scale the target, or use huber. With a sigmoid output its gradient vanishes where the answer is most wrong; classes want a cross-entropy.",
    options: {},
    make: (): Loss => meanSquaredError,
  }),
  mae: entry({
    doc: "The mean absolute error.",
    formula: "mean |ŷ - y|",
    source: "Boscovich, De litteraria expeditione per pontificiam ditionem, 1757; Laplace, 1793",
    advice:
      "For numbers with outliers: it aims at the median. Its slope does not shrink near the answer, so let the learning rate fall.",
    options: {},
    make: (): Loss => meanAbsoluteError,
  }),
  huber: entry({
    doc: "Squared near the answer, absolute far from it.",
    formula: "mean of ½d² if |d| ≤ δ else δ(|d| - ½δ), d = ŷ - y",
    source: "Huber, Robust estimation of a location parameter, 1964",
    advice: "For numbers with outliers. δ is where an error begins to count as one.",
    options: { delta: { kind: "number", doc: "Where the square ends.", default: 1, exclusiveMinimum: 0 } },
    main: "delta",
    make: ({ delta }): Loss => huber(delta),
  }),
  categorical_cross_entropy: entry({
    doc: "How surprised the predicted probabilities of several classes are by the true one, from logits.",
    formula: "mean of -Σ p log softmax(z); with smoothing ε, p = (1 - ε) · target + ε / K",
    source: "Bridle, 1990; label smoothing: Szegedy et al., Rethinking the inception architecture, 2016",
    advice:
      "For one class out of several; no softmax before it. At the start it should be about log K for K classes. Some smoothing (0.1) keeps large nets from being too sure.",
    options: {
      label_smoothing: {
        kind: "number",
        doc: "The share of the target's probability that is spread over all classes.",
        default: 0,
        minimum: 0,
        exclusiveMaximum: 1,
      },
    },
    main: "label_smoothing",
    make: (options): Loss => categoricalCrossEntropy({ labelSmoothing: options.label_smoothing }),
  }),
  binary_cross_entropy: entry({
    doc: "How surprised the predicted probability of yes is by the answer, from logits.",
    formula: "mean of max(z, 0) - zy + log(1 + e^-|z|)",
    source: "Cox, The regression analysis of binary sequences, 1958",
    advice:
      "For yes or no, and for several labels of which any number may hold; no sigmoid before it. At the start it should be about log 2 = 0.693.",
    options: {},
    make: (): Loss => binaryCrossEntropy,
  }),
} satisfies Table<Loss>

/** The name of a loss. */
export type Name = keyof typeof table
