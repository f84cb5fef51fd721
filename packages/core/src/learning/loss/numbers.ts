/** Losses of numbers: they compare an output with a target of the same shape. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { wantOptions } from "../OptionError.ts"
import { aligned } from "../Target.ts"
import { type Loss, make, perSample } from "./Loss.ts"
import { weigh } from "./weigh.ts"

const differences = (operation: string, output: Tensor, target: Tensor): Tensor =>
  T.sub(output, aligned(operation, output, target))

/** Targets that these losses compare: numbers, and yes or no seen as 1 and 0. */
const answers = ["numbers", "binary"] as const

/** The mean of (ŷ - y)². */
export const meanSquaredError: Loss = make((output, target) => perSample(T.square(differences("mse", output, target))), {
  answers,
})

/** The mean of |ŷ - y|. */
export const meanAbsoluteError: Loss = make((output, target) => perSample(T.abs(differences("mae", output, target))), {
  answers,
})

/** The options of the Huber loss. */
export const huberOptions = {
  delta: { kind: "number", doc: "Where the square ends.", synonyms: ["beta"], default: 1, exclusiveMinimum: 0 },
} as const

/** ½d² for |d| ≤ δ and δ(|d| - ½δ) beyond, d = ŷ - y. Throws `OptionError` for a δ that is not above 0. */
export const huber = (delta = 1): Loss => {
  wantOptions("huber", huberOptions, { delta })
  return make(
    (output, target) => {
      const d = differences("huber", output, target)
      const size = T.abs(d)
      return perSample(T.where(T.lessEqual(size, delta), T.mul(T.square(d), 0.5), T.mul(T.sub(size, delta / 2), delta)))
    },
    { answers },
  )
}

/**
 * eᶻ - yz: the output z is the logarithm of an expected count, the target y the count. No count where none is expected
 * (z of -Infinity) costs nothing.
 */
export const poisson: Loss = make((z, target) => perSample(T.sub(T.exp(z), weigh(aligned("poisson", z, target), z))), {
  response: T.exp,
})

/** Below this a vector's length counts as this, so that a vector of zeros has a direction to fall in. */
const shortest = 1e-8

const length = (x: Tensor): Tensor => T.sqrt(T.maximum(T.sum(T.square(x), { axes: -1 }), shortest ** 2))

/**
 * 1 less the cosine of the angle between output and target, vectors along the last axis: 0 where they point the same way,
 * 2 where they point opposite ways.
 *
 * `Tensor.toNumber(Loss.cosine(Tensor.make([[3, 0]]), Tensor.make([[0, 2]]))) // => 1`
 */
export const cosine: Loss = make((output, target) => {
  const wanted = aligned("cosine", output, target)
  const product = T.sum(T.mul(output, wanted), { axes: -1 })
  const each = T.sub(1, T.div(product, T.mul(length(output), length(wanted))))
  return output.shape.length === 1 ? each : perSample(each)
})
