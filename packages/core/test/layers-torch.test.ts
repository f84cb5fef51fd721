/**
 * Layers compared with PyTorch's results in float64: results, every gradient, and the running statistics of batch
 * normalization after several steps. The numbers and the script that recorded them are in recorded/.
 */
import { readFileSync } from "node:fs"
import { Autodiff, Layers, Loss, NDArray, Net, Optimizer, Params, type Shape, Tensor, Tree } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { describe, expect, test } from "vitest"
import { exactly } from "./exactly.ts"

type T = Tensor.Tensor

interface RecordedArray {
  readonly shape: Shape.Shape
  readonly data: ReadonlyArray<number>
}

type RecordedTree = { readonly [name: string]: RecordedArray }

interface Case {
  readonly layer: string
  readonly options: { readonly [option: string]: unknown }
  readonly train: boolean
  readonly x: RecordedArray
  readonly params: RecordedTree
  readonly y: RecordedArray
  readonly cotangent: RecordedArray
  readonly toX?: RecordedArray
  readonly toParams: RecordedTree
}

interface Recording {
  readonly torch: string
  readonly cases: ReadonlyArray<Case>
  readonly batch_norm: ReadonlyArray<ReadonlyArray<Case & { readonly before: RecordedTree; readonly after: RecordedTree }>>
  readonly alpha_dropout: ReadonlyArray<{
    readonly rate: number
    readonly value: number
    readonly made: ReadonlyArray<number>
  }>
  readonly network: {
    readonly x: RecordedArray
    readonly target: ReadonlyArray<number>
    readonly start: { readonly [layer: string]: RecordedTree }
    readonly end: { readonly [layer: string]: RecordedTree }
    readonly losses: ReadonlyArray<number>
    readonly mean: RecordedArray
    readonly variance: RecordedArray
    readonly logits: RecordedArray
  }
}

const recorded: Recording = JSON.parse(
  readFileSync(new URL("recorded/torch-layers-1.13.json", import.meta.url), "utf8"),
) as Recording

const close = { rtol: 1e-10, atol: 1e-12 }

const array = ({ data, shape }: RecordedArray): NDArray.NDArray => NDArray.make("f32", shape, Float64Array.from(data))

const tree = (arrays: RecordedTree): { readonly [name: string]: T } =>
  Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, array(value)]))

/** Holds a tree to another: the same names, and close numbers. */
const closeTrees = (got: unknown, wanted: unknown): void => {
  expect(Tree.structure(got)).toBe(Tree.structure(wanted))
  const leaves = Params.leaves(wanted)
  for (const [i, leaf] of Params.leaves(got).entries()) assertAllClose(leaf, leaves[i] as T, close)
}

const context = (train: boolean): Net.Context => (train ? { mode: "train", key: Tensor.make([0, 0], "i32") } : { mode: "infer" })

/** Holds one application of a layer to the recording; gives the state it leaves. */
const hold = (row: Case, state: Params.Params): Params.Params => {
  const net = make(Layers.table, { name: row.layer, options: row.options })
  const isWhole = row.toX === undefined
  const x = isWhole ? Tensor.make([...row.x.data], "i32") : array(row.x)
  const input = row.x.shape.slice(1)
  const f = (params: Params.Params, from: T, before: Params.Params, cotangent: T) => {
    const samples = isWhole ? Tensor.reshape(from, row.x.shape) : from
    let after: Params.Params = before
    const { pull, value } = Autodiff.vjp(
      (at: { readonly params: Params.Params; readonly x: T }) => {
        const applied = net.apply(at.params, before, at.x, context(row.train))
        after = applied.state
        return applied.y
      },
      { params, x: samples },
    )
    return { value, back: pull(cotangent), after }
  }
  const { after, back, value } = exactly(f)(tree(row.params), x, state, array(row.cotangent))
  expect(value.shape.slice(1)).toEqual(net.shape(input))
  assertAllClose(value, array(row.y), close)
  if (row.toX !== undefined) assertAllClose(back.x, array(row.toX), close)
  closeTrees(back.params, tree(row.toParams))
  return after
}

test("the recording is PyTorch's", () => expect(recorded.torch).toBe("1.13.0a0"))

describe("layers", () => {
  test.each(recorded.cases)("$layer $options", (row) => {
    hold(row, {})
  })
})

describe("batch_norm", () => {
  test.each(recorded.batch_norm.map((steps) => [steps[0]?.x.shape.slice(1), steps] as const))(
    "of %j, step by step, then inferring",
    (_, steps) => {
      let state: Params.Params = tree(steps[0]?.before ?? {})
      expect(steps.length).toBe(5)
      for (const step of steps) {
        closeTrees(state, tree(step.before))
        state = hold(step, state)
        closeTrees(state, tree(step.after))
      }
      expect(steps.at(-1)?.train).toBe(false)
    },
  )
})

describe("alpha_dropout", () => {
  test.each(recorded.alpha_dropout)("$rate of $value", ({ made, rate, value }) => {
    const x = NDArray.make("f32", [200], new Float64Array(200).fill(value))
    const y = exactly((at: T) => Layers.alphaDropout(rate).apply({}, {}, at, context(true)).y)(x)
    const distinct = [...new Set(Tensor.read(y).data)].sort((a, b) => a - b)
    expect(distinct.length).toBe(2)
    assertAllClose(Tensor.make(distinct), made, close)
  })
})

test("a convolutional network with batch normalization trains as PyTorch's does", () => {
  const { end, logits, losses, mean, start, target, variance, x } = recorded.network
  const net = Net.graph([
    ["conv", { net: Layers.conv2d({ filters: 4, kernel: 3, pad: "same", bias: false }) as Net.Net }],
    ["norm", { net: Layers.batchNorm() as Net.Net }],
    ["relu", { net: Layers.activation("relu") }],
    ["pool", { net: Layers.maxPool({ window: 2 }) }],
    ["deep", { net: Layers.conv2d({ filters: 4, kernel: 3, pad: 1, groups: 2 }) as Net.Net }],
    ["sum", { join: "add", from: ["pool", "deep"] }],
    ["flat", { net: Layers.flatten }],
    ["out", { net: Layers.dense({ units: 3 }) as Net.Net }],
  ])
  const whole = (weights: { readonly [layer: string]: RecordedTree }): Params.Params => ({
    relu: {},
    pool: {},
    sum: {},
    flat: {},
    ...Object.fromEntries(Object.entries(weights).map(([layer, arrays]) => [layer, tree(arrays)])),
  })
  const loss = Loss.categoricalCrossEntropy()
  const wanted = Tensor.make([...target], "i32")
  const step = (params: Params.Params, state: Params.Params, at: T) => {
    const cost = (from: Params.Params) => {
      const applied = net.apply(from, state, at, context(true))
      return { value: loss(applied.y, wanted), aux: applied.state }
    }
    const { aux, grad, value } = Autodiff.valueAndGradAux(cost)(params)
    return {
      params: Optimizer.apply(
        params,
        Params.map(grad, (g) => Tensor.mul(g, -0.05)),
      ),
      state: aux,
      value,
    }
  }
  let params = whole(start)
  let { state } = net.init(Tensor.make([0, 0], "i32"), x.shape.slice(1))
  for (const expected of losses) {
    const made = exactly(step)(params, state, array(x))
    assertAllClose(made.value, expected, close)
    params = made.params
    state = made.state
  }
  closeTrees(params, whole(end))
  closeTrees((state as { readonly norm: unknown }).norm, tree({ mean, variance }))
  const infer = exactly((from: Params.Params, past: Params.Params, at: T) => net.apply(from, past, at, context(false)).y)
  assertAllClose(infer(params, state, array(x)), array(logits), close)
})
