/** Four floats as two pairs of doubles, and back. */
import type { Code } from "../../assembler/Code.ts"
import { f32x4, f64x2, i8x16, type Local, type V128 } from "../../assembler/Value.ts"

/** The lower half of each double of two pairs. */
export const lowerHalves = (a: V128, b: V128): V128 =>
  i8x16.shuffle(a, b, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27])

/** The lower two of four lanes of each. */
const lowerLanes = (a: V128, b: V128): V128 => i8x16.shuffle(a, b, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23])

/** The upper two of four lanes, in both places. */
const upperLanes = (x: V128): V128 => i8x16.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15])

/** The lower and the upper two of four floats, as doubles. */
export const widen = (code: Code, x: Local<"v128">): readonly [low: Local<"v128">, high: Local<"v128">] => [
  code.let(f64x2.promote_low_f32x4(x)),
  code.let(f64x2.promote_low_f32x4(upperLanes(x))),
]

/** Two pairs of doubles, each rounded to a float. */
export const narrow = (low: V128, high: V128): V128 => lowerLanes(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high))

/** A function of two doubles of two floats, rounded to a float. */
export const inDoubles = (
  code: Code,
  x: Local<"v128">,
  y: Local<"v128">,
  f: (x: Local<"v128">, y: Local<"v128">) => V128,
): V128 => {
  const [lowX, highX] = widen(code, x)
  const [lowY, highY] = widen(code, y)
  const low = code.let(() => f(lowX, lowY))
  return narrow(
    low,
    code.let(() => f(highX, highY)),
  )
}
