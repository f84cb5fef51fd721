/**
 * The types of losses. A loss is any function of predictions and targets that gives one number. A loss of the table has facts
 * as well: its value for each sample, the meaning of outputs, and the targets it accepts.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import { identity } from "../Activation.ts"
import type { TargetType } from "../Target.ts"

/** Any function of predictions `Y` and targets `T`, trees of tensors, to one number f32[]: the mean over the batch. `N` are the names of its heads. */
export interface LossFunction<in Y = Tensor, in T = Tensor, out N extends string = never> {
  (prediction: Y, target: T): Tensor
  /** The heads whose losses it adds up, by their names in order (`Loss.heads`). */
  readonly heads?: ReadonlyArray<WeightedHead<N>>
  /**
   * What the sum over a batch is divided by, f32[], where that is not the number of rows: the time steps that count, say. It is a
   * function of the data, not of parameters. A batch in shards has the loss of the whole batch because of it.
   */
  readonly denominator?: (prediction: Y, target: T) => Tensor
}

/** The loss of a head, and its weight in the sum: 1 unless given. */
export type Head = LossFunction | readonly [loss: LossFunction, weight: number]

/** A head of a net: its name in predictions and targets, its loss, and the weight of that in the sum. */
export interface WeightedHead<out N extends string = string> {
  readonly name: N
  readonly loss: LossFunction
  readonly weight: number
}

/** The loss of each sample: output [batch, …] and target give [batch]. */
export type PerExample = (output: Tensor, target: Tensor) => Tensor

/** Facts about a loss. */
export interface LossTraits {
  /** From outputs to predictions of the target: probabilities from logits, numbers unchanged. */
  readonly response: (output: Tensor) => Tensor
  /** The types of targets that it accepts, the intended one first. */
  readonly targetTypes: ReadonlyArray<TargetType>
}

/** The mean over a batch, a scalar. Throws `ShapeError` if the shapes of outputs and targets do not match. */
export interface Loss extends LossTraits {
  (output: Tensor, target: Tensor): Tensor
  readonly perExample: PerExample
}

/** Whether a loss has the facts of those of the table. */
export const hasFacts = (loss: LossFunction<never, never, string>): loss is Loss => "perExample" in loss && "targetTypes" in loss

/** A loss from its value for each sample. Without traits, outputs and targets are numbers. */
export const make = (
  perExample: PerExample,
  { targetTypes = ["numbers"], response = identity }: Partial<LossTraits> = {},
): Loss =>
  Object.assign((output: Tensor, target: Tensor) => T.mean(perExample(output, target)), { targetTypes, perExample, response })

/** The mean over the elements of each sample: [batch, …] gives [batch]. */
export const perSample = (x: Tensor): Tensor => {
  const inner = x.shape.slice(1).map((_, i) => i + 1)
  return inner.length === 0 ? x : T.mean(x, { axes: inner })
}

/**
 * A loss with a weight for each class, for classes of unequal size. The mean is over the number of samples (as in Keras;
 * PyTorch divides by the sum of the weights), so balanced weights, n / (K · nₖ), do not change the scale of the loss. A class
 * without a weight gives NaN. Throws `ShapeError` for targets that are not one class for each sample.
 *
 * `Tensor.toNumber(Loss.weighted(Loss.hinge(), [1, 3])(Tensor.make([[0], [0]]), Tensor.make([0, 1], "i32"))) // => 2`
 */
export const weighted = ({ targetTypes, perExample, response }: Loss, weights: ReadonlyArray<number>): Loss =>
  make(
    (output, target) => {
      const each = perExample(output, target)
      if (Shape.size(target.shape) !== Shape.size(each.shape))
        refuse("class weights", [output, target], "one class for each sample", "Tensor.argMax of one-hot targets")
      return T.mul(each, T.take(T.make(weights), T.reshape(T.cast(target, "i32"), each.shape)))
    },
    { targetTypes, response },
  )
