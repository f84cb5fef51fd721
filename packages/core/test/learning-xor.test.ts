/** The smallest problem that one layer cannot solve, learned by two. */
import { Autodiff, Key, Layers, Loss, Net, Optimizer, Params, Score, Tensor } from "@adjoint/core"
import { expect, test } from "vitest"

const x = Tensor.make([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
])
const y = Tensor.make([[0], [1], [1], [0]])

const learn = <P>(net: Net.Net<P, unknown>, seed: number, steps: number) => {
  const initial = net.init(Key.make(seed), [2])
  const outputs = (params: P) => net.apply(params, initial.state, x, { mode: "infer" }).y
  const cost = Autodiff.valueAndGrad((params: P) => Loss.binaryCrossEntropy()(outputs(params), y))
  const optimizer = Optimizer.adam(0.1)
  let { params } = initial
  let state = optimizer.init(params)
  for (let step = 0; step < steps; step++) {
    const next = optimizer.update(cost(params).grad, state, params)
    params = Optimizer.apply(params, next.updates)
    state = next.state
    Tensor.readAll(Params.leaves([params, state]))
  }
  return { loss: Tensor.toNumber(cost(params).value), accuracy: Score.of(Score.accuracy, outputs(params), y), params }
}

const two = Net.sequential({ hidden: Layers.dense({ units: 8, activation: "tanh" }), out: Layers.dense({ units: 1 }) })

test.each([1, 2, 3])("two layers learn it, from seed %i", (seed) => {
  const { accuracy, loss } = learn(two, seed, 150)
  expect(accuracy).toBe(1)
  expect(loss).toBeLessThan(0.05)
})

test("one layer cannot: it ends where it says nothing, at log 2", () => {
  const { accuracy, loss } = learn(Layers.dense({ units: 1 }), 1, 300)
  expect(accuracy).toBeLessThan(1)
  expect(loss).toBeCloseTo(Math.log(2), 3)
})

test("the same seed gives the same bits", () => {
  const bits = () => Params.leaves(learn(two, 4, 10).params).map((leaf) => [...Tensor.read(leaf).data])
  expect(bits()).toEqual(bits())
})
