import { CrossValidate, Dataset, Engine, Key, Layers, Loss, Net, Optimizer, Score, Split, Toys, Train } from "@adjoint/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import * as fc from "fast-check"
import { expect, test } from "vitest"

const data = Toys.moons(Key.make(3), { count: 60, noise: 0.1 })
const folds = Result.getOrThrow(Split.repeatedFolds(60, 3, 2, { key: Key.make(1) }))
const config = ({ train, val }: Split.Fold) =>
  ({
    net: Net.sequential([Layers.dense({ units: 6, activation: "tanh" }), Layers.dense({ units: 2 })]),
    loss: Loss.categoricalCrossEntropy(),
    optimizer: Optimizer.adam(0.05),
    scores: { accuracy: Score.accuracy },
    data: Dataset.take(data, train),
    validation: Dataset.take(data, val),
    seed: 17,
    epochs: 3,
    batch: 8,
  }) as const

const collected = <A, E>(events: Stream.Stream<A, E, Engine.Engine>) =>
  Effect.provide(Stream.runCollect(events), Engine.layerReference)

describe("the spread of scores", () => {
  test("is the mean and the standard deviation of a sample", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 9 }), (values) => {
        const { deviation, mean } = CrossValidate.spread(values.map((loss) => ({ loss, other: 1 })))
        const middle = values.reduce((sum, x) => sum + x, 0) / values.length
        expect(mean.loss).toBeCloseTo(middle, 10)
        const squares = values.reduce((sum, x) => sum + x * x, 0) - values.length * middle ** 2
        expect((deviation.loss ?? 0) ** 2).toBeCloseTo(squares / (values.length - 1), 8)
        expect([mean.other, deviation.other]).toEqual([1, 0])
      }),
    )
    expect(CrossValidate.spread([{ loss: 4 }])).toEqual({ mean: { loss: 4 }, deviation: { loss: Number.NaN } })
    expect(CrossValidate.spread([{ a: 1, b: 2 }, { a: 3 }]).mean).toEqual({ a: 2 })
  })
})

describe("a cross-validation", () => {
  it.effect("trains each fold as its run alone, and ends with the mean and the deviation of their scores", () =>
    Effect.gen(function* () {
      const events = yield* collected(CrossValidate.run({ folds, config }))
      const scored = events.filter((event) => event._tag === "FoldScored")
      assert.deepStrictEqual(
        scored.map(({ fold, repeat }) => [repeat, fold]),
        [
          [1, 1],
          [1, 2],
          [1, 3],
          [2, 1],
          [2, 2],
          [2, 3],
        ],
      )
      for (const [i, fold] of folds.entries()) {
        const alone = yield* Effect.provide(Train.finished(config(fold)), Engine.layerReference)
        assert.deepStrictEqual(scored[i]?.scores, alone.history.at(-1)?.validation)
        assert.strictEqual(scored[i]?.epoch, 3)
      }
      const last = events.at(-1)
      assert.deepStrictEqual(last, {
        _tag: "CrossValidated",
        folds: scored.map(({ _tag, ...score }) => score),
        ...CrossValidate.spread(scored.map(({ scores }) => scores)),
      })
      assert.strictEqual(events.filter((event) => event._tag === "FoldTrained" && event.event._tag === "Started").length, 6)
    }),
  )

  it.effect("with restored weights scores those of the best epoch", () =>
    Effect.gen(function* () {
      const [first] = folds
      if (first === undefined) return
      const restoring = {
        ...config(first),
        earlyStop: { monitor: "val.loss", mode: "max", patience: 2, restoreBest: true } as const,
      }
      const events = yield* collected(CrossValidate.run({ folds: [first], config: () => restoring }))
      const { history } = yield* Effect.provide(Train.finished(restoring), Engine.layerReference)
      const best = history.reduce((a, b) => ((b.validation?.loss ?? 0) > (a.validation?.loss ?? 0) ? b : a))
      const scored = events.find((event) => event._tag === "FoldScored")
      assert.deepStrictEqual(scored?._tag === "FoldScored" ? [scored.epoch, scored.scores] : [], [best.epoch, best.validation])
    }),
  )

  it.effect("resumed after some folds ends as without an interruption", () =>
    Effect.gen(function* () {
      const whole = (yield* collected(CrossValidate.run({ folds, config }))).at(-1)
      const scored = whole?._tag === "CrossValidated" ? whole.folds.slice(0, 4) : []
      const rest = yield* collected(CrossValidate.run({ folds, config, scored }))
      assert.deepStrictEqual(rest.at(-1), whole)
      assert.deepStrictEqual(
        rest.flatMap((event) => (event._tag === "FoldStarted" ? [[event.number, event.of]] : [])),
        [
          [5, 6],
          [6, 6],
        ],
      )
    }),
  )

  it.effect("without folds, or without validation rows, is refused before anything is computed", () =>
    Effect.gen(function* () {
      const none = yield* Effect.flip(collected(CrossValidate.run({ folds: [], config })))
      assert.strictEqual(none.message.includes("folds"), true)
      const { validation: _, ...blind } = config(folds[0] as Split.Fold)
      const refused = yield* Effect.flip(collected(CrossValidate.run({ folds, config: () => blind })))
      assert.strictEqual(refused.message.includes("no validation rows"), true)
    }),
  )
})
