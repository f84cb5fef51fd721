/** A matrix in doubles, row by row. */
export interface Matrix {
  readonly data: Float64Array
  readonly rows: number
  readonly columns: number
}

/** Σ x[from + i stride] y[at + i step], of `count` products. */
export const dotOf = (
  x: Float64Array,
  { from, stride }: { readonly from: number; readonly stride: number },
  y: Float64Array,
  { at, step }: { readonly at: number; readonly step: number },
  count: number,
): number => {
  let sum = 0
  for (let i = 0; i < count; i++) sum += (x[from + i * stride] as number) * (y[at + i * step] as number)
  return sum
}

/** Whether all elements are finite. */
export const hasFiniteNumbers = ({ data }: Matrix): boolean => data.every(Number.isFinite)

/** (A + Aᵀ) / 2 of a square matrix. */
export const symmetrized = ({ data, rows: n }: Matrix): Float64Array =>
  Float64Array.from(data, (x, at) => (x + (data[(at % n) * n + Math.floor(at / n)] as number)) / 2)
