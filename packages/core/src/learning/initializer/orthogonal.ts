/** Weights at right angles to each other, which keep the length of what they are given. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import { wantOptions } from "../OptionError.ts"
import type { Initializer } from "./Initializer.ts"
import { gainOption } from "./options.ts"

/** What is left of rows [m, n] without their parts along the rows of `basis` [k, n], which are orthonormal or 0. */
const without = (rows: Tensor, basis: Tensor): Tensor => T.sub(rows, T.matmul(T.matmul(rows, T.swapAxes(basis, 0, 1)), basis))

/**
 * Rows [m, n] made orthonormal one after the other (Gram and Schmidt). The parts along the rows before are taken away
 * twice, which is enough for a right angle to the last place (Giraud, Langou and Rozložník, 2005).
 */
const oneByOne = (rows: Tensor): Tensor => {
  const [m = 0] = rows.shape
  const { kept } = T.scan(
    (done: Tensor, { place, row }: { readonly place: Tensor; readonly row: Tensor }) => {
      const rest = without(without(T.expandAxis(row, 0), done), done)
      const unit = T.div(rest, T.sqrt(T.sum(T.square(rest))))
      const isHere = T.equal(T.iota([m, 1], 0), place)
      return { carry: T.where(isHere, unit, done), kept: T.squeeze(unit, [0]) }
    },
    T.zerosLike(rows),
    { place: T.range(m), row: rows },
  )
  return kept
}

/** So many rows are made orthonormal among themselves at a time; against all others they are products of matrices, which are fast. */
const blockSize = 32

/** Rows [m, n], m ≤ n, made orthonormal block by block, each twice over (Barlow and Smoktunowicz, 2013). */
const orthonormal = (rows: Tensor): Tensor => {
  const [m = 0, n = 0] = rows.shape
  const done: Array<Tensor> = []
  for (let from = 0; from < m; from += blockSize) {
    const block = T.slice(rows, [from, 0], [Math.min(from + blockSize, m), n])
    const basis = T.concat([...done, T.zeros([0, n])])
    const once = oneByOne(without(block, basis))
    done.push(oneByOne(without(once, basis)))
  }
  return T.concat(done)
}

/**
 * Columns (or rows, where they are fewer) of length `gain` at right angles, in a direction as likely as any other; of a
 * kernel, all axes but the last count as one (Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of
 * learning in deep linear neural networks, 2014). Throws `ShapeError` for less than two axes.
 */
export const orthogonal = (gain = 1): Initializer => {
  wantOptions("orthogonal", { gain: gainOption }, { gain })
  return (key, shape) => {
    if (shape.length < 2) refuse("orthogonal", [{ dtype: "f32", shape }], "a matrix or a kernel", "zeros for a bias")
    const columns = shape.at(-1) ?? 1
    const rows = Shape.size(shape.slice(0, -1))
    const [k, n] = [Math.min(rows, columns), Math.max(rows, columns)]
    if (k === 0) return T.zeros(shape)
    const found = orthonormal(Key.normal(key, [k, n]))
    return T.mul(T.reshape(rows < columns ? found : T.transpose(found), shape), gain)
  }
}
