import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import {
  Batches,
  Compile,
  Dataset,
  Engine,
  Key,
  Layers,
  Loss,
  NDArray,
  Net,
  Optimizer,
  Params,
  Score,
  Tensor,
  Train,
  Wasm,
} from "../src/index.ts"
import { trainStep } from "../src/training/trainStep.ts"

// 300 images of bytes in batches of 32: the last batch of an epoch is short, and an order of 300 rows is a long one to sort.
const rows = 300
const pixels = Uint8Array.from({ length: rows * 16 }, (_, i) => (i * 7919) % 251)
const data = {
  inputs: NDArray.make("u8", [rows, 4, 4, 1], pixels),
  targets: NDArray.make(
    "i32",
    [rows],
    Int32Array.from({ length: rows }, (_, i) => (pixels[i * 16] ?? 0) % 3),
  ),
}

const config = {
  net: Net.sequential([
    Net.pure("unit", (x) => Tensor.div(Tensor.cast(x, "f32"), 255)),
    Layers.flatten,
    Layers.dense({ units: 8, activation: "tanh" }),
    Layers.dropout(0.1),
    Layers.dense({ units: 3 }),
  ]),
  loss: Loss.categoricalCrossEntropy(),
  optimizer: Optimizer.adam(0.01),
  data,
  scores: { accuracy: Score.accuracy },
  seed: 5,
  epochs: 3,
  batch: 32,
} as const

const bytes = (tree: unknown): ReadonlyArray<number> =>
  Params.leaves(tree).flatMap((leaf) => {
    const { data: numbers } = Tensor.read(leaf)
    return [...new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)]
  })

/** The parameters after every batch of every epoch, each gathered here, in the order that `Batches` defines. */
const byHand = Effect.gen(function* () {
  const step = yield* Compile.step(trainStep(config), Train.initial(config))
  const key = Key.fold(Key.make(config.seed), "shuffle")
  for (let epoch = 0; epoch < config.epochs; epoch++)
    for (const batch of Batches.epoch({ rows: Batches.all(rows), size: config.batch }, key, epoch)) {
      const { inputs, targets } = Dataset.take(data, batch)
      yield* step.run([{ x: inputs, y: targets }])
    }
  return (yield* step.state).params
})

describe("what feeds a run", () => {
  for (const [name, engine] of [
    ["reference", Engine.layerReference],
    ["wasm", Wasm.layer({ threads: 1 })],
    ["wasm on two threads", Wasm.layer({ threads: 2 })],
  ] as const)
    it.effect(`takes bytes that the engine holds, in the order of Batches, to the bit: ${name}`, () =>
      Effect.gen(function* () {
        const events = yield* Stream.runCollect(Train.run(config))
        const last = events.at(-1)
        if (last?._tag !== "Finished") return assert.fail(`the run ended with ${last?._tag}`)
        assert.deepStrictEqual(bytes(last.params), bytes(yield* byHand))
      }).pipe(Effect.scoped, Effect.provide(engine)),
    )
})
