/**
 * Measures what watching the layers at the usual interval adds to a training: the same model is trained with and without it, in
 * turn, each time in a new process, as the command does. It counts the processor time of the training with its compilation, which
 * other programs lengthen little, and prints the median of the ratios of neighbouring runs with its quartiles.
 *
 *     node scripts/watching-cost.ts                          five trainings, 9 rounds each: about ten minutes
 *     node scripts/watching-cost.ts --rounds 30 --only lenet
 *     node scripts/watching-cost.ts --json                   for programs: the seconds of every round
 */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
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
import * as Watch from "@adjoint/core/training/Watch"
import { Effect, Stream } from "effect"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    // Trains once, in this process: whether with watching.
    once: { type: "string" },
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

const watching = values.once === "watched" ? { watch: Watch.layers() } : {}

/** Each model, and two of them trained for longer: a run that is too short is not measured. */
const trainings = {
  table: () => trained(Train.run({ ...table, ...watching })),
  "table-long": () => trained(Train.run({ ...table, epochs: 200, ...watching })),
  lenet: () => trained(Train.run({ ...lenet, ...watching })),
  transformer: () => trained(Train.run({ ...transformer, ...watching })),
  "transformer-long": () => trained(Train.run({ ...transformer, epochs: 160, ...watching })),
}

type Name = keyof typeof trainings

interface Cost {
  readonly seconds: number
  readonly measurements: number
}

/** The processor time of a training in this process. */
const costHere = (name: Name): Promise<Cost> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const before = process.cpuUsage()
      const measurements = yield* Effect.provide(trainings[name](), Wasm.layer({ threads: 1 }))
      const { system, user } = process.cpuUsage(before)
      return { seconds: (user + system) / 1e6, measurements }
    }),
  )

/** The same in a new process. */
const costOf = (name: Name, isWatched: boolean): Cost =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [fileURLToPath(import.meta.url), "--only", name, "--once", isWatched ? "watched" : "unwatched"],
      { encoding: "utf8" },
    ),
  )

const quantile = (sorted: ReadonlyArray<number>, q: number): number => sorted[Math.round(q * (sorted.length - 1))] ?? Number.NaN

const spreadOf = (values: ReadonlyArray<number>) => {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`

const names = (Object.keys(trainings) as ReadonlyArray<Name>).filter((name) => values.only === undefined || name === values.only)

if (values.once !== undefined) for (const name of names) console.log(JSON.stringify(await costHere(name)))
else
  for (const name of names) {
    const rounds = Array.from({ length: Number(values.rounds) }, (_, round) => {
      // Every other round in the opposite order, so that a drift of the machine favours neither.
      const [first, second] = [round % 2 === 1, round % 2 === 0]
      const costs = [costOf(name, first), costOf(name, second)] as const
      return { plain: costs[first ? 1 : 0], watched: costs[first ? 0 : 1] }
    })
    if (values.json) {
      console.log(JSON.stringify({ name, rounds }))
      continue
    }
    const added = spreadOf(rounds.map(({ plain, watched }) => watched.seconds / plain.seconds - 1))
    const base = spreadOf(rounds.map(({ plain }) => plain.seconds))
    const measurements = rounds[0]?.watched.measurements ?? 0
    const made = measurements === 0 ? "none is made in so short a run" : `${measurements} measurements with their compilation`
    console.log(
      `${name}: ${base.median.toFixed(2)} s without watching, ${rounds.length} rounds\n` +
        `  watching at the usual interval adds ${percent(added.median)} (quartiles ${percent(added.low)} to ${percent(added.high)}): ${made}`,
    )
  }
