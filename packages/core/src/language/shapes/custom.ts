/** The shape rule of values with a derivative of their own. */
import * as Shape from "../../types/Shape.ts"
import { refuse, type Spec } from "../../types/ShapeError.ts"
import { specOf } from "../ShapeRule.ts"
import type { ShapeRule } from "./require.ts"

const isAlike = (a: Spec | undefined, b: Spec | undefined): boolean =>
  a !== undefined && a.dtype === b?.dtype && Shape.equals(a.shape, b.shape)

/** The spec of the value; its backward program takes what it should, and returns cotangents of the first inputs after the value. */
export const custom: ShapeRule<"custom"> = ({ backward }, inputs) => {
  const [value, ...others] = inputs
  const wanted = value === undefined ? [] : [value, value, ...others]
  const results = backward.outputs.map((output) => specOf(backward, output))
  const fits =
    value?.dtype === "f32" &&
    backward.inputs.length === wanted.length &&
    wanted.every((x, i) => isAlike(x, backward.inputs[i])) &&
    results.every((x, i) => x.dtype === "f32" && isAlike(x, others[i]))
  return fits
    ? value
    : refuse("custom", inputs, "a value of f32 and the arrays that its backward program takes", "trace it again")
}
