/** Roots of unity in doubles, by +, -, × and ÷ alone, so that their bits are the same on every machine. */

/** The sum of a series in x², from its last coefficient on. */
const series = (coefficients: ReadonlyArray<number>, square: number): number =>
  coefficients.reduceRight((sum, coefficient) => coefficient + square * sum, 0)

/** ± 1 / k! for every second k from `first` on: the coefficients of the sine and the cosine (Taylor). */
const reciprocals = (first: number): ReadonlyArray<number> => {
  const coefficients: Array<number> = []
  for (let k = first, value = 1; k < first + 20; value /= -(k + 1) * (k + 2), k += 2) coefficients.push(value)
  return coefficients
}

const [ofCosine, ofSine] = [reciprocals(0), reciprocals(1)]

/** cos and sin of 2π k / n for 0 ≤ k / n ≤ 1/8, where ten terms have the precision of doubles. */
const small = (k: number, n: number): readonly [cos: number, sin: number] => {
  if (8 * k === n) return [Math.SQRT1_2, Math.SQRT1_2]
  const angle = (2 * Math.PI * k) / n
  const square = angle * angle
  return [series(ofCosine, square), angle * series(ofSine, square)]
}

/**
 * The cosine and the sine of 2π k / n, for whole k and n: those of an angle below 45°, with signs and places by its octant.
 *
 * `unitRoot(1, 4) // => [0, 1]`
 */
export const unitRoot = (k: number, n: number): readonly [cos: number, sin: number] => {
  const eighths = 8 * (((k % n) + n) % n)
  const octant = Math.floor(eighths / n)
  const rest = eighths - octant * n
  const isMirrored = octant % 2 === 1
  const [c, s] = small(isMirrored ? n - rest : rest, 8 * n)
  const [cos, sin] = isMirrored ? [s, c] : [c, s]
  const quarter = Math.floor(octant / 2)
  // Adding 0 makes -0 a 0.
  if (quarter === 0) return [cos, sin]
  if (quarter === 1) return [-sin + 0, cos]
  if (quarter === 2) return [-cos + 0, -sin + 0]
  return [sin, -cos + 0]
}
