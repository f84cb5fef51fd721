/** Losses of numbers, which compare an output with a target of the same shape. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { checkOptions } from "../OptionError.ts"
import { aligned } from "../Target.ts"
import { type Loss, make, perSample } from "./Loss.ts"
import { weigh } from "./weigh.ts"

const differences = (operation: string, output: Tensor, target: Tensor): Tensor =>
  T.sub(output, aligned(operation, output, target))

/** The targets of these losses: numbers, and yes or no as 1 and 0. */
const targetTypes = ["numbers", "binary"] as const

/** The mean of (ŷ - y)². */
export const meanSquaredError: Loss = make((output, target) => perSample(T.square(differences("mse", output, target))), {
  targetTypes,
})

/** The mean of |ŷ - y|. */
export const meanAbsoluteError: Loss = make((output, target) => perSample(T.abs(differences("mae", output, target))), {
  targetTypes,
})

/** The options of the Huber loss. */
export const huberOptions = {
  delta: {
    kind: "number",
    doc: "δ: errors up to this count squared, larger ones linearly.",
    synonyms: ["beta"],
    default: 1,
    exclusiveMinimum: 0,
  },
} as const

/** ½d² for |d| ≤ δ and δ(|d| - ½δ) beyond, d = ŷ - y. Throws `OptionError` for a δ that is not above 0. */
export const huber = (delta = 1): Loss => {
  checkOptions("huber", huberOptions, { delta })
  return make(
    (output, target) => {
      const d = differences("huber", output, target)
      const size = T.abs(d)
      return perSample(T.where(T.lessEqual(size, delta), T.mul(T.square(d), 0.5), T.mul(T.sub(size, delta / 2), delta)))
    },
    { targetTypes },
  )
}

/**
 * eᶻ - yz: the output z is the logarithm of the expected count, the target y is the count. For z of -Infinity and a count of 0
 * the loss is 0.
 */
export const poisson: Loss = make((z, target) => perSample(T.sub(T.exp(z), weigh(aligned("poisson", z, target), z))), {
  response: T.exp,
})

/** The minimum of a vector's norm, so that a vector of zeros has a gradient. */
const minNorm = 1e-8

const norm = (x: Tensor): Tensor => T.sqrt(T.maximum(T.sum(T.square(x), { axes: -1 }), minNorm ** 2))

/**
 * 1 minus the cosine of the angle between output and target, which are vectors along the last axis: 0 for the same direction,
 * 2 for opposite directions.
 *
 * `Tensor.toNumber(Loss.cosine(Tensor.make([[3, 0]]), Tensor.make([[0, 2]]))) // => 1`
 */
export const cosine: Loss = make((output, target) => {
  const wanted = aligned("cosine", output, target)
  const product = T.sum(T.mul(output, wanted), { axes: -1 })
  const each = T.sub(1, T.div(product, T.mul(norm(output), norm(wanted))))
  return output.shape.length === 1 ? each : perSample(each)
})
