/** The QR decomposition by Householder reflections (Golub and Van Loan, Matrix Computations, 4th edition, 5.2). */
import { addMultiple, columnsOf, dot, type Matrix } from "./Matrix.ts"

/** Q [m, n] above R [n, n] of A [m, n], m ≥ n. The diagonal of R is not negative, so that the signs are determined. */
export const qr = (matrix: Matrix): Float64Array => {
  const { columns: n, rows: m } = matrix
  const r = columnsOf(matrix)
  const reflections: Array<{ readonly v: Float64Array; readonly beta: number }> = []
  /** Subtracts β v (vᵀ x) from the columns from `first` on, below row k. */
  const reflect = (columns: Float64Array, k: number, first: number): void => {
    const { beta, v } = reflections[k] as (typeof reflections)[number]
    if (beta === 0) return
    for (let j = first; j < n; j++) {
      const at = j * m + k
      addMultiple(columns, at, -beta * dot(v, 0, columns, at, m - k), v, 0, m - k)
    }
  }
  for (let k = 0; k < n; k++) {
    const v = r.slice(k * m + k, (k + 1) * m)
    const norm = Math.sqrt(dot(v, 0, v, 0, m - k))
    const first = v[0] as number
    v[0] = first + (first < 0 ? -norm : norm)
    const length = dot(v, 0, v, 0, m - k)
    reflections.push({ v, beta: length === 0 ? 0 : 2 / length })
    reflect(r, k, k)
  }
  const q = new Float64Array(n * m)
  for (let i = 0; i < n; i++) q[i * m + i] = 1
  for (let k = n - 1; k >= 0; k--) reflect(q, k, 0)
  const both = new Float64Array((m + n) * n)
  for (let i = 0; i < n; i++) {
    const sign = (r[i * m + i] as number) < 0 ? -1 : 1
    // Adding 0 makes -0 a 0.
    for (let k = 0; k < m; k++) both[k * n + i] = sign * (q[i * m + k] as number) + 0
    for (let j = i; j < n; j++) both[(m + i) * n + j] = sign * (r[j * m + i] as number) + 0
  }
  return both
}
