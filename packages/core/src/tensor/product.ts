/** Matrix products. */
import { type Tensor, write } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import { broadcastTo } from "./elementwise.ts"
import { reshape } from "./structure.ts"
import type { Multiplies, Product, ShapeOf } from "./Typed.ts"

/**
 * The matrix product, as NumPy's `matmul`: x [..., m, k] with y [..., k, n] gives [..., m, n]; the axes before the last two
 * broadcast to one shape, and a vector is a matrix of one row (left) or one column (right). Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.matmul(Tensor.make([[1, 2]]), Tensor.make([[3], [4]]))) // => "[[11]]"`
 */
export const matmul = <X extends Tensor, Y extends Tensor>(
  x: X,
  y: Y & Multiplies<ShapeOf<X>, ShapeOf<Y>>,
): Tensor<Product<ShapeOf<X>, ShapeOf<Y>>> => product(x, y) as Tensor<Product<ShapeOf<X>, ShapeOf<Y>>>

const product = (x: Tensor, y: Tensor): Tensor => {
  if (x.shape.length === 0 || y.shape.length === 0)
    refuse("matmul", [x, y], "vectors or matrices", "Tensor.mul multiplies by a scalar")
  const left = x.shape.length === 1 ? reshape(x, [1, ...x.shape]) : x
  const right = y.shape.length === 1 ? reshape(y, [...y.shape, 1]) : y
  const batch =
    Shape.broadcast(left.shape.slice(0, -2), right.shape.slice(0, -2)) ??
    refuse("matmul", [x, y], "batch axes that stretch to one shape", "make sizes before the last two equal or 1")
  const out = write("dot", {}, [
    broadcastTo(left, [...batch, ...left.shape.slice(-2)]),
    broadcastTo(right, [...batch, ...right.shape.slice(-2)]),
  ])
  const matrix = out.shape.slice(batch.length)
  return reshape(out, [
    ...batch,
    ...(x.shape.length === 1 ? [] : matrix.slice(0, 1)),
    ...(y.shape.length === 1 ? [] : matrix.slice(1)),
  ])
}
