/** Orthogonal weights, which preserve the norm of their input. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import { checkOptions } from "../OptionError.ts"
import type { Initializer } from "./Initializer.ts"
import { gainOption } from "./options.ts"

/** Rows [m, n] minus their projections onto the rows of `basis` [k, n], which are orthonormal or 0. */
const without = (rows: Tensor, basis: Tensor): Tensor => T.sub(rows, T.matmul(T.matmul(rows, T.swapAxes(basis, 0, 1)), basis))

/**
 * Orthonormalizes rows [m, n] one after the other (Gram and Schmidt). Projections are subtracted twice, which makes the rows
 * orthogonal to machine precision (Giraud, Langou and Rozložník, 2005).
 */
const oneByOne = (rows: Tensor): Tensor => {
  const [m = 0] = rows.shape
  const { kept } = T.scan(
    (done: Tensor, { index, row }: { readonly index: Tensor; readonly row: Tensor }) => {
      const rest = without(without(T.expandAxis(row, 0), done), done)
      const unit = T.div(rest, T.sqrt(T.sum(T.square(rest))))
      const isHere = T.equal(T.iota([m, 1], 0), index)
      return { carry: T.where(isHere, unit, done), kept: T.squeeze(unit, [0]) }
    },
    T.zerosLike(rows),
    { index: T.range(m), row: rows },
  )
  return kept
}

/** The number of rows in a block. Projections onto earlier blocks are matrix products, which are fast. */
const blockSize = 32

/** Orthonormalizes rows [m, n], m ≤ n, block by block, each block twice (Barlow and Smoktunowicz, 2013). */
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
 * Orthogonal columns (or rows, if they are fewer) of norm `gain`, in a uniformly random direction; for a kernel, all axes but
 * the last count as one (Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear
 * neural networks, 2014). Throws `ShapeError` for fewer than two axes.
 */
export const orthogonal = (gain = 1): Initializer => {
  checkOptions("orthogonal", { gain: gainOption }, { gain })
  return (key, shape) => {
    if (shape.length < 2) refuse("orthogonal", [{ dtype: "f32", shape }], "a matrix or a kernel", "zeros for a bias")
    const columns = shape.at(-1) ?? 1
    const rows = Shape.size(shape.slice(0, -1))
    const [k, n] = [Math.min(rows, columns), Math.max(rows, columns)]
    if (k === 0) return T.zeros(shape)
    const basis = orthonormal(Key.normal(key, [k, n]))
    return T.mul(T.reshape(rows < columns ? basis : T.transpose(basis), shape), gain)
  }
}
