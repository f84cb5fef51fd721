// A deep belief network: restricted Boltzmann machines learn digits from images without labels, and a net that starts with
// their weights then needs few labels. (As a model file: digits-dbn.yaml.)
import { Dataset, Key, Layers, Loss, Net, Optimizer, Pretrain, Rbm, Score, Tensor, Train, Wasm } from "@adjoint/core"
import { Console, Effect, Stream } from "effect"
import { train, validation } from "./data/digits.ts"

const settings = {
  visible: "bernoulli",
  method: { cd: 1 },
  epochs: 10,
  batch: 20,
  learningRate: 0.1,
  momentum: [0.5, 0.9],
  l2: 2e-4,
} as const

// Greedy: the second machine learns from the outputs of the first one.
const machines = Pretrain.run({
  inputs: train.inputs,
  validation: validation.inputs,
  stages: [
    { ...settings, layer: "h1", hidden: 100 },
    { ...settings, layer: "h2", hidden: 64 },
  ],
  seed: 17,
}).pipe(
  Stream.tap((event) =>
    event._tag === "StageScored" && event.epoch % 5 === 0
      ? Console.log(`${event.layer} epoch ${event.epoch}  reconstruction error ${event.validation?.error.toFixed(4)}`)
      : Effect.void,
  ),
  Stream.runFold(
    (): ReadonlyArray<Rbm.Params> => [],
    (last, event) => (event._tag === "Pretrained" ? event.machines : last),
  ),
)

const sigmoids = (units: number) => Layers.dense({ units, activation: "sigmoid" })
const net = Net.sequential({ h1: sigmoids(100), h2: sigmoids(64), out: Layers.dense({ units: 10 }) })
const drawn = net.init(Key.make(17), [64])

const accuracy = (params: typeof drawn.params) =>
  Train.run({
    net,
    loss: Loss.categoricalCrossEntropy(),
    optimizer: Optimizer.adam(0.005),
    data: Dataset.take(
      train,
      Array.from({ length: 100 }, (_, row) => row),
    ),
    validation,
    scores: { accuracy: Score.accuracy },
    seed: 17,
    start: { params, state: drawn.state },
    epochs: 40,
    batch: 20,
  }).pipe(
    Stream.runFold(
      () => 0,
      (last, event) => (event._tag === "EpochScored" ? (event.validation?.accuracy ?? 0) : last),
    ),
  )

const program = Effect.gen(function* () {
  const [h1, h2] = yield* machines
  if (h1 === undefined || h2 === undefined) return
  const start = Pretrain.unroll(drawn.params, [
    { layer: ["h1"], machine: h1 },
    { layer: ["h2"], machine: h2 },
  ])
  yield* Console.log(`100 labels, random weights   ${(yield* accuracy(drawn.params)).toFixed(3)}`)
  yield* Console.log(`100 labels, pre-trained      ${(yield* accuracy(start)).toFixed(3)}`)

  // Samples of a machine: Gibbs sampling starts from noise and ends at images that are likely for the machine.
  const noise = Tensor.cast(Key.bernoulli(Key.make(1), 0.5, [100, 64]), "f32")
  const samples = Rbm.gibbs(Key.make(2), h1, noise, 50)
  const free = (v: Tensor.Tensor) => Tensor.toNumber(Tensor.mean(Rbm.freeEnergy(h1, v))).toFixed(0)
  yield* Console.log(`free energy: digits ${free(validation.inputs)}, samples ${free(samples)}, noise ${free(noise)}`)
})

await Effect.runPromise(program.pipe(Effect.provide(Wasm.layer())))

// Prints:
// h1 epoch 5  reconstruction error 0.0458
// h1 epoch 10  reconstruction error 0.0347
// h2 epoch 5  reconstruction error 0.0111
// h2 epoch 10  reconstruction error 0.0043
// 100 labels, random weights   0.750
// 100 labels, pre-trained      0.807
// free energy: digits -26, samples -29, noise 49
