// Two inputs and two outputs: the upper and the lower half of an image; which digit it is, and how much ink it took.
import { type Dataset, Evaluate, Layers, Loss, Net, Optimizer, Score, Tensor, Train, Wasm } from "@adjoint/core"
import { Console, Effect } from "effect"
import * as Digits from "./data/digits.ts"

const halves = ({ inputs: x, targets: digit }: Dataset.Dataset) => ({
  inputs: { top: Tensor.read(Tensor.at(x, ":", "0:32")), bottom: Tensor.read(Tensor.at(x, ":", "32:64")) },
  targets: { digit, ink: Tensor.read(Tensor.sum(x, { axes: 1, keepAxes: true })) },
})

const net = Net.graph(
  {
    upper: { net: Layers.dense({ units: 24, activation: "relu" }), from: "top" },
    lower: { net: Layers.dense({ units: 24, activation: "relu" }), from: "bottom" },
    both: { join: "concat", from: ["upper", "lower"] },
    digit: { net: Layers.dense({ units: 10 }) },
    ink: { net: Layers.dense({ units: 1 }), from: "both" },
  },
  { inputs: ["top", "bottom"], outputs: ["digit", "ink"] },
)

const program = Effect.gen(function* () {
  const trained = yield* Train.finished({
    net,
    loss: Loss.heads({ digit: Loss.categoricalCrossEntropy(), ink: [Loss.meanSquaredError, 0.1] }),
    scores: Score.heads({ digit: { accuracy: Score.accuracy }, ink: { mae: Score.meanAbsoluteError } }),
    optimizer: Optimizer.adam(0.005),
    data: halves(Digits.train),
    validation: halves(Digits.validation),
    earlyStop: { monitor: "val.digit.accuracy", mode: "max", patience: 10, restoreBest: true },
    seed: 17,
    epochs: 30,
    batch: 32,
  })
  const scores = Object.entries(trained.history.at(-1)?.validation ?? {})
  yield* Console.log(scores.map(([name, score]) => `${name} ${score.toFixed(4)}`).join("\n"))
  const { digit, ink } = yield* Evaluate.predict(net, trained, halves(Digits.validation).inputs)
  yield* Console.log(`digit ${Tensor.print(Tensor.at(Tensor.argMax(digit), 0))}, ink ${Tensor.print(Tensor.at(ink, 0, 0))}`)
})

await Effect.runPromise(program.pipe(Effect.provide(Wasm.layer())))

// Prints:
// loss 0.2902
// digit.loss 0.2853
// ink.loss 0.0490
// digit.accuracy 0.9207
// ink.mae 0.1759
// digit 8, ink 22.169
