// A loop of your own: any pure step gets events, checkpoints and exact resume. Here it trains a variational autoencoder
// (Kingma and Welling, 2014) of digits.
import { Key, Layers, Loop, Loss, Net, Optimizer, Tensor, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import * as Digits from "./data/digits.ts"

const encoder = Net.sequential([Layers.dense({ units: 64, activation: "relu" }), Layers.dense({ units: 16 })])
const decoder = Net.sequential([Layers.dense({ units: 64, activation: "relu" }), Layers.dense({ units: 64 })])
const [e, d] = [encoder.init(Key.make(1), [64]), decoder.init(Key.make(2), [8])]
const params = { encoder: e.params, decoder: d.params }
type Params = typeof params

const decode = (p: Params, z: Tensor.Tensor) => Net.infer(decoder, { ...d, params: p.decoder }, z)
const crossEntropy = Loss.binaryCrossEntropy()

/** The two terms of the loss, per image: the error of the reconstruction, and the distance of codes to a normal distribution. */
const terms = (p: Params, x: Tensor.Tensor, key?: Key.Key) => {
  const code = Net.infer(encoder, { ...e, params: p.encoder }, x)
  const [mean, logVariance] = [Tensor.at(code, ":", "0:8"), Tensor.at(code, ":", "8:16")]
  const noise = key === undefined ? 0 : Tensor.mul(Key.normal(key, mean.shape), Tensor.exp(Tensor.mul(logVariance, 0.5)))
  const spread = Tensor.sub(Tensor.add(Tensor.exp(logVariance), Tensor.square(mean)), Tensor.add(logVariance, 1))
  return {
    reconstruction: Tensor.mul(crossEntropy(decode(p, Tensor.add(mean, noise)), x), 64),
    divergence: Tensor.mean(Tensor.mul(Tensor.sum(spread, { axes: 1 }), 0.5)),
  }
}

export const loop = Loop.minimize({
  params,
  optimizer: Optimizer.adam(0.003),
  loss: (p, x, key) => {
    const aux = terms(p, x, key)
    return { value: Tensor.add(aux.reconstruction, aux.divergence), aux }
  },
  data: Digits.train.inputs,
  validation: { data: Digits.validation.inputs, scores: (s, x) => terms(s.params, x) },
  seed: 17,
  epochs: 30,
  batch: 64,
})

const { history } = await Effect.runPromise(Loop.finished(loop).pipe(Effect.provide(Wasm.layer())))
for (const { epoch, train, validation } of history.filter((record) => record.epoch % 10 === 0)) {
  const { divergence, reconstruction } = validation ?? {}
  console.log(
    `epoch ${epoch}  loss ${train.loss?.toFixed(2)}  validation ${reconstruction?.toFixed(2)} + ${divergence?.toFixed(2)}`,
  )
}

// Prints:
// epoch 10  loss 26.19  validation 22.31 + 2.20
// epoch 20  loss 25.33  validation 20.77 + 2.75
// epoch 30  loss 25.07  validation 20.30 + 2.91
