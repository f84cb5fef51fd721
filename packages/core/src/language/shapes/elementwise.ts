/** The shape rules of elementwise primitives and reductions. */
import type { DType } from "../../types/DType.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import {
  type Binary,
  binary,
  type Comparison,
  comparison,
  type Primitive,
  type Reduction,
  reduction,
  type Unary,
  unary,
} from "../Primitive.ts"
import { axesHint, callName, checkDType, distinctAxes, one, type ShapeRule, sameDType, sameShape, two } from "./require.ts"

const unaryDTypes: { readonly [P in Unary]: ReadonlyArray<DType> } = {
  neg: ["f32", "i32"],
  abs: ["f32", "i32"],
  sign: ["f32", "i32"],
  floor: ["f32"],
  exp: ["f32"],
  expm1: ["f32"],
  log: ["f32"],
  log1p: ["f32"],
  sqrt: ["f32"],
  sin: ["f32"],
  cos: ["f32"],
  atan: ["f32"],
  tanh: ["f32"],
  erf: ["f32"],
  sigmoid: ["f32"],
}

const unaryRule =
  (p: Unary): ShapeRule<Unary> =>
  (_, inputs) => {
    const x = one(p, inputs)
    checkDType(p, inputs, unaryDTypes[p])
    return x
  }

const binaryDTypes: { readonly [P in Binary]: ReadonlyArray<DType> } = {
  add: ["f32", "i32"],
  sub: ["f32", "i32"],
  mul: ["f32", "i32"],
  div: ["f32", "i32"],
  rem: ["f32", "i32"],
  pow: ["f32"],
  max: ["f32", "i32"],
  min: ["f32", "i32"],
  and: ["bool", "i32"],
  or: ["bool", "i32"],
  xor: ["bool", "i32"],
  shiftRight: ["i32"],
}

const binaryRule =
  (p: Binary): ShapeRule<Binary> =>
  (_, inputs) => {
    const name = callName(p)
    const [a, b] = two(name, inputs)
    checkDType(name, inputs, binaryDTypes[p])
    sameDType(name, a, b)
    sameShape(name, a, b)
    return a
  }

const comparisonRule =
  (p: Comparison): ShapeRule<Comparison> =>
  (_, inputs) => {
    const [a, b] = two(p, inputs)
    sameDType(p, a, b)
    sameShape(p, a, b)
    return { dtype: "bool", shape: a.shape }
  }

const reductionRule =
  (p: Reduction): ShapeRule<Reduction> =>
  ({ axes }, inputs) => {
    const name = callName(p)
    const x = one(name, inputs)
    checkDType(name, inputs, ["f32", "i32"])
    const rank = x.shape.length
    if (!distinctAxes(axes, rank)) refuse(name, inputs, `distinct axes of the array, not ${Shape.print(axes)}`, axesHint(rank))
    if (p === "argMax" && axes.length !== 1) refuse(name, inputs, "one axis", "reshape the axes into one first")
    if (p !== "reduceSum" && axes.some((axis) => x.shape[axis] === 0))
      refuse(name, inputs, "at least one element along each reduced axis", "an empty array has no largest or smallest element")
    return { dtype: p === "argMax" ? "i32" : x.dtype, shape: Shape.without(x.shape, axes) }
  }

/** One row of a table for each name of a family of primitives. */
const rows = <N extends Primitive, R>(names: ReadonlyArray<N>, row: (name: N) => R): { readonly [P in N]: R } =>
  Object.fromEntries(names.map((name) => [name, row(name)])) as { readonly [P in N]: R }

/** The rules of all unary, binary, comparing and reducing primitives. */
export const elementwise = {
  ...rows(unary, unaryRule),
  ...rows(binary, binaryRule),
  ...rows(comparison, comparisonRule),
  ...rows(reduction, reductionRule),
}
