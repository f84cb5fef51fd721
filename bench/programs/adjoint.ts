/** A minimal program that trains with Adjoint: exclusive or. */
import { Dataset, Layers, Loss, Net, Optimizer, Tensor, Train, Wasm } from "@adjoint/core"
import { Effect, Stream } from "effect"

const data = Dataset.make(
  Tensor.make([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]),
  Tensor.make([0, 1, 1, 0], "i32"),
)

const training = Effect.gen(function* () {
  const run = Train.run({
    net: Net.sequential([Layers.dense({ units: 8, activation: "tanh" }), Layers.dense({ units: 2 })]),
    loss: Loss.categoricalCrossEntropy(),
    optimizer: Optimizer.adam(0.05),
    data: yield* Effect.fromResult(data),
    seed: 1,
    epochs: 200,
    batch: 4,
  })
  yield* Stream.runForEach(run, (event) =>
    Effect.sync(() => {
      if (event._tag === "EpochScored") console.log(event.epoch, event.train.loss)
    }),
  )
})

await Effect.runPromise(Effect.provide(training, Wasm.layer()))
