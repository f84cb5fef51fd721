/**
 * Polynomials in vector registers, by Estrin's scheme (1960): the two halves of the coefficients apart, then joined by a power
 * of x. It takes a few products more than Horner's rule and waits half as long for them.
 */
import type { Code } from "../../assembler/Code.ts"
import { multiplyAdd } from "../../assembler/numerics.ts"
import { f32x4, f64x2, type Local, type V128 } from "../../assembler/Value.ts"

interface Arithmetic {
  readonly square: (x: V128) => V128
  /** a × b + c. */
  readonly multiplyAdd: (code: Code, a: V128, b: V128 | number, c: V128 | number) => V128
}

const arithmetic: { readonly [L in "f32x4" | "f64x2"]: Arithmetic } = {
  f32x4: { square: (x) => f32x4.mul(x, x), multiplyAdd },
  /** Doubles are there to be exact enough for floats: however a module rounds, they stay as they are. */
  f64x2: { square: (x) => f64x2.mul(x, x), multiplyAdd: (_, a, b, c) => f64x2.add(f64x2.mul(a, b), c) },
}

/** c₀ + c₁x + c₂x² + … in the lanes given; `coefficients` lowest first, `powers` the locals of x, x², x⁴ … as far as they are there. */
export const polynomial = (
  code: Code,
  lanes: keyof typeof arithmetic,
  powers: readonly [Local<"v128">, ...ReadonlyArray<Local<"v128">>],
  coefficients: ReadonlyArray<number>,
): V128 => {
  const { multiplyAdd, square } = arithmetic[lanes]
  const known: Array<Local<"v128">> = [...powers]
  const power = (k: number): Local<"v128"> => {
    const there = known[k]
    if (there !== undefined) return there
    const made = code.let(square(power(k - 1)))
    known[k] = made
    return made
  }
  const sum = (from: number, count: number): V128 => {
    const first = coefficients[from] as number
    if (count === 2) return multiplyAdd(code, power(0), coefficients[from + 1] as number, first)
    const whole = Math.ceil(Math.log2(count)) - 1
    // A power that is there for the highest coefficient alone takes a product more than a longer upper half.
    const k = whole > 1 && count === 2 ** whole + 1 && known[whole] === undefined ? whole - 1 : whole
    const low = 2 ** k
    const high = count - low === 1 ? (coefficients[from + low] as number) : sum(from + low, count - low)
    return multiplyAdd(code, power(k), high, sum(from, low))
  }
  return sum(0, coefficients.length)
}
