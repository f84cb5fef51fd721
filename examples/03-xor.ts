// XOR: a single layer cannot learn it, two layers can. The training loop is written out, to show how short it is.
import { Activation, Autodiff, Key, Layers, Loss, Net, Optimizer, Tensor, Toys } from "@adjoint/core"

const { inputs, targets } = Toys.xor(Key.make(0))

const net = Net.sequential([Layers.dense({ units: 4, activation: "tanh" }), Layers.dense({ units: 2 })])
const loss = Loss.categoricalCrossEntropy()
const optimizer = Optimizer.adam(0.05)

const initial = net.init(Key.make(1), [2])
const cost = (params: typeof initial.params) => loss(net.apply(params, initial.state, inputs, { mode: "infer" }).y, targets)

let params = initial.params
let state = optimizer.init(params)
for (let step = 0; step < 200; step++) {
  const { updates, state: next } = optimizer.update(Autodiff.grad(cost)(params), state, params)
  params = Optimizer.apply(params, updates)
  state = next
  if (step % 50 === 0) console.log(`step ${step} loss ${Tensor.toNumber(cost(params)).toFixed(4)}`)
}

const logits = net.apply(params, initial.state, inputs, { mode: "infer" }).y
console.log("predicted", Tensor.print(Tensor.argMax(logits)), "true", Tensor.print(targets))
console.log("probabilities of the first row:", Tensor.print(Tensor.at(Activation.softmax(logits), 0)))

// Prints:
// step 0 loss 0.8081
// step 50 loss 0.0701
// step 100 loss 0.0103
// step 150 loss 0.0056
// predicted [0, 1, 1, 0] true [0, 1, 1, 0]
// probabilities of the first row: [0.99955, 0.00045094]
