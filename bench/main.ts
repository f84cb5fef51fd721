/**
 * The time of one training step of a small classifier, for each engine: forward, backward and a gradient step through
 * `Compile.step`, the way a training run does it. Prints a table; the fastest of several rounds counts, since whatever else
 * the machine does can only add to it.
 */
import { Autodiff, Compile, Engine, Key, Tensor } from "@adjoint/core"
import { Effect } from "effect"

interface Workload {
  readonly batch: number
  readonly widths: readonly [inputs: number, hidden: number, classes: number]
}

const workloads: ReadonlyArray<Workload> = [
  { batch: 32, widths: [64, 32, 10] },
  { batch: 128, widths: [784, 128, 10] },
]

const engines = { reference: Engine.reference }

interface Batch {
  /** [batch, inputs] */
  readonly x: Tensor.Tensor
  /** Class numbers (i32), [batch] */
  readonly labels: Tensor.Tensor
}

const parametersOf = ({ widths: [inputs, hidden, classes] }: Workload) => {
  const scaled = (name: string, rows: number, columns: number) =>
    Tensor.mul(Key.normal(Key.fold(Key.make(1), name), [rows, columns]), Math.sqrt(2 / rows))
  return {
    hidden: { w: scaled("hidden", inputs, hidden), b: Tensor.zeros([hidden]) },
    output: { w: scaled("output", hidden, classes), b: Tensor.zeros([classes]) },
  }
}

type Parameters = ReturnType<typeof parametersOf>

/** Mean cross-entropy of a two-layer classifier. */
const lossOf =
  ({ x, labels }: Batch, classes: number) =>
  ({ hidden, output }: Parameters): Tensor.Tensor => {
    const activity = Tensor.maximum(Tensor.add(Tensor.matmul(x, hidden.w), hidden.b), 0)
    const logits = Tensor.add(Tensor.matmul(activity, output.w), output.b)
    const logLikelihood = Tensor.sub(logits, Tensor.logSumExp(logits, { axes: -1, keepAxes: true }))
    return Tensor.neg(Tensor.mean(Tensor.sum(Tensor.mul(logLikelihood, Tensor.oneHot(labels, classes)), { axes: -1 })))
  }

const batchOf = ({ batch, widths: [inputs, , classes] }: Workload): Batch => ({
  x: Key.uniform(Key.make(2), [batch, inputs]),
  labels: Tensor.rem(Tensor.range(batch), classes),
})

/** Milliseconds of one step. */
const measure = Effect.fnUntraced(function* (workload: Workload) {
  const descend = (parameters: Parameters, batch: Batch) => {
    const { value, grad } = Autodiff.valueAndGrad(lossOf(batch, workload.widths[2]))(parameters)
    const down = (layer: "hidden" | "output") => ({
      w: Tensor.sub(parameters[layer].w, Tensor.mul(grad[layer].w, 0.1)),
      b: Tensor.sub(parameters[layer].b, Tensor.mul(grad[layer].b, 0.1)),
    })
    return { state: { hidden: down("hidden"), output: down("output") }, output: value }
  }
  const step = yield* Compile.step(descend, parametersOf(workload))
  const batch = batchOf(workload)
  yield* step.run([batch])
  let best = Number.POSITIVE_INFINITY
  const end = performance.now() + 2000
  do {
    const start = performance.now()
    yield* step.run([batch])
    best = Math.min(best, performance.now() - start)
  } while (performance.now() < end)
  return best
})

const rows = await Effect.runPromise(
  Effect.forEach(workloads, (workload) =>
    Effect.gen(function* () {
      const row: Record<string, string> = { step: `${workload.widths.join("-")}, batch ${workload.batch}` }
      for (const [name, layer] of Object.entries(engines)) {
        const time = yield* measure(workload).pipe(Effect.scoped, Effect.provide(layer))
        row[`${name} (ms)`] = time.toFixed(2)
      }
      return row
    }),
  ),
)
console.table(rows)
