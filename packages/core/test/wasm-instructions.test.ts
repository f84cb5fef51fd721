import { describe, expect, test } from "vitest"
import { Assembler } from "../src/backend/wasm/assembler/Assembler.ts"
import type { Code } from "../src/backend/wasm/assembler/Code.ts"
import { type Instruction, type Operand, type ValueType, values } from "../src/backend/wasm/assembler/opcodes.ts"
import {
  apply,
  atomic,
  f32,
  f32x4,
  f64,
  i8x16,
  i32,
  i32x4,
  i64,
  i64x2,
  type V128,
  type Value,
  v128,
} from "../src/backend/wasm/assembler/Value.ts"
import { compile, instantiate, memory, validate, type WasmFunction } from "../src/backend/wasm/assembler/webAssembly.ts"
import { as, type Elements, models } from "./wasm-models.ts"
import { withMemory } from "./wasm-module.ts"

describe("every instruction that leaves a value is what its model says", () => {
  const from: { readonly [T in ValueType]: (address: number) => Value } = {
    i32: (at) => i32.load(i32.const(at)),
    i64: (at) => i64.load(i32.const(at)),
    f32: (at) => f32.load(i32.const(at)),
    f64: (at) => f64.load(i32.const(at)),
    v128: (at) => v128.load(i32.const(at)),
  }
  const load = (operand: Operand, k: number): Value => from[operand in from ? (operand as ValueType) : "v128"](16 * k)
  const result = 64
  const store = (code: Code, value: Value): void => {
    const doers: { readonly [T in ValueType]: (address: number, value: never) => void } = {
      i32: code.i32.store,
      i64: code.i64.store,
      f32: code.f32.store,
      f64: code.f64.store,
      v128: code.v128.store,
    }
    doers[value.type](result, value as never)
  }
  const rows = Object.entries(values).flatMap(([family, instructions]) =>
    Object.entries(instructions as Readonly<Record<string, Instruction>>).map(([name, row]) => ({ family, name, row })),
  )
  const immediates = (family: string): ReadonlyArray<number> => {
    const lanes = Number(/x(\d+)$/.exec(family)?.[1])
    return Array.from({ length: lanes }, (_, lane) => lane)
  }
  const computed = rows
    .filter(({ row }) => row.immediate === "none" || row.immediate === "lane")
    .filter(({ name }) => !name.startsWith("relaxed_"))
    .flatMap(({ family, name, row }) =>
      (row.immediate === "lane" ? immediates(family) : [0]).map((immediate) => ({
        id: `${family}.${name} ${immediate}`,
        family,
        name,
        row,
        immediate,
      })),
    )
  const { run, bytes } = withMemory((module) => {
    for (const { id, row, immediate } of computed) {
      module.func(id, { export: true }, (code) => store(code, apply(row, [...row.operands.map(load), immediate])))
    }
  })

  // Bits that are special as floats, as doubles or as whole numbers, and bits of any kind.
  const specials = [
    0,
    -0,
    1,
    -1,
    0.5,
    1.5,
    2.5,
    -2.5,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    1e-45,
    3e38,
    1e300,
    300,
    -300,
    Infinity,
    -Infinity,
    NaN,
  ]
  let state = 7
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state ^ (state >>> 13)) >>> 0
  }
  const fillOperand = (operand: Uint8Array<ArrayBuffer>): void => {
    const kind = random() % 4
    const pick = () => specials[random() % specials.length] as number
    if (kind === 0) operand.set(new Uint8Array(Float32Array.from({ length: 4 }, pick).buffer))
    else if (kind === 1) operand.set(new Uint8Array(Float64Array.from({ length: 2 }, pick).buffer))
    else if (kind === 2) operand.set(new Uint8Array(Int32Array.from({ length: 4 }, pick).buffer))
    else operand.set(Uint8Array.from({ length: 16 }, random))
  }
  const read = (like: Elements): Elements => {
    const View = like.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => Elements
    return new View(bytes.buffer, result, like.length)
  }

  test.each(computed)("$id", ({ id, family, name, row, immediate }) => {
    const model = models[family]?.[name]
    if (model === undefined) throw new Error(`${family}.${name} has no model`)
    for (let round = 0; round < 150; round++) {
      const operands = row.operands.map((_, k) => bytes.subarray(16 * k, 16 * k + 16))
      operands.forEach(fillOperand)
      // An operand equal to another finds what only then differs.
      if (round % 10 === 0) operands[1]?.set(operands[0] as Uint8Array)
      const said = ((): Elements | undefined => {
        try {
          return model(operands, immediate)
        } catch {
          return undefined
        }
      })()
      if (said === undefined) expect(() => run(id)).toThrow()
      else {
        run(id)
        const got = read(said)
        for (let i = 0; i < said.length; i++) {
          if (!Object.is(got[i], said[i])) {
            expect.fail(`lane ${i} of ${operands.map((o) => Buffer.from(o).toString("hex"))} is ${got[i]}, not ${said[i]}`)
          }
        }
      }
    }
  })

  test("relaxed multiply-add rounds once or twice", () => {
    const { run, bytes } = withMemory((module) => {
      module.func("madd", { export: true }, (code) =>
        code.v128.store(48, f32x4.relaxed_madd(v128.load(0), v128.load(16), v128.load(32))),
      )
      module.func("nmadd", { export: true }, (code) =>
        code.v128.store(48, f32x4.relaxed_nmadd(v128.load(0), v128.load(16), v128.load(32))),
      )
    })
    const f = new Float32Array(bytes.buffer, 0, 16)
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < 12; i++) f[i] = random() / 2 ** 31 - 1
      for (const [name, sign] of [
        ["madd", 1],
        ["nmadd", -1],
      ] as const) {
        run(name)
        for (let i = 0; i < 4; i++) {
          const [a, b, c] = [sign * (f[i] ?? 0), f[i + 4] ?? 0, f[i + 8] ?? 0]
          expect([Math.fround(a * b + c), Math.fround(Math.fround(a * b) + c)]).toContain(f[i + 12])
        }
      }
    }
  })

  test("a shuffle takes the bytes it names from both", () => {
    const lanes = [0, 31, 2, 29, 4, 27, 6, 25, 8, 23, 10, 21, 12, 19, 14, 17]
    const { run, bytes } = withMemory((module) => {
      module.func("f", { export: true }, (code) => code.v128.store(32, i8x16.shuffle(v128.load(0), v128.load(16), lanes)))
    })
    for (let i = 0; i < 32; i++) bytes[i] = 100 + i
    run("f")
    expect([...bytes.subarray(32, 48)]).toEqual(lanes.map((lane) => 100 + lane))
  })
})

describe("memory", () => {
  const pattern = Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + 129) % 256)
  const view = new DataView(pattern.buffer)
  const at = 5
  /** Each load from address 2 with offset 3. */
  const loads: ReadonlyArray<readonly [name: string, load: () => Value, expected: Elements]> = [
    ["i32.load", () => i32.load(2, 3), [view.getInt32(at, true)]],
    ["i32.load8_s", () => i32.load8_s(2, 3), [view.getInt8(at)]],
    ["i32.load8_u", () => i32.load8_u(2, 3), [view.getUint8(at)]],
    ["i32.load16_s", () => i32.load16_s(2, 3), [view.getInt16(at, true)]],
    ["i32.load16_u", () => i32.load16_u(2, 3), [view.getUint16(at, true)]],
    ["i64.load", () => i64.load(2, 3), [view.getBigInt64(at, true)]],
    ["f32.load", () => f32.load(2, 3), as("f32", [view.getFloat32(at, true)])],
    ["f64.load", () => f64.load(2, 3), as("f64", [view.getFloat64(at, true)])],
    ["v128.load", () => v128.load(2, 3), as("u8", [...pattern.subarray(at, at + 16)])],
    ["v128.load8x8_s", () => v128.load8x8_s(2, 3), as("i16", [...new Int8Array(pattern.buffer, at, 8)])],
    ["v128.load8x8_u", () => v128.load8x8_u(2, 3), as("i16", [...pattern.subarray(at, at + 8)])],
    ["v128.load8_splat", () => v128.load8_splat(2, 3), as("u8", new Array(16).fill(pattern[at]))],
    ["v128.load32_splat", () => v128.load32_splat(2, 3), as("i32", new Array(4).fill(view.getInt32(at, true)))],
    ["v128.load64_splat", () => v128.load64_splat(2, 3), as("i64", new Array(2).fill(view.getBigInt64(at, true)))],
    ["v128.load32_zero", () => v128.load32_zero(2, 3), as("i32", [view.getInt32(at, true), 0, 0, 0])],
    ["v128.load64_zero", () => v128.load64_zero(2, 3), as("i64", [view.getBigInt64(at, true), 0n])],
    ["v128.load8_lane", () => v128.load8_lane(2, i8x16.const(7), 9, 3), as("u8", new Array(16).fill(7).with(9, pattern[at]))],
    ["v128.load32_lane", () => v128.load32_lane(2, i32x4.const(7), 2, 3), as("i32", [7, 7, view.getInt32(at, true), 7])],
    ["v128.load64_lane", () => v128.load64_lane(2, i64x2.const(7n), 1, 3), as("i64", [7n, view.getBigInt64(at, true)])],
  ]
  test("every load is in the list", () => {
    const named = Object.entries(values).flatMap(([family, rows]) =>
      Object.entries(rows as Readonly<Record<string, Instruction>>)
        .filter(([, row]) => family !== "atomic" && (row.immediate === "memory" || row.immediate === "memoryLane"))
        .map(([name]) => `${family}.${name}`),
    )
    expect(loads.map(([name]) => name).toSorted()).toEqual(named.toSorted())
  })
  test.each(loads)("%s", (_, load, expected) => {
    const { run, bytes } = withMemory((module) => {
      module.func("f", { export: true }, (code) => {
        const value = load()
        if (value.type === "v128") code.v128.store(64, value as V128)
        else if (value.type === "f32") code.f32.store(64, value as Value<"f32">)
        else if (value.type === "f64") code.f64.store(64, value as Value<"f64">)
        else if (value.type === "i64") code.i64.store(64, value as Value<"i64">)
        else code.i32.store(64, value as Value<"i32">)
      })
    })
    bytes.set(pattern)
    run("f")
    const wanted = Array.isArray(expected) ? as(typeof expected[0] === "bigint" ? "i64" : "i32", expected) : expected
    const View = wanted.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => Elements
    expect(Array.from(new View(bytes.buffer, 64, wanted.length))).toEqual(Array.from(wanted))
  })
  test("stores", () => {
    const { run, bytes } = withMemory((module) => {
      module.func("f", { export: true }, (code) => {
        code.i32.store(0, 0x01020304)
        code.i32.store8(4, 0x1ff)
        code.i32.store16(5, 0x1aabb)
        code.i64.store(8, -2n)
        code.f32.store(16, 1.5)
        code.f64.store(20, -2.5, 4)
        code.v128.store(32, i32x4.const(1, 2, 3, 4))
        code.v128.store8_lane(48, i8x16.const(...pattern.subarray(0, 16)), 3)
        code.v128.store32_lane(49, i32x4.const(5, 6, 7, 8), 2)
        code.v128.store64_lane(53, i64x2.const(5n, -3n), 1)
        code.memory.fill(100, 0xab, 3)
        code.memory.copy(110, 99, 5)
      })
    })
    run("f")
    const view = new DataView(bytes.buffer)
    expect([...bytes.subarray(0, 7)]).toEqual([4, 3, 2, 1, 0xff, 0xbb, 0xaa])
    expect(view.getBigInt64(8, true)).toBe(-2n)
    expect(view.getFloat32(16, true)).toBe(1.5)
    expect(view.getFloat64(24, true)).toBe(-2.5)
    expect([...new Int32Array(bytes.buffer, 32, 4)]).toEqual([1, 2, 3, 4])
    expect(bytes[48]).toBe(pattern[3])
    expect(view.getInt32(49, true)).toBe(7)
    expect(view.getBigInt64(53, true)).toBe(-3n)
    expect([...bytes.subarray(110, 115)]).toEqual([0, 0xab, 0xab, 0xab, 0])
  })
  test("offsets beyond 2³¹ and what is none", () => {
    expect(
      validate(
        (() => {
          const module = new Assembler()
          module.importMemory("e", "m", { initial: 1 })
          module.func("f", { result: "i32" }, () => i32.load(0, 2 ** 32 - 4))
          return module.bytes()
        })(),
      ),
    ).toBe(true)
    expect(() => i32.load(0, -1)).toThrow("-1 is not a memory offset")
    expect(() => i32.load(0, 2 ** 32)).toThrow("not a memory offset")
  })
})

test("atomics on shared memory", () => {
  const module = new Assembler()
  module.importMemory("engine", "memory", { initial: 1, maximum: 1, shared: true })
  const operations = {
    add: atomic.add,
    sub: atomic.sub,
    and: atomic.and,
    or: atomic.or,
    xor: atomic.xor,
    exchange: atomic.exchange,
  }
  for (const [name, operation] of Object.entries(operations)) {
    module.func(name, { params: ["i32"], result: "i32", export: true }, (_, [x]) => operation(4, x, 4))
  }
  module.func("compareExchange", { params: ["i32", "i32"], result: "i32", export: true }, (_, [x, y]) =>
    atomic.compareExchange(8, x, y),
  )
  module.func("compareExchange64", { params: ["i64", "i64"], result: "i64", export: true }, (_, [x, y]) =>
    atomic.compareExchange64(16, x, y),
  )
  module.func("load64", { result: "i64", export: true }, () => atomic.load64(16))
  module.func("store64", { params: ["i64"], export: true }, (code, [x]) => code.atomic.store64(16, x))
  module.func("load", { result: "i32", export: true }, () => atomic.load(8))
  module.func("store", { params: ["i32"], export: true }, (code, [x]) => {
    code.atomic.store(8, x)
    code.atomic.fence()
  })
  module.func("wait", { params: ["i32", "i64"], result: "i32", export: true }, (_, [x, time]) => atomic.wait(8, x, time))
  module.func("notify", { result: "i32", export: true }, () => atomic.notify(8, -1))
  const shared = memory({ initial: 1, maximum: 1, shared: true })
  const exports = instantiate(compile(module.bytes()), { engine: { memory: shared } })
  const run = (name: string, ...args: ReadonlyArray<number | bigint>) => (exports[name] as WasmFunction)(...args)
  run("store", 12)
  expect(run("add", 3)).toBe(12)
  expect(run("sub", 5)).toBe(15)
  expect(run("and", 6)).toBe(10)
  expect(run("or", 5)).toBe(2)
  expect(run("xor", 1)).toBe(7)
  expect(run("exchange", 40)).toBe(6)
  expect(run("compareExchange", 41, 1)).toBe(40)
  expect(run("compareExchange", 40, 1)).toBe(40)
  expect(run("load")).toBe(1)
  run("store64", 2n ** 40n)
  expect(run("compareExchange64", 1n, 2n)).toBe(2n ** 40n)
  expect(run("compareExchange64", 2n ** 40n, 2n ** 50n)).toBe(2n ** 40n)
  expect(run("load64")).toBe(2n ** 50n)
  expect(run("wait", 2, -1n)).toBe(1)
  expect(run("wait", 1, 1000n)).toBe(2)
  expect(run("notify")).toBe(0)
})
