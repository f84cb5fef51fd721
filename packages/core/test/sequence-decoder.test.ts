/** Decoders that attend to a memory: step by step, with the memory's keys and values computed once, they give what they give at once. */
import { Compile, Key, Layers, Loss, Net, Optimizer, type Params, Sequence, Tensor, Train, Wasm } from "@adjoint/core"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { exactly } from "./exactly.ts"
import { assertStepsOfWhole } from "./steps-of-a-whole.ts"

const infer: Net.Context = { mode: "infer" }
const block = { heads: 4, keyHeads: 2, rotary: true, hidden: 5, dropout: 0 }
type Decoder = Sequence.Stepwise<Params.Params, Params.Params, Params.Params, Sequence.WithMemory>

const decoders: { readonly [name: string]: Decoder } = {
  "two blocks": Sequence.stack([
    Sequence.each(Layers.embedding({ tokens: 7, units: 8 })),
    Sequence.decoder(block),
    Sequence.decoder({ heads: 2 }),
    Sequence.each(Layers.dense({ units: 7 })),
  ]),
  "tied weights": Sequence.tied(
    { tokens: 7, units: 8 },
    Sequence.stack([Sequence.decoder(block), Sequence.each(Layers.layerNorm())]),
  ) as unknown as Decoder,
  "a recurrent layer, then attention to the memory": Sequence.stack([
    Sequence.each(Layers.embedding({ tokens: 7, units: 4 })),
    Sequence.gru({ units: 6 }),
    Sequence.residual(Sequence.crossAttention({ heads: 3 })),
    Sequence.each(Layers.dense({ units: 7 })),
  ]),
}
const names = Object.keys(decoders)

const memory = {
  x: Tensor.read(
    Tensor.where(Tensor.greater(Key.uniform(Key.make(3), [2, 5, 3]), 2), Number.NaN, Key.normal(Key.make(4), [2, 5, 3])),
  ),
  length: Tensor.make([5, 3], "i32"),
  mask: Tensor.read(
    Tensor.notEqual(
      Tensor.make([
        [1, 0, 1, 1, 1],
        [0, 1, 1, 1, 1],
      ]),
      0,
    ),
  ),
}
const shapes = { x: [6], length: [], memory: { x: [5, 3], length: [], mask: [5] } }
const tokens = Tensor.make(
  [
    [1, 2, 3, 4, 5, 6],
    [6, 0, 1, 0, 2, 2],
  ],
  "i32",
)

describe("step by step", () => {
  test.each(names)("%s: the outputs of steps are those of the whole", (name) => {
    const net = decoders[name] as Decoder
    const { params, state } = net.init(Key.make(1), shapes)
    const length = Tensor.make([6, 6], "i32")
    const all = exactly((p: Params.Params) => net.apply(p, state, { x: tokens, length, memory }, infer).y.x)(params)
    const first = exactly((p: Params.Params) => net.begin(p, state, { input: shapes, batch: 2, memory }))(params)
    assertStepsOfWhole(net, { params, state }, first, tokens, all)
  })

  test("a step does not compute the memory's keys and values", () => {
    const net = Sequence.crossAttention({ heads: 2 })
    const { params, state } = net.init(Key.make(1), { x: [6, 4], length: [], memory: shapes.memory })
    const carry = net.begin(params, state, { input: { x: [6, 4], length: [] }, batch: 2, memory })
    const x = Key.normal(Key.make(2), [2, 4])
    const spoiled = { ...params, wk: Tensor.full(params.wk.shape, Number.NaN), wv: Tensor.full(params.wv.shape, Number.NaN) }
    expect(Tensor.toArray(net.step(spoiled, state, carry, x).x)).toEqual(Tensor.toArray(net.step(params, state, carry, x).x))
  })

  test("a memory with an impossible length gives NaN, as for whole sequences", () => {
    const net = Sequence.crossAttention({ heads: 2 })
    const { params, state } = net.init(Key.make(1), { x: [1, 4], length: [], memory: shapes.memory })
    const wrong = { ...memory, length: Tensor.make([6, -1], "i32") }
    const x = Tensor.read(Key.normal(Key.make(2), [2, 1, 4]))
    const carry = net.begin(params, state, { input: { x: [1, 4], length: [] }, batch: 2, memory: wrong })
    const stepped = net.step(params, state, carry, Tensor.reshape(x, [2, 4]))
    expect([...Tensor.read(stepped.x).data]).toEqual(Array(8).fill(Number.NaN))
    const whole = net.apply(params, state, { x, length: Tensor.make([1, 1], "i32"), memory: wrong }, infer)
    expect([...Tensor.read(whole.y.x).data]).toEqual(Array(8).fill(Number.NaN))
  })
})

describe("generation", () => {
  /** Without a cache: the whole sequence for every token. */
  const uncached = (
    net: Decoder,
    { params, state }: Net.Initial<Params.Params, Params.Params>,
    prompt: ReadonlyArray<ReadonlyArray<number>>,
    { choose, count, key }: { readonly choose: Sequence.Choice; readonly count: number; readonly key: Key.Key },
  ) => {
    const longest = Math.max(...prompt.map(({ length }) => length))
    let rows = prompt.map((row) => [...row])
    for (let t = 0; t < longest + count - 1; t++) {
      const sequences = { ...Sequence.pad(rows, { dtype: "i32", time: longest + count }), memory }
      const next = [
        ...Tensor.read(choose(Key.fold(key, t), Tensor.at(net.apply(params, state, sequences, infer).y.x, ":", t))).data,
      ]
      rows = rows.map((row, i) => (row.length === t + 1 ? [...row, next[i] ?? 0] : row))
    }
    return rows.map((row, i) => row.slice(0, (prompt[i]?.length ?? 0) + count))
  }

  const choices = { greedy: Sequence.greedy, topP: Sequence.draw({ topP: 0.8, temperature: 1.5 }) }
  test.each(names.flatMap((name) => (["greedy", "topP"] as const).map((choice) => [name, choice] as const)))(
    "%s generates with %s what it does without a cache",
    (name, choice) => {
      const net = decoders[name] as Decoder
      const weights = net.init(Key.make(2), shapes)
      const prompt = [[1, 2, 3], [4]]
      const options = { choose: choices[choice], count: 5, key: Key.make(9) }
      const made = Sequence.generate(net, weights, { ...options, prompt: Sequence.pad(prompt, { dtype: "i32" }), memory })
      const rows = Tensor.toArray(made.x) as ReadonlyArray<ReadonlyArray<number>>
      expect(rows.map((row, i) => row.slice(0, [8, 6][i]))).toEqual(uncached(net, weights, prompt, options))
    },
  )

  test("an engine gives the same tokens", async () => {
    const net = decoders["two blocks"] as Decoder
    const weights = net.init(Key.make(2), shapes)
    const prompt = Sequence.pad([[1, 2], [3]], { dtype: "i32" })
    const made = (key: Key.Key) => Sequence.generate(net, weights, { prompt, count: 6, key, memory }).x
    const compiled = Effect.flatMap(Compile.compile(made, Key.make(3)), (run) => run(Key.make(3)))
    const tokens = await Effect.runPromise(compiled.pipe(Effect.scoped, Effect.provide(Wasm.layer())))
    expect(Tensor.toArray(tokens)).toEqual(Tensor.toArray(made(Key.make(3))))
  })

  test("without a memory is refused, by the type checker too", () => {
    const net = decoders["two blocks"] as Decoder
    const weights = net.init(Key.make(2), shapes)
    const prompt = Sequence.pad([[1]], { dtype: "i32" })
    // @ts-expect-error a memory is missing
    expect(() => Sequence.generate(net, weights, { prompt, count: 1, key: Key.make(1) })).toThrow("memory")
    const plain = Sequence.crossAttention({ heads: 2 })
    expect(() => plain.shape({ x: [3, 4], length: [] } as never)).toThrow("sequences with a memory")
    expect(() =>
      Sequence.generate(net, weights, {
        prompt: { ...prompt, mask: Tensor.equal(prompt.x, 1) },
        memory,
        count: 1,
        key: Key.make(1),
      }),
    ).toThrow("a prompt without holes")
  })
})

test("an encoder and a decoder learn to reverse sequences, and write them", async () => {
  const [first, last] = [0, 9]
  const words = Array.from({ length: 300 }, (_, i) =>
    Array.from(Tensor.read(Key.uniform(Key.fold(Key.make(5), i), [2 + (i % 4)])).data, (u) => 1 + Math.floor(u * 8)),
  )
  const embedding = { tokens: 10, units: 16 }
  const encoder = Sequence.stack([Sequence.each(Layers.embedding(embedding)), Sequence.bidirectional(Sequence.gru({ units: 8 }))])
  const decoder = Sequence.tied(embedding, Sequence.stack([Sequence.decoder({ heads: 2, rotary: true })]))
  const net = Sequence.encoderDecoder(encoder, decoder)
  const pad = (rows: ReadonlyArray<ReadonlyArray<number>>) => Sequence.pad(rows, { dtype: "i32", time: 6 })
  const data = {
    inputs: { source: pad(words), target: pad(words.map((word) => [first, ...word.toReversed()])) },
    targets: pad(words.map((word) => [...word.toReversed(), last])).x,
  }
  const trained = await Effect.runPromise(
    Train.finished({
      net,
      loss: Sequence.loss(Loss.categoricalCrossEntropy()),
      optimizer: Optimizer.adam(0.01),
      data,
      seed: 17,
      epochs: 25,
      batch: 30,
    }).pipe(Effect.provide(Wasm.layer({ threads: 1 }))),
  )
  expect(trained.history.at(-1)?.train.loss).toBeLessThan(0.2)
  const memory = Net.infer(
    encoder,
    Net.part(trained, "encoder"),
    pad([
      [3, 1, 4],
      [5, 2, 6, 5],
    ]),
  )
  const written = Sequence.generate(decoder, Net.part(trained, "decoder"), {
    prompt: pad([[first], [first]]),
    memory,
    count: 5,
    key: Key.make(1),
  })
  const rows = Tensor.toArray(written.x) as ReadonlyArray<ReadonlyArray<number>>
  expect(rows.map((row) => row.slice(1, row.indexOf(last)))).toEqual([
    [4, 1, 3],
    [5, 6, 2, 5],
  ])
})
