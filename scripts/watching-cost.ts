/**
 * Measures what watching the layers adds to a training: the same model is trained without watching, at the usual interval, and with
 * a measurement after every epoch, in turn, in one process. It counts processor time, which other programs lengthen little, and
 * prints the median of the ratios of neighbouring runs with its quartiles.
 *
 *     node scripts/watching-cost.ts                          three models, 9 rounds each: about seven minutes
 *     node scripts/watching-cost.ts --rounds 30 --only lenet
 *     node scripts/watching-cost.ts --json                   for programs: the seconds of every round
 */
import { parseArgs } from "node:util"
import * as Wasm from "@adjoint/core/engines/Wasm"
import * as Layers from "@adjoint/core/learning/Layers"
import * as Loss from "@adjoint/core/learning/Loss"
import * as Net from "@adjoint/core/learning/Net"
import * as Optimizer from "@adjoint/core/learning/Optimizer"
import * as Sequence from "@adjoint/core/learning/Sequence"
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as Train from "@adjoint/core/training/Train"
import { Effect, Stream } from "effect"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
})

const normal = (key: number, shape: ReadonlyArray<number>) => Tensor.read(Key.normal(Key.make(key), shape))
const classes = (key: number, count: number, among: number) =>
  Tensor.read(Key.categorical(Key.make(key), Tensor.zeros([count, among])))

const optimizer = Optimizer.adam(1e-3)

/** A classifier of a table: 20 columns, 10,000 rows. */
const table = {
  net: Net.sequential([
    Layers.dense({ units: 64, activation: "relu" }),
    Layers.dense({ units: 64, activation: "relu" }),
    Layers.dense({ units: 3 }),
  ]),
  loss: Loss.categoricalCrossEntropy(),
  optimizer,
  data: { inputs: normal(1, [10_000, 20]), targets: classes(2, 10_000, 3) },
  seed: 17,
  epochs: 40,
  batch: 32,
}

/** LeNet-5 for images of 28×28. */
const lenet = {
  net: Net.sequential([
    Layers.conv2d({ filters: 6, kernel: 5, pad: "same", activation: "tanh" }),
    Layers.avgPool({ window: 2 }),
    Layers.conv2d({ filters: 16, kernel: 5, activation: "tanh" }),
    Layers.avgPool({ window: 2 }),
    Layers.flatten,
    Layers.dense({ units: 120, activation: "tanh" }),
    Layers.dense({ units: 84, activation: "tanh" }),
    Layers.dense({ units: 10 }),
  ]),
  loss: Loss.categoricalCrossEntropy(),
  optimizer,
  data: { inputs: normal(3, [4000, 28, 28, 1]), targets: classes(4, 4000, 10) },
  seed: 17,
  epochs: 24,
  batch: 64,
}

const letters = Array.from({ length: 640 }, (_, i) => Array.from({ length: 32 }, (_, j) => (7 * i + 3 * j * (1 + (i % 5))) % 40))
const block = { heads: 4, keyHeads: 2, causal: true, rotary: true, dropout: 0 }

/** Two transformer blocks over letters. */
const transformer = {
  net: Sequence.tied(
    { tokens: 40, units: 32 },
    Sequence.stack([Sequence.transformer(block), Sequence.transformer(block), Sequence.each(Layers.layerNorm())]),
  ),
  loss: Sequence.loss(Loss.categoricalCrossEntropy()),
  optimizer,
  data: {
    inputs: Sequence.pad(letters, { dtype: "i32" }),
    targets: Sequence.pad(letters, { dtype: "i32" }).x,
  },
  seed: 17,
  epochs: 40,
  batch: 16,
}

/** A training whose events are written as text, as the command records them; gives the measurements that it made. */
const trained = <A extends { readonly _tag: string }, E, R>(events: Stream.Stream<A, E, R>) =>
  Stream.runFold(
    events,
    () => 0,
    (count, event) => (event._tag === "LayersMeasured" && JSON.stringify(event).length > 0 ? count + 1 : count),
  )

type Watching = "none" | "usual" | "often"

const watches = { none: {}, usual: { watch: {} }, often: { watch: { steps: 1 } } } as const

const models = {
  table: (watching: Watching) => trained(Train.run({ ...table, ...watches[watching] })),
  lenet: (watching: Watching) => trained(Train.run({ ...lenet, ...watches[watching] })),
  transformer: (watching: Watching) => trained(Train.run({ ...transformer, ...watches[watching] })),
}

/** Seconds of processor time that a training takes, and the measurements of its layers. */
const costOf = (model: keyof typeof models, watching: Watching) =>
  Effect.gen(function* () {
    const before = process.cpuUsage()
    const count = yield* Effect.provide(models[model](watching), Wasm.layer({ threads: 1 }))
    const { system, user } = process.cpuUsage(before)
    return { seconds: (user + system) / 1e6, count }
  })

const quantile = (sorted: ReadonlyArray<number>, q: number): number => sorted[Math.round(q * (sorted.length - 1))] ?? Number.NaN

const spreadOf = (values: ReadonlyArray<number>) => {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`

const program = Effect.gen(function* () {
  const names = (Object.keys(models) as ReadonlyArray<keyof typeof models>).filter(
    (name) => values.only === undefined || name === values.only,
  )
  for (const name of names) {
    for (const watching of ["none", "usual"] as const) yield* costOf(name, watching)
    const rounds: Array<Record<Watching, number>> = []
    const measurements = { none: 0, usual: 0, often: 0 }
    for (let round = 0; round < Number(values.rounds); round++) {
      // Every other round in the opposite order, so that a drift of the machine favours neither.
      const order: ReadonlyArray<Watching> = round % 2 === 0 ? ["none", "usual", "often"] : ["often", "usual", "none"]
      const seconds = { none: 0, usual: 0, often: 0 }
      for (const watching of order) {
        const cost = yield* costOf(name, watching)
        seconds[watching] = cost.seconds
        measurements[watching] = cost.count
      }
      rounds.push(seconds)
    }
    if (values.json) {
      console.log(JSON.stringify({ model: name, rounds, measurements }))
      continue
    }
    const added = spreadOf(rounds.map(({ none, usual }) => usual / none - 1))
    const base = spreadOf(rounds.map(({ none }) => none))
    const more = Math.max(1, measurements.often - measurements.usual)
    const each = spreadOf(rounds.map(({ often, usual }) => (1000 * (often - usual)) / more))
    console.log(
      [
        `${name}: ${base.median.toFixed(2)} s without watching, ${rounds.length} rounds`,
        `  watching at the usual interval adds ${percent(added.median)} (quartiles ${percent(added.low)} to ${percent(added.high)}): ${measurements.usual} measurements with their compilation`,
        `  a further measurement takes ${each.median.toFixed(2)} ms (${each.low.toFixed(2)} to ${each.high.toFixed(2)})`,
      ].join("\n"),
    )
  }
})

await Effect.runPromise(program)
