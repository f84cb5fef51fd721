/** What shape rules require of the inputs of a primitive. All throw `ShapeError`. */
import type { DType } from "../../types/DType.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse, type Spec } from "../../types/ShapeError.ts"
import type { Params, Primitive } from "../Primitive.ts"

/** The spec of a primitive's result, from its parameters and the specs of its inputs. */
export type ShapeRule<P extends Primitive> = (params: Params[P], inputs: ReadonlyArray<Spec>) => Spec

export const scalar: Spec = { dtype: "f32", shape: [] }

export const arity = (operation: string, inputs: ReadonlyArray<Spec>, n: number): void => {
  if (inputs.length !== n) refuse(operation, inputs, n === 1 ? "1 array" : `${n} arrays`, "that number of arrays")
}

export const one = (operation: string, inputs: ReadonlyArray<Spec>): Spec => {
  arity(operation, inputs, 1)
  return inputs[0] ?? scalar
}

export const two = (operation: string, inputs: ReadonlyArray<Spec>): readonly [Spec, Spec] => {
  arity(operation, inputs, 2)
  return [inputs[0] ?? scalar, inputs[1] ?? scalar]
}

export const checkDType = (operation: string, inputs: ReadonlyArray<Spec>, allowed: ReadonlyArray<DType>): void => {
  for (const { dtype } of inputs)
    if (!allowed.includes(dtype)) refuse(operation, inputs, `${allowed.join(" or ")} elements`, `Tensor.cast(x, "${allowed[0]}")`)
}

export const sameDType = (operation: string, a: Spec, b: Spec): void => {
  if (a.dtype !== b.dtype)
    refuse(
      operation,
      [a, b],
      "both of one dtype",
      a.dtype === "f32" || b.dtype === "f32"
        ? `Tensor.cast the ${a.dtype === "f32" ? "second" : "first"} to f32`
        : `Tensor.cast the first to ${b.dtype}, or the second to ${a.dtype}`,
    )
}

export const sameShape = (operation: string, a: Spec, b: Spec): void => {
  if (!Shape.equals(a.shape, b.shape)) refuse(operation, [a, b], "equal shapes", "broadcast or reshape one of them")
}

export const checkRank = (operation: string, inputs: ReadonlyArray<Spec>, spec: Spec, rank: number, meaning: string): void => {
  if (spec.shape.length !== rank) refuse(operation, inputs, meaning, "reshape it first")
}

export const valid = (operation: string, inputs: ReadonlyArray<Spec>, shape: Shape.Shape): Shape.Shape =>
  Shape.isValid(shape)
    ? shape
    : refuse(operation, inputs, `a result of ${Shape.wanted}, not ${Shape.print(shape)}`, "check the requested sizes")

/** The names of primitives in the tensor language, where they differ. */
const callNames: { readonly [P in Primitive]?: string } = {
  max: "maximum",
  min: "minimum",
  reduceSum: "sum",
  reduceMax: "max",
  reduceMin: "min",
  broadcast: "broadcastTo",
  dot: "matmul",
  reverse: "flip",
  gather: "take",
  windowSum: "sumPool",
  windowMax: "maxPool",
  threefry: "Key",
}

/** The name of a primitive in the tensor language, for messages. */
export const callName = (primitive: Primitive): string => callNames[primitive] ?? primitive

export const distinctAxes = (axes: Shape.Shape, rank: number): boolean =>
  axes.every((axis, i) => Number.isInteger(axis) && axis >= 0 && axis < rank && axes.indexOf(axis) === i)

export const axesHint = (rank: number): string => (rank === 0 ? "a scalar has no axes" : `axes from 0 to ${rank - 1}, each once`)

export const expect = (operation: string, inputs: ReadonlyArray<Spec>, spec: Spec, wanted: Spec, what: string): void => {
  if (!Shape.equals(spec.shape, wanted.shape))
    refuse(operation, inputs, `${what} of ${Shape.print(wanted.shape)}`, "check where it comes from")
}
