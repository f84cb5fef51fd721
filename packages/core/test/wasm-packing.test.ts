/**
 * Code that V8 packs, held to its baseline compiler, which packs nothing. V8's packing is experimental: these properties found
 * that V8 12 packs different numbers as one and crashes, and that V8 13.6 mistakes constant addresses.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Assembler } from "../src/backend/wasm/assembler/Assembler.ts"
import type { Code } from "../src/backend/wasm/assembler/Code.ts"
import { packing, packsLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import { effects, type Instruction, values } from "../src/backend/wasm/assembler/opcodes.ts"
import { apply, f32x4, type I32, i8x16, i32, i32x4, type Local, type V128, v128 } from "../src/backend/wasm/assembler/Value.ts"
import { compile, instantiate, memory } from "../src/backend/wasm/assembler/webAssembly.ts"
import { Key, Program, Tensor } from "../src/index.ts"
import { caseCount } from "./case-count.ts"
import { bits, whole } from "./one-by-one.ts"

let names = 0
/** Memory after a function has run; its name is new, so that V8 shares no code with an earlier module. */
const memoryAfter = (isOptimized: boolean, filled: Float32Array, body: (code: Code, parameter: I32) => void): Float32Array => {
  const module = new Assembler()
  module.importMemory("engine", "memory", { initial: 1 })
  const name = `function ${names++}`
  module.func(name, { params: ["i32"], export: true }, (code, [parameter]) => body(code, parameter))
  const shared = memory({ initial: 1 })
  const floats = new Float32Array(shared.buffer, 0, 1024)
  floats.set(filled)
  const compiled = isOptimized ? packing(() => compile(module.bytes())) : compile(module.bytes())
  instantiate(compiled, { engine: { memory: shared } })[name]?.(0)
  return floats
}

const both = (filled: Float32Array, body: (code: Code, parameter: I32) => void) =>
  [true, false].map((isOptimized) => [...memoryAfter(isOptimized, filled, body)])

describe.runIf(packsLanes())("code that V8 packs", () => {
  /**
   * Loads vectors, or one number for all lanes of a vector, doubles them, and stores them, in this order. An address is a constant
   * and an offset, or the parameter and one.
   */
  interface Straight {
    readonly loads: ReadonlyArray<number>
    readonly stores: ReadonlyArray<number>
    readonly split: ReadonlyArray<number>
    /** The vectors for which one number is loaded, some of them the same. */
    readonly splats: ReadonlyArray<number | undefined>
  }
  const vectors = 12
  const straight: fc.Arbitrary<Straight> = fc
    .uniqueArray(fc.nat(vectors - 1), { minLength: 2, maxLength: vectors })
    .chain((stores) =>
      fc.record({
        stores: fc.constant(stores),
        loads: fc.shuffledSubarray([...stores], { minLength: stores.length }),
        split: fc.array(fc.constantFrom(0, 16, 32, 96, -1), { minLength: vectors, maxLength: vectors }),
        splats: fc.array(fc.option(fc.nat(3), { nil: undefined }), { minLength: vectors, maxLength: vectors }),
      }),
    )

  const counting = Float32Array.from({ length: 1024 }, (_, i) => i)

  const write =
    ({ loads, splats, split, stores }: Straight) =>
    (code: Code, parameter: I32): void => {
      const place = (vector: number, base: number): readonly [address: I32, offset: number] => {
        const at = base + 16 * vector
        const part = split[vector] ?? 0
        return part < 0 ? [parameter, at] : [i32.const(at - part), part]
      }
      const load = (vector: number): V128 => {
        const one = splats[vector]
        return one === undefined
          ? v128.load(...place(vector, 1024))
          : v128.load32_splat(...place(vector, 1024 + 16 * (one - vector)))
      }
      const loaded = new Map(loads.map((vector) => [vector, code.let(load(vector))]))
      for (const vector of stores) {
        const x = loaded.get(vector) as V128
        const [address, offset] = place(vector, 2048)
        code.v128.store(address, f32x4.add(x, x), offset)
      }
    }

  it("loads and stores what it should, in any order, at constant addresses too", () => {
    fc.assert(
      fc.property(straight, (straight) => {
        const [optimized, baseline] = both(counting, write(straight))
        expect(optimized).toEqual(baseline)
      }),
      { numRuns: caseCount(300) },
    )
  })

  const special = [0, -0, 1, -1, 0.1, 1 + 2 ** -12, 2 ** -149, -(2 ** -126), 3e38, -3e38, 2.5, -2147483648, 4294967040]
  const numbers = [...special, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]
  /** All pairs of these numbers, as the halves of operands. */
  const filled = Float32Array.from({ length: 512 }, (_, i) => numbers[i < 256 ? i % 16 : Math.floor(i / 16) % 16] as number)

  const instructions: ReadonlyArray<readonly [string, Instruction]> = Object.entries(values).flatMap(([family, table]) =>
    Object.entries(table as Readonly<Record<string, Instruction>>)
      .filter(
        ([, { immediate, operands, result }]) =>
          result === "v128" && immediate === "none" && operands.every((operand) => !/^[fi]64$|^f32$/u.test(operand)),
      )
      .map(([name, instruction]) => [`${family}.${name}`, instruction] as const),
  )

  it("does the same in both halves, whatever the instruction", () => {
    expect(instructions.length).toBeGreaterThan(60)
    for (const [name, instruction] of instructions) {
      const [optimized, baseline] = both(filled, (code) => {
        for (let at = 0; at < 64; at += 2) {
          const halves = [0, 1].map((half) =>
            code.let(
              apply(
                instruction,
                instruction.operands.map((operand, k) =>
                  operand === "i32" ? 3 : code.let(v128.load(0, 1024 * (k % 2) + 16 * (at + half))),
                ),
              ) as V128,
            ),
          )
          for (const half of [1, 0]) code.v128.store(0, halves[half] as V128, 2048 + 16 * (at + half))
        }
      })
      expect(optimized, name).toEqual(baseline)
    }
  })

  /** The halves of a pair that V8 packs, and a third vector. */
  const three = (code: Code): readonly [lower: V128, upper: V128, other: V128] => {
    const [lower, upper, other] = [0, 16, 512].map((offset) => code.let(f32x4.add(v128.load(0, offset), v128.load(0, offset))))
    code.v128.store(0, upper as V128, 2048 + 16)
    code.v128.store(0, lower as V128, 2048)
    return [lower as V128, upper as V128, other as V128]
  }
  /** All choices of so many of three vectors. */
  const choices = (count: number): ReadonlyArray<ReadonlyArray<number>> =>
    count === 0 ? [[]] : choices(count - 1).flatMap((chosen) => [0, 1, 2].map((i) => [...chosen, i]))

  const takers = [values, { v128: effects.v128 }].flatMap((table) =>
    Object.entries(table).flatMap(([family, instructions]) =>
      Object.entries(instructions as Readonly<Record<string, Instruction>>)
        .filter(([name, { operands }]) => name !== "shuffle" && operands.some((operand) => /x|v128/u.test(operand)))
        .map(([name, instruction]) => [`${family}.${name}`, instruction] as const),
    ),
  )

  const writeEffect = (code: Code, name: string, args: ReadonlyArray<unknown>): void => {
    const effect = code.v128[name.slice("v128.".length) as keyof typeof effects.v128] as (...args: ReadonlyArray<unknown>) => void
    effect(...args)
  }

  it("reads the right half of a packed vector, whatever the instruction", () => {
    expect(takers.length).toBeGreaterThan(60)
    const lanes = { none: [], zero: [], zeros: [], shuffle: [], memory: [3072], lane: [1], memoryLane: [1, 3072] }
    for (const [name, { immediate, operands, result, ...instruction }] of takers) {
      const taken = choices(operands.filter((operand) => /x|v128/u.test(operand)).length)
      const [optimized, baseline] = both(counting, (code) => {
        const vectors = three(code)
        for (const [n, chosen] of taken.entries()) {
          let k = 0
          const given = operands.map((operand) => {
            if (/x|v128/u.test(operand)) return vectors[chosen[k++] ?? 0]
            return operand === "i32" ? (immediate.startsWith("memory") ? 16 * n : 3) : operand === "i64" ? 3n : 3
          })
          const made = apply({ immediate, operands, result, ...instruction }, [...given, ...lanes[immediate]])
          if (result === "none") writeEffect(code, name, [...given, ...lanes[immediate]])
          else if (result === "v128") code.v128.store(0, made as V128, 3072 + 16 * n)
          else code[result].store(0, made as never, 3072 + 16 * n)
        }
      })
      expect(optimized, name).toEqual(baseline)
    }
  })

  it("keeps the upper lanes of a packed constant that also begins sums of 128 bits", () => {
    // Of four vectors of maxima the last is short, so that V8 packs two of them only; all begin with the same constant.
    const x = Tensor.read(Key.normal(Key.make(77), [70, 127]))
    const largest = Program.trace(
      (given) => {
        const x = given as Tensor.Tensor
        return [Tensor.max(Tensor.sub(x, Tensor.max(x, { axes: 0 })), { axes: 1 })]
      },
      [x],
    )
    const result = (lanes: 128 | 256) => whole({ numerics: "portable", lanes }, largest, [x]).map(bits)
    expect(result(256)).toEqual(result(128))
  })

  it("moves the right bytes, whatever the shuffle and whatever is packed", () => {
    const bytes = fc.array(fc.nat(31), { minLength: 16, maxLength: 16 })
    const words = fc
      .array(fc.nat(7), { minLength: 4, maxLength: 4 })
      .map((lanes) => lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)))
    const order = fc.oneof(bytes, words)
    fc.assert(
      fc.property(order, order, fc.boolean(), (one, other, isSame) => {
        const [optimized, baseline] = both(counting, (code) => {
          const vectors = three(code)
          // Shuffles of which both halves are stored, and shuffles alone.
          const [lower, upper, third] = vectors
          const halves = [i8x16.shuffle(lower, third, one), i8x16.shuffle(upper, third, isSame ? one : other)].map((x) =>
            code.let(x),
          )
          for (const half of [1, 0]) code.v128.store(0, halves[half] as V128, 2560 + 16 * half)
          for (const [n, chosen] of choices(2).entries()) {
            const [x, y] = chosen.map((i) => vectors[i]) as [V128, V128]
            code.v128.store(0, i8x16.shuffle(x, y, one), 3072 + 48 * n)
          }
        })
        expect(optimized).toEqual(baseline)
      }),
      { numRuns: caseCount(300) },
    )
  })

  /** One step on both halves: an operation, and for each half which earlier values it takes. */
  interface Step {
    readonly operation: number
    /** The operation of the upper half, where it is another. */
    readonly other: number | undefined
    readonly takes: ReadonlyArray<number>
    /** The upper half takes other values, or values of the lower half. */
    readonly upperTakes: ReadonlyArray<number> | undefined
    readonly crosses: boolean
  }

  interface Paired {
    /** Where pairs are loaded, or one number for all lanes: of both halves, or of each. */
    readonly loads: ReadonlyArray<{ readonly at: number; readonly splat: "no" | "one" | "two" }>
    readonly steps: ReadonlyArray<Step>
    /** Pairs that are stored: their value, which half is first, or one half alone. */
    readonly stores: ReadonlyArray<{ readonly value: number; readonly halves: "upper first" | "lower first" | "lower" | "upper" }>
    /** Sums over the rounds of a loop; there is no loop if there are none. */
    readonly sums: ReadonlyArray<{ readonly value: number; readonly operation: number }>
    readonly rounds: number
  }

  const swaps = [
    [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11],
    [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23],
    [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
    [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3],
    [3, 1, 0, 2, 20, 21, 22, 5, 9, 30, 31, 1, 2, 3, 4, 5],
  ]
  const operations: ReadonlyArray<(x: V128, y: V128, z: V128) => V128> = [
    f32x4.add,
    f32x4.sub,
    f32x4.mul,
    f32x4.min,
    f32x4.max,
    f32x4.lt,
    v128.and,
    v128.xor,
    v128.bitselect,
    i32x4.add,
    i32x4.sub,
    (x, y) => f32x4.add(f32x4.mul(x, y), 1),
    (x) => f32x4.abs(x),
    (x) => f32x4.neg(x),
    (x) => f32x4.mul(x, 3),
    (x) => i32x4.shl(x, 3),
    (x) => f32x4.convert_i32x4_s(x),
    ...swaps.map((bytes) => (x: V128, y: V128) => i8x16.shuffle(x, y, bytes)),
  ]

  const index = fc.nat(30)
  const taken = fc.array(index, { minLength: 3, maxLength: 3 })
  const seldom = <A>(what: fc.Arbitrary<A>) => fc.option(what, { nil: undefined, freq: 5 })
  const paired: fc.Arbitrary<Paired> = fc.record({
    loads: fc.array(fc.record({ at: fc.nat(6), splat: fc.constantFrom("no", "no", "no", "one", "two") }), {
      minLength: 1,
      maxLength: 5,
    }),
    steps: fc.array(
      fc.record({
        operation: fc.nat(operations.length - 1),
        other: seldom(fc.nat(operations.length - 1)),
        takes: taken,
        upperTakes: seldom(taken),
        crosses: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      }),
      { maxLength: 8 },
    ),
    stores: fc.array(
      fc.record({ value: index, halves: fc.constantFrom("upper first", "upper first", "lower first", "lower", "upper") }),
      { minLength: 1, maxLength: 6 },
    ),
    sums: fc.oneof(fc.constant([]), fc.array(fc.record({ value: index, operation: fc.nat(4) }), { minLength: 1, maxLength: 4 })),
    rounds: fc.integer({ min: 1, max: 5 }),
  })

  type Pair = readonly [lower: V128, upper: V128]

  const writePaired =
    ({ loads, rounds, steps, stores, sums }: Paired) =>
    (code: Code, start: I32): void => {
      const at = (pairs: ReadonlyArray<Pair>, i: number): Pair => pairs[i % pairs.length] as Pair
      const round = (address: I32, known: ReadonlyArray<Pair>): ReadonlyArray<Pair> => {
        const pairs: Array<Pair> = [...known]
        for (const { at, splat } of loads) {
          const offset = 32 * at
          const lower = code.let(splat === "no" ? v128.load(address, offset) : v128.load32_splat(address, offset))
          if (splat === "one") pairs.push([lower, lower])
          else
            pairs.push([
              lower,
              code.let(splat === "no" ? v128.load(address, offset + 16) : v128.load32_splat(address, offset + 4)),
            ])
        }
        for (const { crosses, operation, other, takes, upperTakes } of steps) {
          const [a, b, c] = takes.map((i) => at(pairs, i)[0]) as [V128, V128, V128]
          const [d, e, f] = (upperTakes ?? takes).map((i, k) => at(pairs, i)[crosses && k === 0 ? 0 : 1]) as [V128, V128, V128]
          const lower = operations[operation] as (typeof operations)[number]
          const upper = operations[other ?? operation] as (typeof operations)[number]
          pairs.push([code.let(lower(a, b, c)), code.let(upper(d, e, f))])
        }
        return pairs
      }
      const store = (address: I32, [lower, upper]: Pair, offset: number, halves: string): void => {
        if (halves === "upper first" || halves === "upper") code.v128.store(address, upper, offset + 16)
        if (halves !== "upper") code.v128.store(address, lower, offset)
        if (halves === "lower first") code.v128.store(address, upper, offset + 16)
      }
      const storeAll = (address: I32, pairs: ReadonlyArray<Pair>): void => {
        for (const [i, { halves, value }] of stores.entries()) store(address, at(pairs, value), 2048 + 32 * i, halves)
      }
      if (sums.length === 0) {
        storeAll(start, round(start, []))
        return
      }
      const totals = sums.map(() => [code.variable(f32x4.const(0)), code.variable(f32x4.const(0))] as const)
      code.for(0, 64 * rounds, 64, (i: Local<"i32">) => {
        const address = code.let(i32.add(start, i))
        const pairs = round(address, totals)
        storeAll(address, pairs)
        for (const [k, { operation, value }] of sums.entries()) {
          const [lower, upper] = totals[k] as (typeof totals)[number]
          const [x, y] = at(pairs, value)
          const add = operations[operation] as (typeof operations)[number]
          code.set(lower, add(lower, x, x))
          code.set(upper, add(upper, y, y))
        }
      })
      for (const [k, pair] of totals.entries()) store(start, pair, 3072 + 32 * k, "upper first")
    }

  it("computes what it should, whatever is done to the halves, in loops too", () => {
    fc.assert(
      fc.property(paired, (paired) => {
        const [optimized, baseline] = both(counting, writePaired(paired))
        expect(optimized).toEqual(baseline)
      }),
      { numRuns: caseCount(500) },
    )
  })
})
