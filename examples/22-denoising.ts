// A denoising autoencoder (Vincent et al., 2008): the key of each step draws the noise, so resumed runs draw the same.
import { Key, Layers, Loop, Net, Optimizer, Tensor, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import * as Digits from "./data/digits.ts"

const net = Net.sequential([Layers.dense({ units: 96, activation: "relu" }), Layers.dense({ units: 64, activation: "sigmoid" })])
const first = net.init(Key.make(1), [64])
type Params = typeof first.params

/** Sets a third of the pixels to 0. */
const damaged = (x: Tensor.Tensor, key: Key.Key) => Tensor.mul(x, Tensor.cast(Key.bernoulli(key, 2 / 3, x.shape), "f32"))
const repaired = (params: Params, x: Tensor.Tensor) => Net.infer(net, { ...first, params }, x)
const error = (x: Tensor.Tensor, y: Tensor.Tensor) => Tensor.mean(Tensor.square(Tensor.sub(x, y)))

// The mean of the parameters over time is scored: it is in the optimizer's state.
export const loop = Loop.minimize({
  params: first.params,
  optimizer: Optimizer.average(Optimizer.adam(0.003), { decay: 0.98 }),
  loss: (params, x, key) => error(repaired(params, damaged(x, key)), x),
  data: Digits.train.inputs,
  validation: {
    data: Digits.validation.inputs,
    scores: ({ optimizer: { mean }, params }, x) => {
      const seen = damaged(x, Key.make(9))
      return { damaged: error(seen, x), last: error(repaired(params, seen), x), mean: error(repaired(mean as Params, seen), x) }
    },
  },
  plateau: { monitor: "val.mean", mode: "min", minDelta: 2e-4, factor: 0.5, patience: 3 },
  seed: 17,
  epochs: 60,
  batch: 64,
})

const { history } = await Effect.runPromise(Loop.finished(loop).pipe(Effect.provide(Wasm.layer())))
const shown = (x = Number.NaN): string => x.toFixed(4)
for (const { epoch, learningRate, validation = {} } of history.filter((record) => record.epoch % 20 === 0)) {
  const { damaged, last, mean } = validation
  console.log(`epoch ${epoch}  rate ${learningRate}  damaged ${shown(damaged)}  last ${shown(last)}  mean ${shown(mean)}`)
}

// Prints:
// epoch 20  rate 0.003  damaged 0.0770  last 0.0279  mean 0.0281
// epoch 40  rate 0.003  damaged 0.0770  last 0.0252  mean 0.0253
// epoch 60  rate 0.0001875  damaged 0.0770  last 0.0243  mean 0.0243
