/**
 * eˣ and what is made of it, on four floats. All begin with x = n ln 2 + r, |r| ≤ ln 2 / 2: n is found by adding a number so
 * large that only integers remain, and stays in the lower bits of the sum; n ln 2 is taken away in two parts, of which
 * the first has so few bits that its product is exact. Then eʳ = 1 + r + r² p(r).
 */
import type { Code } from "../../assembler/Code.ts"
import { f32x4, i32x4, type Local, type V128, v128 } from "../../assembler/Value.ts"
import { polynomial } from "./polynomial.ts"

type Vector = Local<"v128">

const log2e = Math.LOG2E
const ln2High = 355 / 512
const ln2Low = Math.LN2 - ln2High

/** 1.5 × 2²³: between 2²³ and 2²⁴ floats are the integers. */
const wholes = 12582912
const exponentBits = 23
/** What is added to n in the exponent of a float. */
const bias = 127
/** The bits of 2. */
const two = 0x40000000

const signBit = i32x4.const(-0x80000000)

/** (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2, so that eʳ is off by at most 2⁻²⁸ of itself. */
const expTail = [
  0.4999999403953552, 0.1666651964187622, 0.04166839271783829, 0.008368780836462975, 0.0013814467238262296,
] as const

/** The same, weighted so that eʳ − 1 is off by at most 2⁻²⁶ of itself. */
const expm1Tail = [
  0.4999999701976776, 0.1666654348373413, 0.04166719689965248, 0.008366568014025688, 0.0013882756466045976,
] as const

/** (tanh x − x) / x³ in x² for |x| ≤ 0.6; tanh x is off by at most 2⁻²⁸ of itself. */
const tanhTail = [
  -0.33333298563957214, 0.13331924378871918, -0.053783830255270004, 0.020795976743102074, -0.005895162932574749,
] as const

interface Reduced {
  readonly r: Vector
  /** The bits of 2 to the power n − down, where that is a normal number. */
  readonly power: Vector
}

const reduce = (code: Code, x: Vector, down: 0 | 1): Reduced => {
  const shift = wholes + bias - down
  const sum = code.let(f32x4.add(f32x4.mul(x, log2e), shift))
  const n = code.let(f32x4.sub(sum, shift))
  const r = code.let(f32x4.sub(f32x4.sub(x, f32x4.mul(n, ln2High)), f32x4.mul(n, ln2Low)))
  return { r, power: code.let(i32x4.shl(sum, exponentBits)) }
}

/** eʳ − 1 − r. */
const tail = (code: Code, r: Vector, coefficients: typeof expTail | typeof expm1Tail): V128 => {
  const square = code.let(f32x4.mul(r, r))
  return f32x4.mul(square, polynomial(code, "f32x4", [r, square], coefficients))
}

const expReduced = (code: Code, r: Vector): V128 => f32x4.add(f32x4.add(r, tail(code, r, expTail)), 1)

/**
 * eˣ for −104 ≤ x ≤ 89 and NaN. 2ⁿ may be neither a normal number nor a number at all, so it is multiplied in as two powers,
 * the first 2ⁿ⁻¹ but not below 2⁻¹⁰⁰; the only rounding is in the last product.
 */
const expBetween = (code: Code, x: Vector): V128 => {
  const { power, r } = reduce(code, x, 1)
  // The powers come last, so that they need no registers before.
  const reduced = code.let(expReduced(code, r))
  const first = code.let(i32x4.max_s(power, (bias - 100) * 2 ** exponentBits))
  const rest = i32x4.add(i32x4.sub(power, first), two)
  return f32x4.mul(f32x4.mul(reduced, first), rest)
}

/** eˣ where 2ⁿ is a normal number: −87 ≤ x ≤ 88, and NaN. */
export const expModerate = (code: Code, x: Vector): V128 => {
  const { power, r } = reduce(code, x, 0)
  return f32x4.mul(expReduced(code, r), power)
}

/** eˣ. */
export const exp = (code: Code, x: V128): Vector =>
  // pmin and pmax keep a NaN that is their first operand.
  code.let(() => expBetween(code, code.let(f32x4.pmax(f32x4.pmin(x, 89), -104))))

/**
 * 1 / (1 + e⁻ˣ). With p = e to the power −|x|, which never overflows, it is 1 − p / (1 + p) or, for negative x, p times that:
 * rounding 1 + p and the quotient then counts for half.
 */
export const sigmoid = (code: Code, x: V128): Vector =>
  code.let(() => {
    const input = code.let(x)
    const distance = code.let(f32x4.pmax(f32x4.neg(f32x4.abs(input)), -104))
    const power = code.let(expBetween(code, distance))
    const whole = code.let(v128.bitselect(power, f32x4.const(1), f32x4.lt(input, 0)))
    const share = f32x4.div(power, f32x4.add(power, 1))
    return f32x4.sub(whole, f32x4.mul(whole, share))
  })

/**
 * eˣ − 1 = (2ⁿ − 1 + 2ⁿ r) + 2ⁿ (eʳ − 1 − r), the first sum with what its rounding loses. All of it is halved until the end,
 * since 2¹²⁸ is no float.
 */
export const expm1 = (code: Code, x: V128): Vector =>
  code.let(() => {
    const input = code.let(x)
    const { power: scale, r } = reduce(code, code.let(f32x4.pmax(f32x4.pmin(input, 89), -20)), 1)
    const whole = code.let(f32x4.sub(scale, 0.5))
    const linear = code.let(f32x4.mul(scale, r))
    const sum = code.let(f32x4.add(whole, linear))
    const lost = f32x4.sub(linear, f32x4.sub(sum, whole))
    const half = code.let(f32x4.add(sum, f32x4.add(lost, f32x4.mul(scale, tail(code, r, expm1Tail)))))
    // Near zero it is x, which halving would round when subnormal and whose sign the sum loses.
    return v128.bitselect(input, f32x4.add(half, half), f32x4.lt(f32x4.abs(input), 2 ** -30))
  })

/** tanh x = x + x³ p(x²) near zero and 1 − 2 / (e²ᵗ + 1) for t = |x| farther out. From 9.02 on it rounds to 1. */
export const tanh = (code: Code, x: V128): Vector =>
  code.let(() => {
    const input = code.let(x)
    const t = code.let(f32x4.pmin(f32x4.abs(input), 10))
    const square = code.let(f32x4.mul(t, t))
    const cube = f32x4.mul(f32x4.mul(square, input), polynomial(code, "f32x4", [square], tanhTail))
    const near = code.let(f32x4.add(input, cube))
    const power = expModerate(code, code.let(f32x4.add(t, t)))
    const far = f32x4.sub(1, f32x4.div(f32x4.const(2), f32x4.add(power, 1)))
    return v128.or(v128.bitselect(far, near, f32x4.gt(t, 0.6)), v128.and(input, signBit))
  })
