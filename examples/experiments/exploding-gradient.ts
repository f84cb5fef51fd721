// Exploding gradients of a recurrent net. Back through time the gradient is multiplied by the recurrent matrix at every step: it
// vanishes or explodes as its largest factor is below or above 1. Clipping the norm keeps a run finite (Pascanu et al., 2013).
import { Autodiff, Initializer, Key, Layers, Loss, NDArray, Optimizer, Tensor, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { type Result, show, shown } from "./experiment.ts"

const width = 16

const rnn = (gain: number) =>
  Layers.simpleRnn({ units: width, activation: (x) => x, recurrentInit: Initializer.orthogonal(gain) })

/** ‖∂(sum of the last state) / ∂x₁‖ by the number of steps. */
const norm = (gain: number, steps: number): number => {
  const net = rnn(gain)
  const { params, state } = net.init(Key.make(1), [steps, 4])
  const x = Key.normal(Key.make(2), [8, steps, 4])
  const last = (at: Tensor.Tensor) => Tensor.sum(net.apply(params, state, at, { mode: "infer" }).y)
  const first = Tensor.at(Autodiff.grad(last)(x), ":", 0)
  return Tensor.toNumber(Tensor.sqrt(Tensor.sum(Tensor.square(first))))
}

const lengths = [1, 5, 10, 20, 40]
const sum = (xs: ReadonlyArray<number>): number => xs.reduce((total, x) => total + x, 0)
const series = [...Tensor.read(Key.uniform(Key.make(3), [64, 40])).data]
const data = {
  inputs: NDArray.make("f32", [64, 40, 1], Float32Array.from(series)),
  targets: NDArray.make(
    "f32",
    [64, width],
    Float32Array.from(
      { length: 64 * width },
      (_, i) => sum(series.slice(40 * Math.floor(i / width), 40 * Math.floor(i / width) + 40)) / 40,
    ),
  ),
}

/** The loss of each epoch, up to the first that is not finite. */
const losses = (optimizer: Optimizer.Optimizer) =>
  Train.finished({ net: rnn(1.2), loss: Loss.meanSquaredError, optimizer, data, seed: 17, epochs: 15, batch: 16 }).pipe(
    Effect.map(({ history }) => history.map(({ train }) => train.loss ?? Number.NaN)),
    Effect.catchTag("NonFinite", () => Effect.succeed([Number.POSITIVE_INFINITY])),
  )

export const experiment = async () => {
  const program = Effect.all({
    plain: losses(Optimizer.sgd(0.05) as unknown as Optimizer.Optimizer),
    clipped: losses(Optimizer.chain(Optimizer.clipByGlobalNorm(1), Optimizer.sgd(0.05)) as unknown as Optimizer.Optimizer),
  })
  const { clipped, plain } = await Effect.runPromise(Effect.provide(program, Wasm.layer()))
  const [low, high] = [0.8, 1.3].map((gain) => lengths.map((steps) => norm(gain, steps))) as [Array<number>, Array<number>]
  const numbers = {
    vanished: (low.at(-1) ?? 0) / (low[0] ?? 1),
    exploded: (high.at(-1) ?? 0) / (high[0] ?? 1),
    plain: plain.at(-1) ?? 0,
    clipped: clipped.at(-1) ?? 0,
  }
  return {
    finding: `over 40 steps the gradient of the first input shrinks to ${shown(numbers.vanished)} of that over one step with a recurrent gain of 0.8, and grows ${shown(numbers.exploded)} times with 1.3; at a gain of 1.2 plain sgd ends with a loss of ${numbers.plain}, clipped to a norm of 1 with ${shown(numbers.clipped)}`,
    numbers,
    figure: {
      title: "The gradient of the first input of a recurrent net",
      x: "time steps",
      y: "norm",
      logY: true,
      lines: [
        { name: "gain 0.8", points: low.map((each, i) => [lengths[i] ?? 0, each] as const) },
        { name: "gain 1.3", points: high.map((each, i) => [lengths[i] ?? 0, each] as const) },
      ],
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
