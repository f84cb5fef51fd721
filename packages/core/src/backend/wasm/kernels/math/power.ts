/**
 * xʸ of four floats, as IEEE 754 has it (pow): in doubles, two lanes at a time, as 2 to the power y log₂ x. A double holds
 * log₂ x and 2ⁿ for every n that counts, so the only rounding one can see is the last, to a float.
 */
import type { Code } from "../../assembler/Code.ts"
import { f32x4, f64x2, i32x4, i64x2, type Local, type V128, type Variable, v128 } from "../../assembler/Value.ts"
import { inDoubles } from "./doubles.ts"
import { polynomial } from "./polynomial.ts"

type Vector = Local<"v128">

const exponentBits = 52
const one = 0x3ff0000000000000n
const sqrtHalf = 0x3fe6a09e667f3bcdn
/** 2⁵²; an integer below it, put into its lower bits, makes a double of the sum. */
const base52 = 2 ** 52
const exponentBias = 1023
/** 1.5 × 2⁵²: between 2⁵² and 2⁵³ doubles are the integers, and their lower bits the number. */
const wholes = 1.5 * 2 ** 52

/** log₂((1 + s) / (1 − s)) / s in s²: for |s| ≤ 3 − 2√2 off by at most 2⁻³⁹ of itself. */
const artanhSeries = Array.from({ length: 7 }, (_, k) => (2 * Math.LOG2E) / (2 * k + 1))

/** log₂ of a positive float, as a double: x = 2ᵉ m with √½ ≤ m < √2, and s = (m − 1) / (m + 1). */
const log2 = (code: Code, x: Vector): V128 => {
  const shifted = code.let(i64x2.add(x, one - sqrtHalf))
  const e = f64x2.sub(v128.or(i64x2.shr_u(shifted, exponentBits), f64x2.const(base52)), base52 + exponentBias)
  const m = code.let(i64x2.sub(x, i64x2.sub(v128.and(shifted, i64x2.const(-(1n << BigInt(exponentBits)))), one)))
  const s = code.let(f64x2.div(f64x2.sub(m, 1), f64x2.add(m, 1)))
  const square = code.let(f64x2.mul(s, s))
  return f64x2.add(e, f64x2.mul(s, polynomial(code, "f64x2", [square], artanhSeries)))
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))

/** 2ʳ in r: for |r| ≤ ½ off by at most 2⁻³² of itself. */
const exp2Series = Array.from({ length: 9 }, (_, k) => Math.LN2 ** k / factorial(k))

/** 2ˣ for |x| ≤ 1000. */
const exp2 = (code: Code, x: Vector): V128 => {
  const sum = code.let(f64x2.add(x, wholes))
  const r = code.let(f64x2.sub(x, f64x2.sub(sum, wholes)))
  return f64x2.mul(polynomial(code, "f64x2", [r], exp2Series), i64x2.add(i64x2.shl(sum, exponentBits), one))
}

/** Beyond these a power of two is 0 or ∞ among the floats. pmin and pmax keep a NaN that is their first operand. */
const clamp = (exponent: V128): V128 => f64x2.pmax(f64x2.pmin(exponent, 200), -200)

const signBit = i32x4.const(-0x80000000)
const infinity = f32x4.const(Number.POSITIVE_INFINITY)
const either = (...masks: readonly [V128, ...ReadonlyArray<V128>]): V128 => masks.reduce((a, b) => v128.or(a, b))
const isNoNumber = (x: Vector): V128 => f32x4.ne(x, x)

/** Sets `result` to what it must be where x is no positive finite number or y infinite; elsewhere it stays. */
const mend = (code: Code, result: Variable<"v128">, x: Vector, y: Vector): void => {
  const size = code.let(f32x4.abs(x))
  const exponentSize = code.let(f32x4.abs(y))
  const one = f32x4.const(1)
  // 0, ∞, and what repeated for ever comes to one of them.
  const extreme = either(f32x4.eq(size, 0), f32x4.eq(size, infinity), f32x4.eq(exponentSize, infinity))
  const vanishes = v128.xor(f32x4.gt(size, one), f32x4.gt(y, 0))
  code.set(result, v128.bitselect(v128.andnot(infinity, vanishes), result, extreme))
  const half = code.let(f32x4.mul(y, 0.5))
  const whole = code.let(f32x4.eq(f32x4.trunc(y), y))
  const odd = v128.and(whole, f32x4.ne(f32x4.trunc(half), half))
  code.set(result, v128.or(result, v128.and(v128.and(x, signBit), odd)))
  const rootOfNegative = v128.andnot(v128.and(f32x4.lt(x, 0), f32x4.lt(size, infinity)), whole)
  code.set(result, either(result, rootOfNegative, isNoNumber(x), isNoNumber(y)))
  const turnsForEver = v128.and(f32x4.eq(size, one), f32x4.eq(exponentSize, infinity))
  code.set(result, v128.bitselect(one, result, either(f32x4.eq(x, one), f32x4.eq(y, 0), turnsForEver)))
}

/** xʸ. 1 to any power and anything to the power 0 are 1; a negative number has a power where y is whole. */
export const pow = (code: Code, x: V128, y: V128): Vector =>
  code.let(() => {
    const [base, exponent] = [code.let(x), code.let(y)]
    const result = code.variable(
      inDoubles(code, code.let(f32x4.abs(base)), exponent, (a, b) => exp2(code, code.let(clamp(f64x2.mul(b, log2(code, a)))))),
    )
    const finite = v128.and(f32x4.lt(base, infinity), f32x4.lt(f32x4.abs(exponent), infinity))
    const unusual = v128.not(v128.and(f32x4.gt(base, 0), finite))
    code.if(i32x4.bitmask(unusual), () => mend(code, result, base, exponent))
    return result
  })
