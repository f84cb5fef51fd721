/**
 * The error function of four floats: x + x p(x²) near zero and 1 − e^q(|x|) farther out (the two forms of Juffa's erff, 2014),
 * both computed and one taken.
 */
import type { Code } from "../../assembler/Code.ts"
import { f32x4, i32x4, type Local, type V128, v128 } from "../../assembler/Value.ts"
import { expModerate } from "./exponential.ts"
import { polynomial } from "./polynomial.ts"

const border = 475 / 512
const near = [1.28379166e-1, -3.76125336e-1, 1.12819925e-1, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4] as const
const far = [-1.28717512e-1, -6.34846687e-1, -1.06777877e-1, 2.42546219e-2, -3.88396438e-3, 3.83197126e-4, -1.7285347e-5] as const

const signBit = i32x4.const(-0x80000000)

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt. From 3.92 on it rounds to 1. */
export const erf = (code: Code, x: V128): Local<"v128"> =>
  code.let(() => {
    const input = code.let(x)
    const t = code.let(f32x4.pmin(f32x4.abs(input), 4))
    const square = code.let(f32x4.mul(t, t))
    const inner = f32x4.add(input, f32x4.mul(input, polynomial(code, "f32x4", [square], near)))
    const power = code.let(f32x4.sub(f32x4.mul(t, polynomial(code, "f32x4", [t, square], far)), t))
    const outer = v128.or(f32x4.sub(1, expModerate(code, power)), v128.and(input, signBit))
    return v128.bitselect(outer, code.let(inner), f32x4.gt(t, border))
  })
