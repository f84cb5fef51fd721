// A siamese net (Hadsell, Chopra and LeCun, 2006): images of the same digit get codes that are near one another.
import { Dataset, Key, Layers, Loop, Net, Optimizer, Tensor, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import * as Digits from "./data/digits.ts"

type Images = { readonly image: Tensor.Tensor; readonly label: Tensor.Tensor }
const images = ({ inputs, targets }: Dataset.Dataset) => ({ image: inputs, label: targets })

const net = Net.sequential([Layers.dense({ units: 64, activation: "relu" }), Layers.dense({ units: 8 })])
const first = net.init(Key.make(1), [64])
type Params = typeof first.params
const codes = (params: Params, image: Tensor.Tensor) => Net.infer(net, { ...first, params }, image)
const squares = (a: Tensor.Tensor, b: Tensor.Tensor) => Tensor.sum(Tensor.square(Tensor.sub(a, b)), { axes: -1 })

/** The contrastive loss of the pairs of a batch: each image with the one as far from the other end, both by the same net. */
const contrastive = (params: Params, { image, label }: Images) => {
  const code = codes(params, image)
  const square = squares(code, Tensor.flip(code, [0]))
  const apart = Tensor.square(Tensor.maximum(Tensor.sub(2, Tensor.sqrt(Tensor.add(square, 1e-6))), 0))
  const isSame = Tensor.equal(label, Tensor.flip(label, [0]))
  return Tensor.mean(Tensor.where(isSame, Tensor.mul(square, 4), apart))
}

/** How often the nearest of 200 known images shows the same digit. */
const known = images({ inputs: Dataset.slice(Digits.train.inputs, 0, 200), targets: Dataset.slice(Digits.train.targets, 0, 200) })
const nearest = (params: Params, { image, label }: Images) => {
  const [a, b] = [codes(params, image), codes(params, known.image)]
  const distances = squares(Tensor.expandAxis(a, 1), Tensor.expandAxis(b, 0))
  return Tensor.mean(Tensor.cast(Tensor.equal(Tensor.take(known.label, Tensor.argMin(distances)), label), "f32"))
}

export const loop = Loop.minimize({
  params: first.params,
  optimizer: Optimizer.adam(0.003),
  loss: contrastive,
  data: images(Digits.train),
  validation: { data: images(Digits.validation), scores: (s, batch) => ({ nearest: nearest(s.params, batch) }) },
  earlyStop: { monitor: "val.nearest", mode: "max", patience: 15, restoreBest: true },
  seed: 17,
  epochs: 60,
  batch: 128,
})

const { best, history } = await Effect.runPromise(Loop.finished(loop).pipe(Effect.provide(Wasm.layer())))
for (const { epoch, train, validation } of history.filter((record) => record.epoch === 1 || record.epoch === best?.epoch))
  console.log(`epoch ${epoch}  loss ${train.loss?.toFixed(3)}  nearest ${validation?.nearest?.toFixed(3)}`)

// Prints:
// epoch 1  loss 0.798  nearest 0.689
// epoch 57  loss 0.194  nearest 0.926
