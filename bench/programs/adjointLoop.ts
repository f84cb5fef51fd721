/** A minimal program that trains with Adjoint in a loop of its own, as those of the other libraries do: exclusive or. */
import { Autodiff, Compile, Key, Layers, Loss, Net, Optimizer, type Params, Tensor, Wasm } from "@adjoint/core"
import { Effect } from "effect"

const x = Tensor.make([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
])
const y = Tensor.make([0, 1, 1, 0], "i32")

const net = Net.sequential([Layers.dense({ units: 8, activation: "tanh" }), Layers.dense({ units: 2 })])
const loss = Loss.categoricalCrossEntropy()
const adam = Optimizer.adam(0.05)
const { params, state } = net.init(Key.make(1), [2])

const training = Effect.gen(function* () {
  const cost = (at: Params.Params) => loss(net.apply(at, state, x, { mode: "infer" }).y, y)
  const step = yield* Compile.step(
    (now, _: ReadonlyArray<Tensor.Tensor>) => {
      const { grad, value } = Autodiff.valueAndGrad(cost)(now.params)
      const { state: next, updates } = adam.update(grad, now.adam, now.params)
      return { state: { params: Optimizer.apply(now.params, updates), adam: next }, output: value }
    },
    { params, adam: adam.init(params) },
  )
  for (let epoch = 1; epoch <= 200; epoch++) {
    const [value = Tensor.scalar(Number.NaN)] = yield* step.run([[]])
    console.log(epoch, Tensor.toNumber(value))
  }
})

await Effect.runPromise(Effect.scoped(Effect.provide(training, Wasm.layer())))
