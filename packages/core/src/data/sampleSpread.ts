/**
 * The mean of numbers and the standard deviation of a sample, which divides by n − 1: NaN for one number.
 *
 * `sampleSpread([1, 2, 3]) // => { mean: 2, deviation: 1 }`
 */
export const sampleSpread = (values: ReadonlyArray<number>): { readonly mean: number; readonly deviation: number } => {
  const n = values.length
  const mean = values.reduce((sum, x) => sum + x, 0) / n
  const squares = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0)
  return { mean, deviation: Math.sqrt(squares / (n - 1)) }
}
