/**
 * The layers of the catalogue over padded sequences: each row has the results that the plain layer gives for it alone, whatever the
 * padding holds. Computed in doubles by Reference.
 */
import { Entry, Key, Layers, Net, Params, Sequence, Tensor } from "@adjoint/core"
import { fromTokens } from "@adjoint/core/learning/sequence/fromTokens"
import { over } from "@adjoint/core/learning/sequence/overSequences"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { exactly } from "./exactly.ts"

type T = Tensor.Tensor

const features = 4
const close = { rtol: 1e-10, atol: 1e-12 }

const by = (name: string, options: { readonly [option: string]: unknown } = {}): Entry.Use => ({ name, options })
const relu = { name: "relu", options: {} }

/** Uses of each layer that takes sequences, and how many time steps it leaves of some. */
const uses: { readonly [N in Layers.Name]?: ReadonlyArray<readonly [Entry.Use, ((steps: number) => number)?]> } = {
  dense: [[by("dense", { units: 3, activation: relu })]],
  maxout: [[by("maxout", { units: 3 })]],
  layer_norm: [[by("layer_norm")]],
  rms_norm: [[by("rms_norm")]],
  positions: [[by("positions")]],
  dropout: [[by("dropout", { rate: 0.5 })]],
  alpha_dropout: [[by("alpha_dropout", { rate: 0.5 })]],
  spatial_dropout: [[by("spatial_dropout", { rate: 0.5 })]],
  gaussian_noise: [[by("gaussian_noise", { std: 1 })]],
  simple_rnn: [[by("simple_rnn", { units: 3, give: "all" })]],
  lstm: [[by("lstm", { units: 3, give: "all", reverse: true })]],
  gru: [[by("gru", { units: 3, give: "all" })], [by("gru", { units: 3, give: "all", reset: "before" })]],
  multi_head_attention: [[by("multi_head_attention", { heads: 2 })], [by("multi_head_attention", { heads: 2, causal: true })]],
  transformer_encoder: [
    [by("transformer_encoder", { heads: 2 })],
    [by("transformer_encoder", { heads: 2, norm: "after", causal: true, hidden: 3 })],
  ],
  conv1d: [
    [by("conv1d", { filters: 3, kernel: 2 }), (steps) => Math.max(0, steps - 1)],
    [by("conv1d", { filters: 3, kernel: 3, pad: "same" })],
    [by("conv1d", { filters: 2, kernel: 2, stride: 2, dilation: 2 }), (steps) => Math.max(0, Math.floor((steps - 3) / 2) + 1)],
    [by("conv1d", { filters: 2, kernel: 2, pad: [[1, 2]], stride: 2 }), (steps) => Math.floor((steps + 1) / 2) + 1],
  ],
  max_pool: [[by("max_pool", { window: 2 }), (steps) => Math.floor(steps / 2)]],
  avg_pool: [[by("avg_pool", { window: 3, stride: 1 }), (steps) => Math.max(0, steps - 2)]],
}

const pooled: ReadonlyArray<Entry.Use> = [
  by("global_avg_pool"),
  by("global_max_pool"),
  by("simple_rnn", { units: 3 }),
  by("lstm", { units: 3 }),
  by("gru", { units: 3, reverse: true }),
]

const batches = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  junk: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e30, 7),
  seed: fc.nat(1000),
})

/** The layer for tensors, and the same that also takes sequences. */
const both = (use: Entry.Use) => {
  const plain = Entry.make(Layers.table, use)
  return { plain, layer: over(use, plain, Layers.table[use.name as Layers.Name].options) }
}

const padded = (lengths: ReadonlyArray<number>, junk: number, seed: number): Sequence.Padded => {
  const length = Tensor.make(lengths, "i32")
  const x = Key.normal(Key.make(seed), [lengths.length, 6, features])
  return { x: Tensor.read(Tensor.where(Tensor.expandAxis(Sequence.mask({ x, length }), -1), x, junk)), length }
}

/** Initial weights as numbers, which both forms of a layer then read. */
const drawn = ({ init }: ReturnType<typeof both>["layer"], seed: number): Net.Initial<Params.Params, Params.Params> => {
  const { params, state } = init(Key.make(seed), { x: [6, features], length: [] })
  return { params: Params.map(params, (leaf) => Tensor.read(leaf)), state }
}

type Weights = Net.Initial<Params.Params, Params.Params>

/** What a net gives for tensors or sequences, in doubles. */
const infer = <Y>(net: Pick<Net.Net, "apply">, { params, state }: Weights, x: T | Sequence.Padded): Y =>
  exactly((given: typeof x) => net.apply(params, state, given as T, { mode: "infer" }).y as unknown as Y)(x)

describe.each(
  Object.values(uses)
    .flat()
    .map(([use, left = (steps: number) => steps]) => ({ use, left })),
)("$use.name $use.options", ({ left, use }) => {
  test("has the results of each row alone", () => {
    fc.assert(
      fc.property(batches, ({ junk, lengths, seed }) => {
        const { layer, plain } = both(use)
        const sequences = padded(lengths, junk, seed)
        const weights = drawn(layer, seed)
        const y = infer<Sequence.Padded>(layer as Pick<Net.Net, "apply">, weights, sequences)
        expect(Tensor.toArray(y.length)).toEqual(lengths.map(left))
        for (const [row, steps] of lengths.entries()) {
          if (left(steps) === 0) continue
          const alone = infer<T>(plain, weights, Tensor.at(sequences.x, `${row}:${row + 1}`, `0:${steps}`))
          const own = exactly((all: T) => Tensor.at(all, `${row}:${row + 1}`, `0:${left(steps)}`))(y.x)
          assertAllClose(own, alone, close)
        }
      }),
      { numRuns: 8 },
    )
  })
})

test.each(pooled)("$name $options gives the vector of each row alone", (use) => {
  fc.assert(
    fc.property(batches, ({ junk, lengths, seed }) => {
      const { layer, plain } = both(use)
      const sequences = padded(lengths, junk, seed)
      const weights = drawn(layer, seed)
      const y = infer<T>(layer as Pick<Net.Net, "apply">, weights, sequences)
      for (const [row, steps] of lengths.entries()) {
        const alone = infer<T>(plain, weights, Tensor.at(sequences.x, `${row}:${row + 1}`, `0:${steps}`))
        assertAllClose(exactly((all: T) => Tensor.at(all, `${row}:${row + 1}`))(y), alone, close)
      }
    }),
    { numRuns: 8 },
  )
})

/** Layers that only sequences have; samples of one length pass through them as full sequences. */
const ofSequences: ReadonlyArray<Entry.Use> = [
  by("gru", { units: 3, bidirectional: true }),
  by("gru", { units: 3, bidirectional: true, give: "all" }),
  by("lstm", { units: 2, give: "state" }),
  by("simple_rnn", { units: 3, bidirectional: true, give: "state" }),
  by("multi_head_attention", { heads: 2, key_heads: 1, rotary: true }),
  by("transformer_encoder", { heads: 2, key_heads: 1, rotary: true, causal: true }),
]

test.each(ofSequences)("$name $options has the results of each row alone, and takes tensors", (use) => {
  fc.assert(
    fc.property(batches, ({ junk, lengths, seed }) => {
      const { layer } = both(use)
      const sequences = padded(lengths, junk, seed)
      const weights = drawn(layer, seed)
      const found = infer<T | Sequence.Padded>(layer as Pick<Net.Net, "apply">, weights, sequences)
      const isSequences = "length" in found
      const y = isSequences ? found.x : found
      for (const [row, steps] of lengths.entries()) {
        const x = Tensor.at(sequences.x, `${row}:${row + 1}`, `0:${steps}`)
        const alone = infer<T>(layer as Pick<Net.Net, "apply">, weights, x)
        const own = exactly((all: T) =>
          isSequences ? Tensor.at(all, `${row}:${row + 1}`, `0:${steps}`) : Tensor.at(all, `${row}:${row + 1}`),
        )(y)
        assertAllClose(own, alone, close)
        expect(layer.shape([steps, features])).toEqual(alone.shape.slice(1))
      }
    }),
    { numRuns: 5 },
  )
})

describe("layers that read another one", () => {
  const source = by("lstm", { units: 3, give: "state" })
  const target = by("lstm", { units: 3, give: "all", initial_state: "a" })

  test("continue from a state: two pieces give the whole", () => {
    const plain = Entry.make(Layers.table, by("lstm", { units: 3, give: "all" }))
    const { layer: first } = both(source)
    const { layer: second } = both(target)
    const x = Tensor.read(Key.normal(Key.make(3), [2, 6, features]))
    const weights = drawn(both(by("lstm", { units: 3, give: "all" })).layer, 1)
    const state = infer<T>(first as Pick<Net.Net, "apply">, weights, Tensor.at(x, ":", "0:4"))
    expect(state.shape).toEqual([2, 6])
    const rest = exactly(
      (initial_state: T) =>
        second.apply(weights.params, weights.state, { x: Tensor.at(x, ":", "4:6"), initial_state } as never, { mode: "infer" })
          .y as T,
    )(state)
    const all = infer<T>(plain, weights, x)
    assertAllClose(rest, exactly((y: T) => Tensor.at(y, ":", "4:6"))(all), close)
  })

  test("refuse a state of another size, and say which one", () => {
    const { layer } = both(target)
    expect(() => layer.shape({ x: [6, features], initial_state: [3] } as never)).toThrow("an initial state of 6 numbers")
    expect(layer.shape({ x: [6, features], initial_state: [6] } as never)).toEqual([6, 3])
  })

  test("attend to a memory as Sequence.crossAttention does, whatever its padding holds", () => {
    const { layer } = both(by("multi_head_attention", { heads: 2, memory: "m" }))
    const memory = padded([2, 5], Number.NaN, 4)
    const x = padded([3, 6], Number.POSITIVE_INFINITY, 5)
    const shape = { x: { x: [6, features], length: [] }, memory: { x: [6, features], length: [] } }
    const { params, state } = layer.init(Key.make(1), shape as never)
    const own = Params.map(params, (leaf) => Tensor.read(leaf))
    const across = Sequence.crossAttention({ heads: 2 })
    const run = <X>(net: { readonly apply: (...of: ReadonlyArray<never>) => { readonly y: unknown } }, given: X) =>
      exactly(
        (value: X) => net.apply(own as never, state as never, value as never, { mode: "infer" } as never).y as Sequence.Padded,
      )(given)
    const y = run(layer as never, { x, memory })
    assertAllClose(y.x, run(across as never, { ...x, memory }).x, close)
    expect(Object.keys(y).toSorted()).toEqual(["length", "x"])
    expect(() => layer.shape({ x: [6, 3], memory: [6, 4] } as never)).toThrow("features that 2 heads divide, not 3")
  })
})

test("flatten gives one vector, with 0 in the padding", () => {
  const { layer } = both(by("flatten"))
  const x = Tensor.make([[[1], [Number.NaN]]])
  const y = layer.apply({}, {}, { x, length: Tensor.make([1], "i32") }, { mode: "infer" }).y
  expect(Tensor.toArray(y as T)).toEqual([[1, 0]])
})

test.each(["batch_norm", "group_norm", "conv2d"])("%s is refused, with a layer in its place", (name) => {
  const options: { readonly [layer: string]: object } = { group_norm: { groups: 1 }, conv2d: { filters: 1, kernel: 1 } }
  const { layer } = both(by(name, { ...options[name] }))
  expect(() => layer.shape({ x: [5, 4], length: [] })).toThrow(
    /rows of one length, not sequences with padding. Try: (layer_norm|a layer of)/,
  )
})

test("a branch of windows with one for each time step can be added to another branch", () => {
  const steps = both(by("conv1d", { filters: features, kernel: 3, pad: "same" })).layer
  const nodes = { conv: { net: steps }, sum: { join: "add", from: ["input", "conv"] } } as const
  const net = Net.graph(nodes)
  const sequences = padded([2, 5], Number.NaN, 1)
  const { params, state } = net.init(Key.make(1), { x: [6, features], length: [] } as never)
  const { y } = net.apply(params as never, state as never, sequences as never, { mode: "infer" })
  expect((y as unknown as Sequence.Padded).length).toBe(sequences.length)
  const shorter = both(by("conv1d", { filters: features, kernel: 2 })).layer
  const other = Net.graph({ a: { net: shorter }, b: { net: shorter, from: "input" }, sum: { join: "add", from: ["a", "b"] } })
  const drawn = other.init(Key.make(1), { x: [6, features], length: [] } as never)
  expect(() => other.apply(drawn.params as never, drawn.state as never, sequences as never, { mode: "infer" })).toThrow(
    "sequences with the same lengths, which branches of one input have",
  )
})

test("windows refuse a padding that would depend on the length", () => {
  expect(() =>
    both(by("conv1d", { filters: 1, kernel: 3, stride: 2, pad: "same" })).layer.shape({ x: [5, 4], length: [] }),
  ).toThrow("`pad: valid` with a stride above 1")
  expect(() => both(by("max_pool", { window: 2, pad: "same" })).layer.shape({ x: [5, 4], length: [] })).toThrow("Try: pad: valid")
})

test("a layer takes tensors as before", () => {
  const { layer, plain } = both(by("gru", { units: 3 }))
  const weights = plain.init(Key.make(1), [6, features])
  const x = Key.normal(Key.make(2), [2, 6, features])
  expect(Tensor.toArray(infer<T>(layer as Pick<Net.Net, "apply">, weights, x))).toEqual(
    Tensor.toArray(infer<T>(plain, weights, x)),
  )
})

test("tokens end with the last that is no padding", () => {
  const { y } = fromTokens.apply(
    {},
    {},
    Tensor.make(
      [
        [3, 0, 4, 0],
        [0, 0, 0, 0],
        [1, 1, 1, 1],
      ],
      "i32",
    ),
    { mode: "infer" },
  )
  expect(Tensor.toArray(y.length)).toEqual([3, 0, 4])
})
