/** The shape rule of loops. */
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import { specOf } from "../ShapeRule.ts"
import { type ShapeRule, scalar } from "./require.ts"

/** The dtype and shape of the flat result of a loop: its last carries, then the kept rows. */
export const loop: ShapeRule<"scan"> = ({ body, carries, constants, guard, length }, inputs) => {
  if (![length, constants, carries].every((n) => Number.isInteger(n) && n >= 0))
    refuse("scan", inputs, "a length and counts that are whole numbers", "the sequences' first axis as the length")
  if (body.outputs.length < carries)
    refuse("scan", inputs, `a body that returns ${carries} carries, not ${body.outputs.length}`, "return the whole carry")
  if (inputs.length !== body.inputs.length || inputs.length < constants + carries)
    refuse("scan", inputs, `${body.inputs.length} arrays, as its body takes`, "give the constants, the carries and the sequences")
  inputs.forEach((input, i) => {
    const wanted = body.inputs[i] ?? scalar
    const shape = i < constants + carries ? wanted.shape : [length, ...wanted.shape]
    if (input.dtype !== wanted.dtype || !Shape.equals(input.shape, shape))
      refuse(
        "scan",
        inputs,
        `${wanted.dtype}${Shape.print(shape)} as input ${i}`,
        "the shape of the body's argument, with the length first for a sequence",
      )
  })
  const guarding = guard === undefined ? scalar : body.inputs[guard]
  if (guarding?.dtype !== "f32" || guarding.shape.length > 0)
    refuse("scan", inputs, `an f32[] of the body's inputs as its guard, not input ${guard}`, "Tensor.cast a condition")
  const outs = body.outputs.map((value) => specOf(body, value))
  let total = 0
  outs.forEach((out, i) => {
    if (out.dtype !== "f32") refuse("scan", [out], "f32 results of its body", 'Tensor.cast(x, "f32") inside the body')
    const carry = body.inputs[constants + i] ?? scalar
    if (i < carries && !Shape.equals(out.shape, carry.shape))
      refuse(
        "scan",
        [out],
        `carry ${i} of an unchanged shape, f32${Shape.print(carry.shape)}`,
        "return growing values as the rows of `kept`",
      )
    total += Shape.size(out.shape) * (i < carries ? 1 : length)
  })
  return { dtype: "f32", shape: [total] }
}
