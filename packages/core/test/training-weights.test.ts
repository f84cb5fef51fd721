/** Weights of rows: a row of weight k counts as k rows, in the loss, its gradient and every score. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import * as fc from "fast-check"
import { expect } from "vitest"
import { Dataset, Evaluate, Key, Layers, Loss, NDArray, Net, Optimizer, Score, Tensor, Train, Tree, Wasm } from "../src/index.ts"

const wasm = Wasm.layer({ threads: 1 })

const f32 = (numbers: ReadonlyArray<number>) => NDArray.make("f32", [numbers.length], Float64Array.from(numbers))

/** Row numbers, each as often as its weight says. */
const repeated = (weights: ReadonlyArray<number>) => weights.flatMap((weight, row) => Array<number>(weight).fill(row))

const weightsOf = (n: number) =>
  fc
    .array(fc.integer({ min: 0, max: 3 }), { minLength: n, maxLength: n })
    .filter((weights) => weights.some((weight) => weight > 0))

const labelled = fc.tuple(fc.integer({ min: 4, max: 14 }), fc.constantFrom(1, 3)).chain(([n, classes]) =>
  fc.record({
    output: fc.array(
      fc.array(
        fc.integer({ min: -6, max: 6 }).map((x) => x / 2),
        { minLength: classes, maxLength: classes },
      ),
      { minLength: n, maxLength: n },
    ),
    target: fc.array(fc.integer({ min: 0, max: Math.max(1, classes - 1) }), { minLength: n, maxLength: n }),
    weights: weightsOf(n),
    cut: fc.integer({ min: 1, max: n - 1 }),
  }),
)

/** The score of rows in two batches. */
const scored = (
  score: Score.Score<unknown>,
  output: ReadonlyArray<ReadonlyArray<number>>,
  target: ReadonlyArray<number>,
  { cut, weights }: { readonly cut: number; readonly weights?: ReadonlyArray<number> },
): unknown => {
  const numbers = score.targetTypes.includes("numbers")
  const { finish, merge, sums } = Score.accumulated(score as Score.Score)
  const batch = (from: number, to?: number) => {
    const [y, t] = [Tensor.make(output.slice(from, to)), Tensor.make(target.slice(from, to), numbers ? "f32" : "i32")]
    return Array.from(Tensor.read(sums(y, t, weights && f32(weights.slice(from, to)))).data)
  }
  return finish(cut === 0 ? batch(0) : merge(merge([], batch(0, cut)), batch(cut)))
}

/** All numbers of a report, in order. */
const numbersOf = (value: unknown): ReadonlyArray<number> =>
  typeof value === "number" ? [value] : Object.values(value as object).flatMap(numbersOf)

const scores = { ...Score.table, ...Score.reports }

describe.each(Object.entries(scores))("the score %s", (name, entry) => {
  it("counts a row of weight k as k rows, in batches too", () => {
    const score = (entry.make as (options: object) => Score.Score<unknown>)({
      k: 2,
      average: "auto",
      bins: 5,
    })
    fc.assert(
      fc.property(labelled, ({ cut, output, target, weights }) => {
        const wide = (output[0]?.length ?? 1) > 1
        fc.pre(name !== "top_k" || wide)
        fc.pre(!score.targetTypes.includes("numbers") || !wide)
        const rows = repeated(weights)
        const plain = scored(
          score,
          rows.map((row) => output[row] ?? []),
          rows.map((row) => target[row] ?? 0),
          { cut: 0 },
        )
        const weighted = scored(score, output, target, { cut, weights })
        const [a, b] = [numbersOf(plain), numbersOf(weighted)]
        expect(b).toHaveLength(a.length)
        for (const [i, value] of a.entries())
          if (Number.isFinite(value)) expect(b[i]).toBeCloseTo(value, 4)
          else expect(b[i]).toBe(value)
      }),
      { numRuns: 25 },
    )
  })
})

const count = 24
const key = Key.make(5)
const x = Tensor.read(Key.normal(Key.fold(key, "x"), [count, 3]))
const kind = Tensor.read(Tensor.cast(Tensor.greater(Tensor.at(x, ":", 0), 0), "i32"))
const price = Tensor.read(Tensor.sum(x, { axes: 1, keepAxes: true }))
const weights = Array.from({ length: count }, (_, row) => row % 4)
const mean = weights.reduce((sum, weight) => sum + weight, 0) / count

const net = Net.graph(
  {
    hidden: { net: Layers.dense({ units: 4, activation: "tanh" }) },
    kind: { net: Layers.dense({ units: 2 }), from: "hidden" },
    price: { net: Layers.dense({ units: 1 }), from: "hidden" },
  },
  { outputs: ["kind", "price"] },
)

const data: Dataset.Dataset<NDArray.NDArray, { readonly kind: NDArray.NDArray; readonly price: NDArray.NDArray }> = {
  inputs: x,
  targets: { kind, price },
}
const unweighted = Dataset.take(data, repeated(weights))
const weighted = { ...data, weights: f32(weights.map((weight) => weight / mean)) }

const config = {
  net,
  loss: Loss.heads({ kind: Loss.categoricalCrossEntropy(), price: [Loss.meanSquaredError, 0.5] }),
  optimizer: Optimizer.sgd(0.1),
  scores: Score.heads({ kind: { accuracy: Score.accuracy }, price: { mae: Score.meanAbsoluteError } }),
  seed: 3,
  epochs: 4,
} as const

describe("a run with weights of rows", () => {
  it.effect("is the run over repeated rows: the same parameters, losses and scores", () =>
    Effect.gen(function* () {
      // A step has all rows: the mean over a batch of repeated rows is the weighted mean over the rows.
      const one = yield* Train.finished({ ...config, data: weighted, batch: count, validation: weighted })
      const other = yield* Train.finished({
        ...config,
        data: unweighted,
        batch: repeated(weights).length,
        validation: unweighted,
      })
      const leaves = (tree: unknown) => Tree.leaves(tree).flatMap((leaf) => [...Tensor.read(leaf as Tensor.Tensor).data])
      for (const [i, value] of leaves(other.params).entries()) assert.closeTo(leaves(one.params)[i] ?? Number.NaN, value, 1e-5)
      for (const [epoch, { train, validation = {} }] of other.history.entries()) {
        const own = one.history[epoch]
        for (const [name, value] of Object.entries(train)) assert.closeTo(own?.train[name] ?? Number.NaN, Number(value), 1e-5)
        for (const [name, value] of Object.entries(validation))
          assert.closeTo(own?.validation?.[name] ?? Number.NaN, Number(value), 1e-5)
      }
      const evaluated = (rows: typeof weighted | typeof unweighted) =>
        Evaluate.evaluate(net, one, { data: rows, loss: config.loss, scores: config.scores })
      const [a, b] = [yield* evaluated(weighted), yield* evaluated(unweighted)]
      for (const [name, value] of Object.entries(b)) assert.closeTo(a[name] ?? Number.NaN, value, 1e-5)
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("repeats to the same bits, and ignores the scale of weights in scores", () =>
    Effect.gen(function* () {
      const small = { ...config, data: weighted, batch: 7, epochs: 2 }
      const [one, again] = [yield* Train.finished(small), yield* Train.finished(small)]
      assert.deepStrictEqual(one.history, again.history)
      const doubled = { ...weighted, weights: f32([...weighted.weights.data].map((weight) => weight * 2)) }
      const of = (rows: typeof weighted) => Evaluate.evaluate(net, one, { data: rows, loss: config.loss, scores: config.scores })
      const [a, b] = [yield* of(weighted), yield* of(doubled)]
      for (const [name, value] of Object.entries(a)) assert.closeTo(b[name] ?? Number.NaN, value, 1e-6)
    }).pipe(Effect.provide(wasm)),
  )

  it.effect("refuses weights that are none, and a loss without the loss of each row", () =>
    Effect.gen(function* () {
      const failed = (rows: typeof weighted) =>
        Effect.map(Effect.flip(Train.finished({ ...config, data: rows, batch: 8 })), ({ message }) => message)
      const wrong = (numbers: ReadonlyArray<number>) => failed({ ...data, weights: f32(numbers) })
      assert.include(yield* wrong([-1, ...Array<number>(count - 1).fill(1)]), "data.weights: got a weight of -1 in row 0")
      assert.include(yield* wrong(Array<number>(count).fill(0)), "data.weights: got weights of 0 alone")
      assert.include(yield* wrong([1, 2]), "2 rows in weights")
      const single = Net.sequential([Layers.dense({ units: 1 })])
      const own = yield* Effect.flip(
        Train.finished({
          net: single,
          loss: (y: Tensor.Tensor, t: Tensor.Tensor) => Tensor.mean(Tensor.square(Tensor.sub(y, t))),
          optimizer: Optimizer.sgd(0.1),
          data: { inputs: x, targets: price, weights: weighted.weights },
          seed: 1,
          epochs: 1,
          batch: 8,
        }),
      )
      assert.include(own.message, "a loss that gives the loss of each row")
    }).pipe(Effect.provide(wasm)),
  )
})

describe("datasets with weights", () => {
  it("are taken and joined with them; rows without weights have the weight 1", () => {
    const taken = Dataset.take(weighted, [3, 1])
    expect([...(taken.weights?.data ?? [])]).toEqual([weighted.weights.data[3], weighted.weights.data[1]])
    const joined = Dataset.concat(Dataset.take(data, [0]), taken)
    expect([...(joined.weights?.data ?? [])]).toEqual([1, ...(taken.weights?.data ?? [])])
    const differing = Dataset.make(x, price, { weights: f32([1]) })
    expect(Result.isFailure(differing) && differing.failure.message).toBe(
      "inputs has 24 rows but weights has 1; wanted as many rows in every array",
    )
  })
})
