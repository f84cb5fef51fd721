/**
 * Natural logarithms of four floats. x = 2ᵉ m with √½ ≤ m < √2, and with f = m − 1 and s = f / (2 + f),
 * log m = 2 artanh s = f − f²/2 + s (f²/2 + s² p(s²)) (the form of FreeBSD's logf, after Ng 1993). e and m are taken from the
 * bits of x; what has none that serve (zeros, subnormals, infinities, NaN, negative numbers) is handled separately.
 */
import type { Code } from "../../assembler/Code.ts"
import { f32x4, type I32, i32x4, type Local, type V128, v128 } from "../../assembler/Value.ts"
import { polynomial } from "./polynomial.ts"

type Vector = Local<"v128">

const ln2High = 355 / 512
const ln2Low = Math.LN2 - ln2High

/** (2 artanh(s) − 2s) / s³ in s², relative to 2 artanh(s) off by at most 2⁻²⁹. */
const artanhTail = [0.6666677594184875, 0.399774968624115, 0.2987304925918579] as const

const exponentBits = 23
const smallestNormal = 0x00800000
const infinity = 0x7f800000
const one = 0x3f800000
const sqrtHalf = 0x3f3504f3
const signBit = i32x4.const(-0x80000000)

interface Parts {
  /** e 2²³, an exponent in its place. */
  readonly exponent: Vector
  readonly m: V128
}

const split = (code: Code, x: Vector): Parts => {
  const exponent = code.let(v128.and(i32x4.sub(x, sqrtHalf), i32x4.const(-(2 ** exponentBits))))
  return { exponent, m: i32x4.sub(x, exponent) }
}

/** e ln 2 + log(1 + f), and a correction for what e and f leave out. */
const combine = (code: Code, e: Vector, f: Vector): V128 => {
  const s = code.let(f32x4.div(f, f32x4.add(f, 2)))
  const s2 = code.let(f32x4.mul(s, s))
  const halfSquare = code.let(f32x4.mul(f32x4.mul(f, 0.5), f))
  const p = f32x4.mul(s2, polynomial(code, "f32x4", [s2], artanhTail))
  const small = f32x4.add(f32x4.mul(s, f32x4.add(halfSquare, p)), f32x4.mul(e, ln2Low))
  return f32x4.add(f32x4.sub(f, f32x4.sub(halfSquare, small)), f32x4.mul(e, ln2High))
}

/** The lanes that are not positive normal numbers, or infinite. */
const unusual = (x: Vector): V128 => i32x4.ge_u(i32x4.sub(x, smallestNormal), infinity - smallestNormal)

const some = (mask: V128): I32 => i32x4.bitmask(mask)

/** The logarithm of zero is −∞, of a negative number NaN, of infinity and NaN itself. */
const extreme = (x: Vector): V128 => f32x4.sub(f32x4.sqrt(x), v128.and(f32x4.eq(x, 0), i32x4.const(infinity)))

/** log x. */
export const log = (code: Code, x: V128): Vector =>
  code.let(() => {
    const input = code.let(x)
    const scaled = code.let(input)
    const shift = code.let(f32x4.const(0))
    const odd = code.let(unusual(input))
    code.if(some(odd), () => {
      const subnormal = code.let(f32x4.lt(input, 2 ** -126))
      code.set(scaled, v128.bitselect(f32x4.mul(input, 2 ** 25), input, subnormal))
      code.set(shift, v128.and(subnormal, f32x4.const(-25)))
    })
    const { exponent, m } = split(code, scaled)
    const f = code.let(f32x4.sub(m, 1))
    const e = code.let(f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_s(exponent, exponentBits)), shift))
    const y = code.let(combine(code, e, f))
    code.if(some(odd), () => {
      const usual = v128.and(f32x4.gt(input, 0), f32x4.lt(input, Number.POSITIVE_INFINITY))
      code.set(y, v128.bitselect(y, extreme(input), usual))
    })
    return y
  })

/** log(1 + x): of u = 1 + x as it rounds, with what the rounding lost given back in proportion. The sign is that of x. */
export const log1p = (code: Code, x: V128): Vector =>
  code.let(() => {
    const input = code.let(x)
    const u = code.let(f32x4.add(input, 1))
    const rounded = code.let(f32x4.sub(u, 1))
    const lost = f32x4.add(f32x4.sub(input, rounded), f32x4.sub(1, f32x4.sub(u, rounded)))
    const { exponent, m } = split(code, u)
    // Where the exponent is so large that the power of two is none, nothing was lost that counts.
    const scale = i32x4.sub(one, i32x4.min_s(exponent, 100 * 2 ** exponentBits))
    const f = code.let(f32x4.add(f32x4.sub(m, 1), f32x4.mul(lost, scale)))
    const e = code.let(f32x4.convert_i32x4_s(i32x4.shr_s(exponent, exponentBits)))
    const y = code.let(v128.or(combine(code, e, f), v128.and(input, signBit)))
    const odd = code.let(unusual(u))
    code.if(some(odd), () => code.set(y, v128.bitselect(extreme(u), y, odd)))
    return y
  })
