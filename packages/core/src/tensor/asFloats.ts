/**
 * Tensors of any dtype as floats that stand for the same values, and back: the result of a loop is one f32 vector. A float has 24
 * bits, so an i32 is two of them, its high and its low half, along a new last axis.
 */
import type { Tensor } from "../language/Expr.ts"
import type { Spec } from "../types/ShapeError.ts"
import { add, and, cast, mul, shiftRight } from "./elementwise.ts"
import { element } from "./part.ts"
import { stack } from "./structure.ts"

const half = 16

/** The spec of a tensor as floats. */
export const floatSpec = ({ dtype, shape }: Spec): Spec => ({ dtype: "f32", shape: dtype === "i32" ? [...shape, 2] : shape })

/** A tensor as floats. */
export const asFloats = (x: Tensor): Tensor => {
  if (x.dtype === "f32") return x
  if (x.dtype !== "i32") return cast(x, "f32")
  return stack([cast(shiftRight(x, half), "f32"), cast(and(x, 2 ** half - 1), "f32")], -1)
}

/** The tensor of a dtype that floats stand for. */
export const fromFloats = (floats: Tensor, dtype: Spec["dtype"]): Tensor => {
  if (dtype !== "i32") return dtype === "f32" ? floats : cast(floats, dtype)
  const last = floats.shape.length - 1
  const [high, low] = [0, 1].map((i) => cast(element(floats, last, i), "i32")) as [Tensor, Tensor]
  return add(mul(high, 2 ** half), low)
}
