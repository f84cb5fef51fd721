import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Assembler } from "../src/backend/wasm/assembler/Assembler.ts"
import { Bytes } from "../src/backend/wasm/assembler/Bytes.ts"
import type { Code } from "../src/backend/wasm/assembler/Code.ts"
import { disassemble } from "../src/backend/wasm/assembler/disassemble.ts"
import { call } from "../src/backend/wasm/assembler/Func.ts"
import {
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  select,
  tee,
  type Value,
  v128,
} from "../src/backend/wasm/assembler/Value.ts"
import { compile, instantiate } from "../src/backend/wasm/assembler/webAssembly.ts"
import { evaluate, withMemory } from "./wasm-module.ts"

describe("LEB128", () => {
  const encode = (write: (bytes: Bytes) => void) => {
    const bytes = new Bytes(1)
    write(bytes)
    return Array.from(bytes.copy(), (b) => b.toString(16).padStart(2, "0")).join(" ")
  }
  test.each([
    [0, "00"],
    [1, "01"],
    [127, "7f"],
    [128, "80 01"],
    [624485, "e5 8e 26"],
    [2 ** 31, "80 80 80 80 08"],
    [2 ** 32 - 1, "ff ff ff ff 0f"],
  ])("unsigned %d", (value, expected) => expect(encode((out) => out.u32(value))).toBe(expected))
  test.each([
    [0, "00"],
    [63, "3f"],
    [64, "c0 00"],
    [-1, "7f"],
    [-64, "40"],
    [-65, "bf 7f"],
    [-123456, "c0 bb 78"],
    [2 ** 31 - 1, "ff ff ff ff 07"],
    [-(2 ** 31), "80 80 80 80 78"],
    [2 ** 32 - 1, "7f"],
  ])("signed %d", (value, expected) => {
    expect(encode((out) => out.s32(value))).toBe(expected)
    if (value < 2 ** 31) expect(encode((out) => out.s64(BigInt(value)))).toBe(expected)
  })
  test.each([0, 1, -1, 63, 64, -64, -65, 8191, 8192, -8192, -8193, 2 ** 31 - 1, -(2 ** 31), 0x80000000])(
    "the host reads i32 %d",
    (n) => expect(evaluate("i32", () => i32.const(n))).toBe(n | 0),
  )
  test.each([0n, -1n, 2n ** 31n, 2n ** 62n, -(2n ** 62n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)])("the host reads i64 %d", (n) =>
    expect(evaluate("i64", () => i64.const(n))).toBe(n),
  )
  test("a run of bytes grows and is measured", () => {
    const [inner, outer] = [new Bytes(1), new Bytes(1)]
    for (let i = 0; i < 300; i++) inner.u8(i)
    outer.vector(inner)
    expect(outer.length).toBe(302)
    expect([...outer.copy().slice(0, 4)]).toEqual([0xac, 0x02, 0, 1])
  })
})

test("the bytes of a module, section by section", () => {
  const module = new Assembler()
  module.importMemory("e", "m", { initial: 1, maximum: 2, shared: true })
  module.func("scale", { params: ["i32"], export: true }, (code, [p]) => {
    code.v128.store(p, f32x4.mul(v128.load(p, 16), 2), 16)
  })
  expect(
    Buffer.from(module.bytes())
      .toString("hex")
      .replaceAll(/(.{64})/g, "$1\n"),
  ).toMatchInlineSnapshot(`
    "0061736d0100000001050160017f000209010165016d02030102030201000709
    01057363616c6500000a2501230020002000fd000410fd0c0000004000000040
    0000004000000040fde601fd0b04100b000f046e616d6501080100057363616c
    65"
  `)
})

test("a module as text", () => {
  const module = new Assembler()
  module.importMemory("engine", "memory", { initial: 1 })
  const sum = module.func("sum", { params: ["i32", "i32"], result: "f32" }, (code, [from, to]) => {
    const total = code.variable(f32x4.const(0))
    code.forAddress(from, to, 32, (p) => {
      code.set(total, f32x4.add(total, f32x4.mul(v128.load(p), 0.5)))
      code.set(total, f32x4.add(total, f32x4.mul(v128.load(p, 16), 0.5)))
    })
    return f32x4.extract_lane(total, 0)
  })
  module.func("choose", { params: ["i32"], export: true }, (code, [n]) => {
    code.switch(n, [() => code.f32.store(0, call(sum, 0, 64)), () => code.memory.fill(0, 0, 64)])
    code.if(
      i32.eqz(n),
      () => code.v128.store(0, i8x16.shuffle(v128.load(0), i32x4.const(-1), [...new Array(15).fill(3), 31])),
      () => code.return(),
    )
    code.drop(i64.const(-(2n ** 40n)))
  })
  expect(disassemble(module.bytes())).toMatchInlineSnapshot(`
    "sum(i32, i32) -> f32
      locals v128 i32 i32 v128
      v128.const f32x4 0.5 0.5 0.5 0.5
      local.set 5
      v128.const f32x4 0 0 0 0
      local.set 2
      local.get 0
      local.set 3
      local.get 1
      local.set 4
      local.get 3
      local.get 4
      i32.lt_u
      if
        loop
          local.get 2
          local.get 3
          v128.load
          local.get 5
          f32x4.mul
          f32x4.add
          local.set 2
          local.get 2
          local.get 3
          v128.load offset=16
          local.get 5
          f32x4.mul
          f32x4.add
          local.set 2
          local.get 3
          i32.const 32
          i32.add
          local.set 3
          local.get 3
          local.get 4
          i32.lt_u
          br_if 0
        end
      end
      local.get 2
      f32x4.extract_lane 0

    choose(i32)
      block
        block
          block
            block
              local.get 0
              br_table 0 1 2
            end
            i32.const 0
            i32.const 0
            i32.const 64
            call 0
            f32.store
            br 2
          end
          i32.const 0
          i32.const 0
          i32.const 64
          memory.fill
          br 1
        end
      end
      local.get 0
      i32.eqz
      if
        i32.const 0
        i32.const 0
        v128.load
        v128.const f32x4 0 0 0 0
        v128.or
        v128.const i32x4 -1 -1 -1 -1
        i8x16.shuffle 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 31
        v128.store
      else
        return
      end
      i64.const -1099511627776
      drop"
  `)
})

describe("control", () => {
  test("for counts like JavaScript's, with constant and variable bounds", () => {
    const counted = (make: (from: Local<"i32">, to: Local<"i32">, step: Local<"i32">) => Parameters<Code["for"]>) =>
      withMemory((module) => {
        module.func("f", { params: ["i32", "i32", "i32"], result: "i32", export: true }, (code, params) => {
          const sum = code.let(i32.const(0))
          const [start, end, step] = make(...params)
          code.for(start, end, step, (i) => code.set(sum, i32.add(i32.mul(sum, 3), i)))
          return sum
        })
      })
    for (const [from, to, step] of [
      [0, 5, 1],
      [0, 5, 2],
      [-3, 4, 3],
      [2, 2, 1],
      [3, 1, 1],
      [0, -4, 4],
    ] as const) {
      let sum = 0
      for (let i = from; i < to; i += step) sum = (Math.imul(sum, 3) + i) | 0
      expect(counted((a, b, c) => [a, b, c, () => {}]).run("f", from, to, step)).toBe(sum)
      expect(counted((a, b) => [a, b, step, () => {}]).run("f", from, to, step)).toBe(sum)
      expect(counted((a) => [a, to, step, () => {}]).run("f", from, to, step)).toBe(sum)
      expect(counted(() => [from, to, step, () => {}]).run("f", from, to, step)).toBe(sum)
    }
  })
  test("the end of a range is computed once", () => {
    const sum = evaluate("i32", (code) => {
      const [end, rounds] = [code.let(i32.const(3)), code.let(i32.const(0))]
      code.for(0, i32.add(end, 0), 1, () => {
        code.set(end, i32.add(end, 10))
        code.set(rounds, i32.add(rounds, 1))
      })
      return rounds
    })
    expect(sum).toBe(3)
  })
  test("addresses above 2³¹ are not negative", () => {
    const rounds = evaluate("i32", (code) => {
      const rounds = code.let(i32.const(0))
      code.forAddress(2 ** 31 - 16, 2 ** 31 + 16, 16, () => code.set(rounds, i32.add(rounds, 1)))
      return rounds
    })
    expect(rounds).toBe(2)
  })
  test("block, loop, if, br and return", () => {
    const { run } = withMemory((module) => {
      const collatz = module.func("collatz", { params: ["i32"], result: "i32", export: true }, (code, [n]) => {
        const steps = code.let(i32.const(0))
        code.block((done) =>
          code.loop((again) => {
            code.brIf(done, i32.le_u(n, 1))
            code.if(
              i32.and(n, 1),
              () => code.set(n, i32.add(i32.mul(n, 3), 1)),
              () => code.set(n, i32.shr_u(n, 1)),
            )
            code.set(steps, i32.add(steps, 1))
            code.br(again)
          }),
        )
        return steps
      })
      module.func("early", { params: ["i32"], result: "i32", export: true }, (code, [n]) => {
        code.if(i32.eqz(n), () => code.return(i32.const(-1)))
        code.call(collatz, 3)
        code.drop(call(collatz, 3))
        return call(collatz, n)
      })
      module.func("never", { export: true }, (code) => code.unreachable())
    })
    expect(run("collatz", 27)).toBe(111)
    expect(run("early", 0)).toBe(-1)
    expect(run("early", 6)).toBe(8)
    expect(() => run("never")).toThrow()
  })
  test("switch runs one case, or the last", () => {
    const { run } = withMemory((module) => {
      for (const count of [0, 1, 3]) {
        module.func(`of${count}`, { params: ["i32"], result: "i32", export: true }, (code, [n]) => {
          const sum = code.let(i32.const(0))
          const add = (k: number) => () => code.set(sum, i32.add(sum, k))
          code.switch(
            n,
            Array.from({ length: count }, (_, k) => add(10 ** k)),
            add(-1),
          )
          return sum
        })
      }
    })
    expect([0, 1].map((n) => run("of0", n))).toEqual([-1, -1])
    expect([0, 1, -1].map((n) => run("of1", n))).toEqual([1, -1, -1])
    expect([0, 1, 2, 3, -1].map((n) => run("of3", n))).toEqual([1, 10, 100, -1, -1])
  })
  test("select and tee", () => {
    const { run } = withMemory((module) => {
      module.func("f", { params: ["i32"], result: "f32", export: true }, (code, [n]) => {
        const local = code.local("f32")
        const vector = select(n, f32x4.const(1), f32x4.const(2))
        return f32.add(tee(local, f32x4.extract_lane(vector, 3)), f32.mul(local, select(n, f32.const(10), f32.const(100))))
      })
    })
    expect([run("f", 1), run("f", 0)]).toEqual([11, 202])
  })
  test("a label is good only inside its block", () => {
    expect(() =>
      evaluate("i32", (code) => {
        let kept: Parameters<Code["br"]>[0] | undefined
        code.block((end) => {
          kept = end
        })
        if (kept !== undefined) code.br(kept)
        return i32.const(0)
      }),
    ).toThrow("a branch goes to a block that it is not in")
  })
})

describe("locals", () => {
  test("let computes once, an expression each time it is used", () => {
    const { run } = withMemory((module) => {
      module.func("f", { result: "i32", export: true }, (code) => {
        const x = i32.load(0)
        const before = code.let(x)
        code.i32.store(0, 5)
        return i32.add(i32.mul(before, 10), x)
      })
    })
    expect(run("f")).toBe(5)
  })
  test("room is used again after a scope, and a result outlives it", () => {
    const count = (build: (code: Code) => void) => {
      const module = new Assembler()
      module.func("f", {}, build)
      return module.bytes().length
    }
    const inScopes = count((code) => {
      for (let i = 0; i < 50; i++) code.scope(() => void code.let(i32.const(i)))
    })
    const inOne = count((code) => {
      code.scope(() => void code.let(i32.const(0)))
    })
    // The same local each time: two bytes for the constant, two for setting local 0. Two lengths take a byte more.
    expect(inScopes - inOne).toBe(49 * 4 + 2)
    const nested = evaluate("i32", (code) => {
      const x = code.let(() => {
        const a = code.let(i32.const(20))
        return i32.add(a, 1)
      })
      const y = code.let(() => i32.add(code.let(i32.const(100)), x))
      return i32.sub(y, x)
    })
    expect(nested).toBe(100)
  })
  test("a local used after its scope is found", () => {
    const misuse = () =>
      evaluate("i32", (code) => {
        let kept: Value<"i32"> = i32.const(0)
        code.scope(() => {
          kept = code.let(i32.const(1))
        })
        return kept
      })
    expect(misuse).toThrow("a local is used after its scope has ended")
  })
  test("a local of another function is found", () => {
    const module = new Assembler()
    let kept: Value<"i32"> = i32.const(0)
    module.func("f", { params: ["i32"] }, (_, [p]) => {
      kept = p
    })
    expect(() => module.func("g", { result: "i32" }, () => kept)).toThrow("a local is used after its scope has ended")
  })
})

describe("constants", () => {
  test("one number for all lanes or one for each", () => {
    const { run, bytes } = withMemory((module) => {
      module.func("f", { export: true }, (code) => {
        const all = [
          i8x16.const(-1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
          i16x8.const(-2),
          i32x4.const(1, 2, 3, 4),
          i64x2.const(1n, -1n),
          f32x4.const(0.1),
          f64x2.const(0.1, -0),
        ]
        // In a loop they are set up before it.
        code.for(0, 1, 1, () => {
          for (const [k, value] of [...all, ...all].entries()) code.v128.store(16 * k, value)
        })
      })
    })
    run("f")
    for (const start of [0, 96]) {
      expect([...new Int8Array(bytes.buffer, start, 16)]).toEqual([-1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
      expect([...new Int16Array(bytes.buffer, start + 16, 8)]).toEqual(new Array(8).fill(-2))
      expect([...new Int32Array(bytes.buffer, start + 32, 4)]).toEqual([1, 2, 3, 4])
      expect([...new BigInt64Array(bytes.buffer, start + 48, 2)]).toEqual([1n, -1n])
      expect([...new Float32Array(bytes.buffer, start + 64, 4)]).toEqual(new Array(4).fill(Math.fround(0.1)))
      expect([...new Float64Array(bytes.buffer, start + 80, 2)]).toEqual([0.1, -0])
    }
    expect(() => f32x4.const(1, 2)).toThrow("one lane or all of them")
  })
  test("a number in a lane keeps its sign of zero", () => {
    const { run, bytes } = withMemory((module) => {
      module.func("f", { export: true }, (code) =>
        code.for(0, 1, 1, () => {
          code.v128.store(0, f32x4.add(f32x4.const(-0), 0))
          code.v128.store(16, f32x4.add(f32x4.const(-0), -0))
        }),
      )
    })
    run("f")
    expect([...new Float32Array(bytes.buffer, 0, 8)]).toEqual([0, 0, 0, 0, -0, -0, -0, -0])
  })
})

describe("a vector that is set again", () => {
  const text = (lanes: 128 | 256): string => {
    const module = new Assembler("portable", lanes)
    module.func("f", { params: ["i32"] }, (code, [p]) => {
      const x = code.let(v128.load(p))
      code.loop(() => {
        const best = code.variable(f32x4.const(1, 2, 3, 4))
        code.set(best, x)
        code.set(best, f32x4.add(best, f32x4.const(1, 2, 3, 4)))
      })
    })
    return disassemble(module.bytes())
  }

  test("holds results of its own where lanes are wide: neither a local's vector nor a constant's", () => {
    expect(text(256)).toMatchInlineSnapshot(`
      "f(i32)
        locals v128 v128 v128
        v128.const f32x4 1 2 3 4
        local.set 3
        local.get 0
        v128.load
        local.set 1
        loop
          v128.const f32x4 1 2 3 4
          local.set 2
          local.get 1
          v128.const f32x4 0 0 0 0
          v128.or
          local.set 2
          local.get 2
          local.get 3
          f32x4.add
          local.set 2
        end"
    `)
  })
  test("may share them where lanes are narrow", () => {
    expect(text(128)).toMatchInlineSnapshot(`
      "f(i32)
        locals v128 v128 v128
        v128.const f32x4 1 2 3 4
        local.set 2
        local.get 0
        v128.load
        local.set 1
        loop
          local.get 2
          local.set 3
          local.get 1
          local.set 3
          local.get 3
          local.get 2
          f32x4.add
          local.set 3
        end"
    `)
  })
  test("begins as a variable, which the types demand", () => {
    const module = new Assembler()
    module.func("f", { params: ["i32"] }, (code, [p]) => {
      const x = code.let(v128.load(p))
      // @ts-expect-error a vector made by `let` is not set again
      code.set(x, x)
      // @ts-expect-error a vector begins with a value
      code.local("v128")
    })
  })
})

test("functions and globals of the host", () => {
  const module = new Assembler()
  const double = module.importFunction("host", "double", { params: ["f64"], result: "f64" })
  const base = module.importGlobal("host", "base", "i32")
  module.func("f", { result: "f64", export: true }, () => f64.add(call(double, 21), f64.convert_i32_s(base)))
  expect(() => module.importFunction("host", "late", {})).toThrow("imports come before the module's own functions")
  const exports = instantiate(compile(module.bytes()), { host: { double: (x) => 2 * Number(x), base: 100 } })
  expect(exports.f?.()).toBe(142)
})

describe("values in step", () => {
  /** A part of a program on some locals, which it changes in a scope, in a branch, or by an expression of several operations. */
  type Step = readonly [kind: "scope" | "branch" | "tree", from: number, by: number]
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.constantFrom("scope", "branch", "tree"),
    fc.nat(3),
    fc.integer({ min: -9, max: 9 }),
  )

  const make = (code: Code, start: Value<"i32">, steps: ReadonlyArray<Step>): Value<"i32"> => {
    const locals = [0, 1, 2, 3].map((k) => code.let(i32.add(i32.mul(start, k + 1), k)))
    steps.forEach(([kind, from, by], at) => {
      const [x, into] = [locals[from], locals[at % 4]] as [Local<"i32">, Local<"i32">]
      if (kind === "scope")
        code.set(
          into,
          code.let(() => i32.sub(code.let(i32.mul(x, by)), code.let(i32.add(x, 1)))),
        )
      else if (kind === "branch") code.if(i32.lt_s(x, by), () => code.set(into, i32.add(code.let(i32.mul(into, 3)), by)))
      else code.set(into, i32.xor(i32.add(i32.mul(x, by), i32.shl(into, 1)), i32.sub(x, i32.const(by))))
    })
    const [a, b, c, d] = locals as [Local<"i32">, Local<"i32">, Local<"i32">, Local<"i32">]
    return i32.add(i32.add(a, b), i32.xor(c, d))
  }

  test("are those that are computed one after the other", () => {
    const results = (starts: ReadonlyArray<number>, steps: ReadonlyArray<Step>, inStep: boolean): ReadonlyArray<number> => {
      const { bytes, run } = withMemory((module) => {
        module.func("f", { export: true }, (code) => {
          const makes = starts.map((start) => () => make(code, i32.const(start), steps))
          const made = inStep ? code.letInStep(makes) : makes.map((each) => code.let(each))
          made.forEach((value, i) => {
            code.i32.store(0, value, 4 * i)
          })
        })
      })
      run("f")
      return [...new Int32Array(bytes.buffer, 0, starts.length)]
    }
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 5 }),
        fc.array(step),
        (starts, steps) => {
          expect(results(starts, steps, true)).toEqual(results(starts, steps, false))
        },
      ),
    )
  })

  test("are written operation by operation, and keep their locals to themselves", () => {
    const module = new Assembler()
    module.func("f", { params: ["v128", "v128"], result: "v128" }, (code, [x, y]) => {
      const [a, b] = code.letInStep([x, y].map((each) => () => f32x4.sub(f32x4.mul(each, each), each)))
      return f32x4.div(a as Local<"v128">, b as Local<"v128">)
    })
    const operations = [...disassemble(module.bytes()).matchAll(/f32x4\.(\w+)/gu)].map(([, name]) => name)
    expect(operations).toEqual(["mul", "mul", "sub", "sub", "div"])
  })
})

test("a trap names the function", () => {
  const { run } = withMemory((module) => {
    module.func("matmul 64x10", { export: true }, (code) => code.drop(i32.load(-4)))
  })
  expect(() => run("matmul 64x10")).toThrow()
  try {
    run("matmul 64x10")
  } catch (error) {
    expect((error as Error).stack).toContain("matmul 64x10")
  }
})

test("what has the wrong type does not compile", () => {
  const never = () => {
    // @ts-expect-error a vector is no float
    f32.add(f32x4.const(1), 1)
    // @ts-expect-error nor is a float a vector
    f32x4.add(f32.const(1), 1)
    // @ts-expect-error a shift counts in i32
    i32x4.shl(i32x4.const(1), f32.const(1))
    // @ts-expect-error the lanes of a bitwise operand are unknown
    v128.and(i32x4.const(1), 1)
    // @ts-expect-error a 64-bit constant is a bigint
    i64.add(i64.const(1n), 1)
  }
  expect(never).toThrow()
})
