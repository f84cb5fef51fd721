/** Checks of class numbers against the outputs of a net: a label out of range is located before anything is computed. */
import { hasFacts, type LossFunction } from "../learning/Loss.ts"
import type { Net } from "../learning/Net.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { ShapeError } from "../types/ShapeError.ts"
import * as ShapeTree from "../types/ShapeTree.ts"
import { firstOf, labels, type Problem } from "./checkData.ts"
import type { DatasetOf } from "./Samples.ts"

/** The shapes that a net gives for these inputs; none for inputs that it refuses, which fail later with the reason. */
const outputOf = <P, S, X, Y>(net: Net<P, S, X, Y>, inputs: unknown): unknown => {
  try {
    return net.shape(ShapeTree.ofRows<unknown>(inputs) as ShapeTree.Of<X>)
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

const ofLoss = (argument: string, loss: LossFunction<never, never, string>, output: unknown, target: unknown): Problem => {
  if (!hasFacts(loss) || loss.targetTypes[0] !== "classes") return undefined
  if (!ShapeTree.isShape(output) || !(target instanceof NDArray) || target.dtype === "f32") return undefined
  const classes = output.at(-1) ?? 1
  if (classes < 2 || !Shape.equals(target.shape.slice(1), output.slice(0, -1))) return undefined
  return labels(argument, target, classes, "number the classes from 0, or give the last layer an output for each class")
}

const field = (tree: unknown, name: string): unknown =>
  typeof tree === "object" && tree !== null && Object.hasOwn(tree, name) ? Reflect.get(tree, name) : undefined

/** The class numbers in a dataset's targets have an output each, for a loss of the table and for each head with one. */
export const classNumbers = <P, S, X, Y, T>(
  argument: string,
  net: Net<P, S, X, Y>,
  loss: LossFunction<never, never, string>,
  { inputs, targets }: DatasetOf<X, T>,
): Problem => {
  const output = outputOf(net, inputs)
  return loss.heads === undefined
    ? ofLoss(`${argument}.targets`, loss, output, targets)
    : firstOf(
        loss.heads.map((head) =>
          ofLoss(`${argument}.targets.${head.name}`, head.loss, field(output, head.name), field(targets, head.name)),
        ),
      )
}
