/**
 * The eigenvalues and eigenvectors of a symmetric matrix, in doubles: Householder reflections make it tridiagonal, and implicit
 * QL rotations make that diagonal (Golub and Van Loan, Matrix Computations, 4th edition, 8.3; Wilkinson and Reinsch, Handbook for
 * Automatic Computation II, 1971). It uses +, -, ×, ÷ and √ alone, in one order, so its bits are the same on every machine.
 */

/** λ₁ ≤ λ₂ ≤ …, and their unit eigenvectors: vector i is elements [i n, (i + 1) n). */
export interface Eigen {
  readonly values: Float64Array
  readonly vectors: Float64Array
}

/** A diagonal, and the elements beside it: `beside[i]` is between elements i and i + 1. */
interface Tridiagonal {
  readonly diagonal: Float64Array
  readonly beside: Float64Array
}

/** Twice the distance from 1 to the next double. */
const epsilon = 2 ** -51

/** An eigenvalue needs 2 rounds on average; no matrix is known to need 30. */
const mostRounds = 60

/** Σ x[from + i] y[at + i], of `count` products. */
const dot = (x: Float64Array, from: number, y: Float64Array, at: number, count: number): number => {
  let sum = 0
  for (let i = 0; i < count; i++) sum += (x[from + i] ?? 0) * (y[at + i] ?? 0)
  return sum
}

/** x[from + i] += factor y[at + i], for `count` elements. */
const addMultiple = (x: Float64Array, from: number, factor: number, y: Float64Array, at: number, count: number): void => {
  for (let i = 0; i < count; i++) x[from + i] = (x[from + i] ?? 0) + factor * (y[at + i] ?? 0)
}

/**
 * Replaces the symmetric `a` [n, n] by Qᵀ, where Qᵀ A Q is tridiagonal. Step k reflects the elements of row k after its diagonal
 * onto the first of them; the reflections I - β v vᵀ are kept in the rows, and then multiplied from the last to the first.
 */
const tridiagonalize = (a: Float64Array, n: number): Tridiagonal => {
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(n)
  const betas = new Float64Array(n)
  const w = new Float64Array(n)
  for (let k = 0; k < n; k++) {
    const row = k * n
    diagonal[k] = a[row + k] ?? 0
    const first = k + 1
    const count = n - first
    if (count === 0) break
    let scale = 0
    for (let i = first; i < n; i++) scale = Math.max(scale, Math.abs(a[row + i] ?? 0))
    const x1 = a[row + first] ?? 0
    let rest = 0
    // The largest element is scaled to 1, so that no square overflows or is lost.
    if (scale > 0) for (let i = first + 1; i < n; i++) rest += ((a[row + i] ?? 0) / scale) ** 2
    if (rest === 0) {
      beside[k] = x1
      continue
    }
    const norm = scale * Math.sqrt((x1 / scale) ** 2 + rest)
    beside[k] = x1 > 0 ? -norm : norm
    // v = (x - norm e₁) / (x₁ - norm), whose first element is 1; the signs differ, so that no digits cancel
    const v1 = x1 - (beside[k] ?? 0)
    for (let i = first + 1; i < n; i++) a[row + i] = (a[row + i] ?? 0) / v1
    a[row + first] = 1
    const beta = -v1 / (beside[k] ?? 1)
    betas[k] = beta
    for (let i = first; i < n; i++) w[i] = beta * dot(a, i * n + first, a, row + first, count)
    const half = (beta * dot(w, first, a, row + first, count)) / 2
    addMultiple(w, first, -half, a, row + first, count)
    for (let i = first; i < n; i++) {
      addMultiple(a, i * n + first, -(a[row + i] ?? 0), w, first, count)
      addMultiple(a, i * n + first, -(w[i] ?? 0), a, row + first, count)
    }
  }
  multiplyReflections(a, betas, n)
  return { diagonal, beside }
}

/** Replaces the reflections in the rows of `a` by Qᵀ, the transpose of their product H₀ H₁ …: row i of Qᵀ is column i of Q. */
const multiplyReflections = (a: Float64Array, betas: Float64Array, n: number): void => {
  const v = new Float64Array(n)
  for (let k = n - 1; k >= 0; k--) {
    const row = k * n
    const first = k + 1
    const count = n - first
    const beta = betas[k] ?? 0
    v.set(a.subarray(row + first, row + n), first)
    a.fill(0, row, row + n)
    for (let i = first; i < n; i++) a[i * n + k] = 0
    a[row + k] = 1
    if (beta === 0) continue
    // Qᵀ = Q₁ᵀ Hᵀ: each row of what is there already is reflected.
    for (let i = first; i < n; i++) {
      const factor = beta * dot(a, i * n + first, v, first, count)
      addMultiple(a, i * n + first, -factor, v, first, count)
    }
  }
}

/** Makes a tridiagonal matrix diagonal, and rotates the rows of `z` [n, n] with it. Returns whether it converged. */
const diagonalize = ({ beside: e, diagonal: d }: Tridiagonal, z: Float64Array, n: number): boolean => {
  let norm = 0
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i] ?? 0) + Math.abs(e[i] ?? 0))
  const negligible = epsilon * norm
  for (let l = 0; l < n; l++) {
    for (let round = 0; ; round++) {
      let m = l
      while (m < n - 1 && Math.abs(e[m] ?? 0) > negligible) m++
      if (m === l) break
      if (round === mostRounds) return false
      rotate(d, e, z, n, l, m)
    }
  }
  return true
}

/** One implicit QL round on the block from l to m, with Wilkinson's shift. */
const rotate = (d: Float64Array, e: Float64Array, z: Float64Array, n: number, l: number, m: number): void => {
  const g0 = ((d[l + 1] ?? 0) - (d[l] ?? 0)) / (2 * (e[l] ?? 1))
  const r0 = Math.sqrt(g0 * g0 + 1)
  let g = (d[m] ?? 0) - (d[l] ?? 0) + (e[l] ?? 0) / (g0 + (g0 < 0 ? -r0 : r0))
  let s = 1
  let c = 1
  let p = 0
  for (let i = m - 1; i >= l; i--) {
    const f = s * (e[i] ?? 0)
    const b = c * (e[i] ?? 0)
    const r = Math.sqrt(f * f + g * g)
    e[i + 1] = r
    if (r === 0) {
      // The matrix splits here.
      d[i + 1] = (d[i + 1] ?? 0) - p
      e[m] = 0
      return
    }
    s = f / r
    c = g / r
    g = (d[i + 1] ?? 0) - p
    const t = ((d[i] ?? 0) - g) * s + 2 * c * b
    p = s * t
    d[i + 1] = g + p
    g = c * t - b
    const [upper, lower] = [i * n, (i + 1) * n]
    for (let k = 0; k < n; k++) {
      const zu = z[upper + k] ?? 0
      const zl = z[lower + k] ?? 0
      z[lower + k] = s * zu + c * zl
      z[upper + k] = c * zu - s * zl
    }
  }
  d[l] = (d[l] ?? 0) - p
  e[l] = g
  e[m] = 0
}

/** The largest component and those within 1 % of it: the first of these is made positive, so that equal ones choose the same sign. */
const nearlyLargest = 0.99

/** Whether a vector must be negated, so that its largest component is positive. */
const isNegative = (vectors: Float64Array, at: number, n: number): boolean => {
  let largest = 0
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(vectors[at + i] ?? 0))
  for (let i = 0; i < n; i++) {
    const x = vectors[at + i] ?? 0
    if (Math.abs(x) >= nearlyLargest * largest) return x < 0
  }
  return false
}

/**
 * The eigenvalues of the symmetric matrix (A + Aᵀ) / 2 in ascending order, and its eigenvectors, of which the largest component is
 * positive. `a` is A, [n, n] by rows, and stays as it is. All results are NaN if an element is not finite.
 *
 * `symmetricEigen([4, 0, 0, 1], 2).values // => new Float64Array([1, 4])`
 */
export const symmetricEigen = (a: ArrayLike<number>, n: number): Eigen => {
  const z = new Float64Array(n * n)
  let allFinite = true
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const x = ((a[i * n + j] ?? 0) + (a[j * n + i] ?? 0)) / 2
      z[i * n + j] = x
      allFinite &&= Number.isFinite(x)
    }
  const matrix = allFinite ? tridiagonalize(z, n) : undefined
  if (matrix === undefined || !diagonalize(matrix, z, n))
    return { values: new Float64Array(n).fill(Number.NaN), vectors: z.fill(Number.NaN) }
  const { diagonal } = matrix
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => (diagonal[i] ?? 0) - (diagonal[j] ?? 0))
  const vectors = new Float64Array(n * n)
  for (const [to, from] of order.entries()) {
    const sign = isNegative(z, from * n, n) ? -1 : 1
    for (let k = 0; k < n; k++) vectors[to * n + k] = sign * (z[from * n + k] ?? 0)
  }
  return { values: Float64Array.from(order, (i) => diagonal[i] ?? 0), vectors }
}
