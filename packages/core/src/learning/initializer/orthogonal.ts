/** Weights at right angles to each other, which keep the length of what they are given. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../words/Shape.ts"
import { refuse } from "../../words/ShapeError.ts"
import type { Initializer } from "./Initializer.ts"

/** What is left of v [n] without its parts along the rows of `basis` [k, n], which are orthonormal or 0. */
const without = (v: Tensor, basis: Tensor): Tensor => {
  const parts = T.matmul(basis, T.reshape(v, [-1, 1]))
  return T.sub(v, T.reshape(T.matmul(T.swapAxes(basis, 0, 1), parts), v.shape))
}

/**
 * Rows [k, n], k ≤ n, made orthonormal one after the other (Gram and Schmidt). The parts along the rows before are taken
 * away twice, which is enough for a right angle to the last place (Giraud, Langou and Rozložník, 2005).
 */
const orthonormal = (rows: Tensor): Tensor => {
  const [k = 0] = rows.shape
  const basis = T.zerosLike(rows)
  const { kept } = T.scan(
    (done: Tensor, { place, row }: { readonly place: Tensor; readonly row: Tensor }) => {
      const rest = without(without(row, done), done)
      const unit = T.div(rest, T.sqrt(T.sum(T.square(rest))))
      const isHere = T.equal(T.iota([k, 1], 0), place)
      return { carry: T.where(isHere, unit, done), kept: unit }
    },
    basis,
    { place: T.range(k), row: rows },
  )
  return kept
}

/**
 * Columns (or rows, where they are fewer) of length `gain` at right angles, in a direction as likely as any other; of a
 * kernel, all axes but the last count as one (Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of
 * learning in deep linear neural networks, 2014). Throws `ShapeError` for less than two axes.
 */
export const orthogonal =
  (gain = 1): Initializer =>
  (key, shape) => {
    if (shape.length < 2) refuse("orthogonal", [{ dtype: "f32", shape }], "a matrix or a kernel", "zeros for a bias")
    const columns = shape.at(-1) ?? 1
    const rows = Shape.size(shape.slice(0, -1))
    const [k, n] = [Math.min(rows, columns), Math.max(rows, columns)]
    if (k === 0) return T.zeros(shape)
    const found = orthonormal(Key.normal(key, [k, n]))
    return T.mul(T.reshape(rows < columns ? found : T.transpose(found), shape), gain)
  }
