/**
 * Reads decimal numbers from bytes, correctly rounded: the result is `Number` of the same text, bit for bit.
 *
 * Up to 15 digits are exact in a double, and so is a power of ten up to 10^22, so their product or quotient is rounded once
 * (Clinger, 1990). 16 to 19 digits are held as the sum of two doubles, with exact products and remainders (Dekker, 1971); the
 * quotient has a bound of its error, and a number whose rounding the bound leaves open is left to `Number`.
 */

/** The powers of ten that a double holds exactly. */
const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

const [minus, plus, zero, nine, upperE, lowerE] = [45, 43, 48, 57, 69, 101]

/** Digits that are exact in a double, and digits that the two halves of a mantissa hold. */
const [exactDigits, halfDigits, mostDigits] = [15, 9, 19]

/** The largest exponent that is read; others are left to `Number`. */
const largestExponent = 22

/** Far above the relative error of a quotient of pairs of doubles, which is below 2^-103. */
const uncertainty = 2 ** -100

/** The error of the rounded product `p` of `a` and `b`, exactly (Dekker, 1971). */
const productError = (a: number, b: number, p: number): number => {
  const aScaled = 134217729 * a
  const aHigh = aScaled - (aScaled - a)
  const aLow = a - aHigh
  const bScaled = 134217729 * b
  const bHigh = bScaled - (bScaled - b)
  const bLow = b - bHigh
  return aLow * bLow - (p - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

/** The double nearest to `sum` + `rest`, both with the relative error `uncertainty`; NaN if that leaves it open. */
const nearest = (sum: number, rest: number): number => {
  const error = sum * uncertainty
  const low = sum + (rest - error)
  return low === sum + (rest + error) ? low : Number.NaN
}

/** The value of more than 15 digits, divided by a power of ten; NaN where the rounding is left to `Number`. */
const longValue = (high: number, low: number, last: number, digits: number, exponent: number): number => {
  const power = powers[digits - halfDigits] as number
  // Exact up to 18 digits, because 10^9 is 2^9 times a number of 21 bits.
  const scaled = high * power
  const scaledRest = digits === mostDigits ? productError(high, power, scaled) : 0
  const tail = digits === mostDigits ? low * 10 + last : low
  const sum = scaled + tail
  const rest = tail - (sum - scaled) + scaledRest
  if (exponent === 0) return digits === mostDigits ? nearest(sum, rest) : sum
  if (exponent > 0 || exponent < -largestExponent) return Number.NaN
  const divisor = powers[-exponent] as number
  const quotient = sum / divisor
  const product = quotient * divisor
  const remainder = sum - product - productError(quotient, divisor, product) + rest
  return nearest(quotient, remainder / divisor)
}

/** The value of a mantissa times a power of ten; NaN where the rounding is left to `Number`. */
const numberOf = (high: number, low: number, last: number, digits: number, exponent: number): number => {
  if (digits > exactDigits) return longValue(high, low, last, digits, exponent)
  const mantissa = digits <= halfDigits ? high : high * (powers[digits - halfDigits] as number) + low
  if (exponent === 0 || mantissa === 0) return mantissa
  if (exponent < 0) return exponent >= -largestExponent ? mantissa / (powers[-exponent] as number) : Number.NaN
  return exponent <= largestExponent ? mantissa * (powers[exponent] as number) : Number.NaN
}

/**
 * Reads the number that starts at a byte, with `mark` as the decimal mark, into `out[index]`. Returns the position after it,
 * or -1 if there is no number or it is left to `Number`. The bytes must not end with the number: the reader stops at the first
 * byte that does not continue it.
 */
export const readDecimal = (bytes: Uint8Array, start: number, mark: number, out: Float64Array, index: number): number => {
  let at = start
  let byte = bytes[at] as number
  const isNegative = byte === minus
  if (isNegative || byte === plus) {
    at += 1
    byte = bytes[at] as number
  }
  let [high, low, last] = [0, 0, 0]
  // Significant digits, and all digits before and after the mark.
  let [digits, seen, fraction] = [0, 0, 0]
  let isFraction = false
  for (;;) {
    if (byte >= zero && byte <= nine) {
      const digit = byte - zero
      if (digits < halfDigits) high = (high * 10 + digit) | 0
      else if (digits < 2 * halfDigits) low = (low * 10 + digit) | 0
      else last = digit
      if (digits > 0 || digit > 0) digits += 1
      seen += 1
      if (isFraction) fraction += 1
    } else if (byte === mark && !isFraction) isFraction = true
    else break
    at += 1
    byte = bytes[at] as number
  }
  if (seen === 0 || digits > mostDigits) return -1
  let exponent = -fraction
  if (byte === lowerE || byte === upperE) {
    at += 1
    byte = bytes[at] as number
    const isSmall = byte === minus
    if (isSmall || byte === plus) {
      at += 1
      byte = bytes[at] as number
    }
    const first = at
    let power = 0
    while (byte >= zero && byte <= nine) {
      if (at - first > 3) return -1
      power = power * 10 + byte - zero
      at += 1
      byte = bytes[at] as number
    }
    if (at === first) return -1
    exponent += isSmall ? -power : power
  }
  const value = numberOf(high, low, last, digits, exponent)
  if (Number.isNaN(value)) return -1
  out[index] = isNegative ? -value : value
  return at
}
