/** Scores of several labels: the mean of the scores of each, whatever the batches. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import * as Loss from "../src/learning/Loss.ts"
import * as Score from "../src/learning/Score.ts"
import * as Tensor from "../src/tensor/Tensor.ts"

const scores = {
  accuracy: Score.accuracy,
  f1: Score.f1(),
  precision: Score.precision(),
  auroc: Score.auroc,
  logLoss: Score.logLoss,
}

const column = (x: Tensor.Tensor, i: number) => Tensor.at(x, ":", i)

const labelled = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 4, max: 12 })).chain(([k, n]) =>
  fc.record({
    output: fc.array(
      fc.array(
        fc.integer({ min: -6, max: 6 }).map((x) => x / 2),
        { minLength: k, maxLength: k },
      ),
      { minLength: n, maxLength: n },
    ),
    target: fc.array(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: k, maxLength: k }), { minLength: n, maxLength: n }),
    cut: fc.integer({ min: 1, max: n - 1 }),
  }),
)

describe.each(Object.entries(scores))("labels of %s", (_, score) => {
  test("are the mean over the labels for which it is defined, in batches too", () => {
    fc.assert(
      fc.property(labelled, ({ cut, output, target }) => {
        const [y, t] = [Tensor.make(output), Tensor.make(target)]
        const count = output[0]?.length ?? 0
        const each = Array.from({ length: count }, (_, i) => Score.of(score, column(y, i), column(t, i)))
        const defined = each.filter((x) => !Number.isNaN(x))
        const wanted = defined.reduce((sum, x) => sum + x, 0) / defined.length
        const own = Score.labels(score, count)
        const whole = Score.of(own, y, t)
        if (Number.isNaN(wanted)) expect(whole).toBeNaN()
        else expect(whole).toBeCloseTo(wanted, 6)
        const sums = (from: number, to: number) =>
          Array.from(Tensor.read(own(Tensor.make(output.slice(from, to)), Tensor.make(target.slice(from, to)))).data)
        const batched = own.finish(own.merge(own.merge([], sums(0, cut)), sums(cut, output.length)))
        if (Number.isNaN(whole)) expect(batched).toBeNaN()
        else expect(batched).toBeCloseTo(whole, 5)
      }),
      { numRuns: 30 },
    )
  })
})

test("another number of labels is refused", () => {
  expect(() => Score.of(Score.labels(Score.accuracy, 2), Tensor.zeros([3, 3]), Tensor.zeros([3, 3]))).toThrow(/\[n, 2\]/)
  expect(() => Score.of(Score.labels(Score.accuracy, 2), Tensor.zeros([3, 2]), Tensor.zeros([3]))).toThrow(/\[n, 2\]/)
})

test("the binary cross-entropy of several labels is their mean", () => {
  const [y, t] = [
    Tensor.make([
      [2, -1, 0],
      [1, 3, -2],
    ]),
    Tensor.make([
      [1, 1, 0],
      [0, 1, 1],
    ]),
  ]
  const each = [0, 1, 2].map((i) => Tensor.toNumber(Loss.binaryCrossEntropy()(column(y, i), column(t, i))))
  expect(Tensor.toNumber(Loss.binaryCrossEntropy()(y, t))).toBeCloseTo(each.reduce((sum, x) => sum + x, 0) / 3, 6)
  expect(Loss.binaryCrossEntropy().targetTypes).toEqual(["binary", "labels"])
})
