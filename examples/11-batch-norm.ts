// Batch normalization on and off (Ioffe and Szegedy, 2015): six layers of sigmoids and sgd, at learning rates from 0.01 to 1.
// Without it the net learns nothing in eight epochs; with each layer normalized to mean 0 and variance 1 it learns at every rate.
import { Layers, Loss, Net, Optimizer, Score, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { train, validation } from "./data/digits.ts"

const plain = Net.sequential([Layers.dense({ units: 32 }), Layers.activation("sigmoid")])
// Batch normalization has a bias, so the layer before it needs none.
const normalized = Net.sequential([Layers.dense({ units: 32, bias: false }), Layers.batchNorm(), Layers.activation("sigmoid")])

const shownEpochs = [1, 2, 4, 8]

/** The validation accuracy after some of the epochs. */
const accuracies = (layer: Net.Net, rate: number) =>
  Train.finished({
    net: Net.sequential([Net.repeat(6, layer), Layers.dense({ units: 10 })]),
    loss: Loss.categoricalCrossEntropy(),
    optimizer: Optimizer.sgd(rate),
    data: train,
    validation,
    scores: { accuracy: Score.accuracy },
    seed: 17,
    epochs: 8,
    batch: 64,
  }).pipe(
    Effect.map(({ history }) =>
      history.filter(({ epoch }) => shownEpochs.includes(epoch)).map(({ validation }) => validation?.accuracy ?? 0),
    ),
  )

const program = Effect.gen(function* () {
  console.log("accuracy after epoch  ", ...shownEpochs.map((epoch) => String(epoch).padStart(5)))
  for (const [name, layer] of [["without", plain] as const, ["with", normalized] as const])
    for (const rate of [0.01, 0.1, 1]) {
      const shown = (yield* accuracies(layer, rate)).map((accuracy) => accuracy.toFixed(3))
      console.log(`${name} it, rate ${rate}`.padEnd(22), ...shown)
    }
})

await Effect.runPromise(Effect.provide(program, Wasm.layer()))

// Prints:
// accuracy after epoch       1     2     4     8
// without it, rate 0.01  0.103 0.101 0.101 0.101
// without it, rate 0.1   0.103 0.101 0.101 0.101
// without it, rate 1     0.099 0.101 0.097 0.101
// with it, rate 0.01     0.104 0.120 0.311 0.549
// with it, rate 0.1      0.097 0.700 0.836 0.882
// with it, rate 1        0.097 0.750 0.892 0.867
