/** Shards that worker threads compute: the bits of one thread, with weights that are cloned and weights in shared memory. */
import type { Worker } from "node:worker_threads"
import { Key, Layers, Loss, Net, Optimizer, Shards, Tensor, Toys, Train, Tree, Wasm } from "@adjoint/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { alternating } from "../src/engines/sentArrays.ts"

const numbers = (tree: unknown): ReadonlyArray<number> =>
  Tree.leaves(tree as never).flatMap((leaf) => [...Tensor.read(leaf).data])

const configOf = (units: number) => ({
  net: Net.sequential([
    Layers.dense({ units, activation: "relu" }),
    Layers.dropout(0.2),
    Layers.dense({ units, activation: "relu" }),
    Layers.dense({ units: 2 }),
  ]),
  loss: Loss.categoricalCrossEntropy(),
  optimizer: Optimizer.adam(0.01),
  data: Toys.moons(Key.make(1), { count: 50 }),
  seed: 17,
  epochs: 2,
  batch: 20,
  shards: Shards.of(5),
})

describe("worker threads", { timeout: 60_000 }, () => {
  it.live.each([8, 160])("compute the bits of one thread for %i units", (units) =>
    Effect.gen(function* () {
      const config = configOf(units)
      const alone = yield* Train.finished(config)
      const workers = Shards.workers(2, () => Wasm.worker({ threads: 1, priority: "normal" }))
      const shared = yield* Train.finished({ ...config, workers })
      assert.deepStrictEqual(numbers(shared.params), numbers(alone.params))
      assert.deepStrictEqual(shared.history, alone.history)
    }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
  )

  it.live("that are killed while they compute are replaced, and change no bit", () =>
    Effect.gen(function* () {
      const threads: Array<Worker> = []
      const add = (worker: Worker) => void threads.push(worker)
      yield* Effect.acquireRelease(
        Effect.sync(() => process.on("worker", add)),
        () => Effect.sync(() => process.off("worker", add)),
      )
      const config = { ...configOf(8), epochs: 4 }
      const alone = yield* Train.finished(config)
      const killed: Array<Worker> = []
      const workers = Shards.workers(2, () => Wasm.worker({ threads: 1, priority: "normal" }))
      const events = Stream.tap(Train.run({ ...config, workers }), (event) =>
        Effect.sync(() => {
          // The first time one of two, then each that is left and each that came in its place.
          if (event._tag !== "EpochScored" || event.epoch > 2) return
          const living = threads.filter((thread) => thread.threadId >= 0 && !killed.includes(thread))
          killed.push(...living.slice(0, event.epoch))
          for (const thread of killed) void thread.terminate()
        }),
      )
      const shared = yield* Stream.runFold(
        events,
        () => undefined as Train.Finished | undefined,
        (last, event) => (event._tag === "Finished" ? event : last),
      )
      // One that has not computed a shard yet is not replaced.
      assert.isAtLeast(killed.length, 2)
      assert.isAtLeast(threads.length, 3)
      assert.deepStrictEqual(numbers(shared?.params), numbers(alone.params))
      assert.deepStrictEqual(shared?.history, alone.history)
    }).pipe(Effect.scoped, Effect.provide(Wasm.layer({ threads: 1 }))),
  )

  it.effect("have weights in two places of shared memory that alternate", () =>
    Effect.gen(function* () {
      const share = alternating()
      const of = (x: number) => [Tensor.read(Tensor.full([2 ** 15], x)), Tensor.read(Tensor.scalar(x, "i32"))]
      const copies = []
      for (const x of [1, 2, 3]) copies.push(yield* share(of(x)))
      const [one, two, three] = copies.map((arrays) => arrays.map(({ data }) => data))
      assert.isTrue(three?.every(({ buffer }) => (buffer as ArrayBufferLike) instanceof SharedArrayBuffer))
      assert.deepStrictEqual([two?.[0]?.[7], two?.[1]?.[0]], [2, 2])
      assert.deepStrictEqual([three?.[0]?.[7], three?.[1]?.[0]], [3, 3])
      assert.strictEqual(one?.[0]?.buffer, three?.[0]?.buffer)
      const few = [Tensor.read(Tensor.scalar(1))]
      assert.strictEqual(yield* alternating()(few), few)
    }),
  )
})
