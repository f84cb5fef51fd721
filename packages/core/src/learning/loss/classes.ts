/**
 * Losses of classes. They take logits, the outputs before softmax or sigmoid: computed together with the loss these are exact,
 * computed alone they round to 0 or overflow.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { logSoftmax, relu, sigmoid, softmax, softplus } from "../Activation.ts"
import { checkOptions } from "../OptionError.ts"
import { aligned, checkClasses, isBinary, oneHot, probabilities } from "../Target.ts"
import { type Loss, make, perSample } from "./Loss.ts"
import { isInfinite, weigh } from "./weigh.ts"

/** The option of both cross-entropies. */
export const smoothing = {
  kind: "number",
  doc: "The fraction of the target's probability that is spread over all classes.",
  synonyms: ["smoothing"],
  default: 0,
  minimum: 0,
  exclusiveMaximum: 1,
  usual: [0, 0.3],
} as const

const checkSmoothing = (operation: string, given: Smoothing): void =>
  checkOptions(operation, { labelSmoothing: smoothing }, given)

/** The options of label smoothing. */
export interface Smoothing {
  /** The fraction of the target's probability that is spread evenly over all classes. */
  readonly labelSmoothing?: number
}

/**
 * (1 - ε) p + ε / K over the classes that are not masked. A logit z of -Infinity masks a class, and K counts the others.
 */
const soften = (p: Tensor, smoothing: number, z: Tensor): Tensor => {
  if (smoothing === 0) return p
  const classes = z.shape.at(-1) ?? 1
  const isMasked = T.equal(z, Number.NEGATIVE_INFINITY)
  const possible = T.sum(T.cast(T.not(isMasked), "f32"), { axes: -1, keepAxes: true })
  return T.add(T.mul(p, 1 - smoothing), T.where(isMasked, 0, T.mul(T.div(classes, possible), smoothing / classes)))
}

/**
 * -Σ p log softmax(z) over classes: logits [batch, classes] with class indices i32[batch], or probabilities [batch, classes].
 * A class masked by a logit of -Infinity adds nothing, unless it is the true class: then the loss is Infinity.
 *
 * `Tensor.toNumber(Loss.categoricalCrossEntropy()(Tensor.make([[-Infinity, 0, 0]]), Tensor.make([1], "i32"))).toFixed(4) // => "0.6931"`
 */
export const categoricalCrossEntropy = ({ labelSmoothing = 0, ...rest }: Smoothing = {}): Loss => {
  checkSmoothing("categoricalCrossEntropy", { labelSmoothing, ...rest })
  return make(
    (logits, target) => {
      checkClasses("categorical_cross_entropy", logits, target)
      const p = probabilities("categorical_cross_entropy", logits, target)
      const wanted = soften(p, labelSmoothing, logits)
      return perSample(T.neg(T.sum(weigh(wanted, logSoftmax(logits)), { axes: -1 })))
    },
    { targetTypes: ["classes"], response: softmax },
  )
}

/**
 * -y log σ(z) - (1 - y) log(1 - σ(z)): logits and targets from 0 to 1, of the same shape. For a logit of ±Infinity the loss is
 * 0 if it is correct, and Infinity otherwise.
 */
export const binaryCrossEntropy = ({ labelSmoothing = 0, ...rest }: Smoothing = {}): Loss => {
  checkSmoothing("binaryCrossEntropy", { labelSmoothing, ...rest })
  return make(
    (z, target) => {
      const hard = aligned("binary_cross_entropy", z, target)
      const y = labelSmoothing === 0 ? hard : T.add(T.mul(hard, 1 - labelSmoothing), labelSmoothing / 2)
      const isCertain = isInfinite(z)
      const isRight = T.equal(hard, T.cast(T.greater(z, 0), "f32"))
      const finite = T.where(isCertain, 0, z)
      // log(1 + eᶻ) - zy is the same, and softplus never has a positive exponent.
      const cost = T.sub(softplus(finite), T.mul(finite, y))
      return perSample(T.where(isCertain, T.where(isRight, 0, T.abs(z)), cost))
    },
    { targetTypes: ["binary", "labels"], response: sigmoid },
  )
}

/**
 * Σ p log(p / softmax(z)) over classes, with 0 log 0 = 0: the divergence of the predicted distribution from the target's. It
 * has the same arguments as `categoricalCrossEntropy`, and differs from it by the target's entropy, which is constant.
 */
export const klDivergence: Loss = make(
  (logits, target) => {
    checkClasses("kl_divergence", logits, target)
    const p = probabilities("kl_divergence", logits, target)
    const logs = T.log(T.where(T.greater(p, 0), p, 1))
    return perSample(T.sum(weigh(p, T.sub(logs, logSoftmax(logits))), { axes: -1 }))
  },
  { targetTypes: ["classes"], response: softmax },
)

/** The options of the hinge loss. */
export const hingeOptions = {
  margin: { kind: "number", doc: "How far ahead the score of the true class must be.", default: 1, exclusiveMinimum: 0 },
  power: {
    kind: "integer",
    doc: "1 for the missing margin, 2 for its square.",
    default: 1,
    minimum: 1,
    maximum: 2,
  },
} as const

/** The options of the hinge loss. */
export interface Margin {
  /** How far ahead the score of the true class must be. */
  readonly margin?: number
  /** 1 for the sum of missing margins, 2 for the sum of their squares. */
  readonly power?: 1 | 2
}

/**
 * The missing margin. For one output z and a target of yes or no: max(0, margin - tz), t = ±1. For an output for each class:
 * the mean over all K of max(0, margin - z_y + z_i), i ≠ y, so K equal outputs give (K - 1) / K.
 *
 * `Tensor.toNumber(Loss.hinge()(Tensor.make([[0.25]]), Tensor.make([1]))) // => 0.75`
 */
export const hinge = ({ margin = 1, power = 1, ...rest }: Margin = {}): Loss => {
  checkOptions("hinge", hingeOptions, { margin, power, ...rest })
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
      checkClasses("hinge", z, target)
      const right = oneHot("hinge", z, target)
      const own = T.sum(weigh(right, z), { axes: -1, keepAxes: true })
      const isOwn = T.equal(right, 1)
      return perSample(T.where(isOwn, 0, missing(T.sub(own, T.where(isOwn, 0, z)))))
    },
    { targetTypes: ["classes", "binary"] },
  )
}
