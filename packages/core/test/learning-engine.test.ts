/**
 * Losses, optimizers, learning rates and scores on the WebAssembly engine: what Reference says of them, to the precision
 * of floats. Activations and layers are held to it beside their own laws.
 */
import {
  Autodiff,
  Compile,
  Key,
  LearningRate,
  Loss,
  type NDArray,
  Optimizer,
  Params,
  Reference,
  Score,
  Tensor,
} from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { describe, expect, test } from "vitest"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { tensors } from "../src/language/TensorTree.ts"

type T = Tensor.Tensor

const floats = { rtol: 2e-5, atol: 2e-6 }

/** Compares the results of a function on both engines, and returns the number of compared elements. */
const hold = <Args extends ReadonlyArray<unknown>>(f: (...args: Args) => unknown, ...args: Args): number => {
  const { program } = Compile.program(f, ...(args as never))
  const inputs: ReadonlyArray<NDArray.NDArray> = Tensor.readAll(tensors(args))
  const executable = prepare({ program, resident: 0 })
  const made = executable.run(inputs)
  executable.release()
  const exact = Reference.run(program, inputs)
  for (const [i, got] of made.entries()) assertAllClose(got, exact[i] as NDArray.NDArray, floats)
  return made.reduce((sum, { data }) => sum + data.length, 0)
}

const normal = (seed: number, shape: ReadonlyArray<number>): T => Tensor.read(Key.normal(Key.make(seed), shape))
/** Rows of numbers from 0 to 1 that add up to 1: a target for any loss. */
const shares: T = (() => {
  const powers = Tensor.exp(normal(2, [9, 4]))
  return Tensor.read(Tensor.div(powers, Tensor.sum(powers, { axes: -1, keepAxes: true })))
})()

describe("losses", () => {
  test.each(Object.keys(Loss.table))("%s: each sample, the mean, its gradient and what outputs mean", (name) => {
    const loss = make(Loss.table, { name, options: {} })
    const both = (output: T, target: T) => {
      const { grad, value } = Autodiff.valueAndGrad((at: T) => loss(at, target))(output)
      return [loss.perExample(output, target), value, grad, loss.response(output)]
    }
    expect(hold(both, normal(1, [9, 4]), shares)).toBe(9 + 1 + 36 + 36)
  })
})

describe("optimizers", () => {
  const params = { layer: { w: normal(3, [5, 7]), b: normal(4, [7]) }, gamma: normal(5, []) }
  const grads = Params.map(params, (leaf) => Tensor.read(Tensor.sub(Tensor.mul(leaf, 0.7), 0.2)))

  test.each(Object.keys(Optimizer.table))("%s: five steps", (name) => {
    const optimizer = make(Optimizer.table, { name, options: {} })(LearningRate.cosine({ lr: 0.05, steps: 8 }))
    const steps = (start: typeof params, slope: typeof params) => {
      let at = start
      let state = optimizer.init(start)
      for (let step = 0; step < 5; step++) {
        const scaled = Params.map(slope, (g) => Tensor.mul(g, 1 + step / 3))
        const next = optimizer.update(scaled, state, at)
        at = Optimizer.apply(at, next.updates)
        state = next.state
      }
      return at
    }
    expect(hold(steps, params, grads)).toBe(43)
  })
})

describe("learning rates", () => {
  const run: LearningRate.Run = { lr: 0.2, epochs: 12, stepsPerEpoch: 10 }

  test.each(Object.keys(LearningRate.table))("%s: every step of a run", (name) => {
    const rate = make(LearningRate.table, { name, options: {} })(run)
    const all = (first: T) =>
      Tensor.stack(Array.from({ length: 120 }, (_, step) => Tensor.cast(rate(Tensor.add(first, step)), "f32")))
    expect(hold(all, Tensor.scalar(0, "i32"))).toBe(120)
  })
})

describe("scores", () => {
  const numbers = new Set(["mse", "rmse", "mae", "r2"])
  const tables = { ...Score.table, ...Score.reports }

  test.each(Object.keys(tables))("%s: its sums", (name) => {
    const score = make<Score.Score<unknown>>(tables, { name, options: {} })
    // So many samples that a cell of a table of counts holds more than a block of a sum does.
    for (const samples of [9, 2000]) {
      const labels = Tensor.make(
        Array.from({ length: samples }, (_, i) => i % 4),
        "i32",
      )
      const target = numbers.has(name) ? normal(6, [samples, 4]) : labels
      expect(hold((output: T, wanted: T) => score(output, wanted), normal(1, [samples, 4]), target)).toBeGreaterThan(0)
    }
  })
})
