/** The measured rows. Ours is first in a row: results are compared with it, and ratios are relative to it. */
import { availableParallelism } from "node:os"
import { type Contender, contenders, inOneFile, tableReaders } from "./contenders.ts"
import { convolutional, lenet, lstm, meanOfEmbeddings, type Network, perceptron, transformer, vgg } from "./network.ts"
import { type Plan, plans } from "./plan.ts"
import type { Task, TaskOf } from "./protocol.ts"

export interface Row {
  readonly name: string
  readonly task: Task
  readonly ours: Contender
  readonly peers: ReadonlyArray<Contender>
  /** Floating-point operations of one repetition, where they are informative. */
  readonly operations?: number
  /** Other threads that occupy a core each meanwhile. */
  readonly neighbours?: number
  /** The row's point in the picture of growth: the quantity and its size. */
  readonly grows?: { readonly with: string; readonly to: number }
}

export interface Section {
  /** Its name in `--rows`. */
  readonly key: string
  readonly title: string
  /** The unit of one figure's time. */
  readonly unit: string
  /**
   * The time of a repetition, the time of the first execution in a process whose library is loaded and set up, or the time
   * from the start of a process until it has done the task once.
   */
  readonly timed: "repetition" | "first" | "start"
  readonly plan: Plan
  /** Whether the report has the memory of each contender. */
  readonly memory?: true
  readonly rows: ReadonlyArray<Row>
}

const { adjointAll: ours, ...others } = contenders
const peers: ReadonlyArray<Contender> = Object.values(others)

/** Reading has `portable` numerics. */
const reading: Pick<Row, "peers"> = { peers: peers.filter((peer) => peer !== contenders.adjointFast) }

const row = (name: string, task: Task, more: Partial<Row> = {}): Row => ({ name, task, ours, peers, ...more })

const product = (n: number): Row => row(`n = ${n}`, { kind: "product", n }, { operations: 2 * n ** 3 })

/** The task of one step of Adam with softmax cross-entropy, unless given otherwise. */
const step = (network: Network, batch: number, more: Partial<TaskOf<"train">> = {}): TaskOf<"train"> => ({
  kind: "train",
  network,
  batch,
  optimizer: "adam",
  loss: "classes",
  ...more,
})

const training = (network: Network, batch: number, more: Partial<Row> = {}): Row =>
  row(`${network.name}, batch ${batch}`, step(network, batch), more)

const tests = 10_000
const classifier = perceptron([784, 50, 100, 10], "sigmoid")
const digits = perceptron([784, 128, 10])
const autoencoder = perceptron([784, 256, 64, 256, 784])

const powers = (base: number, first: number, last: number): ReadonlyArray<number> =>
  Array.from({ length: Math.round(Math.log(last / first) / Math.log(base)) + 1 }, (_, i) => first * base ** i)

/** One row for each size of the growing quantity, for the contenders in the picture. */
const growing = (what: string, sizes: ReadonlyArray<number>, of: (size: number) => readonly [Network, number]) =>
  sizes.map((to) => {
    const [network, batch] = of(to)
    return training(network, batch, {
      name: `${what} ${to}`,
      grows: { with: what, to },
      peers: [contenders.jax, contenders.tfjsWasm, contenders.torchAll],
    })
  })

const starts: ReadonlyArray<Row> = [training(perceptron([64, 32, 10]), 32), training(convolutional, 64)]

/** A row of contenders that are one file each. */
const bundled = (row: Row): Row => ({
  ...row,
  ours: inOneFile.get(row.ours) ?? row.ours,
  peers: row.peers.flatMap((peer) => inOneFile.get(peer) ?? []),
})

/** A network with hidden layers of 64 units. */
const deep = (hidden: number): Network => perceptron([64, ...Array<number>(hidden).fill(64), 10])

const steps: ReadonlyArray<Row> = [
  training(perceptron([64, 32, 10]), 32),
  training(digits, 128),
  training(perceptron([784, 512, 256, 10]), 128),
  training(convolutional, 64),
]

export const sections: ReadonlyArray<Section> = [
  {
    key: "products",
    title: "Matrix product",
    unit: "[n, n] times [n, n] in f32, of matrices the library holds to a product it holds",
    timed: "repetition",
    plan: plans.full,
    rows: [64, 128, 256, 512, 1024, 2048].map(product),
  },
  {
    key: "elementwise",
    title: "Elementwise",
    unit: "of an array the library holds to one it holds",
    timed: "repetition",
    plan: plans.full,
    rows: [
      row("ten operations on 1,000,000 elements", { kind: "chain", elements: 1_000_000 }),
      row("softmax of the rows of [4096, 1000]", { kind: "softmax", rows: 4096, columns: 1000 }),
    ],
  },
  {
    key: "reading",
    title: "Reading",
    unit: "outside any compiled program, from arrays of the language to one that can be read",
    timed: "repetition",
    plan: plans.full,
    rows: [
      row("product of two 1000 × 1000 matrices", { kind: "product", n: 1000, read: true }, reading),
      row("1,000 small expressions, one after the other", { kind: "expressions", count: 1000 }, reading),
      row("ten operations on 1,000,000 elements", { kind: "chain", elements: 1_000_000, read: true }, reading),
    ],
  },
  {
    key: "steps",
    title: "Training step",
    unit: "one step of Adam with softmax cross-entropy on a batch the library holds, to where the loss can be read",
    timed: "repetition",
    plan: plans.full,
    memory: true,
    rows: [...steps, training(lenet, 64)],
  },
  {
    key: "models",
    title: "Models",
    unit: "one training step of networks as they are used, as above; the transformer with AdamW, the autoencoder with the mean squared error",
    timed: "repetition",
    // A library that takes ten seconds for a step is not waited for.
    plan: { ...plans.full, limit: 30_000 },
    memory: true,
    rows: [
      training(transformer, 32, { task: step(transformer, 32, { optimizer: "adamw" }) }),
      training(lstm, 64),
      training(vgg, 64),
      training(autoencoder, 256, {
        name: `Autoencoder ${autoencoder.name}, batch 256`,
        task: step(autoencoder, 256, { loss: "reconstruction" }),
      }),
      training(meanOfEmbeddings, 256),
    ],
  },
  {
    key: "epoch",
    title: "Epoch",
    unit: "one epoch of 60,000 images end to end, from arrays to trained weights, mean loss and accuracy: making the network, compiling where the library does, shuffling, gathering batches",
    timed: "repetition",
    plan: plans.full,
    memory: true,
    rows: [row(`${digits.name}, batch 128, Adam`, { kind: "epoch", network: digits, batch: 128, rows: 60_000 })],
  },
  {
    key: "inference",
    title: "Inference",
    unit: `the probabilities of ${tests.toLocaleString("en")} images, from numbers to numbers that can be read`,
    timed: "repetition",
    plan: plans.full,
    memory: true,
    rows: [100, 1].map((batch) =>
      row(`${classifier.name}, ${batch === 1 ? "one by one" : `batches of ${batch}`}`, {
        kind: "infer",
        network: classifier,
        batch,
        rows: tests,
      }),
    ),
  },
  {
    key: "tables",
    title: "Tables",
    unit: "a CSV file of numbers with six decimals, from the disk to numbers in memory. 500,000 rows of ten columns are 52 MB, and 40 MB as doubles",
    timed: "repetition",
    plan: plans.full,
    memory: true,
    rows: [
      {
        name: "500,000 rows of ten numbers",
        task: { kind: "table", rows: 500_000, columns: 10 },
        ours: tableReaders.adjoint,
        peers: [tableReaders.csvParse, tableReaders.papaparse, tableReaders.pandas],
      },
    ],
  },
  {
    key: "neighbour",
    title: "Busy neighbour",
    unit: "a training step, as above, while another program occupies every core but one; of two threads at least one has to share its core. The factor is to ours on one thread",
    timed: "repetition",
    plan: plans.full,
    rows: [training(digits, 128), training(perceptron([784, 512, 256, 10]), 128), training(lstm, 64)].map((each) => ({
      ...each,
      neighbours: availableParallelism() - 1,
      ours: contenders.adjointOne,
      peers: [contenders.adjointAll, contenders.torchOne, contenders.torchAll],
    })),
  },
  {
    key: "growth",
    title: "How cost grows",
    unit: "one step of Adam, as above: 784-128-10 by the batch; 64-w-w-10, batch 128, by the width w; hidden layers of 64 units, batch 64, by their number",
    timed: "repetition",
    plan: plans.brief,
    rows: [
      ...growing("batch", powers(4, 1, 4096), (batch) => [digits, batch]),
      ...growing("width", powers(2, 16, 2048), (width) => [perceptron([64, width, width, 10]), 128]),
      ...growing("depth", powers(2, 1, 64), (depth) => [deep(depth), 64]),
    ],
  },
  {
    key: "first",
    title: "First time",
    unit: "from arrays of the language to where the result can be read, for the first time in a process whose library is loaded and set up; for a step of Adam: to its loss, compiling included where the library does",
    timed: "first",
    plan: plans.full,
    rows: [...steps, row("reading a product of two 1000 × 1000 matrices", { kind: "product", n: 1000, read: true }, reading)],
  },
  {
    key: "startup",
    title: "Start-up",
    unit: "from the start of the process to the loss of the first training step",
    timed: "start",
    plan: plans.full,
    rows: starts,
  },
  {
    key: "bundledstart",
    title: "Start-up of one file",
    unit: "the same, with each JavaScript program and its libraries bundled into one minified file",
    timed: "start",
    plan: plans.full,
    rows: starts.map(bundled),
  },
]
