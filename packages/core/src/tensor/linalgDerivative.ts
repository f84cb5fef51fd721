/**
 * The derivatives of operations on matrices. They are below the other derivatives, since `linalg.ts` provides them with all that
 * matrices need. Cotangents are written with a bar: Ā is that of A.
 */
import { type Tensor, write } from "../language/Expr.ts"
import { type MatrixOperation, type MatrixParams, providedForMatrices } from "../language/matrices.ts"
import { eye, onesLike } from "./create.ts"
import { abs, add, div, lessEqual, mul, neg, sub, where } from "./elementwise.ts"
import { tril, triu } from "./matrices.ts"
import { matmul } from "./product.ts"
import { max } from "./reduce.ts"
import { split, swapAxes } from "./structure.ts"

type Of<O extends MatrixOperation> = Extract<MatrixParams, { readonly operation: O }>

/** A use of an operation: its parameters, its matrices and its result. */
interface Use<O extends MatrixOperation> {
  readonly params: Of<O>
  readonly inputs: ReadonlyArray<Tensor>
  readonly output: Tensor
}

type Cotangents<O extends MatrixOperation> = (cotangent: Tensor, use: Use<O>) => ReadonlyArray<Tensor>

const swap = (x: Tensor): Tensor => swapAxes(x, -1, -2)

const symmetric = (x: Tensor): Tensor => mul(add(x, swap(x)), 0.5)

const input = ({ inputs }: { readonly inputs: ReadonlyArray<Tensor> }, i = 0): Tensor => inputs[i] as Tensor

const rowsOf = (x: Tensor): number => x.shape.at(-2) ?? 0
const columnsOf = (x: Tensor): number => x.shape.at(-1) ?? 0

const triangular = (a: Tensor, b: Tensor, lower: boolean, transposed: boolean, unit = false): Tensor =>
  write("matrix", { operation: "triangularSolve", lower, transposed, unit }, [a, b])

/** Numbers that differ by less than this share of the largest differ by their rounding to f32 alone. */
const rounding = 2 ** -22

/** x / gaps, and 0 where the gap is no more than the rounding of the values. */
const overGaps = (x: Tensor, gaps: Tensor, values: Tensor): Tensor => {
  const least = columnsOf(values) === 0 ? 0 : mul(max(abs(values), { axes: [-1], keepAxes: true }), rounding)
  const isEqual = lessEqual(abs(gaps), least)
  return where(isEqual, 0, div(x, where(isEqual, onesLike(gaps), gaps)))
}

/**
 * Ā = V (diag(λ̄) + F ∘ (Vᵀ V̄)) Vᵀ, made symmetric, with Fᵢⱼ = 1 / (λⱼ - λᵢ) (Giles, An extended collection of matrix derivative
 * results, 2008). F is 0 for equal eigenvalues, whose vectors may be any basis of one space: functions of that space as a whole,
 * such as the projection onto it, keep their derivative.
 */
const eigh: Cotangents<"eigh"> = (cotangent, { output }) => {
  const n = columnsOf(output)
  const [values, vectors] = split(output, [1, n], -2) as [Tensor, Tensor]
  const [ofValues, ofVectors] = split(cotangent, [1, n], -2) as [Tensor, Tensor]
  const turned = overGaps(matmul(swap(vectors), ofVectors), sub(values, swap(values)), values)
  const inner = add(mul(ofValues, eye(n)), turned)
  return [symmetric(matmul(matmul(vectors, inner), swap(vectors)))]
}

/** Ā = L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, made symmetric, where Φ takes the lower triangle and half of the diagonal (Murray, 2016). */
const cholesky: Cotangents<"cholesky"> = (cotangent, { output }) => {
  const inner = tril(matmul(swap(output), cotangent))
  const left = triangular(output, sub(inner, mul(mul(inner, eye(rowsOf(output))), 0.5)), true, true)
  return [symmetric(swap(triangular(output, swap(left), true, true)))]
}

/** B̄ = A⁻ᵀ X̄ and Ā = -B̄ Xᵀ (Giles, 2008). */
const solve: Cotangents<"solve"> = (cotangent, use) => {
  const right = write("matrix", { operation: "solve" }, [swap(input(use)), cotangent])
  return [neg(matmul(right, swap(use.output))), right]
}

/** As for `solve`, within the triangle. */
const triangularSolve: Cotangents<"triangularSolve"> = (cotangent, use) => {
  const { lower, transposed, unit } = use.params
  const right = triangular(input(use), cotangent, lower, !transposed, unit)
  const whole = transposed ? matmul(use.output, swap(right)) : matmul(right, swap(use.output))
  return [neg(lower ? tril(whole, unit ? -1 : 0) : triu(whole, unit ? 1 : 0)), right]
}

/** Ā = (d̄ d + m̄ m) A⁻ᵀ for the determinant d and its m (Giles, 2008). The sign and the exponent are constant. */
const determinant: Cotangents<"determinant"> = (cotangent, use) => {
  const a = input(use)
  const [, m, , whole] = split(use.output, [1, 1, 1, 1], -1) as [Tensor, Tensor, Tensor, Tensor]
  const [, ofM, , ofWhole] = split(cotangent, [1, 1, 1, 1], -1) as [Tensor, Tensor, Tensor, Tensor]
  const identity = mul(eye(rowsOf(a)), onesLike(a))
  const inverse = write("matrix", { operation: "solve" }, [swap(a), identity])
  return [mul(add(mul(ofM, m), mul(ofWhole, whole)), inverse)]
}

/**
 * Ā = (Q̄ + Q C) R⁻ᵀ, where C is M = R R̄ᵀ - Q̄ᵀ Q with its lower triangle mirrored upwards (Walter and Lehmann, Algorithmic
 * differentiation of linear algebra functions, 2010).
 */
const qr: Cotangents<"qr"> = (cotangent, { output }) => {
  const n = columnsOf(output)
  const parts = [rowsOf(output) - n, n]
  const [q, r] = split(output, parts, -2) as [Tensor, Tensor]
  const [ofQ, ofR] = split(cotangent, parts, -2) as [Tensor, Tensor]
  const inner = sub(matmul(r, swap(triu(ofR))), matmul(swap(ofQ), q))
  const mirrored = add(tril(inner), swap(tril(inner, -1)))
  const left = add(ofQ, matmul(q, mirrored))
  return [swap(triangular(r, swap(left), false, false))]
}

/**
 * Ā = (U (diag(s̄) + (F ∘ (Uᵀ Ū - Ūᵀ U)) S + S (F ∘ (Vᵀ V̄ - V̄ᵀ V))) + (I - U Uᵀ) Ū S⁻¹) Vᵀ with Fᵢⱼ = 1 / (sⱼ² - sᵢ²) (Townsend,
 * Differentiating the singular value decomposition, 2016). F is 0 for equal values, and S⁻¹ for values of 0.
 */
const svd: Cotangents<"svd"> = (cotangent, { output }) => {
  const n = columnsOf(output)
  const parts = [rowsOf(output) - n - 1, 1, n]
  const [u, s, vt] = split(output, parts, -2) as [Tensor, Tensor, Tensor]
  const [ofU, ofS, ofVt] = split(cotangent, parts, -2) as [Tensor, Tensor, Tensor]
  const squares = mul(s, s)
  const gaps = sub(squares, swap(squares))
  const ofUs = matmul(swap(u), ofU)
  const ofVs = matmul(vt, swap(ofVt))
  const left = mul(overGaps(sub(ofUs, swap(ofUs)), gaps, squares), s)
  const right = mul(overGaps(sub(ofVs, swap(ofVs)), gaps, squares), swap(s))
  const inner = add(add(mul(ofS, eye(n)), left), right)
  const outside = overGaps(sub(ofU, matmul(u, ofUs)), mul(s, onesLike(ofU)), s)
  return [matmul(add(matmul(u, inner), outside), vt)]
}

const derivatives: { readonly [O in MatrixOperation]: Cotangents<O> } = {
  eigh,
  cholesky,
  solve,
  triangularSolve,
  determinant,
  qr,
  svd,
}

/** From the cotangent of the result of an operation to those of its matrices. */
export const matrixCotangents = (
  cotangent: Tensor,
  use: { readonly params: MatrixParams; readonly inputs: ReadonlyArray<Tensor>; readonly output: Tensor },
): ReadonlyArray<Tensor> =>
  (derivatives[use.params.operation] as Cotangents<MatrixOperation>)(cotangent, use as Use<MatrixOperation>)

export const matrixDerivative = providedForMatrices<typeof matrixCotangents>()
