import { type Entry, Loss, Reference, Score, ShapeError, Tensor } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import * as Arbitrary from "@adjoint/core/testing/arbitraries"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor

const tables: { readonly [name: string]: Entry.AnyEntry<Score.Score<unknown>> } = { ...Score.table, ...Score.reports }

const all: { readonly [name: string]: Score.Score<unknown> } = Object.fromEntries(
  Object.keys(tables).map((name) => [name, make(tables, { name, options: {} })]),
)

/** Outputs and one-hot targets, which every score takes, with places to cut them. */
const cutSamples = fc.integer({ min: 1, max: 12 }).chain((rows) =>
  fc.record({
    output: Arbitrary.array("f32", [rows, 3]),
    target: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: rows, maxLength: rows }),
    cuts: fc.array(fc.integer({ min: 0, max: rows }), { maxLength: 3 }).map((cuts) => [0, ...cuts.sort((a, b) => a - b), rows]),
  }),
)

/** The numbers of a tensor, computed in doubles. */
const numbers = (x: T): ReadonlyArray<number> => [...(Reference.read([x])[0]?.data ?? [])]

/** Numbers to twelve digits, since sums of parts round otherwise than the sum of the whole. */
const rounded = (x: unknown): unknown =>
  typeof x === "number"
    ? Number(x.toPrecision(12))
    : Array.isArray(x)
      ? x.map(rounded)
      : Object.fromEntries(Object.entries(x as object).map(([key, value]) => [key, rounded(value)]))

describe.each(Object.entries(all))("%s", (_, score) => {
  test("of batches is the score of the whole, however it is cut", () => {
    fc.assert(
      fc.property(cutSamples, ({ cuts, output, target }) => {
        const wanted = Tensor.read(Tensor.oneHot(Tensor.make(target, "i32"), 3))
        const parts = cuts.slice(1).flatMap((to, i) => {
          const from = cuts[i] ?? 0
          if (to === from) return []
          const sums = score(Tensor.at(output, `${from}:${to}`), Tensor.at(wanted, `${from}:${to}`))
          return [numbers(sums)]
        })
        expect(rounded(score.finish(parts.reduce(score.merge)))).toEqual(rounded(score.finish(numbers(score(output, wanted)))))
      }),
    )
  })
})

const logits = Tensor.make([
  [2, 1, 0],
  [0, 3, 1],
  [1, 0, 4],
  [5, 6, 0],
])

describe("accuracy", () => {
  test("compares the largest output with the class, as index or one-hot, in any kind", () => {
    const which = [0, 1, 0, 1]
    for (const target of [Tensor.make(which, "i32"), Tensor.make(which, "u8"), Tensor.oneHot(Tensor.make(which, "i32"), 3)])
      expect(Score.of(Score.accuracy, logits, target)).toBe(0.75)
  })

  test("of one output goes by the sign of the logit", () => {
    const z = Tensor.make([[0.1], [-0.1], [3], [-4]])
    for (const target of [
      Tensor.make([1, 0, 0, 0]),
      Tensor.make([[1], [0], [0], [0]], "i32"),
      Tensor.make([true, false, false, false]),
    ]) {
      expect(Score.of(Score.accuracy, z, target)).toBe(0.75)
      expect(Score.of(Score.accuracy, Tensor.reshape(z, [4]), target)).toBe(0.75)
    }
  })

  test("counts in whole numbers", () => {
    expect(Score.accuracy(logits, Tensor.make([0, 0, 0, 0], "i32")).dtype).toBe("i32")
  })

  test("of nothing is not a number, and a target that does not fit is refused", () => {
    expect(Score.accuracy.finish([])).toBeNaN()
    expect(() => Score.accuracy(logits, Tensor.make([0, 1], "i32"))).toThrow(ShapeError)
    expect(() => Score.accuracy(logits, Tensor.make([0, 1, 2, 0]))).toThrow("accuracy got f32[4, 3] and f32[4]")
  })
})

describe("confusion matrix", () => {
  test("has the truth down and the prediction across", () => {
    expect(Score.of(Score.confusionMatrix, logits, Tensor.make([0, 1, 0, 2], "i32"))).toEqual([
      [1, 0, 1],
      [0, 1, 0],
      [0, 1, 0],
    ])
  })

  test("of one output has two classes", () => {
    expect(Score.of(Score.confusionMatrix, Tensor.make([1, -1, 2]), Tensor.make([1, 1, 0]))).toEqual([
      [0, 1],
      [1, 1],
    ])
  })

  test("leaves out labels that are no class", () => {
    expect(Score.of(Score.confusionMatrix, logits, Tensor.make([0, -1, 3, 1], "i32"))).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ])
  })

  test("its diagonal is the accuracy", () => {
    fc.assert(
      fc.property(cutSamples, ({ output, target }) => {
        const wanted = Tensor.make(target, "i32")
        const matrix = Score.of(Score.confusionMatrix, output, wanted)
        const right = matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0)
        expect(right / target.length).toBe(Score.of(Score.accuracy, output, wanted))
      }),
    )
  })
})

test("mse and mae are the losses of the same name", () => {
  fc.assert(
    fc.property(Arbitrary.array("f32", [5, 2]), Arbitrary.array("f32", [5, 2]), (output, target) => {
      const pairs = [
        [Score.meanSquaredError, Loss.meanSquaredError],
        [Score.meanAbsoluteError, Loss.meanAbsoluteError],
      ] as const
      for (const [score, loss] of pairs)
        expect(score.finish(numbers(score(output, target)))).toBeCloseTo(numbers(loss(output, target))[0] ?? 0, 12)
    }),
  )
})

describe("top k", () => {
  test("of one is accuracy, of all classes 1, and it never falls as k grows", () => {
    fc.assert(
      fc.property(cutSamples, ({ output, target }) => {
        const wanted = Tensor.make(target, "i32")
        const shares = [1, 2, 3].map((k) => Score.of(Score.topK(k), output, wanted))
        expect(shares[0]).toBe(Score.of(Score.accuracy, output, wanted))
        expect(shares[2]).toBe(1)
        expect(shares).toEqual([...shares].sort((a, b) => a - b))
      }),
    )
  })

  test("counts a label without a class as wrong, and needs an output for each class", () => {
    expect(Score.of(Score.topK(3), logits, Tensor.make([0, 1, 2, 3], "i32"))).toBe(0.75)
    expect(() => Score.topK(2)(Tensor.make([1, 2]), Tensor.make([0, 1]))).toThrow("top_k got")
  })
})

describe("areas under curves", () => {
  const ranked = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.boolean()), { minLength: 2, maxLength: 30 })

  test("auroc is the share of pairs in the right order, equal scores half", () => {
    fc.assert(
      fc.property(ranked, (samples) => {
        const [yes, no] = [samples.filter(([, y]) => y), samples.filter(([, y]) => !y)]
        const pairs = yes.flatMap(([a]) => no.map(([b]): number => (a > b ? 1 : a === b ? 0.5 : 0)))
        const [output, target] = [samples.map(([z]) => z), samples.map(([, y]) => (y ? 1 : 0))]
        const area = Score.of(Score.auroc, Tensor.make(output), Tensor.make(target))
        if (pairs.length === 0) expect(area).toBeNaN()
        else expect(area).toBeCloseTo(pairs.reduce((sum, x) => sum + x, 0) / pairs.length, 12)
      }),
    )
  })

  test("two outputs rank as their difference does alone", () => {
    const z = Tensor.make([0.1, 0.4, 0.35, 0.8])
    const two = Tensor.stack([Tensor.neg(z), Tensor.zeros([4]) as T], 1)
    const target = Tensor.make([0, 0, 1, 1], "i32")
    for (const score of [Score.auroc])
      expect(Score.of(score, two, target)).toBeCloseTo(Score.of(score, z, Tensor.cast(target, "f32")), 12)
  })

  test("the curves end where everything is taken for the class", () => {
    const [curve] = Score.of(Score.curves, Tensor.make([0.1, 0.4, 0.35, 0.8]), Tensor.make([0, 0, 1, 1]))
    expect(curve?.points.map(({ falseAlarms, recall }) => [falseAlarms, recall])).toEqual([
      [0, 0.5],
      [0.5, 0.5],
      [0.5, 1],
      [1, 1],
    ])
    expect(curve?.auroc).toBe(0.75)
  })
})

test("the gaps of the reliability bins make the calibration error", () => {
  fc.assert(
    fc.property(cutSamples, fc.integer({ min: 1, max: 20 }), ({ output, target }, bins) => {
      const wanted = Tensor.make(target, "i32")
      const filled = Score.of(Score.reliability(bins), output, wanted).filter(({ count }) => count > 0)
      expect(filled.reduce((sum, { count }) => sum + count, 0)).toBe(target.length)
      for (const { confidence, from, to } of filled) {
        expect(confidence).toBeGreaterThan(from - 1e-6)
        expect(confidence).toBeLessThan(to + 1e-6)
      }
      const gap = filled.reduce((sum, bin) => sum + bin.count * Math.abs(bin.accuracy - bin.confidence), 0) / target.length
      expect(Score.of(Score.calibrationError(bins), output, wanted)).toBeCloseTo(gap, 12)
    }),
  )
})

describe("in the units that targets were measured in", () => {
  const unit = fc.record({
    scale: fc.double({ min: 0.01, max: 4, noNaN: true }),
    shift: fc.double({ min: -3, max: 3, noNaN: true }),
    curve: fc.constantFrom("none" as const, "expm1" as const),
  })
  const samples = fc.integer({ min: 1, max: 3 }).chain((columns) =>
    fc.record({
      units: fc.array(unit, { minLength: columns, maxLength: columns }),
      rows: fc.array(
        fc.tuple(...[0, 1].map(() => fc.array(fc.integer({ min: -8, max: 8 }), { minLength: columns, maxLength: columns }))),
        {
          minLength: 2,
          maxLength: 6,
        },
      ),
    }),
  )

  test.each(["mse", "rmse", "mae", "r2"] as const)("%s is that of outputs and targets taken back", (name) => {
    const score = make(Score.table, { name, options: {} })
    fc.assert(
      fc.property(samples, ({ rows, units }) => {
        const [outputs, targets] = [0, 1].map((side) => rows.map((row) => (row[side] ?? []).map((x) => x / 4)))
        const back = (table: ReadonlyArray<ReadonlyArray<number>> = []) =>
          Tensor.make(table.map((row) => row.map((x, k) => (units[k] === undefined ? x : Score.restore(units[k], x)))))
        const inUnits = Score.inUnits(score, units)
        const got = inUnits.finish(numbers(inUnits(Tensor.make(outputs ?? []), Tensor.make(targets ?? []))))
        const wanted = score.finish(numbers(score(back(outputs), back(targets))))
        // What is taken back is rounded to a float.
        if (Number.isFinite(wanted)) expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(wanted)))
      }),
    )
  })

  test("the digits in which output and target differ are not lost among those they share", () => {
    const years = { scale: 1, shift: 1e9, curve: "none" } as const
    const off = Score.inUnits(Score.meanAbsoluteError, [{ ...years, scale: 1000 }])
    expect(Score.of(off, Tensor.make([[1], [1]]), Tensor.make([[1 + 2 ** -20], [1]]))).toBe(1000 * 2 ** -21)
  })

  test("a score of classes has none, and numbers that are learned as they are stay themselves", () => {
    expect(Score.inUnits(Score.accuracy, [{ scale: 2, shift: 0, curve: "none" }])).toBe(Score.accuracy)
    const shifted = Score.inUnits(Score.meanAbsoluteError, [{ scale: 1, shift: 7, curve: "none" }])
    const batch = [Tensor.make([[1], [2]]), Tensor.make([[1], [5]])] as const
    expect(Score.of(shifted, ...batch)).toBe(Score.of(Score.meanAbsoluteError, ...batch))
  })
})

describe("an output that is NaN is never a right answer", () => {
  const nan = Number.NaN
  const of = <A>(score: Score.Score<A>, output: Tensor.Nested, target: ReadonlyArray<number>): A =>
    Score.of(score, Tensor.make(output), Tensor.make(target, "i32"))

  const broken: Tensor.Nested = [
    [nan, 0, 0],
    [0, nan, 9],
    [0, 0, nan],
    [nan, nan, nan],
  ]

  test.each([0, 1, 2])("of class %d: decisions count it as wrong", (truth) => {
    const target = [truth, truth, truth, truth]
    expect(of(Score.accuracy, broken, target)).toBe(0)
    for (const k of [1, 2, 3]) expect(of(Score.topK(k), broken, target)).toBe(0)
    for (const average of ["macro", "weighted", "micro"] as const) {
      expect(of(Score.recall(average), broken, target)).toBe(0)
      expect(of(Score.f1(average), broken, target)).toBe(0)
    }
    expect(of(Score.precision("macro"), broken, target)).toBe(0)
    expect(of(Score.confusionMatrix, broken, target).flat()).toEqual(Array(9).fill(0))
    expect(of(Score.classReport, broken, target)[truth]).toEqual({ precision: 0, recall: 0, f1: 0, support: 4 })
  })

  test.each([0, 1])("of one output and class %d likewise", (truth) => {
    for (const output of [
      [nan, nan],
      [[nan], [nan]],
    ]) {
      expect(of(Score.accuracy, output, [truth, truth])).toBe(0)
      expect(of(Score.classReport, output, [truth, truth])[truth]).toEqual({ precision: 0, recall: 0, f1: 0, support: 2 })
      expect(of(Score.calibrationError(), output, [truth, truth])).toBe(1)
    }
  })

  test("the others count as they did, and it in every denominator that it belongs to", () => {
    const output = [
      [2, 1],
      [nan, 1],
      [0, 1],
      [0, 1],
    ]
    const target = [0, 0, 1, 0]
    expect(of(Score.accuracy, output, target)).toBe(0.5)
    expect(of(Score.confusionMatrix, output, target)).toEqual([
      [1, 1],
      [0, 1],
    ])
    expect(of(Score.recall(), output, target)).toBe(1)
    expect(of(Score.classReport, output, target)).toEqual([
      { precision: 1, recall: 1 / 3, f1: 0.5, support: 3 },
      { precision: 0.5, recall: 1, f1: 2 / 3, support: 1 },
    ])
  })

  test("rankings put it where it does the most harm", () => {
    const order = [0.1, 0.4, 0.35, 0.8]
    const target = [0, 0, 1, 1]
    expect(of(Score.auroc, order, target)).toBe(0.75)
    // Behind all others: of four pairs the one that is left of the other positive with 0.1 and 0.4.
    expect(of(Score.auroc, [0.1, 0.4, 0.35, nan], target)).toBe(0.25)
    expect(of(Score.auroc, [nan, 0.4, 0.35, 0.8], target)).toBe(0.25)
    expect(of(Score.auroc, [nan, nan, nan, nan], target)).toBe(0)
    // The same as ±Infinity, where no number is infinite.
    const infinite = [-Infinity, 0.4, 0.35, Infinity].map((x) => -x)
    expect(
      of(
        Score.auprc,
        [nan, 0.4, 0.35, nan].map((x) => -x),
        target,
      ),
    ).toBe(of(Score.auprc, infinite, target))
    const [curve] = of(Score.curves, [0.1, nan, 0.35, nan], target)
    expect(curve?.points.map(({ falseAlarms, recall }) => [falseAlarms, recall])).toEqual([
      [0.5, 0],
      [0.5, 0.5],
      [1, 0.5],
      [1, 1],
    ])
  })

  test("calibration takes it for sure and wrong, and keeps the other bins", () => {
    const bins = of(
      Score.reliability(2),
      [
        [nan, 0],
        [0, 8],
        [8, 0],
      ],
      [0, 1, 0],
    )
    expect(bins[1]?.count).toBe(3)
    expect(bins[1]?.accuracy).toBeCloseTo(2 / 3, 7)
    expect(of(Score.calibrationError(), [[nan, 0]], [0])).toBe(1)
  })

  test("errors of numbers and log loss become NaN themselves", () => {
    for (const score of [Score.meanSquaredError, Score.rootMeanSquaredError, Score.meanAbsoluteError, Score.r2, Score.logLoss])
      expect(Score.of(score, Tensor.make([nan, 1, 0]), Tensor.make([0, 1, 1]))).toBeNaN()
  })

  test("is never better than a wrong answer in its place", () => {
    const row = fc.array(fc.integer({ min: -64, max: 64 }), { minLength: 3, maxLength: 3 })
    const samples = fc.array(fc.tuple(row, fc.integer({ min: 0, max: 2 }), fc.boolean()), { minLength: 1, maxLength: 8 })
    const scores = [Score.accuracy, Score.topK(2), Score.recall("weighted"), Score.recall("micro"), Score.auroc, Score.auprc]
    fc.assert(
      fc.property(samples, (rows) => {
        const target = rows.map(([, truth]) => truth)
        // The right class far below all others.
        const wrong = rows.map(([z, truth, isBroken]) => (isBroken ? z.map((_, k) => (k === truth ? -1e4 : k / 2)) : z))
        const silent = rows.map(([z, , isBroken]) => (isBroken ? [nan, ...z.slice(1)] : z))
        for (const score of scores) {
          const [a, b] = [of(score, silent, target), of(score, wrong, target)]
          if (!Number.isNaN(b)) expect(a).toBeLessThanOrEqual(b + 1e-12)
        }
      }),
    )
  })
})

describe("r2", () => {
  test("of equal targets is not defined, also where rounding leaves a variance", () => {
    for (const y of [5, 0, 0.1, 7.3, 1e9 + 0.1])
      for (const n of [1, 3, 10])
        for (const output of [Tensor.zeros([n]), Tensor.full([n], y)])
          expect(Score.of(Score.r2, output as T, Tensor.full([n], y) as T), `${n} of ${y}`).toBeNaN()
    const unit = { scale: 3.7, shift: 0.1, curve: "expm1" } as const
    expect(Score.of(Score.inUnits(Score.r2, [unit]), Tensor.make([1, 2, 3]), Tensor.make([0.3, 0.3, 0.3]))).toBeNaN()
  })

  test("of several outputs is the mean of each one's, and not defined where one of them is not", () => {
    const output = Tensor.make([
      [1, 0],
      [2, 2],
      [4, 4],
    ])
    expect(
      Score.of(
        Score.r2,
        output,
        Tensor.make([
          [1, 0],
          [2, 2],
          [3, 4],
        ]),
      ),
    ).toBeCloseTo(0.75, 12)
    expect(
      Score.of(
        Score.r2,
        output,
        Tensor.make([
          [1, 7],
          [2, 7],
          [3, 7],
        ]),
      ),
    ).toBeNaN()
  })

  test("of no samples is not defined", () => {
    for (const of of [[0], [0, 2]]) expect(Score.of(Score.r2, Tensor.zeros(of) as T, Tensor.zeros(of) as T)).toBeNaN()
  })
})
