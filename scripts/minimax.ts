/**
 * The coefficients of the engine's polynomials: minimax approximations of the weighted error, by the exchange algorithm (Remez
 * 1934) in doubles. `node scripts/minimax.ts` prints them as they are in `packages/core/src/backend/wasm/kernels/math`.
 */
interface Fit {
  readonly name: string
  readonly f: (x: number) => number
  /** The weight of the error at x. */
  readonly weight: (x: number) => number
  readonly from: number
  readonly to: number
  readonly degree: number
}

const solve = (matrix: ReadonlyArray<ReadonlyArray<number>>, right: ReadonlyArray<number>): ReadonlyArray<number> => {
  const n = right.length
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0])
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0
  for (let k = 0; k < n; k++) {
    let pivot = k
    for (let i = k + 1; i < n; i++) if (Math.abs(at(i, k)) > Math.abs(at(pivot, k))) pivot = i
    ;[rows[k], rows[pivot]] = [rows[pivot] ?? [], rows[k] ?? []]
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = at(i, k) / at(k, k)
      rows[i] = (rows[i] ?? []).map((x, j) => x - factor * at(k, j))
    }
  }
  return rows.map((row, i) => (row[n] ?? 0) / at(i, i))
}

const evaluate = (coefficients: ReadonlyArray<number>, x: number): number => coefficients.reduceRight((sum, c) => sum * x + c, 0)

/** The coefficients, lowest first, and the largest weighted error. */
const minimax = ({
  f,
  weight,
  from,
  to,
  degree,
}: Fit): { readonly coefficients: ReadonlyArray<number>; readonly error: number } => {
  const grid = Array.from({ length: 20_001 }, (_, i) => (from + to) / 2 - ((to - from) / 2) * Math.cos((Math.PI * i) / 20_000))
  let reference = Array.from({ length: degree + 2 }, (_, i) => grid[Math.round((20_000 * i) / (degree + 1))] ?? 0)
  let coefficients: ReadonlyArray<number> = []
  let error = Number.POSITIVE_INFINITY
  for (let round = 0; round < 30; round++) {
    const rows = reference.map((x, i) => [
      ...Array.from({ length: degree + 1 }, (_, k) => x ** k),
      (i % 2 === 0 ? 1 : -1) / weight(x),
    ])
    coefficients = solve(
      rows,
      reference.map((x) => f(x)),
    ).slice(0, degree + 1)
    const errors = grid.map((x) => weight(x) * (evaluate(coefficients, x) - f(x)))
    error = Math.max(...errors.map(Math.abs))
    // The extreme of each run of one sign; if there are too many, the neighbouring ones with the largest errors.
    const extremes: Array<{ x: number; e: number }> = []
    grid.forEach((x, i) => {
      const e = errors[i] ?? 0
      const last = extremes.at(-1)
      if (last === undefined || Math.sign(last.e) !== Math.sign(e)) extremes.push({ x, e })
      else if (Math.abs(e) > Math.abs(last.e)) extremes[extremes.length - 1] = { x, e }
    })
    while (extremes.length > degree + 2) {
      if (Math.abs(extremes[0]?.e ?? 0) < Math.abs(extremes.at(-1)?.e ?? 0)) extremes.shift()
      else extremes.pop()
    }
    if (extremes.length < degree + 2) break
    reference = extremes.map(({ x }) => x)
  }
  return { coefficients, error }
}

/** The sum of `term(k)` for k = 0, 1, 2 … until the terms are negligible. */
const series = (term: (k: number) => number): number => {
  let sum = 0
  for (let k = 0; k < 60; k++) sum += term(k)
  return sum
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
const halfLn2 = Math.LN2 / 2

const fits: ReadonlyArray<Fit> = [
  {
    name: "exp: (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2",
    f: (r) => series((k) => r ** k / factorial(k + 2)),
    weight: (r) => (r * r) / Math.exp(r),
    from: -halfLn2 * 1.001,
    to: halfLn2 * 1.001,
    degree: 4,
  },
  {
    name: "expm1: (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2, relative to eʳ − 1",
    f: (r) => series((k) => r ** k / factorial(k + 2)),
    weight: (r) => (r === 0 ? 0 : (r * r) / Math.abs(Math.expm1(r))) + 1e-3,
    from: -halfLn2 * 1.001,
    to: halfLn2 * 1.001,
    degree: 4,
  },
  {
    name: "tanh: (tanh x − x) / x³ in x², for |x| ≤ 0.6",
    f: (z) => (z < 1e-4 ? -1 / 3 + (2 * z) / 15 : (Math.tanh(Math.sqrt(z)) / Math.sqrt(z) - 1) / z),
    weight: (z) => (z < 1e-4 ? z : (z * Math.sqrt(z)) / Math.tanh(Math.sqrt(z))) + 1e-6,
    from: 0,
    to: 0.6 ** 2,
    degree: 4,
  },
  {
    name: "atan: (atan x − x) / x³ in x², for |x| ≤ 1",
    f: (z) => (z < 1e-4 ? -1 / 3 + z / 5 : (Math.atan(Math.sqrt(z)) / Math.sqrt(z) - 1) / z),
    weight: (z) => (z < 1e-4 ? z : (z * Math.sqrt(z)) / Math.atan(Math.sqrt(z))) + 1e-6,
    from: 0,
    to: 1,
    degree: 8,
  },
  {
    name: "log: (2 artanh(s) / s − 2) / s² in s², for |s| ≤ 3 − 2√2",
    f: (z) => series((k) => (2 * z ** k) / (2 * k + 3)),
    weight: (z) => z + 1e-6,
    from: 0,
    to: (3 - 2 * Math.SQRT2) ** 2 * 1.001,
    degree: 2,
  },
  {
    name: "sin: (sin r − r) / r³ in r², for |r| ≤ π / 4",
    f: (z) => series((k) => ((-1) ** (k + 1) * z ** k) / factorial(2 * k + 3)),
    weight: (z) => z + 1e-6,
    from: 0,
    to: (Math.PI / 4) ** 2 * 1.001,
    degree: 2,
  },
  {
    name: "cos: (cos r − 1 + r² / 2) / r⁴ in r², for |r| ≤ π / 4",
    f: (z) => series((k) => ((-1) ** k * z ** k) / factorial(2 * k + 4)),
    weight: (z) => z * z + 1e-6,
    from: 0,
    to: (Math.PI / 4) ** 2 * 1.001,
    degree: 2,
  },
]

for (const fit of fits) {
  const { coefficients, error } = minimax(fit)
  console.log(`${fit.name}, degree ${fit.degree}, error ${error.toExponential(2)} = 2^${Math.log2(error).toFixed(1)}`)
  for (const c of coefficients) console.log(`  ${Math.fround(c)}`)
}
