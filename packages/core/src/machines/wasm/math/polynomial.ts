/**
 * Polynomials in vector registers, by Estrin's scheme (1960): the two halves of the coefficients apart, then joined by a power
 * of x. It takes a few products more than Horner's rule and waits half as long for them.
 */
import type { Code } from "../Code.ts"
import type { Local, V128 } from "../Value.ts"

interface Lanes {
  readonly add: (a: V128, b: V128 | number) => V128
  readonly mul: (a: V128, b: V128 | number) => V128
}

/** c₀ + c₁x + c₂x² + … in the lanes given; `coefficients` lowest first, `powers` the locals of x, x², x⁴ … as far as they are there. */
export const polynomial = (
  code: Code,
  lanes: Lanes,
  powers: readonly [Local<"v128">, ...ReadonlyArray<Local<"v128">>],
  coefficients: ReadonlyArray<number>,
): V128 => {
  const known: Array<Local<"v128">> = [...powers]
  const power = (k: number): Local<"v128"> => {
    const there = known[k]
    if (there !== undefined) return there
    const root = power(k - 1)
    const made = code.let(lanes.mul(root, root))
    known[k] = made
    return made
  }
  const sum = (from: number, count: number): V128 => {
    const first = coefficients[from] as number
    if (count === 2) return lanes.add(lanes.mul(power(0), coefficients[from + 1] as number), first)
    const k = Math.ceil(Math.log2(count)) - 1
    const low = 2 ** k
    const high =
      count - low === 1
        ? lanes.mul(power(k), coefficients[from + low] as number)
        : lanes.mul(sum(from + low, count - low), power(k))
    return lanes.add(high, sum(from, low))
  }
  return sum(0, coefficients.length)
}
