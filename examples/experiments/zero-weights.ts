// Zero initialization learns nothing. With zero weights every unit of a layer computes the same, and no gradient passes through
// a layer of zeros, so the hidden weights never move. Random weights break the symmetry.
import { Diagnosis, type Initializer, Key, Layers, Loss, Net, Optimizer, Toys, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { line, type Result, show, shown } from "./experiment.ts"

const data = Toys.moons(Key.make(1), { count: 120, noise: 0.1 })

const trained = (init: "zeros" | "he_normal" | Initializer.Initializer) => {
  const hidden = Layers.dense({ units: 16, activation: "relu", init })
  const config = {
    net: Net.sequential([hidden, hidden, Layers.dense({ units: 2, init })]),
    loss: Loss.categoricalCrossEntropy(),
    optimizer: Optimizer.sgd(0.3),
    data,
    seed: 17,
    epochs: 60,
    batch: 30,
  }
  return Effect.gen(function* () {
    const layers = yield* Diagnosis.layers({ ...config, state: Train.initial(config) })
    const { history } = yield* Train.finished(config)
    const gradients = Diagnosis.gradientNorms(layers).map(({ norm }) => norm)
    return { gradients, losses: history.map(({ train }) => train.loss ?? Number.NaN) }
  })
}

export const experiment = async () => {
  const program = Effect.all({ zeros: trained("zeros"), he: trained("he_normal") })
  const { he, zeros } = await Effect.runPromise(Effect.provide(program, Wasm.layer()))
  const [stuck, learned] = [zeros.losses.at(-1) ?? 0, he.losses.at(-1) ?? 0]
  const hidden = zeros.gradients.slice(0, 2).reduce((sum, norm) => sum + norm, 0)
  return {
    finding: `zero weights: after 60 epochs the loss is ${shown(stuck)}, ln 2 is ${shown(Math.LN2)}, and the gradient of the hidden weights is ${hidden}; he_normal: ${shown(learned)}`,
    numbers: { stuck, learned, hidden },
    figure: {
      title: "Zero initialization learns nothing",
      x: "epoch",
      y: "loss",
      lines: [line("zeros", zeros.losses), line("he_normal", he.losses)],
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
