// A training run is a stream of events: you can filter it, print it, stop it, or show it on a page.
import { Key, Layers, Loss, Net, Optimizer, Score, Toys, Train, Wasm } from "@adjoint/core"
import { Console, Effect, Stream } from "effect"

const run = Train.run({
  net: Net.sequential([Layers.dense({ units: 16, activation: "relu" }), Layers.dropout(0.1), Layers.dense({ units: 2 })]),
  loss: Loss.categoricalCrossEntropy(),
  optimizer: Optimizer.adam(0.01),
  data: Toys.moons(Key.make(1), { count: 400 }),
  validation: Toys.moons(Key.make(2), { count: 200 }),
  scores: { accuracy: Score.accuracy },
  seed: 17,
  epochs: 20,
  batch: 32,
})

const program = run.pipe(
  Stream.filter((event) => event._tag === "EpochScored"),
  Stream.filter(({ epoch }) => epoch % 5 === 0),
  Stream.runForEach(({ epoch, train, validation }) =>
    Console.log(`epoch ${epoch}  loss ${train.loss?.toFixed(4)}  validation accuracy ${validation?.accuracy?.toFixed(3)}`),
  ),
)

await Effect.runPromise(program.pipe(Effect.provide(Wasm.layer())))

// Prints:
// epoch 5  loss 0.2406  validation accuracy 0.895
// epoch 10  loss 0.2048  validation accuracy 0.915
// epoch 15  loss 0.1856  validation accuracy 0.930
// epoch 20  loss 0.1470  validation accuracy 0.940
