/** Threads when all is not well: hosts that have none, workers that fail, workers that die, runs that are stopped. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout } from "node:timers/promises"
import { Effect } from "effect"
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest"
import { EngineError } from "../src/backend/Executable.ts"
import { Assembler } from "../src/backend/wasm/assembler/Assembler.ts"
import { atomic, i32 } from "../src/backend/wasm/assembler/Value.ts"
import { compile } from "../src/backend/wasm/assembler/webAssembly.ts"
import { type Compile, compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { makeControlBlock } from "../src/backend/wasm/threads/controlBlock.ts"
import { makePool, type Pool } from "../src/backend/wasm/threads/pool.ts"
import type { WorkerGroup } from "../src/backend/wasm/threads/WorkerGroup.ts"
import { Engine, Key, type NDArray, Program as Programs, Tensor, Wasm } from "../src/index.ts"
import { knownHash } from "../src/testing/knownRun.ts"
import { together, trapping } from "./part-for-each-thread.ts"

type T = Tensor.Tensor

const shape = [64, 64]
const program = Programs.trace(
  (x, y) => [Tensor.matmul(x as T, y as T)],
  [
    { dtype: "f32", shape },
    { dtype: "f32", shape },
  ],
)
const inputs = ["x", "y"].map((name): NDArray.NDArray => Tensor.read(Key.normal(Key.fold(Key.make(1), name), shape)))
const job = { program, resident: 0 }

/** A pool that shares all work. */
const pool = (threads: number): Pool => {
  const made = makePool(threads, 0)
  if (made === undefined) throw new Error("this host has no threads")
  onTestFinished(() => made.close())
  return made
}

const failureOf = (f: () => unknown): EngineError => {
  try {
    f()
  } catch (error) {
    if (error instanceof EngineError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

/** Code in which workers trap before they claim a part, after which the calling thread ends the run as if it had computed all parts. */
const failingEarly: Compile = (wanted, options) => {
  const compiled = compileJob(wanted, options)
  const module = new Assembler()
  module.importMemory("engine", "memory", { initial: Math.ceil(compiled.bytes / 65536), maximum: 65536, shared: true })
  const failed = i32.const(compiled.failed)
  module.func("run", { params: ["i32", "i32"], export: true }, (code, [thread]) => {
    code.if(i32.ne(thread, 0), () => code.unreachable())
    code.loop((again) => code.brIf(again, i32.eqz(atomic.load(failed))))
  })
  return { ...compiled, module: compile(module.bytes()) }
}

/** Code in which one thread never comes to an end. */
const stuck = (which: number): Compile =>
  together((code, thread) => code.if(i32.eq(thread, which), () => code.loop((again) => code.br(again))))

describe("a pool", () => {
  it("starts its workers when there is something for them to do, and ends them when it is closed", async () => {
    const three = pool(3)
    expect(three.workers()).toHaveLength(0)
    const ready = prepare(job, three)
    expect(three.workers()).toHaveLength(2)
    ready.run(inputs)
    await three.close()
    expect(three.workers()).toHaveLength(0)
  })

  it("lets nobody wait for workers that have not started: the asking thread does their parts too", async () => {
    const three = pool(3)
    await three.complete()
    const wanted = prepare(job, three).run(inputs)
    const absent: WorkerGroup = {
      control: makeControlBlock(3),
      workers: new Set(),
      send: () => {},
      wake: () => {},
      watch: () => {},
      end: async () => {},
    }
    const ready = prepare(job, makePool(3, 0, { startsWhenIdle: false, minSharedWork: 0, start: () => absent }))
    for (let i = 0; i < 3; i++) expect(ready.run(inputs)).toEqual(wanted)
  })

  it("has the same bits in runs that are not shared", () => {
    const three = pool(3)
    const alone: Pool = { ...three, add: (...given) => ({ ...three.add(...given), start: () => undefined }) }
    const wanted = prepare(job).run(inputs)
    for (const each of [three, alone]) expect(prepare(job, each).run(inputs)).toEqual(wanted)
  })

  it.each([0, 1, 2])("survives a trap on thread %i, which is an EngineError of that executable from then on", async (thread) => {
    const three = pool(3)
    const wanted = prepare(job, three).run(inputs)
    await three.complete()
    const broken = prepare(job, three, "portable", trapping(thread))
    const failure = failureOf(() => broken.run(inputs))
    expect(failure).toMatchObject({ engine: "wasm", doing: "run a program" })
    expect(failure.message).toMatch(/^the wasm engine failed to run a program: .*unreachable/)
    expect(failureOf(() => broken.run(inputs))).toBe(failure)
    expect(failureOf(() => broken.state())).toBe(failure)
    for (let i = 0; i < 3; i++) expect(prepare(job, three).run(inputs)).toEqual(wanted)
  })

  it("whose worker is ended in the middle of its part fails that run with an EngineError, and has others for the next", async () => {
    const three = pool(3)
    const other = prepare(job, three)
    await three.complete()
    const wanted = other.run(inputs)
    const [, last] = three.workers()
    const started = performance.now()
    // The calling thread looks at the others at intervals while it waits for them: then one is ended.
    const ending: Pool = {
      ...three,
      add: (...given) => {
        const work = three.add(...given)
        return {
          ...work,
          watch: (opened) => {
            void last?.terminate()
            work.watch(opened)
          },
        }
      },
    }
    expect(failureOf(() => prepare(job, ending, "portable", stuck(2)).run(inputs)).message).toBe(
      "the wasm engine failed to run a program: one of its worker threads has ended",
    )
    expect(performance.now() - started).toBeLessThan(3000)
    expect(other.run(inputs)).toEqual(wanted)
  })

  describe("with a worker that failed without a part, while others computed all of them,", () => {
    /** A pool of two threads on which that has happened, and the program. */
    const afterFailure = async () => {
      const two = pool(2)
      await two.complete()
      const early = prepare(job, two, "portable", failingEarly)
      early.run(inputs)
      return { two, early }
    }

    it("runs the next program", async () => {
      const { early, two } = await afterFailure()
      early.release()
      // The calling thread waits for the other one, so it would see the failure.
      const waiting = together((code, thread) => code.if(i32.ne(thread, 0), () => code.for(0, 10_000_000, 1, () => {})))
      const ready = prepare(job, two, "portable", waiting)
      expect(() => ready.run(inputs)).not.toThrow()
    })

    it("notices when it fails with a part", async () => {
      const { two } = await afterFailure()
      let looks = 0
      const impatient: Pool = {
        ...two,
        add: (...given) => ({
          ...two.add(...given),
          watch: () => {
            if (++looks === 100) throw new Error("nobody reported it")
          },
        }),
      }
      failureOf(() => prepare(job, impatient, "portable", trapping(1)).run(inputs))
      expect(looks).toBeLessThan(100)
    })
  })

  it("replaces a worker that ended between runs", async () => {
    const three = pool(3)
    const ready = prepare(job, three)
    await three.complete()
    const wanted = ready.run(inputs)
    await three.workers()[1]?.terminate()
    expect(ready.run(inputs)).toEqual(wanted)
    expect(three.workers().length).toBeGreaterThanOrEqual(2)
  })

  it("whose worker ends before it has started lets nobody wait for it", async () => {
    const three = pool(3)
    const all = three.complete()
    void three.workers()[0]?.terminate()
    await expect(all).rejects.toThrow("one of its workers ended before it had started")
    // Others come in their place.
    await three.complete()
    expect(three.workers().length).toBeGreaterThanOrEqual(2)
  })

  it("that is closed runs nothing any more", async () => {
    const three = pool(3)
    const ready = prepare(job, three)
    ready.run(inputs)
    await three.close()
    expect(failureOf(() => ready.run(inputs)).message).toContain("its threads have ended with their scope")
    expect(three.workers()).toHaveLength(0)
  })
})

describe("the engine's threads", () => {
  const tasks = "/proc/self/task"

  it.runIf(existsSync(tasks))("are gone when its scope is closed", async () => {
    const count = () => readdirSync(tasks).length
    const before = count()
    let most = 0
    await Effect.runPromise(
      Effect.gen(function* () {
        const engine = yield* Engine.Engine
        const large = [1024, 64]
        const big = Programs.trace((x) => [Tensor.matmul(x as T, Tensor.transpose(x as T))], [{ dtype: "f32", shape: large }])
        const ready = yield* engine.prepare({ program: big, resident: 0 })
        yield* Effect.flatten(ready.run([[Tensor.read(Tensor.ones(large))]]))
        most = count()
        expect(most).toBeGreaterThanOrEqual(before + 3)
      }).pipe(Effect.scoped, Effect.provide(Wasm.layer({ threads: 4 }))),
    )
    // The system takes a moment to forget a thread that was joined.
    for (let i = 0; i < 50 && count() > most - 3; i++) await setTimeout(10)
    expect(count()).toBeLessThanOrEqual(most - 3)
  })
})

const { FORCE_COLOR: _, ...env } = process.env

/** Runs a script in a process of its own. */
const child = (script: string, flags: ReadonlyArray<string> = []): ChildProcess =>
  spawn(process.execPath, [...flags, "--input-type=module", "--eval", script], {
    cwd: join(import.meta.dirname, ".."),
    env,
    stdio: ["ignore", "pipe", "pipe"],
  })

const said = async (process: ChildProcess): Promise<string> => {
  const [out, err] = await Promise.all([process.stdout, process.stderr].map((stream) => (stream === null ? "" : text(stream))))
  return `${out}${err}`
}

const trainOnce = `
const { Effect } = await import("effect")
const { Engine, Wasm } = await import("./src/index.ts")
const { knownRun } = await import("./src/testing/knownRun.ts")
const told = Effect.gen(function* () {
  const { threads } = yield* Engine.Engine
  return [threads, yield* knownRun].join(" ")
})
console.log(await Effect.runPromise(told.pipe(Effect.provide(Wasm.layer({ threads: 4 })))))
`

describe("one thread", () => {
  afterEach(() => void vi.unstubAllGlobals())

  it("is what there is where memory cannot be shared", () => {
    vi.stubGlobal("SharedArrayBuffer", undefined)
    expect(makePool(4)).toBeUndefined()
  })

  it("trains to the same bits in a process that never had SharedArrayBuffer", async () => {
    expect(await said(child(`delete globalThis.SharedArrayBuffer\n${trainOnce}`))).toBe(`1 ${knownHash}\n`)
  })

  it("is what there is where worker threads are not permitted", async () => {
    expect(await said(child(trainOnce, ["--permission", "--allow-fs-read=*", "--no-warnings"]))).toBe(`1 ${knownHash}\n`)
  })
})

describe("a run with threads", () => {
  it("that is interrupted ends at once", async () => {
    const running = child(`
const { NodeRuntime } = await import("@effect/platform-node")
const { Effect, Stream } = await import("effect")
const { Train, Wasm } = await import("./src/index.ts")
const { config } = await import("./src/testing/knownRun.ts")
const run = Train.run({ ...config(), epochs: 1e6 }).pipe(
  Stream.runForEach((event) => Effect.sync(() => event._tag === "EpochScored" && event.epoch === 2 && console.log("going"))),
)
NodeRuntime.runMain(run.pipe(Effect.provide(Wasm.layer({ threads: 4 }))))
`)
    const exited = once(running, "exit")
    await once(running.stdout as NonNullable<typeof running.stdout>, "data")
    const started = performance.now()
    running.kill("SIGINT")
    expect(await exited).toEqual([130, null])
    expect(performance.now() - started).toBeLessThan(3000)
  })

  it.each([
    ["a pool whose workers are awaited", 'await makePool(3, 0).complete()\nconsole.log("all")', "all\n"],
    ["a training on two threads", trainOnce.replaceAll("threads: 4", "threads: 2"), `2 ${knownHash}\n`],
    [
      "a step on two threads",
      `const { Effect } = await import("effect")
const { Compile, Tensor, Wasm } = await import("./src/index.ts")
const square = Effect.gen(function* () {
  const step = yield* Compile.compile((x) => Tensor.matmul(x, x), Tensor.eye(64))
  return Tensor.toNumber(Tensor.sum(yield* step(Tensor.eye(64))))
})
console.log(await Effect.runPromise(square.pipe(Effect.scoped, Effect.provide(Wasm.layer({ threads: 2 })))))`,
      "64\n",
    ],
  ])("keeps a process alive while it is awaited: %s", async (_, script, printed) => {
    expect(await said(child(`const { makePool } = await import("./src/backend/wasm/threads/pool.ts")\n${script}`))).toBe(printed)
  })

  it("does not keep a process alive", async () => {
    const idle = child(`
const { makePool } = await import("./src/backend/wasm/threads/pool.ts")
const empty = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
makePool(3, 0).add(empty, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }), 0)
`)
    const [code] = await once(idle, "exit")
    expect(code).toBe(0)
  })
})
