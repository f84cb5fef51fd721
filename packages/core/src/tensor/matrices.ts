/** Grids and matrices: sequences of numbers, triangles, diagonals. */
import type { Tensor } from "../language/Expr.ts"
import type * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { full, iota, make, range } from "./create.ts"
import { add, broadcastTo, equal, greaterEqual, lessEqual, where } from "./elementwise.ts"
import { sum } from "./reduce.ts"
import { gatherAt } from "./select.ts"
import { concat, expandAxis, reshape } from "./structure.ts"

/**
 * `n` numbers from `start` to `stop`, equally far apart, both included. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.linspace(0, 1, 5)) // => "[0, 0.25, 0.5, 0.75, 1]"`
 */
export const linspace = (start: number, stop: number, n: number): Tensor<[number]> => {
  if (!(Number.isInteger(n) && n >= 0)) refuse("linspace", [], `a whole number of elements, not ${n}`, "n: 50")
  const at = (i: number): number => (i === n - 1 ? stop : start + ((stop - start) * i) / (n - 1))
  return make(n === 1 ? [start] : Array.from({ length: n }, (_, i) => at(i))) as Tensor<[number]>
}

/**
 * The numbers from `start` up to but excluding `stop` in steps of `step`, as NumPy's `arange`. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.arange(1, 2, 0.25)) // => "[1, 1.25, 1.5, 1.75]"`
 */
export const arange = (start: number, stop: number, step = 1): Tensor<[number]> => {
  const count = Math.max(0, Math.ceil((stop - start) / step))
  if (!Number.isFinite(count)) refuse("arange", [], `a finite range, not ${start} to ${stop} by ${step}`, "a step other than 0")
  return make(Array.from({ length: count }, (_, i) => start + i * step)) as Tensor<[number]>
}

/**
 * The coordinates of a grid: of vectors with n₀, n₁ … elements as many arrays [n₀, n₁, …], array i of which varies along axis i
 * (NumPy's `indexing="ij"`). Throws `ShapeError` for other than vectors.
 */
export const meshgrid = (...axes: ReadonlyArray<Tensor>): ReadonlyArray<Tensor> => {
  if (axes.some(({ shape }) => shape.length !== 1)) refuse("meshgrid", axes, "vectors", "Tensor.flatten")
  const shape = axes.map((x) => x.shape[0] ?? 0)
  return axes.map((x, i) =>
    broadcastTo(
      reshape(
        x,
        shape.map((n, at) => (at === i ? n : 1)),
      ),
      shape,
    ),
  )
}

/** The two last sizes. Throws `ShapeError` if there are no two. */
const matrixOf = (operation: string, x: Tensor): readonly [rows: number, columns: number] => {
  if (x.shape.length < 2) refuse(operation, [x], "matrices [..., m, n]", "Tensor.expandAxis adds an axis")
  return [x.shape.at(-2) ?? 0, x.shape.at(-1) ?? 0]
}

/** Row and column numbers of a matrix. */
const places = (rows: number, columns: number): readonly [Tensor, Tensor] => [iota([rows, columns], 0), iota([rows, columns], 1)]

/** Zeros of its dtype where `isKept` (bool [m, n]) is false. */
const masked = (x: Tensor, isKept: Tensor): Tensor => where(isKept, x, full([], 0, x.dtype))

/** The elements of matrices [..., m, n] on and below the k-th diagonal, and zeros above. `Tensor.print(Tensor.tril(Tensor.ones([2, 2]))) // => "[[1, 0],\n [1, 1]]"` */
export const tril = named("tril", (x: Tensor, k = 0): Tensor => {
  const [row, column] = places(...matrixOf("tril", x))
  return masked(x, lessEqual(column, add(row, k)))
})

/** The elements of matrices [..., m, n] on and above the k-th diagonal, and zeros below. */
export const triu = named("triu", (x: Tensor, k = 0): Tensor => {
  const [row, column] = places(...matrixOf("triu", x))
  return masked(x, greaterEqual(column, add(row, k)))
})

/**
 * The k-th diagonal of matrices [..., m, n], above the main one for k > 0, below it for k < 0.
 *
 * `Tensor.print(Tensor.diagonal(Tensor.make([[1, 2], [3, 4]]))) // => "[1, 4]"`
 */
export const diagonal = named("diagonal", (x: Tensor, k = 0): Tensor => {
  const [rows, columns] = matrixOf("diagonal", x)
  if (!Number.isInteger(k)) refuse("diagonal", [x], `the number of a diagonal, not ${k}`, "0 is the main diagonal")
  const [down, right] = [Math.max(-k, 0), Math.max(k, 0)]
  const count = Math.max(0, Math.min(rows - down, columns - right))
  const steps = range(count)
  return gatherAt(x, [x.shape.length - 2, x.shape.length - 1], [add(steps, down), add(steps, right)])
})

/** The sum of the k-th diagonal of matrices [..., m, n]. */
export const trace = named("trace", (x: Tensor, k = 0): Tensor => sum(diagonal(x, k), { axes: -1 }))

/**
 * Matrices [..., n, n] with vectors [..., n] on their diagonals (n + |k| rows, for the k-th one), and zeros elsewhere.
 * `diagonal` is the opposite.
 *
 * `Tensor.print(Tensor.diag(Tensor.make([1, 2]))) // => "[[1, 0],\n [0, 2]]"`
 */
export const diag = named("diag", (x: Tensor, k = 0): Tensor => {
  const count = x.shape.at(-1) ?? refuse("diag", [x], "vectors [..., n]", "a scalar has no axis")
  if (!Number.isInteger(k)) refuse("diag", [x], `the number of a diagonal, not ${k}`, "0 is the main diagonal")
  const n = count + Math.abs(k)
  const [row, column] = places(n, n)
  const before = [...x.shape.slice(0, -1), Math.max(-k, 0)]
  const after = [...x.shape.slice(0, -1), Math.max(k, 0)]
  const zeros = (shape: Shape.Shape): Tensor => full(shape, 0, x.dtype)
  const rows = k === 0 ? x : concat([zeros(before), x, zeros(after)], -1)
  return masked(broadcastTo(expandAxis(rows, -1), [...rows.shape, n]), equal(column, add(row, k)))
})
