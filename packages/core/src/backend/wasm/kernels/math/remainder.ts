/**
 * The remainder of division, exactly, as IEEE 754's truncating remainder (C's fmod, JavaScript's %) has it: what is left of x
 * after taking away as many whole y as fit, with the sign of x. In doubles a quotient is taken away 28 bits at a time: its
 * product with y and the difference are then exact. One round does unless x is 2²⁸ times y or more.
 */
import type { Code } from "../../assembler/Code.ts"
import { f32x4, f64x2, i32x4, i64x2, type Local, type V128, v128 } from "../../assembler/Value.ts"
import { inDoubles } from "./doubles.ts"

type Vector = Local<"v128">

/** The sign, the exponent and the first 28 bits of a double. */
const leading = i64x2.const(-(1n << 25n))

const remainder = (code: Code, x: Vector, y: Vector): V128 => {
  const left = code.variable(x)
  code.loop((again) => {
    const quotient = v128.and(f64x2.trunc(f64x2.div(left, y)), leading)
    code.set(left, f64x2.sub(left, f64x2.mul(quotient, y)))
    code.brIf(again, i64x2.bitmask(f64x2.ge(f64x2.abs(left), y)))
  })
  // A quotient that was rounded up took away one y too many.
  return f64x2.add(left, v128.and(y, f64x2.lt(left, 0)))
}

/** x % y. NaN where x is infinite or y zero. */
export const rem = (code: Code, x: V128, y: V128): Vector =>
  code.let(() => {
    const [dividend, divisor] = [code.let(x), code.let(y)]
    const size = code.let(f32x4.abs(dividend))
    const step = code.let(f32x4.abs(divisor))
    const proper = v128.and(f32x4.lt(size, Number.POSITIVE_INFINITY), f32x4.gt(step, 0))
    const none = code.let(v128.or(v128.not(proper), f32x4.ne(divisor, divisor)))
    // Where there is no remainder, or the divisor is infinite and x itself is, a quotient of nothing keeps the loop short.
    const idle = v128.or(none, f32x4.eq(step, Number.POSITIVE_INFINITY))
    const divided = code.let(v128.andnot(size, idle))
    const left = inDoubles(code, divided, code.let(v128.bitselect(f32x4.const(1), step, idle)), (a, b) => remainder(code, a, b))
    const result = code.let(v128.bitselect(size, left, f32x4.eq(step, Number.POSITIVE_INFINITY)))
    const signed = v128.or(result, v128.and(dividend, i32x4.const(-0x80000000)))
    return v128.or(signed, none)
  })
