/** What is measured, row by row. Ours comes first in a row: results are checked against it, and ratios are to it. */
import { type Contender, contenders } from "./contenders.ts"
import type { Task } from "./protocol.ts"

export interface Row {
  readonly name: string
  readonly task: Task
  readonly ours: Contender
  readonly peers: ReadonlyArray<Contender>
  /** Floating-point operations of one repetition, where they say something. */
  readonly operations?: number
}

export interface Section {
  readonly title: string
  /** What one figure is the time of. */
  readonly unit: string
  /** Either how long the task takes again and again, or how long a process takes from its start until it has done it once. */
  readonly timed: "repetition" | "start"
  readonly rows: ReadonlyArray<Row>
}

const { adjointAll: ours, ...others } = contenders
const peers: ReadonlyArray<Contender> = Object.values(others)

const training = (batch: number, ...widths: ReadonlyArray<number>): Row => ({
  name: `${widths.join("-")}, batch ${batch}`,
  task: { kind: "adam", widths, batch },
  ours,
  peers,
})

const product = (n: number): Row => ({
  name: `n = ${n}`,
  task: { kind: "matmul", n },
  ours,
  peers,
  operations: 2 * n ** 3,
})

export const sections: ReadonlyArray<Section> = [
  {
    title: "Matrix product",
    unit: "[n, n] times [n, n] in f32, to where the product can be read",
    timed: "repetition",
    rows: [64, 128, 256, 512, 1024].map(product),
  },
  {
    title: "Training step",
    unit: "one step of Adam: relu layers, softmax cross-entropy, to where the loss can be read",
    timed: "repetition",
    rows: [training(32, 64, 32, 10), training(128, 784, 128, 10), training(128, 784, 512, 256, 10)],
  },
  {
    title: "Start-up",
    unit: "from the start of the process to the loss of the first training step",
    timed: "start",
    rows: [training(32, 64, 32, 10)],
  },
]
