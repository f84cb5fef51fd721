// Sequences of unequal length: an LSTM reads ups and downs, and says whether the walk ends above its start. Rows are padded to the
// longest; the layers and the pooling leave the padding out.
import { Dataset, Key, Layers, Loss, Net, Optimizer, Score, Sequence, Tensor, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"

const steps = Tensor.read(Key.bernoulli(Key.make(1), 0.5, [600, 25])).data
const lengths = Tensor.read(Key.uniform(Key.make(2), [600])).data
const walks = Array.from(lengths, (u, i) => Array.from(steps.slice(25 * i, 25 * i + 1 + 2 * Math.floor(12 * u))))

const above = walks.map((walk) => (2 * walk.reduce((sum, up) => sum + up, 0) > walk.length ? 1 : 0))
const data = { inputs: Sequence.pad(walks, { dtype: "i32", time: 25 }), targets: Tensor.make(above, "i32") }

const net = Net.sequential([
  Sequence.each(Layers.embedding({ tokens: 2, units: 4 })),
  Sequence.lstm({ units: 16 }),
  Sequence.last,
  Layers.dense({ units: 2 }),
])

const training = Train.finished({
  net,
  loss: Loss.categoricalCrossEntropy(),
  scores: { accuracy: Score.accuracy },
  optimizer: Optimizer.adam(0.01),
  data: Dataset.slice(data, 0, 500),
  validation: Dataset.slice(data, 500, 600),
  seed: 17,
  epochs: 20,
  batch: 25,
})
const trained = await Effect.runPromise(Effect.provide(training, Wasm.layer()))
console.log(`accuracy ${trained.history.at(-1)?.validation?.accuracy?.toFixed(4)}`)
const odds = Net.infer(net, trained, Sequence.pad([[1, 1, 0]], { dtype: "i32" }))
console.log(`two up, one down: ${Tensor.print(Tensor.argMax(odds))}`)

// Prints:
// accuracy 1.0000
// two up, one down: [1]
