/**
 * The exponential and the logarithm in doubles, from +, -, × and ÷ alone, which IEEE 754 defines to the last bit. The language
 * leaves the last bits of `Math.exp` and `Math.log` to its engines, and a search whose points differ in a last bit soon differs in
 * everything. Both are within two units of the last place.
 */

/** ln 2 in two parts. The first has 32 bits, so its product with an exponent is exact. */
const ln2High = 0.6931471803691238
const ln2Low = 1.9082149292705877e-10

const view = new DataView(new ArrayBuffer(8))

/** 2ᵏ for -1022 ≤ k ≤ 1023, from its bits. */
const powerOfTwo = (k: number): number => {
  view.setInt32(0, (k + 1023) << 20)
  view.setInt32(4, 0)
  return view.getFloat64(0)
}

/** eˣ. `exp(0) // => 1` */
export const exp = (x: number): number => {
  if (Number.isNaN(x)) return x
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY
  if (x < -745.1332191019412) return 0
  const k = Math.round(x / Math.LN2)
  const high = x - k * ln2High
  const low = k * ln2Low
  const r = high - low
  // The series of eʳ - 1 for |r| ≤ ½ ln 2, whose next term is below 2⁻⁵⁸.
  let tail = 1
  for (let n = 14; n >= 3; n--) tail = 1 + (r / n) * tail
  const value = 1 + (high + (r * (r / 2) * tail - low))
  const half = Math.trunc(k / 2)
  return value * powerOfTwo(half) * powerOfTwo(k - half)
}

/** ln x. `log(1) // => 0` */
export const log = (x: number): number => {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  if (x < 2.2250738585072014e-308) return log(x * powerOfTwo(54)) - 54 * Math.LN2
  // x = 2ᵏ m with ½√2 ≤ m < √2.
  view.setFloat64(0, x)
  const word = view.getInt32(0)
  view.setInt32(0, (word & 0xfffff) | 0x3ff00000)
  const mantissa = view.getFloat64(0)
  const isHigh = mantissa >= Math.SQRT2
  const m = isHigh ? mantissa / 2 : mantissa
  const k = (word >> 20) - 1023 + (isHigh ? 1 : 0)
  // ln m = 2 artanh s = 2 (s + s³/3 + s⁵/5 + …) with s = f / (2 + f), |s| < 0.172, whose next term is below 2⁻⁶⁰. Written with f
  // itself, which is exact: 2 s = f - s f.
  const f = m - 1
  const s = f / (2 + f)
  const z = s * s
  let tail = 0
  for (let n = 23; n >= 3; n -= 2) tail = z * (2 / n + tail)
  return k * ln2High + (f - (s * (f - tail) - k * ln2Low))
}
