/** Errors in units in the last place of a float. */

const nearest = new Float32Array(2)
const bits = new Uint32Array(nearest.buffer)
const spacing = Float64Array.from({ length: 255 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 150))

/**
 * How far the float `got` is from the number `exact`, in units in the last place of the float nearest to it. Where that float
 * is a zero, infinite or NaN only that very one is right, sign of zero included; any other is infinitely wrong.
 *
 * `ulps(1, 1) // => 0`
 * `ulps(1 + 2 ** -23, 1) // => 1`
 * `ulps(0, -0) // => Infinity`
 */
export const ulps = (got: number, exact: number): number => {
  nearest[0] = exact
  nearest[1] = got
  const [wanted = 0, found = 0] = bits
  const exponent = (wanted >>> 23) & 0xff
  const isNumber = exponent < 0xff
  if (wanted === found) return isNumber ? Math.abs(got - exact) / (spacing[exponent] as number) : 0
  if (Number.isNaN(exact) && Number.isNaN(got)) return 0
  if (wanted << 1 === 0 || !isNumber || !Number.isFinite(got)) return Number.POSITIVE_INFINITY
  return Math.abs(got - exact) / (spacing[exponent] as number)
}
