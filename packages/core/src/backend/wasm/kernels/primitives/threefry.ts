/** Threefry-2x32 with 20 rounds, eight counters at a time. */
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i8x16, i32, i32x4, type Local, type V128, type Variable, v128 } from "../../assembler/Value.ts"
import { lastAlone, threadRange } from "../../threads/partition.ts"
import { storeVectors } from "../vectors.ts"
import { input, type PrimitiveKernel } from "./Operation.ts"

const rotations: ReadonlyArray<ReadonlyArray<number>> = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
]

const parity = 0x1bd11bda

const rotate = (x: V128, by: number): V128 => v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by))

/** Four counters, the first words and the second. */
interface Counters {
  readonly x: Variable<"v128">
  readonly y: Variable<"v128">
}

/** Replaces counters by the words that the key's schedule gives them, all of them in step. */
const mix = (code: Code, schedule: ReadonlyArray<Local<"v128">>, counters: ReadonlyArray<Counters>): void => {
  const key = (i: number): V128 => schedule[i % 3] as V128
  const each = (step: (counters: Counters) => void): void => counters.forEach(step)
  each(({ x }) => code.set(x, i32x4.add(x, key(0))))
  each(({ y }) => code.set(y, i32x4.add(y, key(1))))
  for (let round = 0; round < 5; round++) {
    for (const by of rotations[round % 2] ?? []) {
      each(({ x, y }) => code.set(x, i32x4.add(x, y)))
      each(({ x, y }) => code.set(y, v128.xor(rotate(y, by), x)))
    }
    each(({ x }) => code.set(x, i32x4.add(x, key(round + 1))))
    each(({ y }) => code.set(y, i32x4.add(i32x4.add(y, key(round + 2)), i32x4.const(round + 1))))
  }
}

const evens = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]
const odds = evens.map((byte) => byte + 4)
const lows = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]
const highs = lows.map((byte) => byte + 8)

/** Bytes of four counters, whose words alternate. */
const four = 32

/** Replaces `4 × half` counters at an address by their words at another, of which the first `stored` vectors are written. */
const round = (code: Code, schedule: ReadonlyArray<Local<"v128">>, from: I32, to: I32, half: 1 | 2, stored: number): void => {
  const words = Array.from({ length: 2 * half }, (_, i) => code.let(v128.load(from, 16 * i)))
  // Of eight counters the first four are those of every other vector, so that neighbouring vectors belong to different ones.
  const pairs = Array.from({ length: half }, (_, i) => [words[i], words[i + half]] as [Local<"v128">, Local<"v128">])
  const counters = pairs.map(([low, high]) => ({
    x: code.variable(i8x16.shuffle(low, high, evens)),
    y: code.variable(i8x16.shuffle(low, high, odds)),
  }))
  mix(code, schedule, counters)
  const out = [lows, highs].flatMap((order) => counters.map(({ x, y }) => code.let(i8x16.shuffle(x, y, order))))
  storeVectors(code, to, out.slice(0, stored))
}

export const threefry: PrimitiveKernel<"threefry"> = {
  parallel: true,
  work: () => 32,
  emit: ({ code, team }, operation) => {
    const [key, counters] = [input(operation, 0), input(operation, 1)]
    const total = Shape.size(operation.out.shape) * 4
    const k0 = code.let(v128.load32_splat(i32.const(key.address)))
    const k1 = code.let(v128.load32_splat(i32.const(key.address + 4)))
    const schedule = [k0, k1, code.let(v128.xor(v128.xor(k0, k1), i32x4.const(parity)))]
    const whole = total - (total % (2 * four))
    const [from, to] = [counters.address, operation.out.address]
    const { end, start } = threadRange(code, team, whole, 2 * four)
    code.for(start, end, 2 * four, (i) => round(code, schedule, code.let(i32.add(i, from)), code.let(i32.add(i, to)), 2, 4))
    if (whole < total)
      lastAlone(code, team, () => {
        for (let i = whole; i < total; i += four) {
          // Arrays end on whole vectors, so the last one may be written whole.
          const stored = total - i > four / 2 ? 2 : 1
          round(code, schedule, i32.const(from + i), i32.const(to + i), 1, stored)
        }
      })
  },
}
