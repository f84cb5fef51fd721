/** How a target answers an output: the same numbers, a class, or a probability for each class. Losses and scores agree on it here. */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"

/** What is to be predicted: numbers, yes or no by one output, or one of several classes by an output for each. */
export type Answer = "numbers" | "binary" | "classes"

/** A shape without a last axis of size 1. */
const column = (shape: Shape.Shape): Shape.Shape => (shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape)

/**
 * The target as f32 in the shape of the output, from which it may differ by a last axis of size 1. Stretching is refused:
 * a column less a row would be a table. Throws `ShapeError`.
 */
export const aligned = (operation: string, output: Tensor, target: Tensor): Tensor => {
  if (output.shape.length === 0 || !Shape.equals(column(output.shape), column(target.shape)))
    refuse(
      operation,
      [output, target],
      "a target of the output's shape [batch, …]",
      "reshape the target, or change the units of the last layer",
    )
  return T.reshape(T.cast(target, "f32"), output.shape)
}

const areIndices = (operation: string, output: Tensor, target: Tensor): void => {
  if (output.shape.length < 2 || !Shape.equals(target.shape, output.shape.slice(0, -1)) || target.dtype === "f32")
    refuse(
      operation,
      [output, target],
      "outputs [batch, classes] with targets i32[batch], or [batch, classes] of probabilities",
      'Tensor.cast(target, "i32") for class indices',
    )
}

const sameShape = (output: Tensor, target: Tensor): boolean =>
  output.shape.length >= 2 && Shape.equals(target.shape, output.shape)

/**
 * The target as a probability for each class of the output's last axis: indices (whole numbers) become one-hot, and
 * probabilities stay what they are. An index that is no class becomes NaN, so that it cannot go unnoticed. Throws `ShapeError`.
 */
export const probabilities = (operation: string, output: Tensor, target: Tensor): Tensor => {
  if (sameShape(output, target)) return T.cast(target, "f32")
  areIndices(operation, output, target)
  const classes = output.shape.at(-1) ?? 0
  const which = T.cast(target, "i32")
  const known = T.and(T.greaterEqual(which, 0), T.less(which, classes))
  return T.where(T.expandAxis(known, -1), T.oneHot(which, classes), Number.NaN)
}

/** Whether an output decides between two classes by its sign: one number for each sample. */
export const isBinary = (output: Tensor): boolean => output.shape.length === 1 || output.shape.at(-1) === 1

/** The target as 1 for the right class and 0 for the others: of probabilities the largest. Throws `ShapeError`. */
export const oneHot = (operation: string, output: Tensor, target: Tensor): Tensor =>
  sameShape(output, target)
    ? T.oneHot(T.argMax(T.cast(target, "f32")), output.shape.at(-1) ?? 0)
    : probabilities(operation, output, target)

/**
 * Whether a sample's outputs are all numbers, bool[n]. This is the one rule for outputs that are NaN: such a sample has no
 * answer, and no answer is never a right one. Decisions count it as wrong, rankings put it where it does the most harm,
 * calibration takes it for sure and wrong; losses and errors of numbers become NaN by themselves.
 */
export const isAnswered = (output: Tensor): Tensor => {
  const each = isBinary(output) ? T.flatten(output) : T.flatten(T.max(T.cast(output, "f32"), { axes: -1 }))
  // The largest of some is NaN where one of them is, and NaN is not equal to itself.
  return T.equal(each, each)
}

/** What stands for the class of a sample without an answer. */
export const noClass = -1

/** What was said and what is true, as classes i32[n] (`noClass` where nothing was said), whether that is right, and how many classes there are. */
export interface Decided {
  readonly said: Tensor
  readonly truth: Tensor
  readonly right: Tensor
  readonly classes: number
}

const classesOf = (operation: string, output: Tensor, target: Tensor): Omit<Decided, "right"> => {
  if (isBinary(output)) {
    const wanted = aligned(operation, output, target)
    const truth = T.where(T.equal(wanted, wanted), T.cast(wanted, "i32"), noClass)
    return { said: T.flatten(T.cast(T.greater(output, 0), "i32")), truth: T.flatten(truth), classes: 2 }
  }
  const classes = output.shape.at(-1) ?? 0
  const said = T.flatten(T.argMax(output))
  if (sameShape(output, target)) return { said, truth: T.flatten(T.argMax(T.cast(target, "f32"))), classes }
  areIndices(operation, output, target)
  return { said, truth: T.flatten(T.cast(target, "i32")), classes }
}

/**
 * The class each output decides for and the true one. One output a sample decides between two classes, by its sign;
 * several decide for the largest; an output that is NaN decides for none (`isAnswered`). Throws `ShapeError`.
 */
export const decided = (operation: string, output: Tensor, target: Tensor): Decided => {
  const { classes, said, truth } = classesOf(operation, output, target)
  const answered = isAnswered(output)
  return { said: T.where(answered, said, noClass), truth, right: T.and(answered, T.equal(said, truth)), classes }
}
