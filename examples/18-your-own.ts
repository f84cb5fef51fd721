// A loss, an activation and a score of your own are functions of tensors: a range of prices in which 8 of 10 fall.
import { Key, Layers, NDArray, Net, Optimizer, Tensor, Train, Wasm } from "@adjoint/core"
import { Console, Effect } from "effect"

type T = Tensor.Tensor

/** Prices y = sin 3x, with noise that grows with x. */
const rows = (key: Key.Key, count: number) => {
  const x = Key.uniform(Key.fold(key, "x"), [count, 1], { low: -1, high: 1 })
  const noise = Tensor.mul(Key.normal(Key.fold(key, "noise"), [count, 1]), Tensor.mul(Tensor.add(x, 1.2), 0.2))
  return { inputs: Tensor.read(x), targets: Tensor.read(Tensor.add(Tensor.sin(Tensor.mul(x, 3)), noise)) }
}

/** An activation: a sine, as in nets that represent a signal (Sitzmann et al., 2020). */
const sine = (x: T): T => Tensor.sin(Tensor.mul(x, 3))

/** A loss: the pinball loss of two quantiles (Koenker and Bassett, 1978). Outputs [n, 2], targets [n, 1]. */
const quantiles = Tensor.make([0.1, 0.9])
const pinball = (output: T, target: T): T => {
  const short = Tensor.sub(target, output)
  return Tensor.mean(Tensor.maximum(Tensor.mul(quantiles, short), Tensor.mul(Tensor.sub(quantiles, 1), short)))
}

/** A score: the fraction of targets within the range. */
const coverage = (output: T, target: T): T => {
  const [low, high] = [Tensor.at(output, ":", "0:1"), Tensor.at(output, ":", "1:2")]
  return Tensor.and(Tensor.greaterEqual(target, low), Tensor.lessEqual(target, high))
}

const program = Effect.gen(function* () {
  const net = Net.sequential({ hidden: Layers.dense({ units: 16, activation: sine }), range: Layers.dense({ units: 2 }) })
  const trained = yield* Train.finished({
    net,
    loss: pinball,
    scores: { coverage },
    optimizer: Optimizer.adam(0.01),
    data: rows(Key.make(1), 400),
    validation: rows(Key.make(2), 1000),
    seed: 17,
    epochs: 60,
    batch: 32,
  })
  for (const { epoch, validation } of trained.history.filter((_, i) => i % 20 === 19))
    yield* Console.log(`epoch ${epoch}  pinball ${validation?.loss?.toFixed(4)}  coverage ${validation?.coverage?.toFixed(3)}`)
  const at = NDArray.make("f32", [3, 1], Float32Array.of(-0.8, 0, 0.8))
  yield* Console.log(Tensor.print(Net.infer(net, trained, at)))
})

await Effect.runPromise(program.pipe(Effect.provide(Wasm.layer())))

// Prints:
// epoch 20  pinball 0.0425  coverage 0.838
// epoch 40  pinball 0.0419  coverage 0.795
// epoch 60  pinball 0.0419  coverage 0.775
// [[-0.76644, -0.59057],
//  [-0.34064, 0.29902],
//  [0.19216, 1.2149]]
