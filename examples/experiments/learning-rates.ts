// A learning rate that is too low leaves the loss where it was; one that is too high makes it grow, to infinity and NaN. Between
// them is a band, often around 1e-3 to 1e-5 for large nets with Adam and higher for small ones: a range test finds it in a hundred steps.
import { Diagnosis, Key, Layers, Loss, Net, Optimizer, Toys, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { type Result, show, shown } from "./experiment.ts"

const rates = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 1e3, 1e6]
const hidden = Layers.dense({ units: 32, activation: "relu" })
const base = {
  net: Net.sequential([hidden, hidden, Layers.dense({ units: 1 })]),
  loss: Loss.meanSquaredError,
  data: Toys.linear(Key.make(1), { count: 120, noise: 0.1 }),
  seed: 17,
  epochs: 20,
  batch: 20,
}

/** The last loss of a run; infinite or NaN where it diverges, as the value that appeared first. */
const last = (rate: number) =>
  Train.finished({ ...base, optimizer: Optimizer.sgd(rate) }).pipe(
    Effect.map(({ history }) => history.at(-1)?.train.loss ?? Number.NaN),
    Effect.catchTag("NonFinite", ({ value }) => Effect.succeed(value)),
  )

export const experiment = async () => {
  const run = { ...base, optimizer: Optimizer.sgd(1) }
  const program = Effect.all({
    losses: Effect.forEach(rates, last),
    range: Diagnosis.rateRange({ ...run, state: Train.initial(run) }, Optimizer.sgd),
  })
  const { losses, range } = await Effect.runPromise(Effect.provide(program, Wasm.layer()))
  const [from = 0, to = 0] = range.band ?? []
  const first = range.points[0]?.loss ?? 0
  const at = (rate: number) => losses[rates.indexOf(rate)] ?? Number.NaN
  return {
    finding: `from a loss of ${shown(first)}, 20 epochs of sgd end with ${shown(at(1e-6))} at a rate of 1e-6, ${shown(at(1e-2))} at 1e-2, ${shown(at(1))} at 1, ${at(1e3)} at 1e3; a range test gives the band ${shown(from)} to ${shown(to)}`,
    numbers: { first, losses, from, to },
    figure: {
      title: "The loss after twenty epochs, by learning rate",
      x: "learning rate",
      y: "loss",
      logX: true,
      logY: true,
      lines: [
        { name: "after 20 epochs", points: losses.map((loss, i) => [rates[i] ?? 0, loss] as const) },
        { name: "range test", points: range.points.map(({ loss, rate }) => [rate, loss] as const) },
      ],
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
