/** Gaussian elimination with partial pivoting (Golub and Van Loan, Matrix Computations, 4th edition, 3.4). */
import type { Matrix } from "./Matrix.ts"
import { triangularSolve } from "./triangularSolve.ts"

/** The rows of A in the order of `order`, as L U: U in the upper triangle, L below it, with a diagonal of ones. */
interface Elimination {
  readonly both: Float64Array
  readonly order: Int32Array
  /** Whether `order` exchanges an odd number of rows. */
  readonly isOdd: boolean
}

const eliminate = ({ data, rows: n }: Matrix): Elimination => {
  const both = data.slice()
  const order = Int32Array.from({ length: n }, (_, i) => i)
  let isOdd = false
  for (let k = 0; k < n; k++) {
    let pivot = k
    for (let i = k + 1; i < n; i++) if (Math.abs(both[i * n + k] as number) > Math.abs(both[pivot * n + k] as number)) pivot = i
    if (pivot !== k) {
      const row = both.slice(k * n, (k + 1) * n)
      both.copyWithin(k * n, pivot * n, (pivot + 1) * n)
      both.set(row, pivot * n)
      ;[order[k], order[pivot]] = [order[pivot] as number, order[k] as number]
      isOdd = !isOdd
    }
    const divisor = both[k * n + k] as number
    // A column of zeros has nothing to eliminate.
    if (divisor === 0) continue
    for (let i = k + 1; i < n; i++) {
      const factor = (both[i * n + k] as number) / divisor
      both[i * n + k] = factor
      if (factor === 0) continue
      for (let j = k + 1; j < n; j++) both[i * n + j] = (both[i * n + j] as number) - factor * (both[k * n + j] as number)
    }
  }
  return { both, order, isOdd }
}

/** X with A X = B. Of a singular A it has infinities or NaN. */
export const solve = (a: Matrix, b: Matrix): Float64Array => {
  const { both, order } = eliminate(a)
  const { columns, rows } = b
  const data = Float64Array.from(
    { length: rows * columns },
    (_, at) => b.data[(order[Math.floor(at / columns)] as number) * columns + (at % columns)] as number,
  )
  const triangles = { data: both, rows, columns: rows }
  const middle = triangularSolve(triangles, { data, rows, columns }, { lower: true, transposed: false, unit: true })
  return triangularSolve(triangles, { data: middle, rows, columns }, { lower: false, transposed: false, unit: false })
}

/** The sign of the determinant, m and e with |det A| = m 2^e and ½ ≤ m < 1, and the determinant. Of a singular A, m and e are 0. */
export const determinant = (a: Matrix): Float64Array => {
  const n = a.rows
  const { both, isOdd } = eliminate(a)
  let [sign, m, e, product] = [isOdd ? -1 : 1, 0.5, 1, isOdd ? -1 : 1]
  for (let i = 0; i < n; i++) {
    const factor = both[i * n + i] as number
    product *= factor
    if (factor < 0) sign = -sign
    m *= Math.abs(factor)
    if (m === 0) return Float64Array.of(0, 0, 0, 0)
    if (!Number.isFinite(m)) return new Float64Array(4).fill(Number.NaN)
    for (; m >= 1; e++) m /= 2
    for (; m < 0.5; e--) m *= 2
  }
  return Float64Array.of(sign, m, e, product)
}
