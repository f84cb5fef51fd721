/** Memory: whether it is freed and reused, and the error when there is not enough. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { Effect, Result, Stream } from "effect"
import fc from "fast-check"
import { describe, expect, it, onTestFinished } from "vitest"
import { EngineError, OutOfMemory } from "../src/backend/Executable.ts"
import { scratchBytes } from "../src/backend/wasm/kernels/cascade.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { syncBytes } from "../src/backend/wasm/threads/claims.ts"
import { makePool, type Pool } from "../src/backend/wasm/threads/pool.ts"
import { makeSharedMemories } from "../src/backend/wasm/threads/sharedMemories.ts"
import { Compile, Key, Layers, Loss, Net, Optimizer, Program as Programs, Tensor, Toys, Train, Wasm } from "../src/index.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { caseCount } from "./case-count.ts"

type T = Tensor.Tensor

const root = join(import.meta.dirname, "../../..")
const run = promisify(execFile)

type Marks = { readonly "10": number; readonly "50": number; readonly "100": number }

describe("memory", () => {
  it("stays flat over cycles of compiling, running and dropping, and over the steps of a run", async ({ annotate }) => {
    const script = ["--max-semi-space-size=4", "scripts/memory-flat.ts", "--cycles", "800", "--steps", "10000", "--json"]
    const { stdout } = await run(process.execPath, script, { cwd: root })
    const { cycles, steps }: { readonly cycles: Marks; readonly steps: Marks } = JSON.parse(stdout)
    const megabytes = (marks: Marks) => Object.values(marks).map((bytes) => Math.round(bytes / 2 ** 20))
    await annotate(`MiB at 10, 50 and 100 %: ${megabytes(cycles)} over 800 cycles, ${megabytes(steps)} over 10,000 steps`)
    // A quarter of these cycles are on two threads, each with more than 1 MB: kept, half of them would come to over 100 MB.
    // The collector's own ups and downs, and the code that is remembered, come to some 20 MB.
    expect(cycles["100"] - cycles["50"]).toBeLessThan(40 * 2 ** 20)
    // A step that kept its batch would keep 200 bytes, one that kept its state 2 kB: 10 MB over half of them.
    expect(steps["100"] - steps["50"]).toBeLessThan(10 * 2 ** 20)
  })

  const poolOf = (threads: number): Pool => {
    const made = makePool(threads, 0)
    if (made === undefined) throw new Error("this host has no threads")
    onTestFinished(() => made.close())
    return made
  }
  const shape = [256, 256]
  const square = { program: Programs.trace((x) => [Tensor.matmul(x as T, x as T)], [{ dtype: "f32", shape }]), resident: 0 }

  it("of a program on threads is the next one's when it is released", () => {
    const pool = poolOf(2)
    const taken: Array<unknown> = []
    const memory: Pool["memory"] = (pages) => {
      const made = pool.memory(pages)
      taken.push(made)
      return made
    }
    const x = Tensor.read(Key.normal(Key.make(1), shape))
    const results = [0, 1, 2].map(() => {
      const ready = prepare(square, { ...pool, memory })
      const made = ready.run([x])
      ready.release()
      ready.release()
      expect(() => ready.run([x])).toThrow("it was released with its scope")
      return made
    })
    expect(new Set(taken).size).toBe(1)
    expect(results[2]).toEqual(results[0])
    const both = [prepare(square, { ...pool, memory }), prepare(square, { ...pool, memory })]
    expect(new Set(taken).size).toBe(2)
    for (const ready of both) expect(ready.run([x])).toEqual(results[0])
  })

  it("that others have used before gives the same bits as new memory", () => {
    const pool = poolOf(2)
    const used: Pool["memory"] = (pages) => {
      const memory = pool.memory(pages)
      const [bytes, sync] = [new Uint8Array(memory.buffer), scratchBytes * pool.threads]
      bytes.fill(0xff, 0, sync)
      bytes.fill(0xff, sync + syncBytes(pool.threads))
      return memory
    }
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 10, special: true }), ({ inputs, program }) => {
        const fresh = prepare({ program, resident: 0 }).run(inputs)
        expect(prepare({ program, resident: 0 }, { ...pool, memory: used }).run(inputs)).toEqual(fresh)
      }),
      { numRuns: caseCount(80) },
    )
  })

  it("is kept for later up to a bound, the oldest let go first", () => {
    const memories = makeSharedMemories(4 * 65536)
    const [one, two, three] = [memories.take(1), memories.take(2), memories.take(2)]
    expect([one, two].map(memories.give)).toEqual([0, 0])
    expect(memories.give(three)).toBe(65536)
    expect(memories.take(2)).toBe(three)
    expect(memories.take(2)).toBe(two)
    expect(memories.take(1)).not.toBe(one)
  })
})

/** A function whose inputs are small and whose values are not: a table of 40,000 × 40,000. */
const table = (x: T): T => Tensor.matmul(Tensor.reshape(x, [40000, 1]), Tensor.reshape(x, [1, 40000]))
const bytes = 40000 * 40000 * 4

describe("a program that needs more memory than there is", () => {
  it("is an EngineError that says how much and for what, before anything runs", async () => {
    const compiled = Compile.compile(table, Tensor.zeros([40000]))
    const got = await Effect.runPromise(compiled.pipe(Effect.scoped, Effect.result, Effect.provide(Wasm.layer({ threads: 1 }))))
    const failure = Result.isFailure(got) ? got.failure : undefined
    expect(failure).toBeInstanceOf(EngineError)
    const { cause } = failure as EngineError & { readonly cause: OutOfMemory }
    expect(cause).toBeInstanceOf(OutOfMemory)
    expect(cause.largest[0]).toEqual({ dtype: "f32", shape: [40000, 40000], bytes })
    expect(cause.wanted).toBeGreaterThan(bytes)
    expect(failure?.message).toMatch(
      /^the wasm engine failed to prepare a program: it needs 6400\d{6} bytes of memory and one memory holds 4294967296; the largest tensors are f32\[40000, 40000\] of 6400000000 bytes, /,
    )
  })

  it("fails a run before its first step", async () => {
    const rows = 100_000
    const data = Toys.moons(Key.make(1), { count: rows })
    const net = Net.sequential([Layers.dense({ units: 12_000 }), Layers.dense({ units: 2 })])
    const config = {
      net,
      loss: Loss.categoricalCrossEntropy(),
      optimizer: Optimizer.sgd(0.1),
      data,
      seed: 1,
      epochs: 1,
      batch: rows,
    }
    const told: Array<string> = []
    const got = await Effect.runPromise(
      Train.run(config).pipe(
        Stream.runForEach(({ _tag }) => Effect.sync(() => told.push(_tag))),
        Effect.result,
        Effect.provide(Wasm.layer({ threads: 2 })),
      ),
    )
    expect(told).toEqual(["Started"])
    expect(Result.isFailure(got) ? got.failure.message : "").toContain("f32[100000, 12000] of 4800000000 bytes")
  })

  it("is one too where the host has less than 4 GiB", async () => {
    const script = `
      const { Compile, Tensor, Wasm } = await import("./src/index.ts")
      const { Effect } = await import("effect")
      const square = (x) => Tensor.matmul(x, x)
      for (const threads of [1, 2]) {
        const compiled = Compile.compile(square, Tensor.zeros([2048, 2048]))
        const failure = await Effect.runPromise(compiled.pipe(Effect.scoped, Effect.flip, Effect.provide(Wasm.layer({ threads }))))
        console.log(failure._tag, failure.message)
      }`
    const limited = ["--wasm-max-mem-pages=256", "--input-type=module", "--eval", script]
    const { stdout } = await run(process.execPath, limited, { cwd: join(root, "packages/core") })
    const said =
      /^EngineError the wasm engine failed to prepare a program: it needs \d{8} bytes of memory and the host cannot provide it; the largest tensors are f32\[2048, 2048\] of 16777216 bytes, f32\[2048, 2048\] of 16777216 bytes$/
    const lines = stdout.trim().split("\n")
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(line).toMatch(said)
  })
})
