/** How targets relate to outputs: the same numbers, a class, or a probability for each class. Losses and scores share this code. */
import { isTensor, type Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { refuse, ShapeError } from "../types/ShapeError.ts"

/** The type of a target: numbers, yes or no (one output), several of these (labels), or one of several classes (an output for each). */
export type TargetType = "numbers" | "binary" | "labels" | "classes"

/** A shape without a last axis of size 1. */
const column = (shape: Shape.Shape): Shape.Shape => (shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape)

/**
 * The target as f32 in the shape of the output. The two may differ by a last axis of size 1. Other broadcasting is refused:
 * a column minus a row would be a matrix. Throws `ShapeError`.
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
 * The target as a probability for each class of the output's last axis: class indices become one-hot, and probabilities stay
 * unchanged. An index out of range becomes NaN, which makes the mistake visible. Throws `ShapeError`.
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

/**
 * Throws `ShapeError` for the first class number out of range, if the numbers are known. Inside a program they are not, and a
 * class out of range becomes NaN there; a run then finds it with the numbers of its batch. Losses check; for a score, a label
 * without a class is a wrong answer or no sample.
 */
export const checkClasses = (operation: string, output: Tensor, target: Tensor): void => {
  if (!(target instanceof NDArray) || sameShape(output, target) || isBinary(output)) return
  areIndices(operation, output, target)
  const classes = output.shape.at(-1) ?? 0
  const wrong = target.data.findIndex((label: number) => label < 0 || label >= classes)
  if (wrong < 0) return
  throw new ShapeError({
    operation,
    got: [output, target].map(({ dtype, shape }) => ({ dtype, shape })),
    wanted: `class numbers from 0 to ${classes - 1}, not class ${target.data[wrong]}`,
    hint: "number the classes from 0, or give the last layer an output for each class",
    row: Math.floor(wrong / (target.data.length / (target.shape[0] ?? 1))),
  })
}

/** The target as 1 for the true class and 0 for the others; for probabilities, the largest is the true class. Throws `ShapeError`. */
export const oneHot = (operation: string, output: Tensor, target: Tensor): Tensor =>
  sameShape(output, target)
    ? T.oneHot(T.argMax(T.cast(target, "f32")), output.shape.at(-1) ?? 0)
    : probabilities(operation, output, target)

/**
 * Whether no output of a sample is NaN, bool[n]. All scores follow this rule for NaN: the sample has no prediction, and never
 * counts as correct. Decisions count it as wrong, rankings rank it as badly as possible, and calibration counts it as confident
 * and wrong. Losses and errors of numbers become NaN.
 */
export const hasPrediction = (output: Tensor): Tensor => {
  const each = isBinary(output) ? T.flatten(output) : T.flatten(T.max(T.cast(output, "f32"), { axes: -1 }))
  // The maximum is NaN if one element is, and NaN is not equal to itself.
  return T.equal(each, each)
}

/** The class of a sample without a prediction. */
export const noClass = -1

/** The predicted classes i32[n] (`noClass` without a prediction), the true ones, whether they agree, and the number of classes. */
export interface Decisions {
  readonly predicted: Tensor
  readonly truth: Tensor
  readonly correct: Tensor
  readonly classes: number
}

const classesOf = (operation: string, output: Tensor, target: Tensor): Omit<Decisions, "correct"> => {
  if (isBinary(output)) {
    const wanted = aligned(operation, output, target)
    const truth = T.where(T.equal(wanted, wanted), T.cast(wanted, "i32"), noClass)
    return { predicted: T.flatten(T.cast(T.greater(output, 0), "i32")), truth: T.flatten(truth), classes: 2 }
  }
  const classes = output.shape.at(-1) ?? 0
  const predicted = T.flatten(T.argMax(output))
  if (sameShape(output, target)) return { predicted, truth: T.flatten(T.argMax(T.cast(target, "f32"))), classes }
  areIndices(operation, output, target)
  return { predicted, truth: T.flatten(T.cast(target, "i32")), classes }
}

/**
 * The predicted and the true class of each sample. One output for each sample decides between two classes by its sign; among
 * several the largest decides; a sample with NaN has no prediction (`hasPrediction`). Throws `ShapeError`.
 */
export const decisions = (operation: string, output: Tensor, target: Tensor): Decisions => {
  const { classes, predicted, truth } = classesOf(operation, output, target)
  const answered = hasPrediction(output)
  return { predicted: T.where(answered, predicted, noClass), truth, correct: T.and(answered, T.equal(predicted, truth)), classes }
}

/** The tensor of a head in a tree of predictions or targets. Throws `ShapeError` where there is none. */
export const tensorOf = (operation: string, what: "prediction" | "target", tree: unknown, head: string): Tensor => {
  const found = typeof tree === "object" && tree !== null && Object.hasOwn(tree, head) ? Reflect.get(tree, head) : undefined
  return isTensor(found)
    ? found
    : refuse(operation, [], `a tensor ${JSON.stringify(head)} in the ${what}`, "one name for a head in predictions and targets")
}
