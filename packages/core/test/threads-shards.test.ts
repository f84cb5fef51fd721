/** Shards that worker threads compute: the bits of one thread, with weights that are cloned and weights in shared memory. */
import { Key, Layers, Loss, Net, Optimizer, Shards, Tensor, Toys, Train, Tree, Wasm } from "@adjoint/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { alternating } from "../src/engines/sentArrays.ts"

const numbers = (tree: unknown): ReadonlyArray<number> =>
  Tree.leaves(tree as never).flatMap((leaf) => [...Tensor.read(leaf).data])

describe("worker threads", { timeout: 60_000 }, () => {
  it.live.each([8, 160])("compute the bits of one thread for %i units", (units) =>
    Effect.gen(function* () {
      const config = {
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
      }
      const alone = yield* Train.finished(config)
      const workers = Shards.workers(2, () => Wasm.worker({ threads: 1 }))
      const shared = yield* Train.finished({ ...config, workers })
      assert.deepStrictEqual(numbers(shared.params), numbers(alone.params))
      assert.deepStrictEqual(shared.history, alone.history)
    }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
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
