/**
 * Natural logarithms of four floats. x = 2ᵉ m with √½ ≤ m < √2, and with f = m − 1 and s = f / (2 + f),
 * log m = 2 artanh s = f − f²/2 + s (f²/2 + s² p(s²)) (the form of FreeBSD's logf, after Ng 1993). e and m are taken from the
 * bits of x; zeros, infinities, NaN and negative numbers are mended at the end.
 */
import type { Code } from "../../assembler/Code.ts"
import { f32x4, i32x4, type Local, type V128, type Variable, v128 } from "../../assembler/Value.ts"
import { polynomial } from "./polynomial.ts"

type Vector = Local<"v128">

const ln2High = 355 / 512
const ln2Low = Math.LN2 - ln2High

/** (2 artanh(s) − 2s) / s³ in s², relative to 2 artanh(s) off by at most 2⁻²⁹. */
const artanhTail = [0.6666677594184875, 0.399774968624115, 0.2987304925918579] as const

const exponentBits = 23
const smallestNormal = 0x00800000
const infinity = 0x7f800000
/** The bits of 1 and 2²⁵. */
const one = 0x3f800000
const scaled = 0x4c000000
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

/**
 * A logarithm y of x, with the logarithms that the formula does not give: of zero −∞, of infinity itself, of a negative number and
 * of NaN NaN. They are added to y, not selected, which would take more instructions.
 */
const withExtremes = (x: Vector, y: V128): V128 => {
  const infinite = v128.and(f32x4.eq(x, Number.POSITIVE_INFINITY), i32x4.const(infinity))
  const zero = v128.and(f32x4.eq(x, 0), i32x4.const(infinity))
  return v128.or(f32x4.add(y, f32x4.sub(infinite, zero)), v128.not(f32x4.ge(x, 0)))
}

/**
 * Values that must be mended where lanes of x are not positive normal numbers; `mended` is the same in all other lanes. A branch
 * skips it where there are none, but branches keep hosts from packing, so there is none for lanes of 256 bits.
 */
const forUnusual = (
  code: Code,
  x: Vector,
  usual: ReadonlyArray<V128>,
  mended: () => ReadonlyArray<V128>,
): ReadonlyArray<Vector> => {
  if (code.lanes === 256) return mended().map((value) => code.let(value))
  const values = usual.map((value) => code.variable(value))
  code.if(i32x4.bitmask(i32x4.ge_u(i32x4.sub(x, smallestNormal), infinity - smallestNormal)), () => {
    for (const [i, value] of mended().entries()) code.set(values[i] as Variable<"v128">, value)
  })
  return values
}

/** log x. Subnormals are multiplied by 2²⁵ first. */
export const log = (code: Code, x: V128): Vector =>
  code.let(() => {
    const input = code.let(x)
    const [normal, shift] = forUnusual(code, input, [input, f32x4.const(0)], () => {
      const subnormal = code.let(f32x4.lt(input, 2 ** -126))
      const scale = v128.xor(v128.and(subnormal, i32x4.const(one ^ scaled)), i32x4.const(one))
      return [f32x4.mul(input, scale), v128.and(subnormal, f32x4.const(-25))]
    }) as readonly [Vector, Vector]
    const { exponent, m } = split(code, normal)
    const f = code.let(f32x4.sub(m, 1))
    const e = code.let(f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_s(exponent, exponentBits)), shift))
    const y = code.let(combine(code, e, f))
    const [mended] = forUnusual(code, input, [y], () => [withExtremes(input, y)]) as readonly [Vector]
    return mended
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
    const y = code.let(combine(code, e, f))
    // What infinity loses is NaN, and so is y there.
    const [mended] = forUnusual(code, u, [y], () => [
      withExtremes(u, v128.and(y, f32x4.lt(u, Number.POSITIVE_INFINITY))),
    ]) as readonly [Vector]
    return v128.or(mended, v128.and(input, signBit))
  })
