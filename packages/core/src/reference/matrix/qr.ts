/** The QR decomposition by Householder reflections (Golub and Van Loan, Matrix Computations, 4th edition, 5.2). */
import { dotOf, type Matrix } from "./Matrix.ts"

/** Q [m, n] above R [n, n] of A [m, n], m ≥ n. The diagonal of R is not negative, so that the signs are determined. */
export const qr = ({ columns: n, data, rows: m }: Matrix): Float64Array => {
  const r = data.slice()
  const reflections: Array<{ readonly v: Float64Array; readonly beta: number }> = []
  /** Subtracts β v (vᵀ X) from the rows of X from k on. */
  const reflect = (x: Float64Array, k: number, first: number): void => {
    const { beta, v } = reflections[k] as (typeof reflections)[number]
    if (beta === 0) return
    for (let j = first; j < n; j++) {
      const sum = beta * dotOf(v, { from: 0, stride: 1 }, x, { at: k * n + j, step: n }, m - k)
      for (let i = k; i < m; i++) x[i * n + j] = (x[i * n + j] as number) - sum * (v[i - k] as number)
    }
  }
  for (let k = 0; k < n; k++) {
    const v = Float64Array.from({ length: m - k }, (_, i) => r[(k + i) * n + k] as number)
    const column = { from: 0, stride: 1 }
    const norm = Math.sqrt(dotOf(v, column, v, { at: 0, step: 1 }, m - k))
    const first = v[0] as number
    v[0] = first + (first < 0 ? -norm : norm)
    const length = dotOf(v, column, v, { at: 0, step: 1 }, m - k)
    reflections.push({ v, beta: length === 0 ? 0 : 2 / length })
    reflect(r, k, k)
  }
  const q = new Float64Array(m * n)
  for (let i = 0; i < n; i++) q[i * n + i] = 1
  for (let k = n - 1; k >= 0; k--) reflect(q, k, 0)
  const both = new Float64Array((m + n) * n)
  for (let i = 0; i < n; i++) {
    const sign = (r[i * n + i] as number) < 0 ? -1 : 1
    // Adding 0 makes -0 a 0.
    for (let k = 0; k < m; k++) both[k * n + i] = sign * (q[k * n + i] as number) + 0
    for (let j = i; j < n; j++) both[(m + i) * n + j] = sign * (r[i * n + j] as number) + 0
  }
  return both
}
