/** The engine in a worker: the bits of the engine on the calling thread, typed failures, and interruption. */
import { type ChildProcess, spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { getPriority } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import type { Worker } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Layer, ManagedRuntime, type Scope, Stream } from "effect"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Compile, Engine, Key, Loop, NDArray, Program, Tensor, Wasm } from "../src/index.ts"
import { knownHash, knownRun } from "../src/testing/knownRun.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { caseCount } from "./case-count.ts"
import { runs } from "./runs-of-an-engine.ts"

type T = Tensor.Tensor

const bytes = (arrays: ReadonlyArray<T>): ReadonlyArray<ReadonlyArray<number>> =>
  arrays.map((array) => {
    const { data } = Tensor.read(array)
    return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
  })

/** The outputs of a program on an engine. */
const outputs = (program: Program.Program, inputs: ReadonlyArray<NDArray.NDArray>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { prepare } = yield* Engine.Engine
      const executable = yield* prepare({ program, resident: 0 })
      return bytes((yield* Effect.flatten(executable.run([inputs])))[0] ?? [])
    }),
  )

/** Passes the workers that are started meanwhile. */
const watching = <A, E>(use: (workers: ReadonlyArray<Worker>) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const workers: Array<Worker> = []
    const note = (worker: Worker): void => void workers.push(worker)
    process.on("worker", note)
    return Effect.ensuring(
      use(workers),
      Effect.sync(() => process.off("worker", note)),
    )
  })

/** Whether a worker has ended, which takes a moment. */
const hasEnded = (worker: Worker | undefined) =>
  Effect.promise(async () => {
    for (let i = 0; i < 200 && worker?.threadId !== -1; i++) await new Promise((done) => setTimeout(done, 10))
    return worker?.threadId === -1
  })

describe.each(["portable", "fast"] as const)("in %s numerics, the engine in a worker", (numerics) => {
  test("gives the bits of the engine on the calling thread, special numbers too", { timeout: 60_000 }, async () => {
    const [here, there] = [Wasm.layer({ threads: 1, numerics }), Wasm.worker({ threads: 1, numerics, priority: "normal" })].map(
      (layer) => ManagedRuntime.make(layer as Layer.Layer<Engine.Engine, Engine.EngineError>),
    ) as [
      ManagedRuntime.ManagedRuntime<Engine.Engine, Engine.EngineError>,
      ManagedRuntime.ManagedRuntime<Engine.Engine, Engine.EngineError>,
    ]
    try {
      await fc.assert(
        fc.asyncProperty(programWithInputs({ maxSteps: 10, special: true }), async ({ inputs, program }) => {
          const run = outputs(program, inputs)
          expect(await there.runPromise(run)).toEqual(await here.runPromise(run))
        }),
        { numRuns: caseCount(150) },
      )
    } finally {
      await Promise.all([here.dispose(), there.dispose()])
    }
  })
})

it.live(
  "training, resume, a loop, pre-training, predictions and failures are those of the engine on the calling thread",
  () =>
    Effect.gen(function* () {
      const here = yield* Effect.provide(runs, Wasm.layer({ threads: 1 }))
      for (const threads of [1, 2])
        assert.deepStrictEqual(yield* Effect.provide(runs, Wasm.worker({ threads, priority: "normal" })), here)
    }),
  60_000,
)

it.live(
  "the known run, which has convolutions, has the known bits",
  () =>
    Effect.gen(function* () {
      for (const threads of [1, 2])
        assert.strictEqual(yield* Effect.provide(knownRun, Wasm.worker({ threads, priority: "normal" })), knownHash)
    }),
  60_000,
)

it.live("eigenvalues, which the host computes, are found in the worker too", () =>
  Effect.gen(function* () {
    const matrix = Tensor.make([
      [2, 1],
      [1, 2],
    ])
    const decompose = Effect.scoped(
      Effect.flatMap(
        Compile.compile((x: T) => Tensor.eigh(x).values, matrix),
        (f) => f(matrix),
      ),
    )
    assert.deepStrictEqual(
      Tensor.toArray(yield* Effect.provide(decompose, Wasm.worker({ threads: 1, priority: "normal" }))),
      [1, 3],
    )
  }),
)

it.live("reports the threads, numerics and lanes in use", () =>
  Effect.gen(function* () {
    const facts = Effect.map(Engine.Engine, ({ lanes, name, numerics, threads }) => ({ lanes, name, numerics, threads }))
    const options = { threads: 2, numerics: "fast" } as const
    assert.deepStrictEqual(yield* Effect.provide(facts, Wasm.worker(options)), yield* Effect.provide(facts, Wasm.layer(options)))
    const refused = yield* Effect.flip(Effect.provide(facts, Wasm.worker({ lanes: 512 as never })))
    assert.include(refused.message, "it wants 128 or 256")
  }),
)

/** The threads of this process, by the priority that they have. */
const threads = (): ReadonlyMap<string, number> =>
  new Map(
    readdirSync("/proc/self/task").map((thread) => {
      // The fields after the name, which is in parentheses and may hold spaces.
      const fields = readFileSync(`/proc/self/task/${thread}/stat`, "utf8").split(") ").at(-1)?.split(" ")
      return [thread, Number(fields?.[16])]
    }),
  )

// In a process of a low priority itself, threads have the one that they are started with.
it.live.skipIf(process.platform !== "linux" || getPriority() >= 10)(
  "its threads have a low priority, unless they are to compete",
  () =>
    Effect.gen(function* () {
      const lowered = (options: Wasm.WorkerOptions) => {
        const before = threads()
        return Effect.gen(function* () {
          const square = yield* Compile.compile((x: T) => Tensor.matmul(x, x), Tensor.zeros([256, 256]))
          yield* square(Tensor.zeros([256, 256]))
          return [...threads()].filter(([thread, priority]) => priority === 10 && !before.has(thread)).length
        }).pipe(Effect.scoped, Effect.provide(Wasm.worker(options)))
      }
      assert.strictEqual(yield* lowered({ threads: 2, priority: "normal" }), 0)
      assert.strictEqual(yield* lowered({ threads: 2 }), 2)
      const refused = yield* Effect.flip(lowered({ priority: "high" as never }))
      assert.include(refused.message, 'the option priority is "high"; it wants "low" or "normal"')
    }),
)

describe("in a worker", () => {
  const add = (w: T, x: T) => ({ state: Tensor.add(w, Tensor.mean(x)) as T, output: Tensor.mul(x, w) })

  it.live("a batch may be a view of a larger array, and outputs are kept until they are read", () =>
    Effect.gen(function* () {
      const rows = NDArray.make("f32", [2, 3], Float32Array.from({ length: 300 }, (_, i) => i).subarray(30, 36))
      const step = yield* Compile.step(add, Tensor.scalar(1) as T)
      const first = yield* step.submit([rows])
      const second = yield* step.submit([rows, rows])
      assert.strictEqual(Tensor.toNumber(yield* step.state), 98.5)
      assert.deepStrictEqual(bytes(yield* second), bytes([Tensor.mul(rows, 33.5), Tensor.mul(rows, 66)]))
      assert.deepStrictEqual(bytes(yield* first), bytes([rows]))
      assert.deepStrictEqual(bytes(yield* first), bytes([rows]))
    }).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
  )

  it.live("a large state is copied between turns of others, and runs that are asked for meanwhile have it", () =>
    Effect.gen(function* () {
      const { prepare } = yield* Engine.Engine
      const large = NDArray.make("f32", [2 ** 23], new Float32Array(2 ** 23).fill(3))
      const program = Program.trace((w) => [w as T, Tensor.max(w as T)], [large])
      const executable = yield* prepare({ program, resident: 1 })
      let turns = 0
      const count = (): void => {
        turns++
        next = setImmediate(count)
      }
      let next = setImmediate(count)
      const load = yield* Effect.forkChild(executable.load([large]), { startImmediately: true })
      const [[largest] = []] = yield* Effect.flatten(executable.run([[]]))
      clearImmediate(next)
      yield* Fiber.join(load)
      assert.strictEqual(Tensor.toNumber(largest as T), 3)
      assert.isAtLeast(turns, 2)
      assert.strictEqual(large.data.length, 2 ** 23)
    }).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
  )

  it.live("inputs that cannot be copied fail with that reason, and the state stays", () =>
    Effect.gen(function* () {
      const step = yield* Compile.step(add, Tensor.scalar(1) as T)
      yield* step.run([Tensor.ones([4])])
      const gone = NDArray.make("f32", [4], new Float32Array(4))
      structuredClone(gone.data.buffer, { transfer: [gone.data.buffer as ArrayBuffer] })
      const error = yield* Effect.flip(step.run([gone]))
      assert.match(error.message, /failed to run a program: .*detached/)
      assert.strictEqual(Tensor.toNumber(yield* step.state), 2)
      yield* step.run([Tensor.ones([4])])
      assert.strictEqual(Tensor.toNumber(yield* step.state), 3)
    }).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
  )

  it.live("a program that does not fit is refused with its sizes", () =>
    Effect.gen(function* () {
      const { plan, prepare } = yield* Engine.Engine
      const shape = [2 ** 15, 2 ** 15]
      const program = Program.trace((x) => [Tensor.exp(x as T)], [{ dtype: "f32", shape }])
      for (const refusal of [plan, prepare]) {
        const refused: Effect.Effect<unknown, Engine.EngineError, Scope.Scope> = refusal({ program, resident: 0 })
        const error = yield* Effect.flip(Effect.scoped(refused))
        assert.strictEqual(error.engine, "Wasm.worker")
        assert.instanceOf(error.cause, Engine.OutOfMemory)
        assert.include(
          error.message,
          "one memory holds 4294967296; the largest tensors are f32[32768, 32768] of 4294967296 bytes",
        )
      }
      assert.strictEqual(
        (yield* plan({ program: Program.trace((x) => [Tensor.exp(x as T)], [{ dtype: "f32", shape: [4] }]), resident: 0 }))
          .kernels,
        1,
      )
    }).pipe(Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
  )

  it.live("calls that wait, and later ones, fail when the worker ends", () =>
    watching((workers) =>
      Effect.gen(function* () {
        const step = yield* Compile.step(add, Tensor.scalar(1) as T)
        yield* step.run([Tensor.ones([4])])
        const waiting = yield* Effect.forkChild(Effect.flip(step.run([Tensor.ones([2000, 2000])])), { startImmediately: true })
        yield* Effect.sleep(1)
        yield* Effect.promise(async () => workers[0]?.terminate())
        const errors = [
          yield* Fiber.join(waiting),
          yield* Effect.flip(step.run([Tensor.ones([4])])),
          yield* Effect.flip(step.load(Tensor.scalar(2) as T).pipe(Effect.andThen(step.run([Tensor.ones([4])])))),
        ]
        for (const error of errors) {
          assert.instanceOf(error, Engine.EngineError)
          assert.match(error.message, /^the Wasm\.worker engine failed to .*: its worker ended: it ended with exit code 1$/)
        }
        assert.lengthOf(workers, 1)
      }).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
    ),
  )

  it.live("the worker ends with its scope, also while it computes", () =>
    watching((workers) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          Compile.step(slow(40), Tensor.ones([512, 512]) as T).pipe(
            Effect.flatMap((step) => step.run([Tensor.scalar(1)])),
            Effect.scoped,
            Effect.provide(Wasm.worker({ threads: 1, priority: "normal" })),
          ),
        )
        yield* Effect.sleep(300)
        yield* Fiber.interrupt(fiber)
        assert.lengthOf(workers, 1)
        assert.isTrue(yield* hasEnded(workers[0]))
      }),
    ),
  )
})

/**
 * A step of so many products: it takes several hundred milliseconds. Numbers stay near ½: those near the smallest floats would
 * take some CPUs ten times as long.
 */
const slow =
  (products: number) =>
  (w: T, x: T): { readonly state: T; readonly output: { readonly mean: T } } => {
    let state = w
    for (let i = 0; i < products; i++) state = Tensor.add(Tensor.div(Tensor.matmul(state, w), 512), 0.25) as T
    const next = Tensor.add(state, Tensor.mul(Tensor.mean(x), 1e-3)) as T
    return { state: next, output: { mean: Tensor.mean(next) } }
  }

describe("an interruption of a slow step", () => {
  const config = {
    state: { w: Tensor.read(Key.uniform(Key.make(1), [512, 512])) as T },
    step: ({ w }: { readonly w: T }, x: T) => {
      const { output, state } = slow(30)(w, x)
      return { state: { w: state }, output }
    },
    data: Tensor.read(Tensor.cast(Tensor.range(4), "f32")),
    batch: 1,
    seed: 1,
    epochs: 1,
  }

  it.live(
    "does not wait for it, saves the state before it, and the resumed loop has the bits of an uninterrupted one",
    () =>
      Effect.gen(function* () {
        const saved: Array<Loop.Checkpoint<typeof config.state>> = []
        const saving = {
          save: (_: string, checkpoint: Loop.Checkpoint<typeof config.state>) =>
            Effect.sync(() => {
              saved.push(checkpoint)
              return { directory: "last" }
            }),
        }
        const times: Array<number> = []
        const fiber = yield* Effect.forkChild(
          Stream.runForEach(Loop.run({ ...config, saving }), (event) =>
            Effect.sync(() => {
              if (event._tag === "Stepped") times.push(event.milliseconds)
            }),
          ),
        )
        while (times.length < 2 && fiber.pollUnsafe() === undefined) yield* Effect.sleep(5)
        const stepTime = Math.min(...times)
        yield* Effect.sleep(stepTime / 4)
        const before = performance.now()
        yield* Fiber.interrupt(fiber)
        const took = performance.now() - before
        assert.isBelow(took, stepTime / 2, `the interruption of a step of ${stepTime} ms took ${took} ms`)
        assert.lengthOf(saved, 1)
        const [last] = saved
        if (last === undefined) return
        assert.strictEqual(last.progress.step, times.length)
        const whole = yield* Loop.finished(config)
        const resumed = yield* Loop.finished({ ...config, resume: { last } })
        assert.deepStrictEqual(bytes([resumed.state.w]), bytes([whole.state.w]))
      }).pipe(Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
    60_000,
  )

  it.live(
    "leaves the state from before the step, from which the next worker runs on",
    () =>
      Effect.gen(function* () {
        const { w } = config.state
        const x = Tensor.scalar(2)
        const one = yield* Compile.step(slow(30), w)
        yield* one.run([x])
        const before = yield* one.state
        const fiber = yield* Effect.forkChild(Effect.flip(one.run([x])), { startImmediately: true })
        yield* Effect.sleep(20)
        assert.isTrue(yield* one.abort)
        assert.include((yield* Fiber.join(fiber)).message, "failed to run a program: the run was interrupted")
        assert.deepStrictEqual(bytes([yield* one.state]), bytes([before]))
        assert.isFalse(yield* one.abort)
        yield* one.run([x])
        const whole = yield* Compile.step(slow(30), w)
        yield* whole.run([x, x])
        assert.deepStrictEqual(bytes([yield* one.state]), bytes([yield* whole.state]))
      }).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
    60_000,
  )

  it.live(
    "leaves the state that was loaded after a run whose outputs nobody has read",
    () =>
      Effect.gen(function* () {
        const [x, loaded] = [Tensor.scalar(2), Tensor.read(Key.uniform(Key.make(5), [512, 512]))]
        const step = yield* Compile.step(slow(30), config.state.w)
        yield* step.run([x])
        yield* Effect.asVoid(step.submit([x]))
        yield* step.load(loaded)
        yield* Effect.asVoid(step.submit([x, x]))
        assert.isTrue(yield* step.abort)
        assert.deepStrictEqual(bytes([yield* step.state]), bytes([loaded]))
      }).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
    60_000,
  )

  it.live(
    "keeps the state that another fiber has in the same worker",
    () =>
      Effect.gen(function* () {
        const other = yield* Compile.step((w: T, x: T) => ({ state: Tensor.add(w, x) as T, output: w }), Tensor.scalar(0) as T)
        yield* other.run([Tensor.scalar(1), Tensor.scalar(2)])
        const fiber = yield* Effect.forkChild(Loop.finished(config))
        yield* Effect.sleep(600)
        yield* Fiber.interrupt(fiber)
        yield* other.run([Tensor.scalar(3)])
        assert.strictEqual(Tensor.toNumber(yield* other.state), 6)
      }).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
    60_000,
  )
})

describe("a process of Node", () => {
  const { FORCE_COLOR: _, ...env } = process.env
  const child = async (script: string): Promise<{ readonly code: number | null; readonly said: string }> => {
    const started: ChildProcess = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: join(import.meta.dirname, ".."),
      env,
      stdio: ["ignore", "pipe", "pipe"],
    })
    const [out, err] = await Promise.all([started.stdout, started.stderr].map((stream) => (stream === null ? "" : text(stream))))
    const code = await new Promise<number | null>((ended) =>
      started.exitCode === null ? started.on("exit", ended) : ended(started.exitCode),
    )
    return { code, said: `${out}${err}` }
  }
  const prelude = `
    const { Effect } = await import("effect")
    const { Compile, Tensor, Wasm } = await import("./src/index.ts")
    const square = Effect.flatMap(Compile.compile((x) => Tensor.matmul(x, x), Tensor.zeros([600, 600])), (f) => f(Tensor.ones([600, 600])))
  `

  test("waits for the worker while it computes, and ends when nobody waits", { timeout: 60_000 }, async () => {
    const { code, said } = await child(`${prelude}
      const result = await Effect.runPromise(square.pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 2 }))))
      console.log(Tensor.toArray(result)[0][0])
      // An engine whose scope stays open does not keep the process alive.
      Effect.runFork(Effect.andThen(square, Effect.never).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))))
      setTimeout(() => console.log("ends"), 1500)
    `)
    expect({ code, said }).toEqual({ code: 0, said: "600\nends\n" })
  })

  test("that may not start workers reports it", { timeout: 60_000 }, async () => {
    const { said } = await child(`
      process.permission = { has: () => false }
      const threads = process.getBuiltinModule("node:worker_threads")
      threads.Worker = class { constructor() { throw new Error("Access to this API has been restricted") } }
      ${prelude}
      const error = await Effect.runPromise(Effect.flip(square.pipe(Effect.scoped, Effect.provide(Wasm.worker()))))
      console.log(error._tag, error.message)
    `)
    expect(said).toBe("EngineError the Wasm.worker engine failed to start its worker: Access to this API has been restricted\n")
  })
})

it.live("tensors that take long are computed in the worker, with the bits that reading has, and once", () =>
  Effect.gen(function* () {
    const drawn = () => [Key.normal(Key.make(3), [300, 400]), Tensor.scalar(2), Tensor.exp(Key.normal(Key.make(4), [200_000]))]
    const [here, there] = [drawn(), drawn()]
    const { read } = yield* Engine.Engine
    const [first, second] = [yield* read([...there, ...there]), yield* read(there)]
    assert.deepStrictEqual(bytes(first.slice(0, 3)), bytes(here))
    assert.strictEqual(first[0], second[0])
    assert.strictEqual(first[0], first[3])
    assert.strictEqual(Tensor.read(there[2] as T), first[2])
    const large = NDArray.make(
      "f32",
      [2_000_000],
      Float32Array.from({ length: 2_000_000 }, (_, i) => i % 1000),
    )
    const [sum] = yield* read([Tensor.sum(Tensor.sqrt(large))])
    assert.deepStrictEqual(bytes([sum as T]), bytes([Tensor.sum(Tensor.sqrt(large))]))
  }).pipe(Effect.provide(Wasm.worker({ threads: 1, priority: "normal" }))),
)
