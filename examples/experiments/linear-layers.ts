// Linear layers add nothing: W₃(W₂(W₁x)) is one matrix times x. Four linear layers divide two circles no better than one;
// with relu between them they do.
import { Key, Layers, Loss, Net, Optimizer, Score, Tensor, Toys, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { line, type Result, show, shown } from "./experiment.ts"

const data = Toys.circles(Key.make(1), { count: 200, noise: 0.05 })

const trained = (net: Net.Net) =>
  Train.finished({
    net,
    loss: Loss.categoricalCrossEntropy(),
    scores: { accuracy: Score.accuracy },
    optimizer: Optimizer.adam(0.02),
    data,
    seed: 17,
    epochs: 40,
    batch: 50,
  })

const stack = (activation: "identity" | "relu", bias = true) => {
  const hidden = Layers.dense({ units: 16, activation, bias })
  return Net.sequential([hidden, hidden, hidden, Layers.dense({ units: 2, bias })])
}

/** The largest difference between four linear layers and the product of their matrices. */
const difference = (): number => {
  const net = stack("identity", false)
  const { params, state } = net.init(Key.make(3), [2])
  const matrices = Object.values(params as { readonly [layer: string]: { readonly w: Tensor.Tensor } }).map(({ w }) => w)
  const product = matrices.reduce((all, w) => Tensor.matmul(all, w) as Tensor.Tensor)
  const y = net.apply(params, state, data.inputs, { mode: "infer" }).y
  return Tensor.toNumber(Tensor.max(Tensor.abs(Tensor.sub(y, Tensor.matmul(data.inputs, product)))))
}

export const experiment = async () => {
  const program = Effect.all({
    one: trained(Layers.dense({ units: 2 }) as unknown as Net.Net),
    four: trained(stack("identity")),
    relu: trained(stack("relu")),
  })
  const runs = await Effect.runPromise(Effect.provide(program, Wasm.layer()))
  const accuracies = Object.entries(runs).map(
    ([name, { history }]) => [name, history.map(({ train }) => train.accuracy ?? 0)] as const,
  )
  const last = Object.fromEntries(accuracies.map(([name, all]) => [name, all.at(-1) ?? 0])) as {
    readonly [N in keyof typeof runs]: number
  }
  const largest = difference()
  return {
    finding: `two circles: one linear layer ${shown(100 * last.one)}%, four ${shown(100 * last.four)}%, four with relu ${shown(100 * last.relu)}%; four linear layers differ from the product of their matrices by ${shown(largest)}`,
    numbers: { ...last, largest },
    figure: {
      title: "Linear layers add nothing",
      x: "epoch",
      y: "accuracy",
      lines: accuracies.map(([name, all]) => line(name, all)),
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
