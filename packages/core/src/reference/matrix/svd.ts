/**
 * The singular value decomposition by rotations of pairs of columns, until all are orthogonal (Hestenes, Inversion of matrices by
 * biorthogonalization and related results, 1958; Golub and Van Loan, Matrix Computations, 4th edition, 8.6.3). It finds small singular
 * values as precisely as large ones. It uses +, -, ×, ÷ and √ alone, in one order, so its bits are the same on every machine.
 */
import { addMultiple, columnsOf, dot, hasFiniteNumbers, type Matrix } from "./Matrix.ts"

/** Columns are orthogonal when the cosine between them is at most this. */
const orthogonal = 2 ** -50

/** Columns whose length is at most this share of the longest are 0 but for rounding. */
const negligible = 2 ** -50

/** The rounds over all pairs; a matrix needs some 10. */
const mostRounds = 60

/** Rows x[p] and x[q] of `width` become c x[p] - s x[q] and s x[p] + c x[q]. */
const rotate = (x: Float64Array, width: number, p: number, q: number, c: number, s: number): void => {
  for (let i = 0; i < width; i++) {
    const [a, b] = [x[p * width + i] as number, x[q * width + i] as number]
    x[p * width + i] = c * a - s * b
    x[q * width + i] = s * a + c * b
  }
}

/** Makes the rows of `columns` [n, m] orthogonal, and rotates those of `v` [n, n] likewise. */
const orthogonalize = (columns: Float64Array, v: Float64Array, n: number, m: number): void => {
  const squares = new Float64Array(n)
  for (let round = 0, isDone = false; round < mostRounds && !isDone; round++) {
    isDone = true
    for (let k = 0; k < n; k++) squares[k] = dot(columns, k * m, columns, k * m, m)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const [a, b] = [squares[p] as number, squares[q] as number]
        const both = dot(columns, p * m, columns, q * m, m)
        if (Math.abs(both) <= orthogonal * Math.sqrt(a) * Math.sqrt(b)) continue
        isDone = false
        const cotangent = (b - a) / (2 * both)
        const t = (cotangent < 0 ? -1 : 1) / (Math.abs(cotangent) + Math.sqrt(1 + cotangent * cotangent))
        const c = 1 / Math.sqrt(1 + t * t)
        rotate(columns, m, p, q, c, c * t)
        squares[p] = Math.max(0, a - t * both)
        squares[q] = b + t * both
        rotate(v, n, p, q, c, c * t)
      }
  }
}

/** Replaces row k of `u` by a unit vector that is orthogonal to the rows before it. */
const complete = (u: Float64Array, k: number, m: number): void => {
  let best = new Float64Array(m)
  let most = -1
  for (let unit = 0; unit < m; unit++) {
    const candidate = new Float64Array(m)
    candidate[unit] = 1
    // Twice, which makes it orthogonal to the precision of doubles.
    for (let pass = 0; pass < 2; pass++)
      for (let row = 0; row < k; row++) {
        addMultiple(candidate, 0, -dot(candidate, 0, u, row * m, m), u, row * m, m)
      }
    const length = Math.sqrt(dot(candidate, 0, candidate, 0, m))
    if (length > most) [best, most] = [candidate.map((x) => x / length), length]
    if (length > 0.5) break
  }
  u.set(best, k * m)
}

/** The sign that makes the largest component positive: of those within 1 % of it the first. */
const signOf = (x: Float64Array): number => {
  const most = x.reduce((so, each) => Math.max(so, Math.abs(each)), 0)
  return (x.find((each) => Math.abs(each) >= 0.99 * most) ?? 1) < 0 ? -1 : 1
}

/**
 * U [m, n], the singular values [1, n] from the largest on, and Vᵀ [n, n] below each other, of A [m, n], m ≥ n. The largest component
 * of each row of Vᵀ is positive. Of a matrix with a number that is not finite, all are NaN.
 */
export const svd = (matrix: Matrix): Float64Array => {
  const { columns: n, data, rows: m } = matrix
  const out = new Float64Array((m + 1 + n) * n)
  if (!hasFiniteNumbers(matrix)) return out.fill(Number.NaN)
  const scale = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1
  const columns = columnsOf(matrix).map((x) => x / scale)
  const v = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0))
  orthogonalize(columns, v, n, m)
  const lengths = Array.from({ length: n }, (_, k) => Math.sqrt(dot(columns, k * m, columns, k * m, m)))
  const order = lengths.map((_, k) => k).sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b)
  const longest = lengths[order[0] ?? 0] ?? 0
  const u = new Float64Array(n * m)
  order.forEach((column, k) => {
    const length = lengths[column] as number
    const right = v.subarray(column * n, (column + 1) * n)
    const sign = signOf(right)
    const isZero = length <= longest * negligible
    if (isZero) complete(u, k, m)
    else for (let i = 0; i < m; i++) u[k * m + i] = (sign * (columns[column * m + i] as number)) / length
    for (let i = 0; i < m; i++) out[i * n + k] = u[k * m + i] as number
    out[m * n + k] = isZero ? 0 : length * scale
    for (let i = 0; i < n; i++) out[(m + 1 + k) * n + i] = sign * (right[i] as number)
  })
  return out
}
