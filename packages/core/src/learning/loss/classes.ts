/**
 * Losses of classes. They take logits, a net's outputs before any softmax or sigmoid, because together they are exact
 * where one after the other they would round to 0 or overflow.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { logSoftmax, relu, sigmoid, softmax, softplus } from "../Activation.ts"
import { aligned, isBinary, oneHot, probabilities } from "../Target.ts"
import { type Loss, make, perSample } from "./Loss.ts"

/** How the target of a cross-entropy is softened. */
export interface Smoothing {
  /** The share of the target's probability that is spread evenly over all classes. */
  readonly labelSmoothing?: number
}

/** (1 - ε) p + ε / K. */
const soften = (p: Tensor, share: number, classes: number): Tensor =>
  share === 0 ? p : T.add(T.mul(p, 1 - share), share / classes)

/** -Σ p log softmax(z) over classes: logits [batch, classes] with class indices i32[batch], or probabilities [batch, classes]. */
export const categoricalCrossEntropy = ({ labelSmoothing = 0 }: Smoothing = {}): Loss =>
  make(
    (logits, target) => {
      const p = probabilities("categorical_cross_entropy", logits, target)
      const wanted = soften(p, labelSmoothing, logits.shape.at(-1) ?? 1)
      return perSample(T.neg(T.sum(T.mul(wanted, logSoftmax(logits)), { axes: -1 })))
    },
    { answers: ["classes"], response: softmax },
  )

/** -y log σ(z) - (1 - y) log(1 - σ(z)): logits and targets from 0 to 1, of one shape. */
export const binaryCrossEntropy = ({ labelSmoothing = 0 }: Smoothing = {}): Loss =>
  make(
    (z, target) => {
      const y = soften(aligned("binary_cross_entropy", z, target), labelSmoothing, 2)
      // log(1 + eᶻ) - zy: the same, with an exponent that is never positive.
      return perSample(T.sub(softplus(z), T.mul(z, y)))
    },
    { answers: ["binary"], response: sigmoid },
  )

/**
 * Σ p log(p / softmax(z)) over classes, 0 log 0 being 0: how far the predicted distribution is from the target's. Takes
 * what `categoricalCrossEntropy` takes and differs from it by what does not depend on the outputs, the target's entropy.
 */
export const klDivergence: Loss = make(
  (logits, target) => {
    const p = probabilities("kl_divergence", logits, target)
    const logs = T.log(T.where(T.greater(p, 0), p, 1))
    return perSample(T.sum(T.mul(p, T.sub(logs, logSoftmax(logits))), { axes: -1 }))
  },
  { answers: ["classes"], response: softmax },
)

/** How a margin counts. */
export interface Margin {
  /** How far ahead the right answer must be. */
  readonly margin?: number
  /** 1 for the sum of what is missing, 2 for the sum of its squares. */
  readonly power?: 1 | 2
}

/**
 * What is missing to the margin. Of one output z against yes or no: max(0, margin - tz), t = ±1. Of an output for each
 * class: the mean over all K of max(0, margin - z_y + z_i), i ≠ y, which makes K equal outputs cost (K - 1) / K.
 *
 * `Tensor.toNumber(Loss.hinge()(Tensor.make([[0.25]]), Tensor.make([1]))) // => 0.75`
 */
export const hinge = ({ margin = 1, power = 1 }: Margin = {}): Loss => {
  const missing = (lead: Tensor): Tensor => {
    const short = relu(T.sub(margin, lead))
    return power === 1 ? short : T.square(short)
  }
  return make(
    (z, target) => {
      if (isBinary(z)) {
        const sign = T.sub(T.mul(aligned("hinge", z, target), 2), 1)
        return perSample(missing(T.mul(sign, z)))
      }
      const right = oneHot("hinge", z, target)
      const own = T.sum(T.mul(right, z), { axes: -1, keepAxes: true })
      return perSample(T.mul(missing(T.sub(own, z)), T.sub(1, right)))
    },
    { answers: ["classes", "binary"] },
  )
}
