// λ swept from 0. A penalty raises the first loss at once; the validation loss falls while λ grows to the best value, and rises
// again where the penalty leaves nothing to learn with.
import { Diagnosis, Key, Layers, Loss, Net, Optimizer, Regularizer, Sweep, Toys, Train, Wasm } from "@adjoint/core"
import { Effect, Stream } from "effect"
import { type Result, show, shown } from "./experiment.ts"

const hidden = Layers.dense({ units: 32, activation: "tanh" })
const base = {
  net: Net.sequential([hidden, hidden, Layers.dense({ units: 2 })]),
  loss: Loss.categoricalCrossEntropy(),
  optimizer: Optimizer.adam(0.02),
  data: Toys.moons(Key.make(1), { count: 50, noise: 0.35 }),
  validation: Toys.moons(Key.make(2), { count: 300, noise: 0.35 }),
  seed: 17,
  epochs: 60,
  batch: 25,
}

export const experiment = async () => {
  const sweep = Sweep.run({
    config: (lambda) => ({ ...base, ...(lambda === 0 ? {} : { penalty: Regularizer.l2(lambda) }) }),
    lambdas: Sweep.lambdas({ from: 1e-4, to: 1, count: 5 }),
    monitor: { monitor: "val.loss", mode: "min" },
  })
  const program = Effect.all([Stream.runCollect(sweep), Diagnosis.initialLoss({ ...base, state: Train.initial(base) })])
  const [events, first] = await Effect.runPromise(Effect.provide(program, Wasm.layer()))
  const points = events.flatMap((event) => (event._tag === "SweepFinished" ? event.points : []))
  const losses = points.map(({ value }) => value ?? Number.NaN)
  const best = points[losses.indexOf(Math.min(...losses))]?.lambda ?? Number.NaN
  const costs = first.penalties.map(({ cost }) => cost)
  return {
    finding: `the first loss rises from ${shown(costs[0] ?? 0)} at λ = 0 to ${shown(costs.at(-1) ?? 0)} at 1; the validation loss is ${shown(losses[0] ?? 0)} at 0, least with ${shown(Math.min(...losses))} at ${best}, and ${shown(losses.at(-1) ?? 0)} at 1`,
    numbers: { costs, losses, best },
    figure: {
      title: "λ swept from 0",
      x: "λ",
      y: "loss",
      logX: true,
      lines: [
        { name: "validation, trained", points: points.map(({ lambda, value = Number.NaN }) => [lambda, value] as const) },
        { name: "validation at λ = 0", points: points.map(({ lambda }) => [lambda, losses[0] ?? 0] as const) },
      ],
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
