/** The operands of elementwise operations: numbers become tensors, and shapes are broadcast to one. */
import { type Tensor, write } from "../language/Expr.ts"
import { allocate, type DType, fits, range as wordsOf } from "../types/DType.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { refuse, type Spec } from "../types/ShapeError.ts"
import type { Operand } from "./Typed.ts"

/** A number as a tensor without axes. `Tensor.print(Tensor.scalar(2.5)) // => "2.5"` */
export const scalar = (value: number, dtype: DType = "f32"): NDArray<[]> => {
  if (!fits(dtype, value))
    refuse(
      "scalar",
      [{ dtype, shape: [] }],
      `${wordsOf(dtype)}, not ${value}`,
      dtype === "bool"
        ? "compare a bool with 1 or 0, or Tensor.cast it to f32"
        : "Tensor.cast the tensor to f32, or another number",
    )
  return new NDArray(dtype, [], allocate(dtype, 1).fill(value))
}

const stretchTo = (x: Tensor, shape: Shape.Shape): Tensor =>
  Shape.equals(x.shape, shape) ? x : write("broadcast", { shape }, [x])

/** An operand as a tensor: a number takes the dtype of the other. */
export const lift = (operation: string, x: Operand, other: Operand): Tensor => {
  if (typeof x !== "number") return x
  if (typeof other === "number") return scalar(x)
  if (!fits(other.dtype, x))
    refuse(
      operation,
      [other],
      `${wordsOf(other.dtype)} beside ${other.dtype} elements, not ${x}`,
      other.dtype === "bool" ? "1 or 0, or the bool itself" : 'Tensor.cast(x, "f32")',
    )
  return scalar(x, other.dtype)
}

const stretchHint = (a: Spec, b: Spec): string => {
  const [small, large] = a.shape.length <= b.shape.length ? [a.shape, b.shape] : [b.shape, a.shape]
  return small.length === 1 && large[0] === small[0]
    ? `sizes are compared from the last axis: reshape ${Shape.print(small)} to ${Shape.print([...small, ...large.slice(1).map(() => 1)])}`
    : "make sizes equal or 1, compared from the last axis"
}

/** Tensors broadcast to one shape. */
export const stretched = (operation: string, operands: ReadonlyArray<Tensor>): ReadonlyArray<Tensor> => {
  let shape: Shape.Shape = []
  for (const x of operands) {
    const next = Shape.broadcast(shape, x.shape)
    const [a = x, b = x] = operands
    shape = next ?? refuse(operation, operands, "shapes that stretch to one", stretchHint(a, b))
  }
  return operands.map((x) => stretchTo(x, shape))
}

/** Two operands as tensors of one shape. */
export const operands = (operation: string, x: Operand, y: Operand): ReadonlyArray<Tensor> =>
  stretched(operation, [lift(operation, x, y), lift(operation, y, x)])

/** Throws `ShapeError` for all but floats. */
export const checkFloats = (operation: string, inputs: ReadonlyArray<Tensor>): void => {
  if (inputs.some(({ dtype }) => dtype !== "f32")) refuse(operation, inputs, "f32 elements", 'Tensor.cast(x, "f32")')
}
