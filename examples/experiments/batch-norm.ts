// Batch normalization rescues a bad initialization (Ioffe and Szegedy, 2015). With weights of ±0.01 the signal fades in six layers of
// relu, and with those of ±1 it explodes; normalized after each sum, both learn as well as he_normal does.
import { Initializer, Key, Layers, Loss, Net, Optimizer, Score, Toys, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { line, type Result, show } from "./experiment.ts"

const data = Toys.moons(Key.make(1), { count: 200, noise: 0.1 })

const accuracies = (init: Layers.InitializerLike, isNormalized: boolean) => {
  const dense = Layers.dense({ units: 32, init, bias: !isNormalized })
  const block = Array(6)
    .fill(isNormalized ? [dense, Layers.batchNorm(), Layers.activation("relu")] : [dense, Layers.activation("relu")])
    .flat()
  return Train.finished({
    net: Net.sequential([...(block as ReadonlyArray<Net.Net>), Layers.dense({ units: 2 })]),
    loss: Loss.categoricalCrossEntropy(),
    scores: { accuracy: Score.accuracy },
    optimizer: Optimizer.sgd(0.1),
    data,
    seed: 17,
    epochs: 12,
    batch: 20,
  }).pipe(
    Effect.map(({ history }) => history.map(({ train }) => train.accuracy ?? 0)),
    Effect.catchTag("NonFinite", () => Effect.succeed([0.5, 0.5])),
  )
}

export const experiment = async () => {
  const [small, large] = [Initializer.normal(0.01), Initializer.normal(1)]
  const program = Effect.all({
    "small weights": accuracies(small, false),
    "small weights, normalized": accuracies(small, true),
    "large weights": accuracies(large, false),
    "large weights, normalized": accuracies(large, true),
    he_normal: accuracies("he_normal", false),
  })
  const all = await Effect.runPromise(Effect.provide(program, Wasm.layer()))
  const last = Object.fromEntries(Object.entries(all).map(([name, each]) => [name, each.at(-1) ?? 0])) as {
    readonly [N in keyof typeof all]: number
  }
  return {
    finding: `accuracy after 12 epochs: ${Object.entries(last)
      .map(([name, each]) => `${name} ${Math.round(100 * each)}%`)
      .join(", ")}`,
    numbers: last,
    figure: {
      title: "Batch normalization rescues a bad initialization",
      x: "epoch",
      y: "accuracy",
      lines: Object.entries(all).map(([name, each]) => line(name, each)),
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
