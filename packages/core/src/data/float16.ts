/** 16-bit floats (IEEE 754, 2008): 1 bit of sign, 5 of exponent, 10 of fraction. */

/** The number with these bits. `fromBits(0x3c00) // => 1` */
export const fromBits = (bits: number): number => {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  const size =
    exponent === 31
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25)
  return bits >> 15 === 0 ? size : -size
}
