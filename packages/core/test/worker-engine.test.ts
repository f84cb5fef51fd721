/** The engine in a worker: the bits of the engine on the calling thread, typed failures, and interruption. */
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import type { Worker } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Layer, ManagedRuntime, Stream } from "effect"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import {
  type Checkpoint,
  Compile,
  Engine,
  Key,
  Layers,
  Loss,
  NDArray,
  Net,
  Optimizer,
  Params,
  Program,
  Tensor,
  Train,
  Wasm,
} from "../src/index.ts"
import { programWithInputs } from "../src/testing/programs.ts"
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

/** The workers that a test starts. */
const started = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    const workers: Array<Worker> = []
    const note = (worker: Worker): void => void workers.push(worker)
    process.on("worker", note)
    return Effect.map(
      Effect.ensuring(
        effect,
        Effect.sync(() => process.off("worker", note)),
      ),
      (result) => ({ result, workers }),
    )
  })

describe.each(["portable", "fast"] as const)("in %s numerics, the engine in a worker", (numerics) => {
  test("gives the bits of the engine on the calling thread, special numbers too", { timeout: 60_000 }, async () => {
    const [here, there] = [Wasm.layer({ threads: 1, numerics }), Wasm.worker({ threads: 1, numerics })].map((layer) =>
      ManagedRuntime.make(layer as Layer.Layer<Engine.Engine, Engine.EngineError>),
    ) as [ManagedRuntime.ManagedRuntime<Engine.Engine, Engine.EngineError>, ManagedRuntime.ManagedRuntime<Engine.Engine, Engine.EngineError>]
    try {
      await fc.assert(
        fc.asyncProperty(programWithInputs({ maxSteps: 10, special: true }), async ({ inputs, program }) => {
          const run = outputs(program, inputs)
          expect(await there.runPromise(run)).toEqual(await here.runPromise(run))
        }),
        { numRuns: 150 },
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
      for (const threads of [1, 2]) assert.deepStrictEqual(yield* Effect.provide(runs, Wasm.worker({ threads })), here)
    }),
  60_000,
)

it.live("reports the threads, numerics and lanes in use", () =>
  Effect.gen(function* () {
    const facts = Effect.map(Engine.Engine, ({ lanes, name, numerics, threads }) => ({ lanes, name, numerics, threads }))
    const options = { threads: 2, numerics: "fast" } as const
    assert.deepStrictEqual(
      yield* Effect.provide(facts, Wasm.worker(options)),
      yield* Effect.provide(facts, Wasm.layer(options)),
    )
    const refused = yield* Effect.flip(Effect.provide(facts, Wasm.worker({ lanes: 512 as never })))
    assert.include(refused.message, "it wants 128 or 256")
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
    }).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1 }))),
  )

  it.live("a program that does not fit is refused with its sizes", () =>
    Effect.gen(function* () {
      const { plan, prepare } = yield* Engine.Engine
      const shape = [2 ** 15, 2 ** 15]
      const program = Program.trace((x) => [Tensor.exp(x as T)], [{ dtype: "f32", shape }])
      for (const refusal of [plan({ program, resident: 0 }), prepare({ program, resident: 0 })]) {
        const error = yield* Effect.flip(Effect.scoped(refusal))
        assert.strictEqual(error.engine, "Wasm.worker")
        assert.instanceOf(error.cause, Engine.OutOfMemory)
        assert.include(error.message, "one memory holds 4294967296; the largest tensors are f32[32768, 32768] of 4294967296 bytes")
      }
      assert.strictEqual((yield* plan({ program: Program.trace((x) => [Tensor.exp(x as T)], [{ dtype: "f32", shape: [4] }]), resident: 0 })).kernels, 1)
    }).pipe(Effect.provide(Wasm.worker({ threads: 1 }))),
  )

  it.live("calls that wait, and later ones, fail when the worker ends; the worker ends with its scope", () =>
    Effect.gen(function* () {
      const { result, workers } = yield* started(
        Effect.gen(function* () {
          const step = yield* Compile.step(add, Tensor.scalar(1) as T)
          yield* step.run([Tensor.ones([4])])
          const waiting = yield* Effect.forkChild(Effect.flip(step.run([Tensor.ones([2000, 2000])])), { startImmediately: true })
          yield* Effect.sleep(1)
          yield* Effect.promise(async () => workersOf[0]?.terminate())
          return [yield* Fiber.join(waiting), yield* Effect.flip(step.run([Tensor.ones([4])])), yield* Effect.flip(step.state)]
        }).pipe(Effect.scoped, Effect.provide(Wasm.worker({ threads: 1 }))),
      )
      assert.lengthOf(workers, 1)
      for (const error of result) {
        assert.instanceOf(error, Engine.EngineError)
        assert.match(error.message, /^the Wasm\.worker engine failed to (run|prepare) a program: its worker ended: it ended with exit code 1$|read a state/)
      }
    }),
  )
})
