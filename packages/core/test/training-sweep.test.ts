import {
  Engine,
  Key,
  Layers,
  LearningRate,
  Loss,
  Net,
  Optimizer,
  type Params,
  Regularizer,
  Sweep,
  Toys,
  Train,
} from "@adjoint/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as fc from "fast-check"
import { expect, test } from "vitest"

const orders = fc.tuple(fc.integer({ min: -8, max: 0 }), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 2, max: 12 }))

describe("lambdas", () => {
  test("rise from 0, each by the same factor, and meet both ends", () => {
    expect(Sweep.lambdas({ from: 1e-6, to: 0.1, count: 6 })).toEqual([0, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1])
    fc.assert(
      fc.property(orders, ([low, span, steps]) => {
        const [zero, ...rest] = Sweep.lambdas({ from: 10 ** low, to: 10 ** (low + span), count: steps })
        expect(zero).toBe(0)
        expect(rest).toHaveLength(steps)
        expect(rest[0]).toBeCloseTo(10 ** low, 12)
        expect((rest.at(-1) ?? 0) / 10 ** (low + span)).toBeCloseTo(1, 5)
        for (let i = 1; i < rest.length; i++)
          expect((rest[i] ?? 0) / (rest[i - 1] ?? 0) / 10 ** (span / (steps - 1))).toBeCloseTo(1, 4)
      }),
    )
  })
})

describe("best", () => {
  test("no score is better, whichever way is better, and of equal ones it is the first", () => {
    const values = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(undefined)), { maxLength: 8 })
    fc.assert(
      fc.property(values, fc.constantFrom("min" as const, "max" as const), (all, mode) => {
        const points = all.map((value, lambda) => ({ lambda, ...(value === undefined ? {} : { value }) }))
        const found = Sweep.best({ mode }, points)
        const scores = all.filter((value) => value !== undefined)
        if (found === undefined) {
          expect(scores).toEqual([])
          return
        }
        expect(found.value).toBe(mode === "min" ? Math.min(...scores) : Math.max(...scores))
        expect(found.lambda).toBe(all.indexOf(found.value))
      }),
    )
    expect(Sweep.best({ mode: "min" }, [{ lambda: 0, value: Number.NaN }])).toBeUndefined()
  })
})

describe("the value slightly below", () => {
  test("is between a λ and the one before it", () => {
    fc.assert(
      fc.property(orders, ([low, span, steps]) => {
        const all = Sweep.lambdas({ from: 10 ** low, to: 10 ** (low + span), count: steps })
        expect(Sweep.below(0, all)).toBe(0)
        all.slice(1).forEach((lambda, i) => {
          expect(Sweep.below(lambda, all)).toBeLessThan(lambda)
          expect(Sweep.below(lambda, all)).toBeGreaterThan(all[i] ?? 0)
        })
      }),
    )
  })
})

describe("Sweep.run", () => {
  const config = (lambda: number): Train.Config<Params.Params, Params.Params, Params.Params> => ({
    net: Net.sequential([Layers.dense({ units: 12, activation: "tanh" }), Layers.dense({ units: 2 })]) as Net.Net,
    loss: Loss.categoricalCrossEntropy(),
    ...(lambda === 0 ? {} : { penalty: Regularizer.l2(lambda) }),
    optimizer: Optimizer.sgd(LearningRate.constant(1)) as Optimizer.Optimizer,
    data: Toys.moons(Key.make(7), { count: 20, noise: 0.4 }),
    validation: Toys.moons(Key.make(8), { count: 60, noise: 0.4 }),
    seed: 3,
    epochs: 30,
    batch: 10,
  })
  const monitor = { monitor: "val.loss", mode: "min" } as const
  const swept = (sweep: Pick<Partial<Sweep.Sweep<Params.Params, Params.Params, Params.Params>>, "config" | "lambdas"> = {}) =>
    Sweep.run({ config, lambdas: [0, 0.001, 0.1], monitor, ...sweep }).pipe(
      Stream.runCollect,
      Effect.provide(Engine.layerReference),
    )
  const trained = (lambda: number) => Effect.provide(Train.finished(config(lambda)), Engine.layerReference)

  it.effect("gives each λ what a run of its own gives, and the value below the best too", () =>
    Effect.gen(function* () {
      const events = yield* swept()
      assert.deepStrictEqual(
        events.map(({ _tag }) => _tag),
        ["SweepStarted", "LambdaScored", "LambdaScored", "LambdaScored", "LambdaScored", "SweepFinished"],
      )
      const end = events.at(-1)
      if (end?._tag !== "SweepFinished") return assert.fail("a sweep ends")
      const { below, best, points } = end
      for (const { lambda, value } of [...points, ...(below === undefined ? [] : [below])])
        assert.strictEqual(value, (yield* trained(lambda)).history.at(-1)?.validation?.loss)
      // Twenty noisy samples are learned by heart without regularization.
      assert.isAbove(best?.lambda ?? 0, 0)
      assert.strictEqual(below?.lambda, Sweep.below(best?.lambda ?? 0, [0, 0.001, 0.1]))
    }),
  )

  it.effect("goes by the best epoch where that is restored", () =>
    Effect.gen(function* () {
      const restoring = (lambda: number) => ({
        ...config(lambda),
        earlyStop: { ...monitor, patience: 20, restoreBest: true },
      })
      const end = (yield* swept({ config: restoring, lambdas: [0] })).at(-1)
      if (end?._tag !== "SweepFinished") return assert.fail("a sweep ends")
      const { best } = yield* Effect.provide(Train.finished(restoring(0)), Engine.layerReference)
      assert.deepStrictEqual(end.points, [{ lambda: 0, value: best?.value ?? Number.NaN }])
      assert.deepStrictEqual(end.below, end.best)
    }),
  )

  it.effect("leaves out a λ whose run blows up", () =>
    Effect.gen(function* () {
      const end = (yield* swept({ lambdas: [0, 1e6] })).at(-1)
      if (end?._tag !== "SweepFinished") return assert.fail("a sweep ends")
      assert.deepStrictEqual(end.points[1], { lambda: 1e6 })
      assert.strictEqual(end.best?.lambda, 0)
      const none = (yield* swept({ lambdas: [1e6] })).at(-1)
      assert.deepStrictEqual(none, { _tag: "SweepFinished", points: [{ lambda: 1e6 }] })
    }),
  )
})
