/**
 * Linear algebra of the matrices in the last two axes; the axes before them are a batch. The host computes in doubles and rounds once.
 */
import { provideMatrices } from "../backend/matrices.ts"
import { type Tensor, write } from "../language/Expr.ts"
import type { MatrixParams } from "../language/matrices.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { eye } from "./create.ts"
import { add, broadcastTo, cast, div, greater, log, mul, where } from "./elementwise.ts"
import { matrixCotangents, matrixDerivative } from "./linalgDerivative.ts"
import { matmul } from "./product.ts"
import { max, sum } from "./reduce.ts"
import { concat, expandAxis, split, squeeze, swapAxes } from "./structure.ts"

provideMatrices()
matrixDerivative.provide(matrixCotangents)

const swap = (x: Tensor): Tensor => swapAxes(x, -1, -2)

/** The parts of a result, which are below each other. */
const parts = <const Sizes extends ReadonlyArray<number>>(x: Tensor, sizes: Sizes) =>
  split(x, sizes, -2) as { readonly [I in keyof Sizes]: Tensor }

/** The result of `eigh`: eigenvalues [..., n], ascending, and eigenvectors [..., n, n], one in each column. */
export interface Eigh {
  readonly values: Tensor
  readonly vectors: Tensor
}

/**
 * The eigenvalues and eigenvectors of symmetric matrices [..., n, n], as NumPy's and JAX's `eigh`: A = V Λ Vᵀ, with the ascending
 * eigenvalues on the diagonal of Λ and orthonormal eigenvectors in the columns of V. The matrix that is used is (A + Aᵀ) / 2. Of each
 * vector the largest component is positive (the first of those within 1 %), so that the signs are determined. The decomposition
 * is computed in doubles and rounded once. An infinity or NaN in a matrix makes its results NaN.
 *
 * Gradients follow Giles (2008). Between vectors of equal eigenvalues, which may be any basis of one space, nothing flows. Throws
 * `ShapeError` for other than square f32 matrices.
 *
 * `Tensor.print(Tensor.eigh(Tensor.make([[2, 1], [1, 2]])).values) // => "[1, 3]"`
 */
export const eigh = (x: Tensor): Eigh => {
  const both = write("matrix", { operation: "eigh" }, [x])
  const [values, vectors] = parts(both, [1, both.shape.at(-1) ?? 0])
  return { values: squeeze(values, [-2]), vectors }
}

/**
 * The Cholesky decomposition of positive definite matrices [..., n, n], as JAX's: the lower triangle L with L Lᵀ = A. The matrix that
 * is used is (A + Aᵀ) / 2; where it is not positive definite, the result is NaN. Gradients follow Murray (2016). Throws `ShapeError`.
 *
 * `Tensor.toArray(Tensor.cholesky(Tensor.make([[4, 2], [2, 5]]))) // => [[2, 0], [1, 2]]`
 */
export const cholesky = (x: Tensor): Tensor => write("matrix", { operation: "cholesky" }, [x])

/** Writes an operation on matrices and right-hand sides, whose batches are broadcast; a vector is a matrix of one column. */
const solved = (name: string, params: MatrixParams, a: Tensor, b: Tensor): Tensor => {
  const right = b.shape.length === 1 ? expandAxis(b, 1) : b
  const n = a.shape.at(-1) ?? 0
  if (a.shape.length < 2 || a.shape.at(-2) !== n || right.shape.length < 2 || right.shape.at(-2) !== n)
    refuse(
      name,
      [a, b],
      "square matrices [..., n, n] with [..., n, k] or a vector [n]",
      "Tensor.lstsq solves by least squares where there are more equations than unknowns",
    )
  const batch =
    Shape.broadcast(a.shape.slice(0, -2), right.shape.slice(0, -2)) ??
    refuse(name, [a, b], "batch axes that stretch to one shape", "make sizes before the last two equal or 1")
  const x = write("matrix", params, [
    broadcastTo(a, [...batch, ...a.shape.slice(-2)]),
    broadcastTo(right, [...batch, ...right.shape.slice(-2)]),
  ])
  return b.shape.length === 1 ? squeeze(x, [-1]) : x
}

/**
 * X with A X = B, for A [..., n, n] and B [..., n, k] or a vector [n], as NumPy's `linalg.solve`: by Gaussian elimination with partial
 * pivoting, in doubles. Of a singular A the result has infinities or NaN. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.solve(Tensor.make([[2, 0], [1, 4]]), Tensor.make([2, 9]))) // => "[1, 2]"`
 */
export const solve = (a: Tensor, b: Tensor): Tensor => solved("solve", { operation: "solve" }, a, b)

/** Which triangle `triangularSolve` uses. */
export interface TriangularSolveOptions {
  /** The lower triangle, or else the upper one. Default: false. */
  readonly lower?: boolean
  /** Solves Tᵀ X = B. Default: false. */
  readonly transposed?: boolean
  /** The diagonal counts as ones, whatever it holds. Default: false. */
  readonly unit?: boolean
}

/**
 * X with T X = B, for the upper or the lower triangle T of A [..., n, n] and B [..., n, k] or a vector [n], as SciPy's
 * `solve_triangular`. The other triangle is not read. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.triangularSolve(Tensor.make([[2, 9], [1, 4]]), Tensor.make([2, 9]), { lower: true })) // => "[1, 2]"`
 */
export const triangularSolve = (
  a: Tensor,
  b: Tensor,
  { lower = false, transposed = false, unit = false }: TriangularSolveOptions = {},
): Tensor => solved("triangularSolve", { operation: "triangularSolve", lower, transposed, unit }, a, b)

/**
 * The inverses of matrices [..., n, n]. To solve equations `solve` takes less time. Of a singular matrix the result has infinities or
 * NaN. Throws `ShapeError`.
 *
 * `Tensor.toArray(Tensor.inv(Tensor.make([[2, 0], [1, 4]]))) // => [[0.5, 0], [-0.125, 0.25]]`
 */
export const inv = named("inv", (x: Tensor): Tensor => {
  const n = x.shape.at(-1) ?? 0
  if (x.shape.length < 2 || x.shape.at(-2) !== n) refuse("inv", [x], "square matrices [..., n, n]", "Tensor.pinv(x)")
  return solved("inv", { operation: "solve" }, x, eye(n))
})

const determined = (x: Tensor): readonly [sign: Tensor, m: Tensor, e: Tensor, det: Tensor] => {
  const all = write("matrix", { operation: "determinant" }, [x])
  const [sign, m, e, det] = split(all, [1, 1, 1, 1], -1).map((each) => squeeze(each, [-2, -1]))
  return [sign, m, e, det] as [Tensor, Tensor, Tensor, Tensor]
}

/**
 * The determinants [...] of matrices [..., n, n]. The gradient of a singular matrix is not finite. Throws `ShapeError`.
 *
 * `Tensor.toNumber(Tensor.det(Tensor.make([[1, 2], [3, 4]]))) // => -2`
 */
export const det = named("det", (x: Tensor): Tensor => determined(x)[3])

/** The result of `slogdet`: det A = sign · e^logAbs. */
export interface SignAndLog {
  readonly sign: Tensor
  readonly logAbs: Tensor
}

/**
 * The signs of determinants (0 for singular matrices) and the logarithms of their sizes, [...] of matrices [..., n, n]: for
 * determinants that no float holds. Throws `ShapeError`.
 *
 * `Tensor.toNumber(Tensor.slogdet(Tensor.mul(Tensor.eye(100), -1e3)).logAbs).toFixed(3) // => "690.776"`
 */
export const slogdet = named("slogdet", (x: Tensor): SignAndLog => {
  const [sign, m, e] = determined(x)
  return { sign, logAbs: add(log(m), mul(e, Math.LN2)) }
})

/** The result of `qr`: A = Q R. */
export interface Qr {
  /** Orthonormal columns [..., m, k], k = min(m, n). */
  readonly q: Tensor
  /** An upper triangle [..., k, n]. */
  readonly r: Tensor
}

/**
 * The reduced QR decomposition of matrices [..., m, n], as NumPy's `linalg.qr`, by Householder reflections in doubles. The diagonal of
 * R is not negative, so that the signs are determined. Gradients follow Walter and Lehmann (2010), and want the first columns to be
 * independent. Throws `ShapeError`.
 *
 * `Tensor.toArray(Tensor.qr(Tensor.make([[0, 2], [3, 0]])).r) // => [[3, 0], [0, 2]]`
 */
export const qr = named("qr", (x: Tensor): Qr => {
  const [m = 0, n = 0] = x.shape.slice(-2)
  if (x.shape.length < 2 || m >= n) {
    const [q, r] = parts(write("matrix", { operation: "qr" }, [x]), [m, n])
    return { q, r }
  }
  const [left, right] = split(x, [m, n - m], -1) as [Tensor, Tensor]
  const [q, r] = parts(write("matrix", { operation: "qr" }, [left]), [m, m])
  return { q, r: concat([r, matmul(swap(q), right)], -1) }
})

/** The result of `svd`: A = U diag(S) Vᵀ. */
export interface Svd {
  /** Orthonormal columns [..., m, k], k = min(m, n). */
  readonly u: Tensor
  /** The singular values [..., k], from the largest on. */
  readonly s: Tensor
  /** Orthonormal rows [..., k, n]. */
  readonly vt: Tensor
}

/**
 * The reduced singular value decomposition of matrices [..., m, n], as NumPy's `linalg.svd` with `full_matrices=False`. The largest
 * component of each row of Vᵀ is positive (of U where m < n), so that the signs are determined. An infinity or NaN in a matrix makes
 * its results NaN. Gradients follow Townsend (2016); between vectors of equal values, and through values of 0, nothing flows. Throws
 * `ShapeError`.
 *
 * `Tensor.toArray(Tensor.svd(Tensor.make([[0, 2], [3, 0], [0, 0]])).s) // => [3, 2]`
 */
export const svd = named("svd", (x: Tensor): Svd => {
  const [m = 0, n = 0] = x.shape.slice(-2)
  if (x.shape.length >= 2 && m < n) {
    const { s, u, vt } = svd(swap(x))
    return { u: swap(vt), s, vt: swap(u) }
  }
  const [u, s, vt] = parts(write("matrix", { operation: "svd" }, [x]), [m, 1, n])
  return { u, s: squeeze(s, [-2]), vt }
})

/** The singular values that count: larger than `rcond` times the largest. */
const counted = (s: Tensor, rcond: number): Tensor =>
  (s.shape.at(-1) ?? 0) === 0 ? greater(s, 0) : greater(s, mul(max(s, { axes: [-1], keepAxes: true }), rcond))

/** The rounding of f32 in a matrix of this shape, as NumPy has it. */
const usualRcond = ({ shape }: Tensor): number => Math.max(0, ...shape.slice(-2)) * 2 ** -23

/**
 * The pseudo-inverses [..., n, m] of matrices [..., m, n] (Moore, 1920; Penrose, 1955). Singular values of at most `rcond` times the
 * largest count as 0. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.pinv(Tensor.make([[2], [0]]))) // => "[[0.5, 0]]"`
 */
export const pinv = named("pinv", (x: Tensor, rcond: number = usualRcond(x)): Tensor => {
  const { s, u, vt } = svd(x)
  const isCounted = counted(s, rcond)
  const inverse = where(isCounted, div(1, where(isCounted, s, 1)), 0)
  return matmul(mul(swap(vt), expandAxis(inverse, -2)), swap(u))
})

/**
 * The X of least |A X - B|, and of those the least X, for A [..., m, n] and B [..., m, k] or a vector [m], as NumPy's `linalg.lstsq`.
 * Singular values of at most `rcond` times the largest count as 0. Throws `ShapeError`.
 *
 * ```ts
 * const line = Tensor.lstsq(Tensor.make([[0, 1], [1, 1], [2, 1]]), Tensor.make([1, 3, 5]))
 * Tensor.print(line) // => "[2, 1]"
 * ```
 */
export const lstsq = named("lstsq", (a: Tensor, b: Tensor, rcond: number = usualRcond(a)): Tensor => {
  const rows = b.shape.length === 1 ? b.shape[0] : b.shape.at(-2)
  if (a.shape.length < 2 || rows !== a.shape.at(-2))
    refuse("lstsq", [a, b], "A [..., m, n] with B [..., m, k] or a vector [m]", "check the rows of both")
  return matmul(pinv(a, rcond), b)
})

/**
 * How many singular values of matrices [..., m, n] are larger than `rcond` times the largest: the rank, i32[...]. Throws `ShapeError`.
 *
 * `Tensor.toNumber(Tensor.matrixRank(Tensor.ones([3, 3]))) // => 1`
 */
export const matrixRank = named(
  "matrixRank",
  (x: Tensor, rcond: number = usualRcond(x)): Tensor => sum(cast(counted(svd(x).s, rcond), "i32"), { axes: [-1] }),
)

/**
 * Matrices [..., n, n] to a whole power; a negative one is that of the inverses. Throws `ShapeError`.
 *
 * `Tensor.toArray(Tensor.matrixPower(Tensor.make([[1, 1], [1, 0]]), 10)) // => [[89, 55], [55, 34]]`
 */
export const matrixPower = named("matrixPower", (x: Tensor, power: number): Tensor => {
  const n = x.shape.at(-1) ?? 0
  if (x.shape.length < 2 || x.shape.at(-2) !== n) refuse("matrixPower", [x], "square matrices [..., n, n]", "Tensor.swapAxes")
  if (!Number.isInteger(power)) refuse("matrixPower", [x], `a whole power, not ${power}`, "2")
  let square = power < 0 ? inv(x) : x
  let result: Tensor | undefined
  for (let left = Math.abs(power); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = result === undefined ? square : matmul(result, square)
    if (left > 1) square = matmul(square, square)
  }
  return result ?? broadcastTo(eye(n), x.shape)
})
