// A learning rate that is too low leaves the loss where it was; one that is too high makes it grow, to infinity and NaN. Between
// them is a band, which a range test finds in a hundred steps: for deep nets with Adam that of the courses, 1e-5 to 1e-3, and a
// higher one for small nets.
import { Diagnosis, Key, Layers, Loss, Net, Optimizer, Toys, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { type Result, show, shown } from "./experiment.ts"

const rates = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 1e15]
const hidden = Layers.dense({ units: 32, activation: "relu" })
const base = {
  net: Net.sequential([hidden, hidden, Layers.dense({ units: 1 })]),
  loss: Loss.meanSquaredError,
  data: Toys.linear(Key.make(1), { count: 120, noise: 0.1 }),
  seed: 17,
  epochs: 20,
  batch: 20,
}

/** The same with eight layers. */
const deep = {
  ...base,
  net: Net.sequential([...Array<Net.Net>(8).fill(Layers.dense({ units: 160, activation: "relu" })), Layers.dense({ units: 1 })]),
}

/** The last loss of a run, or what became infinite or NaN first, and in which step. */
const last = (rate: number) =>
  Train.finished({ ...base, optimizer: Optimizer.sgd(rate) }).pipe(
    Effect.map(({ history }) => ({ loss: history.at(-1)?.train.loss ?? Number.NaN, end: "" })),
    Effect.catchTag("NonFinite", ({ step, tensor, value }) =>
      Effect.succeed({ loss: value, end: `the ${tensor} is ${value} in step ${step}` }),
    ),
  )

export const experiment = async () => {
  const run = { ...base, optimizer: Optimizer.sgd(1) }
  const adam = { ...deep, optimizer: Optimizer.adam(1e-3) }
  const program = Effect.all({
    runs: Effect.forEach(rates, last),
    range: Diagnosis.rateRange({ ...run, state: Train.initial(run) }, Optimizer.sgd),
    adam: Diagnosis.rateRange({ ...adam, state: Train.initial(adam) }, Optimizer.adam),
  })
  const { adam: deepRange, range, runs } = await Effect.runPromise(Effect.provide(program, Wasm.layer()))
  const [from = 0, to = 0] = range.band ?? []
  const [low = 0, high = 0] = deepRange.band ?? []
  const first = range.points[0]?.loss ?? 0
  const losses = runs.map(({ loss }) => loss)
  const at = (rate: number) => runs[rates.indexOf(rate)] ?? { loss: Number.NaN, end: "" }
  return {
    finding: `from a loss of ${shown(first)}, 20 epochs of sgd end with ${shown(at(1e-6).loss)} at a rate of 1e-6, ${shown(at(1e-2).loss)} at 1e-2, ${shown(at(1).loss)} at 1; at 10 ${at(10).end}, at 1e15 ${at(1e15).end}; a range test gives the band ${shown(from)} to ${shown(to)}, and ${shown(low)} to ${shown(high)} for eight layers with adam`,
    numbers: { first, losses, from, to, deep: { low, high, steepest: deepRange.steepest ?? 0 } },
    figure: {
      title: "The loss after twenty epochs, by learning rate",
      x: "learning rate",
      y: "loss",
      logX: true,
      logY: true,
      most: 100 * first,
      lines: [
        // The last rate is so far from the others that nothing could be told of these beside it.
        { name: "after 20 epochs; ×: diverged", points: losses.slice(0, -1).map((loss, i) => [rates[i] ?? 0, loss] as const) },
        { name: "range test", points: range.points.map(({ loss, rate }) => [rate, loss] as const) },
        { name: "of eight layers with adam", points: deepRange.points.map(({ loss, rate }) => [rate, loss] as const) },
      ],
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
