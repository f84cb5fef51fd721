/** `Loop.minimize` is a loop with one optimizer: the bits of `Train.run`, its rate, and the numbers that its loss reports. */
import {
  Autodiff,
  type Engine,
  Key,
  Layers,
  Loop,
  Loss,
  Net,
  NonFinite,
  Optimizer,
  Params,
  Tensor,
  Toys,
  Train,
  Wasm,
} from "@adjoint/core"
import { Effect, Result } from "effect"
import { expect, test } from "vitest"

const { inputs, targets } = Toys.moons(Key.make(7), { count: 50 })
const net = Net.sequential([Layers.dense({ units: 6, activation: "tanh" }), Layers.dropout(0.2), Layers.dense({ units: 2 })])
const loss = Loss.categoricalCrossEntropy()
const { params, state } = net.init(Key.fold(Key.make(3), "init"), [2])
const settings = { seed: 3, epochs: 4, batch: 20 }
const numbers = (tree: unknown) => Params.leaves(tree).map((leaf) => [...Tensor.read(leaf).data])

const run = <A, E>(effect: Effect.Effect<A, E, Engine.Engine>) =>
  Effect.runPromise(Effect.provide(effect, Wasm.layer({ threads: 1 })))

const loopWith = (optimizer: Optimizer.Optimizer<Params.Params>) =>
  Loop.minimize({
    ...settings,
    params: params as Params.Params,
    optimizer,
    data: { x: inputs, y: targets },
    loss: (p, { x, y }, key) => {
      const value = loss(net.apply(p, state, x, { mode: "train", key }).y, y)
      return { value, aux: { double: Tensor.mul(value, 2) } }
    },
  })

test.each([
  ["adam", Optimizer.adam(0.02)],
  ["a chain with an average", Optimizer.average(Optimizer.chain(Optimizer.clipByGlobalNorm(0.5), Optimizer.momentum(0.1)))],
] as const)("%s: the bits, the losses and the rates of Train.run", async (_, optimizer) => {
  const of = optimizer as unknown as Optimizer.Optimizer<Params.Params>
  const trained = await run(
    Train.finished({ ...settings, net, loss, optimizer: of, data: { inputs, targets }, start: { params, state } }),
  )
  const looped = await run(Loop.finished(loopWith(of)))
  expect(numbers(looped.state.params)).toEqual(numbers(trained.params))
  expect(looped.history.map(({ train }) => train.loss)).toEqual(trained.history.map(({ train }) => train.loss))
  expect(looped.history.map(({ learningRate }) => learningRate)).toEqual(trained.history.map((each) => each.learningRate))
  const { double = 0, loss: one = 0 } = looped.history.at(-1)?.train ?? {}
  expect(double).toBeCloseTo(2 * one, 5)
})

test("a loss that is not finite ends it with its name", async () => {
  const loop = Loop.minimize({
    ...settings,
    params: { w: Tensor.scalar(1) },
    optimizer: Optimizer.sgd(1e30),
    data: inputs,
    loss: ({ w }, x) => Tensor.mean(Tensor.square(Tensor.mul(Tensor.mul(w, w), x))),
  })
  const failed = await run(Effect.result(Loop.finished(loop)))
  expect(Result.isFailure(failed) && failed.failure).toBeInstanceOf(NonFinite)
})

test("a gradient goes through a step of minimize: second order, as finite differences say", () => {
  const inner = Optimizer.sgd(0.1)
  const after = (w: Tensor.Tensor) => {
    const start = { w }
    const next = Optimizer.minimize(inner, start, inner.init(start), (p) => Tensor.sum(Tensor.exp(p.w)))
    return Tensor.sum(Tensor.square(next.params.w))
  }
  // w' = w - 0.1 eʷ, so the derivative of w'² is 2 w' (1 - 0.1 eʷ).
  const x = 0.7
  const moved = x - 0.1 * Math.exp(x)
  expect(Tensor.toNumber(Autodiff.grad(after)(Tensor.scalar(x)))).toBeCloseTo(2 * moved * (1 - 0.1 * Math.exp(x)), 6)
})

test("monitors are typed: they name the loss, its other numbers, and the scores of validation rows", () => {
  const config = {
    ...settings,
    params: { w: Tensor.scalar(1) },
    optimizer: Optimizer.sgd(0.1),
    data: inputs,
    loss: ({ w }: { readonly w: Tensor.Tensor }, x: Tensor.Tensor) => {
      const value = Tensor.mean(Tensor.square(Tensor.mul(w, x)))
      return { value, aux: { double: Tensor.mul(value, 2) } }
    },
  }
  const loop = Loop.minimize({ ...config, best: { monitor: "train.double", mode: "min" } })
  expect(loop.best?.monitor).toBe("train.double")
  // @ts-expect-error there is no such number
  expect(Loop.minimize({ ...config, best: { monitor: "train.treble", mode: "min" } }).best?.mode).toBe("min")
})

test("a number of aux called loss is refused, since it would hide the loss", async () => {
  const hiding = Loop.minimize({
    ...settings,
    params: { w: Tensor.make([1]) },
    optimizer: Optimizer.sgd(0.1),
    data: inputs,
    loss: ({ w }) => ({ value: Tensor.sum(w), aux: { loss: Tensor.scalar(5) } }),
  })
  await expect(run(Loop.finished(hiding))).rejects.toThrow("Loop.minimize wants other names in aux than `loss`")
})

test("a loss that is no tensor is refused with what is wanted", async () => {
  for (const wrong of [3, Promise.resolve(Tensor.scalar(1)), "1"])
    expect(() => Autodiff.grad(() => wrong as never)(Tensor.make([1]))).toThrow("grad wants a function that gives one f32 number")
})
