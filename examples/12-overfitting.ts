// Overfitting, and two remedies. A wide net memorizes sixty noisy points: its training loss keeps falling while the validation
// loss rises. L2 keeps the weights small (Tikhonov, 1943); dropout trains another random part of the net in each step
// (Srivastava et al., 2014). With a file name it draws the losses.
import { Key, Layers, Loss, Net, Optimizer, Regularizer, Toys, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { draw, line } from "./experiments/experiment.ts"

const data = Toys.moons(Key.make(1), { count: 60, noise: 0.35 })
const validation = Toys.moons(Key.make(2), { count: 600, noise: 0.35 })

const hidden = Layers.dense({ units: 64, activation: "relu" })
const out = Layers.dense({ units: 2 })
const plain = Net.sequential([hidden, hidden, out])
const dropping = Net.sequential([hidden, Layers.dropout(0.5), hidden, Layers.dropout(0.5), out])

const history = (net: Net.Net, penalty?: Regularizer.Regularizer) =>
  Train.finished({
    net,
    loss: Loss.categoricalCrossEntropy(),
    ...(penalty === undefined ? {} : { penalty }),
    optimizer: Optimizer.adam(0.003),
    data,
    validation,
    seed: 17,
    epochs: 200,
    batch: 20,
  }).pipe(Effect.map(({ history }) => history))

const shownEpochs = [10, 25, 50, 100, 200]
const program = Effect.gen(function* () {
  const runs = {
    plain: yield* history(plain),
    L2: yield* history(plain, Regularizer.l2(0.02)),
    dropout: yield* history(dropping),
  }
  console.log("loss after epoch       ", ...shownEpochs.map((epoch) => String(epoch).padStart(5)))
  for (const rows of ["train", "validation"] as const)
    for (const [name, run] of Object.entries(runs)) {
      const losses = run.filter(({ epoch }) => shownEpochs.includes(epoch)).map((record) => record[rows]?.loss ?? 0)
      console.log(`${rows}, ${name}`.padEnd(23), ...losses.map((loss) => loss.toFixed(3)))
    }
  const last = Object.entries(runs).map(([name, run]) => `${name} ${(run.at(-1)?.validation?.loss ?? 0).toFixed(3)}`)
  console.log(`\nvalidation loss after 200 epochs: ${last.join(", ")}`)
  draw({
    title: "The validation loss of a net that overfits, and of two remedies",
    x: "epoch",
    y: "loss",
    lines: Object.entries(runs).map(([name, run]) =>
      line(
        name,
        run.map(({ validation }) => validation?.loss ?? 0),
      ),
    ),
  })
})

await Effect.runPromise(Effect.provide(program, Wasm.layer()))

// Prints:
// loss after epoch           10    25    50   100   200
// train, plain            0.271 0.230 0.192 0.117 0.057
// train, L2               0.280 0.256 0.242 0.209 0.212
// train, dropout          0.664 0.320 0.282 0.230 0.245
// validation, plain       0.352 0.380 0.417 0.530 0.760
// validation, L2          0.336 0.334 0.326 0.314 0.304
// validation, dropout     0.347 0.327 0.330 0.345 0.367
//
// validation loss after 200 epochs: plain 0.760, L2 0.304, dropout 0.367
