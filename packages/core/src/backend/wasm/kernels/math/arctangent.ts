/**
 * The arctangent of four floats: x + x³ p(x²) for |x| ≤ 1, and π/2 less the arctangent of 1 / |x| beyond. p is a minimax polynomial
 * (scripts/minimax.ts).
 */
import type { Code } from "../../assembler/Code.ts"
import { f32x4, i32x4, type Local, type V128, v128 } from "../../assembler/Value.ts"
import { polynomial } from "./polynomial.ts"

/** (atan x − x) / x³ in x², for |x| ≤ 1; the arctangent is off by at most 2⁻²⁸ of itself. */
const tail = [
  -0.33333298563957214, 0.19998548924922943, -0.14264242351055145, 0.10952187329530716, -0.08403453975915909, 0.05795765668153763,
  -0.031177904456853867, 0.010914635844528675, -0.001793628209270537,
] as const

/** π/2 as a float, and what is missing. */
const halfPi = Math.fround(Math.PI / 2)
const halfPiLow = Math.PI / 2 - halfPi

const signBit = i32x4.const(-0x80000000)

/** atan x, from −π/2 to π/2. */
export const atan = (code: Code, x: V128): Local<"v128"> =>
  code.let(() => {
    const input = code.let(x)
    const size = code.let(f32x4.abs(input))
    const far = code.let(f32x4.gt(size, 1))
    const t = code.let(v128.bitselect(f32x4.div(1, size), size, far))
    const square = code.let(f32x4.mul(t, t))
    const curve = f32x4.mul(t, f32x4.mul(square, polynomial(code, "f32x4", [square], tail)))
    const near = code.let(f32x4.add(t, f32x4.sub(curve, v128.and(far, f32x4.const(halfPiLow)))))
    return v128.or(v128.bitselect(f32x4.sub(halfPi, near), near, far), v128.and(input, signBit))
  })
