/** A matrix in doubles, row by row. */
export interface Matrix {
  readonly data: Float64Array
  readonly rows: number
  readonly columns: number
}

/** Σ x[from + i] y[at + i], of `count` products. */
export const dot = (x: Float64Array, from: number, y: Float64Array, at: number, count: number): number => {
  let sum = 0
  for (let i = 0; i < count; i++) sum += (x[from + i] as number) * (y[at + i] as number)
  return sum
}

/** x[from + i] += factor y[at + i], for `count` elements. */
export const addMultiple = (x: Float64Array, from: number, factor: number, y: Float64Array, at: number, count: number): void => {
  for (let i = 0; i < count; i++) x[from + i] = (x[from + i] as number) + factor * (y[at + i] as number)
}

/** The columns of a matrix, one after the other. */
export const columnsOf = ({ columns, data, rows }: Matrix): Float64Array =>
  Float64Array.from({ length: rows * columns }, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)] as number)

/** Whether all elements are finite. */
export const hasFiniteNumbers = ({ data }: Matrix): boolean => data.every(Number.isFinite)

/** (A + Aᵀ) / 2 of a square matrix. */
export const symmetrized = ({ data, rows: n }: Matrix): Float64Array =>
  Float64Array.from(data, (x, at) => (x + (data[(at % n) * n + Math.floor(at / n)] as number)) / 2)
