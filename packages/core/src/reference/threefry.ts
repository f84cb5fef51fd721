/**
 * Threefry-2x32 with 20 rounds, a counter-based random function: the same key and counter give the same two words on
 * any machine (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).
 */
import type { Definition } from "./Definition.ts"
import { numbers } from "./Definition.ts"

/** How far words are rotated in the rounds of a group of four, by turns. */
export const rotations: ReadonlyArray<ReadonlyArray<number>> = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
]

/** The constant that the third word of the key schedule is mixed with. */
export const parity = 0x1bd11bda

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

/** The two random words of a key (two words) and a counter (two words), all as signed 32-bit integers. */
export const block = (k0: number, k1: number, c0: number, c1: number): readonly [number, number] => {
  const schedule = [k0, k1, k0 ^ k1 ^ parity]
  let x = (c0 + k0) | 0
  let y = (c1 + k1) | 0
  for (let round = 0; round < 5; round++) {
    for (const by of rotations[round % 2] ?? []) {
      x = (x + y) | 0
      y = rotate(y, by) ^ x
    }
    x = (x + (schedule[(round + 1) % 3] ?? 0)) | 0
    y = (y + (schedule[(round + 2) % 3] ?? 0) + round + 1) | 0
  }
  return [x, y]
}

/** The definition of the primitive. */
export const threefry: Definition<"threefry"> = (_, inputs) => {
  const [k0 = 0, k1 = 0] = numbers(inputs, 0)
  const counters = numbers(inputs, 1)
  const out = new Int32Array(counters.length)
  for (let i = 0; i < out.length; i += 2) out.set(block(k0, k1, counters[i] as number, counters[i + 1] as number), i)
  return out
}
