/** Forward and backward substitution (Golub and Van Loan, Matrix Computations, 4th edition, 3.1). */
import type { Matrix } from "./Matrix.ts"

/** Which triangle of a matrix is meant, and whether its diagonal counts as ones. */
export interface Triangle {
  readonly lower: boolean
  readonly transposed: boolean
  readonly unit: boolean
}

/** X with T X = B, or Tᵀ X = B, for a triangle T of A. */
export const triangularSolve = (
  { data: a, rows: n }: Matrix,
  { columns, data }: Matrix,
  { lower, transposed, unit }: Triangle,
): Float64Array => {
  const x = data.slice()
  const [down, across] = transposed ? [1, n] : [n, 1]
  // The transpose of a lower triangle is an upper one.
  const isForward = lower !== transposed
  for (let step = 0; step < n; step++) {
    const i = isForward ? step : n - 1 - step
    const [first, last] = isForward ? [0, i] : [i + 1, n]
    for (let k = first; k < last; k++) {
      const factor = a[i * down + k * across] as number
      for (let c = 0; c < columns; c++)
        x[i * columns + c] = (x[i * columns + c] as number) - factor * (x[k * columns + c] as number)
    }
    if (unit) continue
    const divisor = a[i * n + i] as number
    for (let c = 0; c < columns; c++) x[i * columns + c] = (x[i * columns + c] as number) / divisor
  }
  return x
}
