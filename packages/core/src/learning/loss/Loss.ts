/** What a loss is: how wrong each sample's output is, what outputs mean under it, and which targets it compares. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import { identity } from "../Activation.ts"
import type { Answer } from "../Target.ts"

/** One number for each sample: output [batch, …] and target give [batch]. */
export type PerExample = (output: Tensor, target: Tensor) => Tensor

/** What else there is to know of a loss. */
export interface Meant {
  /** What the outputs say of the target under this loss: probabilities of logits, a number as it is. */
  readonly response: (output: Tensor) => Tensor
  /** The targets it compares, first the one it is made for. */
  readonly answers: ReadonlyArray<Answer>
}

/** The mean over a batch, a scalar. Throws `ShapeError` when outputs and targets do not belong together. */
export interface Loss extends Meant {
  (output: Tensor, target: Tensor): Tensor
  readonly perExample: PerExample
}

/** A loss from what it is for each sample; without a word on what outputs mean they are numbers as they are. */
export const make = (perExample: PerExample, { answers = ["numbers"], response = identity }: Partial<Meant> = {}): Loss =>
  Object.assign((output: Tensor, target: Tensor) => T.mean(perExample(output, target)), { answers, perExample, response })

/** The mean of what belongs to each sample: [batch, …] gives [batch]. */
export const perSample = (x: Tensor): Tensor => {
  const inner = x.shape.slice(1).map((_, i) => i + 1)
  return inner.length === 0 ? x : T.mean(x, { axes: inner })
}

/**
 * A loss that counts each sample as often as its class weighs, against classes of unequal size. The mean is still over
 * the number of samples (as in Keras; PyTorch divides by the sum of the weights), so balanced weights, n / (K · nₖ),
 * leave the size of the loss as it is. A class without a weight becomes NaN. Throws `ShapeError` for targets that are not
 * one class for each sample.
 *
 * `Tensor.toNumber(Loss.weighted(Loss.hinge(), [1, 3])(Tensor.make([[0], [0]]), Tensor.make([0, 1], "i32"))) // => 2`
 */
export const weighted = ({ answers, perExample, response }: Loss, weights: ReadonlyArray<number>): Loss =>
  make(
    (output, target) => {
      const each = perExample(output, target)
      if (Shape.size(target.shape) !== Shape.size(each.shape))
        refuse("class weights", [output, target], "one class for each sample", "Tensor.argMax of one-hot targets")
      return T.mul(each, T.take(T.make(weights), T.reshape(T.cast(target, "i32"), each.shape)))
    },
    { answers, response },
  )
