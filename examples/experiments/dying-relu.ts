// Dying relu. A step that is too large pushes a unit's bias so far down that it is 0 for every row; then it has no gradient and
// stays dead. A lower rate, a small positive bias and leaky relu are cures (Maas et al., 2013).
import { Activation, Diagnosis, Initializer, Key, Layers, Loss, Net, Optimizer, Toys, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { type Result, show } from "./experiment.ts"

const data = Toys.moons(Key.make(1), { count: 200, noise: 0.15 })

interface Cure {
  readonly rate: number
  readonly bias?: number
  readonly activation?: Layers.ActivationLike
}

/** The share of the hidden units that are dead after training from a seed. */
const deadFrom = ({ activation = "relu", bias = 0, rate }: Cure, seed: number) => {
  const hidden = Layers.dense({ units: 64, activation, biasInit: Initializer.constant(bias) })
  const config = {
    net: Net.sequential([hidden, Layers.dense({ units: 2 })]),
    loss: Loss.categoricalCrossEntropy(),
    optimizer: Optimizer.adam(rate),
    data,
    seed,
    epochs: 10,
    batch: 20,
  }
  return Effect.gen(function* () {
    const { params, state } = yield* Train.finished(config)
    const [first] = yield* Diagnosis.deadUnits({ ...config, state: { ...Train.initial(config), params, state } })
    return (first?.dead ?? 0) / (first?.units ?? 1)
  })
}

/** The mean share of two seeds. */
const dead = (cure: Cure) =>
  Effect.map(
    Effect.forEach([3, 17], (seed) => deadFrom(cure, seed)),
    (shares) => shares.reduce((sum, share) => sum + share, 0) / shares.length,
  )

const rates = [0.01, 0.03, 0.1]
const high = 0.1

export const experiment = async () => {
  const leaky: Layers.ActivationLike = (x) => Activation.leakyRelu(x, 0.01)
  const program = Effect.all({
    relu: Effect.forEach(rates, (rate) => dead({ rate })),
    bias: Effect.forEach(rates, (rate) => dead({ rate, bias: 0.5 })),
    leaky: Effect.forEach(rates, (rate) => dead({ rate, activation: leaky })),
  })
  const shares = await Effect.runPromise(Effect.provide(program, Wasm.layer()))
  const at = (all: ReadonlyArray<number>, rate: number) => all[rates.indexOf(rate)] ?? Number.NaN
  const percent = (share: number) => `${Math.round(100 * share)}%`
  const numbers = {
    high: at(shares.relu, high),
    low: at(shares.relu, 0.01),
    bias: at(shares.bias, high),
    leaky: at(shares.leaky, high),
  }
  return {
    finding: `dead units of relu at a rate of ${high}: ${percent(numbers.high)}; at 0.01: ${percent(numbers.low)}; with biases that start at 0.5: ${percent(numbers.bias)}; of leaky relu: ${percent(numbers.leaky)}`,
    numbers,
    figure: {
      title: "Units that are 0 for every row, after training",
      x: "learning rate",
      y: "share of the hidden units",
      logX: true,
      lines: Object.entries(shares).map(([name, all]) => ({
        name,
        points: all.map((share, i) => [rates[i] ?? 0, share] as const),
      })),
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
