/** Threefry-2x32 with 20 rounds, four counters at a time. */
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { i8x16, i32, i32x4, type Local, type V128, v128 } from "../../assembler/Value.ts"
import { lastAlone, threadRange } from "../../threads/partition.ts"
import { at, input, type PrimitiveKernel } from "./Operation.ts"

const rotations: ReadonlyArray<ReadonlyArray<number>> = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
]

const parity = 0x1bd11bda

const rotate = (x: V128, by: number): V128 => v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by))

/** Replaces four counters by the words that the key's schedule gives them. */
const mix = (code: Code, schedule: ReadonlyArray<Local<"v128">>, x: Local<"v128">, y: Local<"v128">): void => {
  const key = (i: number): V128 => schedule[i % 3] as V128
  code.set(x, i32x4.add(x, key(0)))
  code.set(y, i32x4.add(y, key(1)))
  for (let round = 0; round < 5; round++) {
    for (const by of rotations[round % 2] ?? []) {
      code.set(x, i32x4.add(x, y))
      code.set(y, v128.xor(rotate(y, by), x))
    }
    code.set(x, i32x4.add(x, key(round + 1)))
    code.set(y, i32x4.add(i32x4.add(y, key(round + 2)), i32x4.const(round + 1)))
  }
}

const evens = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]
const odds = evens.map((byte) => byte + 4)
const lows = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]
const highs = lows.map((byte) => byte + 8)

/** Bytes of four counters. */
const four = 32

export const threefry: PrimitiveKernel<"threefry"> = {
  parallel: true,
  work: () => 32,
  emit: ({ code, team }, operation) => {
    const [key, counters] = [input(operation, 0), input(operation, 1)]
    const total = Shape.size(operation.out.shape) * 4
    const k0 = code.let(v128.load32_splat(i32.const(key.address)))
    const k1 = code.let(v128.load32_splat(i32.const(key.address + 4)))
    const schedule = [k0, k1, code.let(v128.xor(v128.xor(k0, k1), i32x4.const(parity)))]
    const round = (start: Local<"i32">, both: boolean): void => {
      const from = code.let(at(counters.address, [start, 1]))
      const to = code.let(at(operation.out.address, [start, 1]))
      const [low, high] = [code.let(v128.load(from)), code.let(v128.load(from, 16))]
      const x = code.let(i8x16.shuffle(low, high, evens))
      const y = code.let(i8x16.shuffle(low, high, odds))
      mix(code, schedule, x, y)
      code.v128.store(to, i8x16.shuffle(x, y, lows))
      if (both) code.v128.store(to, i8x16.shuffle(x, y, highs), 16)
    }
    const rest = total % four
    // Arrays end on whole vectors, so the last vector of the last few counters may be written whole.
    const { end, start } = threadRange(code, team, total - rest, four)
    code.for(start, end, four, (i) => round(i, true))
    if (rest > 0) {
      lastAlone(code, team, () => round(code.let(i32.const(total - rest)), rest > 16))
    }
  },
}
