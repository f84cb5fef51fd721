import { execFile, spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { promisify } from "node:util"
import { Effect, Layer } from "effect"
import fc from "fast-check"
import { afterEach, describe, expect, it, test, vi } from "vitest"
import { offeredLanes, packsLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import type { Lanes } from "../src/backend/wasm/assembler/lanes.ts"
import { lanesFor } from "../src/backend/wasm/compile.ts"
import { Engine, Program, Tensor, Wasm } from "../src/index.ts"

const cpu = "/proc/cpuinfo"
const hasAvx2 = process.arch === "x64" && existsSync(cpu) && readFileSync(cpu, "utf8").includes(" avx2 ")

const urlOf = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)
const hostLanes = urlOf("../src/backend/wasm/assembler/hostLanes.ts")

/** What a process with these flags and variables prints: its standard output and its standard error. */
const printed = (script: string, flags: ReadonlyArray<string> = [], env: NodeJS.ProcessEnv = {}) => {
  const args = [...flags, "--experimental-strip-types", "--no-warnings", "--input-type=module", "--eval", script]
  const { stderr, stdout } = spawnSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, ...env } })
  return { stdout, stderr }
}

const answer = `import { packsLanes } from ${hostLanes}; console.log(packsLanes())`

describe("the request for wide lanes", () => {
  test.runIf(hasAvx2)("takes effect on a CPU with AVX2, whichever compiler V8 starts with", () => {
    for (const flags of [[], ["--no-liftoff", "--no-wasm-tier-up"], ["--experimental-wasm-revectorize"]])
      expect(printed(answer, flags)).toEqual({ stdout: "true\n", stderr: "" })
  })

  test.runIf(process.arch === "x64").each([
    ["without AVX2", "--no-enable-avx2"],
    ["without the optimizing compiler", "--liftoff-only"],
    ["where V8 checks the bounds of memory itself", "--disable-wasm-trap-handler"],
    ["where nobody may look at stack traces", "--frozen-intrinsics"],
  ])("is withdrawn in silence %s", (_, flag) => {
    const script = `
      import { packsLanes } from ${hostLanes}
      import { cachedDataVersionTag } from "node:v8"
      const before = cachedDataVersionTag()
      console.log(packsLanes(), cachedDataVersionTag() === before)`
    expect(printed(script, [flag])).toEqual({ stdout: "false true\n", stderr: "" })
  })

  it("is not made of a V8 that is unknown, or that was built without the packing", () => {
    const hosts = [
      `{ versions: { value: { v8: "99.1.2.3-node.4" } } }`,
      `{ versions: { value: { v8: "12.4.254.21-node.57" } } }`,
      `{ versions: { value: { v8: "13.6.233.17-electron.0" } } }`,
      `{ config: { value: { variables: {} } } }`,
      `{ getBuiltinModule: { value: undefined } }`,
    ].map((what) => `Object.create(host, ${what})`)
    // A module of its own for each host: the answer of a process is kept in it.
    const script = `
      import { cachedDataVersionTag } from "node:v8"
      const host = process
      const before = cachedDataVersionTag()
      for (const [i, given] of [${hosts.join()}, undefined].entries()) {
        globalThis.process = given
        if (given === undefined) delete globalThis.process
        const { packsLanes } = await import(${hostLanes} + "?host=" + i)
        const isPacked = packsLanes()
        globalThis.process = host
        console.log(isPacked, cachedDataVersionTag() === before)
      }`
    expect(printed(script)).toEqual({ stdout: "false true\n".repeat(hosts.length + 1), stderr: "" })
  })

  test.runIf(hasAvx2)("holds for the worker threads of the process", () => {
    const inWorker = JSON.stringify(`import(${hostLanes}).then(({ packsLanes }) => console.log(packsLanes()))`)
    const script = `
      import { Worker } from "node:worker_threads"
      import { packsLanes } from ${hostLanes}
      packsLanes()
      new Worker(${inWorker}, { eval: true })`
    expect(printed(script).stdout).toBe("true\n")
  })

  it("leaves stack traces as they were", () => {
    const { prepareStackTrace, stackTraceLimit } = Error
    packsLanes()
    expect([Error.prepareStackTrace, Error.stackTraceLimit]).toEqual([prepareStackTrace, stackTraceLimit])
    expect(new Error("here").stack).toContain("wasm-lanes.test.ts")
  })
})

describe("the lanes of an engine", () => {
  const lanesOf = (options: Wasm.WasmOptions) =>
    Effect.runPromise(
      Effect.map(Engine.Engine, ({ lanes }) => lanes).pipe(Effect.provide(Wasm.layer({ threads: 1, ...options }))),
    )

  afterEach(() => vi.unstubAllEnvs())

  /** Wide lanes are usual in the versions of V8 in which they are proven. */
  const usual = process.versions.v8.startsWith("13.6.") ? offeredLanes(256) : 128

  it("are wide where V8's packing is proven, or where they are asked for", async () => {
    expect(await lanesOf({})).toBe(usual)
    expect(await lanesOf({ lanes: 256 })).toBe(offeredLanes(256))
    expect(await lanesOf({ lanes: 128 })).toBe(128)
    expect(offeredLanes(256)).toBe(packsLanes() ? 256 : 128)
  })

  it("are those of the environment where the option does not say", async () => {
    vi.stubEnv("ADJOINT_LANES", "128")
    expect(await lanesOf({})).toBe(128)
    expect(await lanesOf({ lanes: 256 })).toBe(offeredLanes(256))
    vi.stubEnv("ADJOINT_LANES", "256")
    expect(await lanesOf({})).toBe(offeredLanes(256))
    vi.stubEnv("ADJOINT_LANES", "")
    expect(await lanesOf({})).toBe(usual)
  })

  it("are refused like other options that the engine does not have, in a worker too", async () => {
    const refusal = (options: Wasm.WasmOptions) =>
      Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(Wasm.worker(options))))).then(({ message }) => message)
    for (const threads of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 257, "2" as never]) {
      const wanted = `the option threads is ${threads}; it wants a whole number from 1 to 256`
      expect(() => Wasm.layer({ threads })).toThrow(`the wasm engine failed to choose its threads: ${wanted}`)
      expect(await refusal({ threads })).toContain(wanted)
    }
    const numerics = "quick" as never
    expect(() => Wasm.layer({ numerics })).toThrow('the option numerics is "quick"; it wants "portable" or "fast"')
    expect(await refusal({ numerics })).toContain('the option numerics is "quick"')
  })

  it("are 128 or 256", () => {
    const failure = "the wasm engine failed to choose its lanes: "
    expect(() => Wasm.layer({ lanes: 512 as Lanes })).toThrow(`${failure}the option lanes is 512; it wants 128 or 256`)
    for (const [setting, got] of [
      ["64", "64"],
      ["wide", '"wide"'],
    ] as const) {
      vi.stubEnv("ADJOINT_LANES", setting)
      expect(() => Wasm.layer()).toThrow(`${failure}ADJOINT_LANES is ${got}; it wants 128 or 256`)
    }
  })

  it("reference has none", async () => {
    expect(
      await Effect.runPromise(
        Effect.map(Engine.Engine, (engine) => "lanes" in engine).pipe(Effect.provide(Engine.layerReference)),
      ),
    ).toBe(false)
  })

  const product = (n: number) => {
    const x = Tensor.zeros([n, n])
    return Program.trace((a, b) => [Tensor.matmul(a as Tensor.Tensor, b as Tensor.Tensor)], [x, x])
  }

  it("are narrow in small programs, which do not repay the request", () => {
    expect(lanesFor(product(32), 256)).toBe(128)
    expect(lanesFor(product(128), 256)).toBe(256)
    expect(lanesFor(product(128), 128)).toBe(128)
  })

  /** Prints whether the flags of V8 are as they were after some work. */
  const untouched = (...works: ReadonlyArray<string>) =>
    printed(`
      import { cachedDataVersionTag } from "node:v8"
      import { Effect, Layer } from "effect"
      import { Compile, Tensor, Wasm } from ${urlOf("../src/index.ts")}
      const before = cachedDataVersionTag()
      const square = (x) => Tensor.matmul(x, x)
      const compiled = (options) => Effect.runPromise(
        Effect.scoped(Effect.flatMap(Compile.compile(square, Tensor.zeros([200, 200])), (f) => f(Tensor.zeros([200, 200]))))
          .pipe(Effect.provide(Wasm.layer({ threads: 1, ...options }))))
      const read = (n) => Tensor.read(square(Tensor.zeros([n, n])))
      ${works.map((work) => `${work}\nconsole.log(cachedDataVersionTag() === before)`).join("\n")}`).stdout

  test.runIf(hasAvx2)("leave the flags of V8 as they were, so that no other module of the process is packed", () => {
    const both = "await compiled({}); read(200)"
    expect(untouched(`process.env.ADJOINT_LANES = "256"; ${both}`, `delete process.env.ADJOINT_LANES; ${both}`)).toBe(
      "true\n".repeat(2),
    )
    expect(untouched("await compiled({ lanes: 256 })")).toBe("true\n")
  })

  test.runIf(hasAvx2)("are those of the modules that the engine compiles for them, and of no other", () => {
    // V8 says for each function that it optimizes whether it looks for pairs.
    const script = (lanes: number) => `
      import { compilingFor, packsLanes } from ${hostLanes}
      import { Assembler } from ${urlOf("../src/backend/wasm/assembler/Assembler.ts")}
      import { v128 } from ${urlOf("../src/backend/wasm/assembler/Value.ts")}
      import { compile, instantiate, memory } from ${urlOf("../src/backend/wasm/assembler/webAssembly.ts")}
      import { setFlagsFromString } from "node:v8"
      packsLanes()
      const module = new Assembler()
      module.importMemory("engine", "memory", { initial: 1 })
      module.func("f", { export: true }, (code) => {
        const [low, high] = [code.let(v128.load(0)), code.let(v128.load(0, 16))]
        code.v128.store(0, high, 48)
        code.v128.store(0, low, 32)
      })
      setFlagsFromString("--trace-wasm-revectorize")
      setFlagsFromString("--wasm-tier-mask-for-testing=1")
      const { f } = instantiate(compile(module.bytes()), { engine: { memory: memory({ initial: 1 }) } })
      compilingFor(${lanes}, f)`
    expect(printed(script(256)).stdout).toContain("Decide to vectorize")
    expect(printed(script(128))).toEqual({ stdout: "", stderr: "" })
  })
})

describe("the bits of programs", () => {
  it("are the same by the baseline compiler, by the optimizing one, and packed", async () => {
    const script = new URL("bits-of-programs.ts", import.meta.url).pathname
    const run = async (flags: ReadonlyArray<string>, ...args: ReadonlyArray<string>) => {
      const all = [...flags, "--experimental-strip-types", "--no-warnings", script, ...args]
      const { stdout } = await promisify(execFile)(process.execPath, all, { encoding: "utf8" })
      return stdout.trim().split("\n")
    }
    const seed = fc.readConfigureGlobal().seed ?? Date.now() % 2 ** 31
    const optimized = ["--no-liftoff", "--no-wasm-tier-up"]
    const [baseline = [], ...others] = await Promise.all([
      run(["--liftoff-only"], "plain", String(seed)),
      run(optimized, "plain", String(seed)),
      ...(packsLanes() ? [run(optimized, "packed", String(seed))] : []),
    ])
    expect(baseline.length).toBeGreaterThanOrEqual(2)
    for (const other of others) expect(other, `FAST_CHECK_SEED=${seed}`).toEqual(baseline)
    const hashOf = (line: string) => line.split(" ")[2]
    for (let i = 0; i < baseline.length; i += 2) expect(hashOf(baseline[i + 1] ?? "")).toBe(hashOf(baseline[i] ?? "-"))
  }, 240_000)
})
