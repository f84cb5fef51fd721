/**
 * Attention over padded sequences against PyTorch, and its laws; and generation: a net that processes one token after another
 * gives what it gives for whole sequences.
 */
import { readFileSync } from "node:fs"
import { Autodiff, Compile, Key, Layers, NDArray, type Net, Params, Sequence, type Shape, Tensor, Wasm } from "@adjoint/core"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { Effect } from "effect"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { angles, rotate } from "../src/learning/sequence/rotary.ts"
import { exactly } from "./exactly.ts"
import { assertStepsOfWhole } from "./steps-of-a-whole.ts"

type T = Tensor.Tensor

const close = { rtol: 1e-10, atol: 1e-12 }
const infer: Net.Context = { mode: "infer" }

interface RecordedArray {
  readonly shape: Shape.Shape
  readonly data: ReadonlyArray<number>
}

interface Attention {
  readonly heads: number
  readonly x: RecordedArray
  readonly memory: RecordedArray
  readonly length: ReadonlyArray<number>
  readonly y: RecordedArray
  readonly cotangent: RecordedArray
  readonly toX: RecordedArray
  readonly toMemory: RecordedArray
  readonly params: { readonly [path: string]: RecordedArray }
  readonly toParams: { readonly [path: string]: RecordedArray }
}

const recorded = JSON.parse(readFileSync(new URL("recorded/torch-sequences-1.13.json", import.meta.url), "utf8")) as {
  readonly crossed: ReadonlyArray<Attention>
}

const array = ({ data, shape }: RecordedArray): NDArray.NDArray => NDArray.make("f32", shape, Float64Array.from(data))

const trees = (arrays: Attention["params"]): { readonly [path: string]: T } =>
  Object.fromEntries(Object.entries(arrays).map(([path, each]) => [path, array(each)]))

test.each(recorded.crossed)("cross-attention with key lengths $length is PyTorch's", (row) => {
  const net = Sequence.crossAttention({ heads: row.heads })
  const whole = Tensor.full([row.x.shape[0] ?? 0], row.x.shape[1] ?? 0, "i32")
  const f = (params: Params.Params, from: T, memory: T, u: T) => {
    const { pull, value } = Autodiff.vjp(
      (at: { readonly params: Params.Params; readonly x: T; readonly memory: T }) =>
        net.apply(
          at.params as never,
          {},
          { x: at.x, length: whole, memory: { x: at.memory, length: Tensor.make([...row.length], "i32") } },
          infer,
        ).y.x,
      { params, x: from, memory },
    )
    return { value, back: pull(u) }
  }
  const { back, value } = exactly(f)(trees(row.params), array(row.x), array(row.memory), array(row.cotangent))
  assertAllClose(value, array(row.y), close)
  assertAllClose(back.x, array(row.toX), close)
  assertAllClose(back.memory, array(row.toMemory), close)
  const wanted = Params.leaves(trees(row.toParams))
  expect(wanted.length).toBe(8)
  for (const [i, leaf] of Params.leaves(back.params).entries()) assertAllClose(leaf, wanted[i] as T, close)
})

describe("attention", () => {
  const shape = { x: [6, 8], length: [] }
  const x = Tensor.read(Key.normal(Key.make(1), [2, 6, 8]))
  const full = Tensor.make([6, 6], "i32")

  test.each([false, true])("of full sequences is that of Layers (causal: %s)", (causal) => {
    const plain = Layers.multiHeadAttention({ heads: 2, causal })
    const { params } = plain.init(Key.make(2), [6, 8])
    expect(Params.leaves(Sequence.attention({ heads: 2, causal }).init(Key.make(2), shape).params).map(Tensor.toArray)).toEqual(
      Params.leaves(params).map(Tensor.toArray),
    )
    const y = exactly((at: T) => Sequence.attention({ heads: 2, causal }).apply(params, {}, { x: at, length: full }, infer).y.x)(
      x,
    )
    assertAllClose(y, exactly((at: T) => plain.apply(params, {}, at, infer).y)(x), close)
  })

  const kinds = {
    plain: { heads: 2 },
    causal: { heads: 4, causal: true },
    grouped: { heads: 4, keyHeads: 2, rotary: true },
    "one key head": { heads: 2, keyHeads: 1, causal: true, rotary: true },
  }

  test.each(Object.keys(kinds) as ReadonlyArray<keyof typeof kinds>)(
    "%s: a row has the results and gradients that it has alone",
    (name) => {
      const net = Sequence.attention(kinds[name])
      const { params, state } = net.init(Key.make(3), shape)
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 2 }),
          fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e30, 3),
          (lengths, junk) => {
            const length = Tensor.make(lengths, "i32")
            const spoiled = Tensor.read(Tensor.where(Tensor.expandAxis(Sequence.mask({ x, length }), -1), x, junk))
            const u = Tensor.read(Key.normal(Key.make(5), [2, 6, 8]))
            const pulled = (p: Params.Params, from: T, size: T, to: T) => {
              const { pull, value } = Autodiff.vjp(
                (at: { readonly p: Params.Params; readonly from: T }) =>
                  net.apply(at.p as never, state, { x: at.from, length: size }, infer).y.x,
                { p, from },
              )
              return { value, back: pull(to) }
            }
            const all = exactly(pulled)(params, spoiled, length, u)
            const alone = lengths.map((n, i) =>
              exactly(pulled)(
                params,
                Tensor.read(Tensor.at(x, `${i}:${i + 1}`, `0:${n}`)),
                Tensor.make([n], "i32"),
                Tensor.read(Tensor.at(u, `${i}:${i + 1}`, `0:${n}`)),
              ),
            )
            for (const [i, { back, value }] of alone.entries()) {
              assertAllClose(Tensor.at(all.value, `${i}:${i + 1}`, `0:${lengths[i]}`), value, close)
              assertAllClose(Tensor.at(all.back.from, `${i}:${i + 1}`, `0:${lengths[i]}`), back.from, close)
            }
            const [a, b] = alone.map(({ back }) => Params.leaves(back.p))
            for (const [k, leaf] of Params.leaves(all.back.p).entries())
              assertAllClose(leaf, exactly(Tensor.add)(a?.[k] as T, b?.[k] as T) as T, close)
          },
        ),
        { numRuns: 10 },
      )
    },
  )

  test("grouped heads are heads whose keys and values are repeated", () => {
    const grouped = Sequence.attention({ heads: 4, keyHeads: 2 })
    const { params } = grouped.init(Key.make(4), shape)
    const repeated = (w: T): T => {
      const rank = w.shape.length
      const parts = Tensor.split(w, [2, 2], rank - 1)
      return Tensor.concat(
        parts.flatMap((part) => [part, part]),
        rank - 1,
      )
    }
    const wide = { ...params, wk: repeated(params.wk), wv: repeated(params.wv), bk: repeated(params.bk), bv: repeated(params.bv) }
    const length = Tensor.make([6, 3], "i32")
    const run = (heads: Parameters<typeof Sequence.attention>[0], at: typeof params) =>
      exactly((from: T) => Sequence.attention(heads).apply(at, {}, { x: from, length }, infer).y.x)(x)
    assertAllClose(run({ heads: 4, keyHeads: 2 }, params), run({ heads: 4 }, wide), close)
  })

  test("rotary products depend on the distance of positions, and pairs turn by the angles of the paper", () => {
    const product = (m: number, n: number) => {
      const at = (position: number, seed: number) =>
        rotate(Key.normal(Key.make(seed), [1, 4]), angles(Tensor.make([position]), 4))
      return exactly((a: T, b: T) => Tensor.sum(Tensor.mul(a, b)))(at(m, 1), at(n, 2))
    }
    assertAllClose(product(7, 3), product(4, 0), { rtol: 1e-5, atol: 1e-6 })
    expect(Math.abs(Tensor.toNumber(product(7, 3)) - Tensor.toNumber(product(3, 7)))).toBeGreaterThan(1e-3)
    const turned = exactly((at: T) => rotate(Tensor.make([[1, 0, 0, 1]]), angles(at, 4)))(Tensor.make([3]))
    const wanted = [Math.cos(3), Math.sin(3), -Math.sin(0.03), Math.cos(0.03)]
    assertAllClose(turned, [wanted], { rtol: 1e-6, atol: 1e-8 })
  })

  test("refuses heads that do not divide, and odd features to rotate", () => {
    expect(() => Sequence.attention({ heads: 3 }).shape(shape)).toThrow("features that 3 heads divide, not 8")
    expect(() => Sequence.attention({ heads: 4, keyHeads: 3 }).shape(shape)).toThrow("heads that 3 key heads divide, not 4")
    expect(() => Sequence.attention({ heads: 8, rotary: true }).shape(shape)).toThrow("an even number of features")
    expect(() => Sequence.attention({ heads: 2 }).begin({} as never, {}, { input: shape, batch: 1 })).toThrow("causal attention")
    expect(() => Sequence.attention({ heads: 0 })).toThrow("heads")
  })
})

describe("step by step", () => {
  const block = { heads: 4, keyHeads: 2, causal: true, rotary: true, hidden: 5, dropout: 0 }
  const nets: { readonly [name: string]: Sequence.Stepwise } = {
    lstm: Sequence.stack([
      Sequence.each(Layers.embedding({ tokens: 7, units: 4 })),
      Sequence.lstm({ units: 4 }),
      Sequence.each(Layers.dense({ units: 7 })),
    ]),
    transformer: Sequence.stack([
      Sequence.each(Layers.embedding({ tokens: 7, units: 8 })),
      Sequence.transformer(block),
      Sequence.transformer(block),
      Sequence.each(Layers.dense({ units: 7 })),
    ]),
    "transformer with tied weights": Sequence.tied(
      { tokens: 7, units: 8 },
      Sequence.stack([Sequence.transformer(block), Sequence.each(Layers.layerNorm())]),
    ) as unknown as Sequence.Stepwise,
  }
  const names = Object.keys(nets)

  test.each(names)("%s: the outputs of steps are those of the whole", (name) => {
    const net = nets[name] as Sequence.Stepwise
    const { params, state } = net.init(Key.make(1), { x: [6], length: [] })
    const tokens = Tensor.make(
      [
        [1, 2, 3, 4, 5, 6],
        [6, 0, 1, 0, 2, 2],
      ],
      "i32",
    )
    const all = exactly((p: Params.Params) => net.apply(p, state, { x: tokens, length: Tensor.make([6, 6], "i32") }, infer).y.x)(
      params,
    )
    const first = net.begin(params, state, { input: { x: [6], length: [] }, batch: 2 })
    assertStepsOfWhole(net, { params, state }, first, tokens, all)
  })

  /** Generation as one would write it without a cache: the whole sequence for every token. */
  const uncached = (
    net: Sequence.Stepwise,
    { params, state }: Net.Initial<Params.Params, Params.Params>,
    prompt: ReadonlyArray<ReadonlyArray<number>>,
    { choose, count, key }: { readonly choose: Sequence.Choice; readonly count: number; readonly key: Key.Key },
  ) => {
    const longest = Math.max(...prompt.map(({ length }) => length))
    let rows = prompt.map((row) => [...row])
    for (let t = 0; t < longest + count - 1; t++) {
      const { length, x } = Sequence.pad(rows, { dtype: "i32", time: longest + count })
      const logits = Tensor.at(net.apply(params, state, { x, length }, infer).y.x, ":", t) as T
      const next = [...Tensor.read(choose(Key.fold(key, t), logits)).data]
      rows = rows.map((row, i) => (row.length === t + 1 ? [...row, next[i] ?? 0] : row))
    }
    return rows.map((row, i) => row.slice(0, (prompt[i]?.length ?? 0) + count))
  }

  const choices: { readonly [name: string]: Sequence.Choice } = {
    greedy: Sequence.greedy,
    temperature: Sequence.draw({ temperature: 1.7 }),
    topK: Sequence.draw({ topK: 3 }),
    topP: Sequence.draw({ topP: 0.8, temperature: 0.9 }),
  }

  test.each(names.flatMap((name) => Object.keys(choices).map((choice) => [name, choice] as const)))(
    "%s generates with %s what it does without a cache",
    (name, choice) => {
      const net = nets[name] as Sequence.Stepwise
      const weights = net.init(Key.make(2), { x: [4], length: [] })
      const prompt = [[1, 2, 3], [4]]
      const options = { choose: choices[choice] as Sequence.Choice, count: 5, key: Key.make(9) }
      const made = Sequence.generate(net, weights, { ...options, prompt: Sequence.pad(prompt, { dtype: "i32" }) })
      expect(Tensor.toArray(made.length)).toEqual([8, 6])
      const rows = Tensor.toArray(made.x) as ReadonlyArray<ReadonlyArray<number>>
      expect(rows.map((row, i) => row.slice(0, [8, 6][i]))).toEqual(uncached(net, weights, prompt, options))
      expect(rows[1]?.slice(6)).toEqual([0, 0])
    },
  )

  test("its program does not grow with the number of tokens, and an engine gives the same tokens", async () => {
    const net = nets.transformer as Sequence.Stepwise
    const weights = net.init(Key.make(2), { x: [4], length: [] })
    const prompt = Sequence.pad([[1, 2], [3]], { dtype: "i32" })
    const made = (count: number) =>
      Sequence.generate(net, weights, { prompt, count, key: Key.make(3), choose: Sequence.draw({ topP: 0.9 }) })
    const steps = (count: number) => {
      const seen = new Set<T>()
      const visit = (t: T): void => {
        if (seen.has(t) || !("recipe" in t)) return
        seen.add(t)
        for (const input of t.recipe?.inputs ?? []) visit(input)
      }
      visit(made(count).x)
      return seen.size
    }
    expect(steps(40)).toBe(steps(4))
    const compiled = await Effect.runPromise(
      Effect.gen(function* () {
        const run = yield* Compile.compile(
          (key: Key.Key) => Sequence.generate(net, weights, { prompt, count: 6, key }).x,
          Key.make(3),
        )
        return yield* run(Key.make(3))
      }).pipe(Effect.scoped, Effect.provide(Wasm.layer())),
    )
    expect(Tensor.toArray(compiled)).toEqual(
      Tensor.toArray(Sequence.generate(net, weights, { prompt, count: 6, key: Key.make(3) }).x),
    )
  })

  test("tokens that the net does not have, and lengths without a token, show as -1, compiled too", async () => {
    const small = Sequence.stack([Sequence.each(Layers.embedding({ tokens: 4, units: 3 })), Sequence.gru({ units: 4 })])
    const drawn = small.init(Key.make(1), { x: [2], length: [] })
    const x = Tensor.make(
      [
        [1, 2],
        [1, -1],
        [4, 1],
        [3, 0],
        [1, 2],
        [1, 2],
        [1, 2],
      ],
      "i32",
    )
    const prompt = { x, length: Tensor.make([2, 2, 2, 1, 0, -1, 3], "i32") }
    for (const choose of [Sequence.greedy, Sequence.draw()]) {
      const generated = (of: Sequence.Padded) =>
        Sequence.generate(small, drawn, { prompt: of, count: 3, key: Key.make(2), choose }).x
      const rows = Tensor.toArray(generated(prompt)) as ReadonlyArray<ReadonlyArray<number>>
      expect(rows[1]).toEqual([1, -1, -1, -1, -1])
      expect(rows[2]).toEqual([4, 1, -1, -1, -1])
      for (const row of [4, 5, 6]) expect(rows[row]).toEqual([-1, -1, -1, -1, -1])
      for (const row of [0, 3]) expect(Math.min(...(rows[row] ?? [-1]))).toBeGreaterThanOrEqual(0)
      const compiled = Effect.flatMap(Compile.compile(generated, prompt), (run) => run(prompt))
      expect(
        Tensor.toArray(await Effect.runPromise(compiled.pipe(Effect.scoped, Effect.provide(Wasm.layer({ threads: 1 }))))),
      ).toEqual(rows)
    }
    const whole = { prompt: Sequence.pad([[1]], { dtype: "i32" }), count: 1, key: Key.make(1) }
    expect(() => Sequence.generate(small, drawn, { ...whole, choose: (_, logits) => logits })).toThrow(
      "it wants a choice of i32[1]",
    )
  })

  test("refuses layers that read ahead, and prompts without tokens", () => {
    const back = Sequence.stack([
      Sequence.each(Layers.embedding({ tokens: 3, units: 2 })),
      Sequence.gru({ units: 3, reverse: true }),
    ])
    const weights = back.init(Key.make(1), { x: [2], length: [] })
    const prompt = Sequence.pad([[1]], { dtype: "i32" })
    expect(() => Sequence.generate(back, weights, { prompt, count: 1, key: Key.make(1) })).toThrow(
      "a layer that reads no later time steps",
    )
    expect(() =>
      Sequence.generate(back, weights, {
        prompt: { x: Tensor.zeros([1, 2, 3]), length: prompt.length },
        count: 1,
        key: Key.make(1),
      }),
    ).toThrow("a prompt of tokens")
    expect(() => Sequence.tied({ tokens: 3, units: 2 }, Sequence.gru({ units: 3 })).shape({ x: [4], length: [] })).toThrow(
      "a body that gives the 2 features",
    )
    expect(() => Sequence.residual(Sequence.gru({ units: 3 })).shape({ x: [4, 2], length: [] })).toThrow(
      "keeps the shape of a time step",
    )
    expect(() => Sequence.draw({ topP: 0 })).toThrow("topP")
  })
})

describe("draws", () => {
  const counts = (choose: Sequence.Choice, logits: ReadonlyArray<number>) => {
    const rows = 4000
    const drawn = Tensor.read(choose(Key.make(8), Tensor.broadcastTo(Tensor.make([...logits]), [rows, logits.length]))).data
    return logits.map((_, i) => drawn.filter((token) => token === i).length / rows)
  }
  const logits = [0.5, 0.2, 0.25, 0.05].map(Math.log)

  test("follow the probabilities, the temperature, and what topK and topP leave", () => {
    const near = (got: ReadonlyArray<number>, wanted: ReadonlyArray<number>) => {
      for (const [i, p] of wanted.entries()) {
        if (p === 0) expect(got[i]).toBe(0)
        else expect(Math.abs((got[i] ?? 0) - p)).toBeLessThan(0.035)
      }
    }
    near(counts(Sequence.draw(), logits), [0.5, 0.2, 0.25, 0.05])
    near(counts(Sequence.draw({ topK: 2 }), logits), [2 / 3, 0, 1 / 3, 0])
    near(counts(Sequence.draw({ topP: 0.7 }), logits), [2 / 3, 0, 1 / 3, 0])
    near(counts(Sequence.draw({ topP: 0.4 }), logits), [1, 0, 0, 0])
    near(counts(Sequence.draw({ topP: 0.8 }), logits), [0.5 / 0.95, 0.2 / 0.95, 0.25 / 0.95, 0])
    const squares = [0.25, 0.04, 0.0625, 0.0025]
    const total = squares.reduce((sum, p) => sum + p, 0)
    near(
      counts(Sequence.draw({ temperature: 0.5 }), logits),
      squares.map((p) => p / total),
    )
  })
})
