/**
 * Losses of classes. They take logits, a net's outputs before any softmax or sigmoid, because together they are exact
 * where one after the other they would round to 0 or overflow.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { logSoftmax, relu, sigmoid, softmax, softplus } from "../Activation.ts"
import { wantOptions } from "../OptionError.ts"
import { aligned, isBinary, oneHot, probabilities } from "../Target.ts"
import { type Loss, make, perSample } from "./Loss.ts"
import { isInfinite, weigh } from "./weigh.ts"

/** The option of both cross-entropies. */
export const smoothing = {
  kind: "number",
  doc: "The share of the target's probability that is spread over all classes.",
  synonyms: ["smoothing"],
  default: 0,
  minimum: 0,
  exclusiveMaximum: 1,
  usual: [0, 0.3],
} as const

const wantSmoothing = (operation: string, labelSmoothing: number): void =>
  wantOptions(operation, { labelSmoothing: smoothing }, { labelSmoothing })

/** How the target of a cross-entropy is softened. */
export interface Smoothing {
  /** The share of the target's probability that is spread evenly over all classes. */
  readonly labelSmoothing?: number
}

/**
 * (1 - ε) p + ε / K over the classes of logits z that are possible: those of -Infinity are masked, and K counts the others.
 */
const soften = (p: Tensor, share: number, z: Tensor): Tensor => {
  if (share === 0) return p
  const classes = z.shape.at(-1) ?? 1
  const isMasked = T.equal(z, Number.NEGATIVE_INFINITY)
  const possible = T.sum(T.cast(T.not(isMasked), "f32"), { axes: -1, keepAxes: true })
  return T.add(T.mul(p, 1 - share), T.where(isMasked, 0, T.mul(T.div(classes, possible), share / classes)))
}

/**
 * -Σ p log softmax(z) over classes: logits [batch, classes] with class indices i32[batch], or probabilities [batch, classes].
 * Classes masked by a logit of -Infinity cost nothing, unless one of them is the right one, which costs Infinity.
 *
 * `Tensor.toNumber(Loss.categoricalCrossEntropy()(Tensor.make([[-Infinity, 0, 0]]), Tensor.make([1], "i32"))).toFixed(4) // => "0.6931"`
 */
export const categoricalCrossEntropy = ({ labelSmoothing = 0 }: Smoothing = {}): Loss => {
  wantSmoothing("categoricalCrossEntropy", labelSmoothing)
  return make(
    (logits, target) => {
      const p = probabilities("categorical_cross_entropy", logits, target)
      const wanted = soften(p, labelSmoothing, logits)
      return perSample(T.neg(T.sum(weigh(wanted, logSoftmax(logits)), { axes: -1 })))
    },
    { answers: ["classes"], response: softmax },
  )
}

/**
 * -y log σ(z) - (1 - y) log(1 - σ(z)): logits and targets from 0 to 1, of one shape. A logit of ±Infinity that is right
 * costs nothing, and one that is wrong Infinity.
 */
export const binaryCrossEntropy = ({ labelSmoothing = 0 }: Smoothing = {}): Loss => {
  wantSmoothing("binaryCrossEntropy", labelSmoothing)
  return make(
    (z, target) => {
      const hard = aligned("binary_cross_entropy", z, target)
      const y = labelSmoothing === 0 ? hard : T.add(T.mul(hard, 1 - labelSmoothing), labelSmoothing / 2)
      const isCertain = isInfinite(z)
      const isRight = T.equal(hard, T.cast(T.greater(z, 0), "f32"))
      const open = T.where(isCertain, 0, z)
      // log(1 + eᶻ) - zy: the same, with an exponent that is never positive.
      const cost = T.sub(softplus(open), T.mul(open, y))
      return perSample(T.where(isCertain, T.where(isRight, 0, T.abs(z)), cost))
    },
    { answers: ["binary"], response: sigmoid },
  )
}

/**
 * Σ p log(p / softmax(z)) over classes, 0 log 0 being 0: how far the predicted distribution is from the target's. Takes
 * what `categoricalCrossEntropy` takes and differs from it by what does not depend on the outputs, the target's entropy.
 */
export const klDivergence: Loss = make(
  (logits, target) => {
    const p = probabilities("kl_divergence", logits, target)
    const logs = T.log(T.where(T.greater(p, 0), p, 1))
    return perSample(T.sum(weigh(p, T.sub(logs, logSoftmax(logits))), { axes: -1 }))
  },
  { answers: ["classes"], response: softmax },
)

/** The options of the hinge loss. */
export const hingeOptions = {
  margin: { kind: "number", doc: "How far ahead the right answer must be.", default: 1, exclusiveMinimum: 0 },
  power: {
    kind: "integer",
    doc: "1 for what is missing to the margin, 2 for its square.",
    default: 1,
    minimum: 1,
    maximum: 2,
  },
} as const

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
  wantOptions("hinge", hingeOptions, { margin, power })
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
      const own = T.sum(weigh(right, z), { axes: -1, keepAxes: true })
      const isOwn = T.equal(right, 1)
      return perSample(T.where(isOwn, 0, missing(T.sub(own, T.where(isOwn, 0, z)))))
    },
    { answers: ["classes", "binary"] },
  )
}
