/**
 * From coefficients to samples: the inverse cosine transform of 8 by 8 blocks in whole numbers (Loeffler, Ligtenberg and
 * Moschytz, 1989) with the constants and the rounding of libjpeg's default, so that samples have the same bits everywhere.
 */
import { clamped } from "./Pixels.ts"

const [f0298, f0390, f0541, f0765, f0899, f1175, f1501, f1847, f1961, f2053, f2562, f3072] = [
  2446, 3196, 4433, 6270, 7373, 9633, 12299, 15137, 16069, 16819, 20995, 25172,
] as const

/** Bits after the point of the constants, and of what the first pass keeps. */
const constantBits = 13
const passBits = 2

/** Eight numbers of `work` at `at`, `at + step`, …, transformed in place and shifted right by `shift` with rounding. */
const transform = (work: Int32Array, at: number, step: number, shift: number): void => {
  const half = 1 << (shift - 1)
  const x = (i: number): number => work[at + i * step] as number
  const put = (i: number, value: number): void => {
    work[at + i * step] = (value + half) >> shift
  }
  // even part
  const e1 = Math.imul(x(2) + x(6), f0541)
  const e2 = e1 - Math.imul(x(6), f1847)
  const e3 = e1 + Math.imul(x(2), f0765)
  const [e4, e5] = [(x(0) + x(4)) << constantBits, (x(0) - x(4)) << constantBits]
  const [a0, a3, a1, a2] = [e4 + e3, e4 - e3, e5 + e2, e5 - e2]
  // odd part
  const [o7, o5, o3, o1] = [x(7), x(5), x(3), x(1)]
  const z5 = Math.imul(o7 + o3 + o5 + o1, f1175)
  const z1 = Math.imul(o7 + o1, -f0899)
  const z2 = Math.imul(o5 + o3, -f2562)
  const z3 = Math.imul(o7 + o3, -f1961) + z5
  const z4 = Math.imul(o5 + o1, -f0390) + z5
  const b0 = Math.imul(o7, f0298) + z1 + z3
  const b1 = Math.imul(o5, f2053) + z2 + z4
  const b2 = Math.imul(o3, f3072) + z2 + z3
  const b3 = Math.imul(o1, f1501) + z1 + z4
  put(0, a0 + b3)
  put(7, a0 - b3)
  put(1, a1 + b2)
  put(6, a1 - b2)
  put(2, a2 + b1)
  put(5, a2 - b1)
  put(3, a3 + b0)
  put(4, a3 - b0)
}

const work = new Int32Array(64)

/**
 * Writes the samples of one block of coefficients, at `at` in natural order, into `out` at `to` with rows of `width` samples.
 * `quantities` is the quantization table in natural order.
 */
export const writeBlock = (
  coefficients: Int16Array,
  at: number,
  quantities: Uint16Array,
  out: Uint8Array,
  to: number,
  width: number,
): void => {
  for (let i = 0; i < 64; i++) work[i] = Math.imul(coefficients[at + i] as number, quantities[i] as number)
  for (let column = 0; column < 8; column++) transform(work, column, 8, constantBits - passBits)
  for (let row = 0; row < 8; row++) transform(work, row * 8, 1, constantBits + passBits + 3)
  for (let row = 0; row < 8; row++)
    for (let i = 0; i < 8; i++) out[to + row * width + i] = clamped((work[row * 8 + i] as number) + 128)
}
