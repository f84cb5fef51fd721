/** Laws that hold for every layer of the table. */
import { Autodiff, Compile, Key, Layers, type NDArray, type Net, Params, Reference, Shape, Tensor, Tree } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { checkGrads } from "@adjoint/core/testing/checkGrads"
import { describe, expect, test } from "vitest"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { tensors } from "../src/language/TensorTree.ts"

type T = Tensor.Tensor

interface Example {
  readonly options?: { readonly [option: string]: unknown }
  readonly input: Shape.Shape
  /** How many tokens there are, where samples are tokens. */
  readonly tokens?: number
}

const relu = { name: "relu", options: {} }

/** Uses of every layer, with samples that it takes. */
const examples: { readonly [L in Layers.Name]: ReadonlyArray<Example> } = {
  dense: [
    { options: { units: 3 }, input: [4] },
    { options: { units: 2, activation: relu, bias: false }, input: [3, 2, 5] },
  ],
  maxout: [
    { options: { units: 3 }, input: [4] },
    { options: { units: 2, pieces: 5, bias: false }, input: [3, 4] },
  ],
  conv1d: [
    { options: { filters: 3 }, input: [6, 2] },
    { options: { filters: 4, kernel: 2, stride: 2, pad: 1, dilation: 2, groups: 2, activation: relu }, input: [7, 4] },
  ],
  conv2d: [
    { options: { filters: 3, pad: "same" }, input: [5, 4, 2] },
    {
      options: {
        filters: 2,
        kernel: [3, 2],
        stride: [2, 1],
        pad: [
          [1, 0],
          [0, 2],
        ],
        bias: false,
      },
      input: [6, 5, 1],
    },
    { options: { filters: 6, kernel: 2, stride: 2, pad: "same", groups: 3, dilation: 2 }, input: [5, 5, 3] },
  ],
  conv_transpose2d: [
    { options: { filters: 2 }, input: [3, 2, 3] },
    { options: { filters: 4, kernel: 4, stride: 2, pad: "same", groups: 2 }, input: [3, 4, 2] },
    { options: { filters: 2, kernel: 2, stride: 3, pad: "same" }, input: [2, 2, 1] },
    { options: { filters: 2, kernel: 3, stride: 2, pad: 1, output_padding: [1, 0], dilation: 2 }, input: [3, 4, 2] },
  ],
  max_pool: [{ input: [4, 5, 2] }, { options: { window: 3, stride: 2, pad: "same" }, input: [6, 2] }],
  avg_pool: [{ input: [4, 5, 2] }, { options: { window: [3, 2], stride: 1, pad: [1, 0] }, input: [4, 4, 2] }],
  global_avg_pool: [{ input: [3, 4, 2] }, { input: [5, 3] }],
  global_max_pool: [{ input: [3, 4, 2] }, { input: [5, 3] }],
  flatten: [{ input: [2, 3, 2] }],
  reshape: [{ options: { shape: [3, 2] }, input: [6] }],
  embedding: [{ options: { tokens: 4, units: 3 }, input: [5], tokens: 4 }],
  batch_norm: [{ input: [4] }, { options: { momentum: 0.4, eps: 0.01 }, input: [3, 2, 2] }],
  layer_norm: [{ input: [5] }, { options: { axes: 2 }, input: [2, 3, 2] }],
  group_norm: [{ options: { groups: 2 }, input: [3, 2, 4] }],
  rms_norm: [{ input: [5] }, { options: { eps: 0.1 }, input: [3, 2] }],
  dropout: [{ options: { rate: 0.4 }, input: [6] }],
  spatial_dropout: [
    { options: { rate: 0.4 }, input: [2, 3, 4] },
    { options: { rate: 0.4 }, input: [6] },
  ],
  alpha_dropout: [{ options: { rate: 0.3 }, input: [6] }],
  gaussian_noise: [{ input: [6] }],
  random_flip: [{ input: [3, 4, 2] }, { options: { axes: "both", probability: 0.7 }, input: [2, 3, 1] }],
  random_shift: [{ options: { most: 2 }, input: [4, 3, 2] }],
  random_rotate: [{ options: { degrees: 40 }, input: [4, 5, 1] }],
  random_zoom: [{ options: { amount: 0.5 }, input: [5, 4, 2] }],
  random_erase: [{ options: { size: 2 }, input: [4, 3, 2] }],
  simple_rnn: [
    { options: { units: 3 }, input: [4, 2] },
    { options: { units: 2, activation: relu, give: "all", reverse: true }, input: [3, 2] },
  ],
  lstm: [
    { options: { units: 3 }, input: [4, 2] },
    { options: { units: 2, give: "all", reverse: true, forget_bias: 0 }, input: [3, 2] },
  ],
  gru: [
    { options: { units: 3 }, input: [4, 2] },
    { options: { units: 2, give: "all", reverse: true }, input: [3, 2] },
    { options: { units: 2, reset: "before" }, input: [3, 2] },
  ],
  multi_head_attention: [
    { options: { heads: 2 }, input: [3, 4] },
    { options: { heads: 1, causal: true, dropout: 0.3 }, input: [4, 2] },
  ],
  positions: [{ input: [4, 3] }, { options: { kind: "learned" }, input: [3, 2] }],
  transformer_encoder: [
    { options: { heads: 2 }, input: [3, 4] },
    { options: { heads: 1, causal: true, dropout: 0, hidden: 3, norm: "after" }, input: [3, 2] },
  ],
}

const rows = Object.entries(examples).flatMap(([layer, uses]) =>
  uses.map(({ input, options = {}, tokens }) => ({ layer, options, input, tokens })),
)

const contexts: ReadonlyArray<Net.Context> = [{ mode: "infer" }, { mode: "train", key: Key.make(11) }]

const batch = 5

/** Parameters away from the values at which every use of a layer is alike. */
const stirred = (params: Params.Params): Params.Params =>
  Params.map(params, (leaf, path) =>
    Tensor.read(
      Tensor.add(Tensor.mul(leaf, 0.9), Tensor.mul(Key.normal(Key.fold(Key.make(3), Tree.printPath(path)), leaf.shape), 0.3)),
    ),
  )

describe.each(rows)("$layer $options of $input", ({ input, layer, options, tokens }) => {
  const net = make(Layers.table, { name: layer, options })
  const initial = net.init(Key.make(7), input)
  const params = stirred(initial.params)
  const { state } = initial
  const shape = [batch, ...input]
  const x = Tensor.read(
    tokens === undefined
      ? Key.normal(Key.make(5), shape)
      : Tensor.cast(Tensor.floor(Key.uniform(Key.make(5), shape, { high: tokens })), "i32"),
  )

  test("makes of a batch the shape it says, and keeps the structure of its state", () => {
    for (const context of contexts) {
      const applied = net.apply(params, state, x, context)
      expect(applied.y.shape).toEqual([batch, ...net.shape(input)])
      expect(applied.y.dtype).toBe("f32")
      expect(Tree.structure(applied.state)).toBe(Tree.structure(state))
    }
  })

  test("gives the same for the same key", () => {
    for (const context of contexts) {
      const [once, again] = [0, 1].map(() => Tensor.read(net.apply(params, state, x, context).y).data)
      expect(again).toEqual(once)
    }
    const [once, again] = [0, 1].map(() => Params.leaves(net.init(Key.make(7), input).params).map((w) => Tensor.read(w).data))
    expect(again).toEqual(once)
  })

  test("treats each sample by itself when inferring", () => {
    const whole = net.apply(params, state, x, { mode: "infer" }).y
    const some = net.apply(params, state, Tensor.at(x, "1:3"), { mode: "infer" }).y
    assertAllClose(some, Tensor.at(whole, "1:3"), { rtol: 1e-5, atol: 1e-6 })
  })

  test("has the first and second derivatives that central differences measure, each way the transpose of the other", () => {
    for (const context of contexts)
      checkGrads(
        ({ at, weights }: { readonly at: T; readonly weights: Params.Params }) => {
          const { state: after, y } = net.apply(weights, state, at, context)
          return { y, after }
        },
        { at: x as T, weights: params },
        { order: 2 },
      )
  })

  test("gives on WebAssembly what Reference says, forwards and backwards", () => {
    const f = (weights: Params.Params, past: Params.Params, at: T, cotangent: T, context: Net.Context) => {
      let after = past
      const { pull, value } = Autodiff.vjp(
        (from: { readonly weights: Params.Params; readonly at: T }) => {
          const applied = net.apply(from.weights, past, from.at, context)
          after = applied.state
          return applied.y
        },
        { weights, at },
      )
      return { value, back: pull(cotangent), after }
    }
    const cotangent = Tensor.read(Key.normal(Key.make(6), [batch, ...net.shape(input)]))
    for (const context of contexts) {
      const args = [params, state, x as T, cotangent as T] as const
      const { program } = Compile.program((...given: typeof args) => f(...given, context), ...(args as never))
      const inputs = tensors(args).map((leaf) => Tensor.read(leaf))
      const exact = Reference.run(program, inputs)
      const got = prepare({ program, resident: 0 }).run(inputs)
      expect(got.length).toBe(exact.length)
      // Sums of a few dozen numbers of size 1, each rounded to 24 bits.
      got.forEach((made, i) => {
        assertAllClose(made, exact[i] as NDArray.NDArray, { rtol: 2e-5, atol: 2e-5 })
      })
    }
  })
})

test("the names under which parameters and state are kept do not change", () => {
  const lines = Object.entries(examples).flatMap(([layer, [first]]) => {
    const { params, state } = make(Layers.table, { name: layer, options: first?.options ?? {} }).init(
      Key.make(0),
      first?.input ?? [],
    )
    const kept = (tree: Params.Params) =>
      Tree.entries(tree as unknown).map(([path, leaf]) => `${path.join(".")}${Shape.print((leaf as T).shape)}`)
    const all = [...kept(params), ...kept(state).map((leaf) => `state ${leaf}`)]
    return all.length === 0 ? [] : [`${layer}: ${all.join(" ")}`]
  })
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "dense: b[3] w[4, 3]
    maxout: b[6] w[4, 6]
    conv1d: b[3] w[3, 2, 3]
    conv2d: b[3] w[3, 3, 2, 3]
    conv_transpose2d: b[2] w[3, 3, 2, 3]
    embedding: w[4, 3]
    batch_norm: beta[4] gamma[4] state mean[4] state variance[4]
    layer_norm: beta[5] gamma[5]
    group_norm: beta[4] gamma[4]
    rms_norm: gamma[5]
    simple_rnn: b[3] wh[3, 3] wx[2, 3]
    lstm: b[12] wh[3, 12] wx[2, 12]
    gru: b[9] bh[3] wh[3, 9] wx[2, 9]
    multi_head_attention: bk[4] bo[4] bq[4] bv[4] wk[4, 4] wo[4, 4] wq[4, 4] wv[4, 4]
    transformer_encoder: attention.bk[4] attention.bo[4] attention.bq[4] attention.bv[4] attention.wk[4, 4] attention.wo[4, 4] attention.wq[4, 4] attention.wv[4, 4] dense1.b[16] dense1.w[4, 16] dense2.b[4] dense2.w[16, 4] norm1.beta[4] norm1.gamma[4] norm2.beta[4] norm2.gamma[4]"
  `)
})
