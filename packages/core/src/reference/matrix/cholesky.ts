/** The decomposition of Cholesky (Golub and Van Loan, Matrix Computations, 4th edition, 4.2.5). */
import { dot, type Matrix, symmetrized } from "./Matrix.ts"

/** The lower L with L Lᵀ = (A + Aᵀ) / 2; NaN where that is not positive definite. */
export const cholesky = (matrix: Matrix): Float64Array => {
  const n = matrix.rows
  const a = symmetrized(matrix)
  const l = new Float64Array(n * n)
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++) {
      const rest = (a[i * n + j] as number) - dot(l, i * n, l, j * n, j)
      if (i > j) l[i * n + j] = rest / (l[j * n + j] as number)
      else if (rest > 0) l[i * n + j] = Math.sqrt(rest)
      else return l.fill(Number.NaN)
    }
  return l
}
