/** Reading: computes expressions, in the floats of the WebAssembly engine, and converts values to lists and text. */

import * as Eager from "../backend/eager/Eager.ts"
import type { Tensor } from "../language/Expr.ts"
import type { DType } from "../types/DType.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import type { Nested } from "./create.ts"
import type { ShapeOf } from "./Typed.ts"

/** The values of a tensor. An expression is computed once and stores its values. Throws `ShapeError` inside a traced function, where a tensor has no values. */
export const read = <X extends Tensor>(x: X): NDArray<ShapeOf<X>> =>
  (x instanceof NDArray ? x : Eager.read([x])[0]) as NDArray as NDArray<ShapeOf<X>>

/** The values of several tensors. Shared expressions are computed once. */
export const readAll = (xs: ReadonlyArray<Tensor>): ReadonlyArray<NDArray> => Eager.read(xs)

/** The number of a tensor with one element. Throws `ShapeError` for any other. `Tensor.toNumber(Tensor.sum(Tensor.range(4))) // => 6` */
export const toNumber = (x: Tensor): number => {
  if (Shape.size(x.shape) !== 1) refuse("toNumber", [x], "one element", "Tensor.toArray")
  return read(x).data[0] as number
}

/** The elements as nested lists (bools as booleans). `Tensor.toArray(Tensor.make([[1, 2]])) // => [[1, 2]]` */
export const toArray = (x: Tensor): Nested => {
  const { data, dtype, shape } = read(x)
  let next = 0
  const nest = (axis: number): Nested => {
    if (axis < shape.length) return Array.from({ length: shape[axis] ?? 0 }, () => nest(axis + 1))
    const element = data[next++] as number
    return dtype === "bool" ? element === 1 : element
  }
  return nest(0)
}

const edge = 3

const element = (x: number, dtype: DType): string => {
  if (dtype === "bool") return x === 1 ? "true" : "false"
  if (dtype !== "f32") return String(x)
  if (Number.isInteger(x) && Math.abs(x) < 1e7) return String(x === 0 ? 0 : x)
  return Number.isFinite(x) ? String(Number(x.toPrecision(5))) : String(x)
}

/** The elements as text, as in NumPy: floats with five digits, integers with all. Above 1,000 elements only the ends of axes longer than 10. */
export const print = (x: Tensor): string => {
  const { data, dtype, shape } = read(x)
  const steps = Shape.strides(shape)
  const shortened = Shape.size(shape) > 1000
  const nest = (axis: number, from: number): string => {
    if (axis === shape.length) return element(data[from] as number, dtype)
    const n = shape[axis] ?? 0
    const gap = shortened && n > 10
    const parts = Array.from({ length: n }, (_, i) => i).flatMap((i) =>
      gap && i >= edge && i < n - edge ? (i === edge ? ["…"] : []) : [nest(axis + 1, from + i * (steps[axis] ?? 0))],
    )
    return `[${parts.join(axis === shape.length - 1 ? ", " : `,${"\n".repeat(shape.length - 1 - axis)}${" ".repeat(axis + 1)}`)}]`
  }
  return nest(0, 0)
}
