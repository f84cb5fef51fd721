/**
 * Sine and cosine of four floats, right for every finite one. x = n π/2 + r, |r| ≤ π/4. Near a multiple of π/2 nearly all of x
 * cancels, so r is found in doubles, two lanes at a time. Up to 2²⁸ it takes π/2 in two parts, the first so short that its
 * product with n is exact. Beyond, the fraction of x · 2/π is summed from the products of x with short pieces of 2/π, each
 * exact and each rid of its multiples of 4 at once (after Payne and Hanek 1983); where no lane is that large, that is skipped.
 * r is then rounded, and the sine or cosine of it is a polynomial in floats.
 */
import type { Code } from "../../assembler/Code.ts"
import { f32x4, f64x2, i32x4, type Local, type V128, v128 } from "../../assembler/Value.ts"
import { lowerHalves, narrow, widen } from "./doubles.ts"
import { polynomial } from "./polynomial.ts"

type Vector = Local<"v128">

/** (sin r − r) / r³ in r²; the sine is off by at most 2⁻²⁸ of itself. */
const sinTail = [-0.16666655242443085, 0.008332176133990288, -0.00019516977772582322] as const
/** (cos r − 1 + r²/2) / r⁴ in r². */
const cosTail = [0.04166664555668831, -0.0013887364184483886, 0.00002443809171381872] as const

/** 1.5 × 2⁵²: between 2⁵² and 2⁵³ doubles are the integers, and the lower half of their bits is the lower half of the number. */
const wholes = 6755399441055744
const twoOverPi = 2 / Math.PI
/** π/2 in 25 bits, and what is missing. */
const halfPiHigh = 1.5707963109016418
const halfPiLow = 1.5893254773528196e-8
const mediumLimit = 2 ** 28

/** 2/π in pieces of 26 bits, the first worth 2⁻²⁶. */
const twoOverPiPieces = [42722829, 48555073, 21659401, 56087029, 13858563, 28715353, 38736100, 4324945] as const

const signBit = i32x4.const(-0x80000000)

/** Of two lanes: a sum of doubles in whose lower bits n stands, and r. */
interface Reduced {
  readonly turns: V128
  readonly r: V128
}

const reduceMedium = (code: Code, x: Vector): Reduced => {
  const turns = code.let(f64x2.add(f64x2.mul(x, twoOverPi), wholes))
  const n = code.let(f64x2.sub(turns, wholes))
  return { turns, r: f64x2.sub(f64x2.sub(x, f64x2.mul(n, halfPiHigh)), f64x2.mul(n, halfPiLow)) }
}

const reduceLarge = (code: Code, x: Vector): Reduced => {
  const n = code.variable(f64x2.const(wholes))
  const fraction = code.variable(f64x2.const(0))
  twoOverPiPieces.forEach((piece, k) => {
    code.scope(() => {
      const product = code.let(f64x2.mul(x, piece * 2 ** (-26 * (k + 1))))
      const rid = f64x2.sub(product, f64x2.mul(f64x2.nearest(f64x2.mul(product, 0.25)), 4))
      const sum = code.let(f64x2.add(fraction, rid))
      const whole = code.let(f64x2.nearest(sum))
      code.set(fraction, f64x2.sub(sum, whole))
      code.set(n, f64x2.add(n, whole))
    })
  })
  return { turns: n, r: f64x2.mul(fraction, Math.PI / 2) }
}

/** The sine of x plus a number of quarter turns. */
const sineAhead =
  (quarters: 0 | 1) =>
  (code: Code, x: V128): Vector =>
    code.let(() => {
      const input = code.let(x)
      const reduceBy = (reduce: (code: Code, x: Vector) => Reduced): Reduced => {
        const [lower, upper] = widen(code, input)
        const low = reduce(code, lower)
        const high = reduce(code, upper)
        return { turns: lowerHalves(low.turns, high.turns), r: narrow(low.r, high.r) }
      }
      const medium = reduceBy(reduceMedium)
      const turns = code.variable(medium.turns)
      const r = code.variable(medium.r)
      const large = code.let(f32x4.gt(f32x4.abs(input), mediumLimit))
      // A lane is reduced the way its own size asks for, whatever its neighbours are.
      code.if(i32x4.bitmask(large), () => {
        const reduced = reduceBy(reduceLarge)
        code.set(turns, v128.bitselect(reduced.turns, turns, large))
        code.set(r, v128.bitselect(reduced.r, r, large))
      })
      const n = quarters === 0 ? turns : code.let(i32x4.add(turns, quarters))
      const square = code.let(f32x4.mul(r, r))
      // The sum with zero makes it positive, so that the sine of -0 stays -0.
      const relative = f32x4.add(f32x4.mul(square, polynomial(code, "f32x4", [square], sinTail)), 0)
      const sine = code.let(f32x4.add(r, f32x4.mul(r, relative)))
      const quartic = f32x4.mul(f32x4.mul(square, square), polynomial(code, "f32x4", [square], cosTail))
      const cosine = f32x4.sub(1, f32x4.sub(f32x4.mul(square, 0.5), quartic))
      const odd = i32x4.shr_s(i32x4.shl(n, 31), 31)
      return v128.xor(v128.bitselect(cosine, sine, odd), v128.and(i32x4.shl(n, 30), signBit))
    })

/** sin x. */
export const sin = sineAhead(0)
/** cos x. */
export const cos = sineAhead(1)
