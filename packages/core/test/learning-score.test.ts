import { Loss, Score, ShapeError, Tensor } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import * as Arbitrary from "@adjoint/core/testing/arbitraries"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor

const all: { readonly [name: string]: Score.Score<unknown> } = {
  ...Object.fromEntries(Object.keys(Score.table).map((name) => [name, make(Score.table, { name, options: {} })])),
  confusion_matrix: Score.confusionMatrix,
}

/** Outputs and one-hot targets, which every score takes, with places to cut them. */
const cutSamples = fc.integer({ min: 1, max: 12 }).chain((rows) =>
  fc.record({
    output: Arbitrary.array("f32", [rows, 3]),
    target: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: rows, maxLength: rows }),
    cuts: fc.array(fc.integer({ min: 0, max: rows }), { maxLength: 3 }).map((cuts) => [0, ...cuts.sort((a, b) => a - b), rows]),
  }),
)

describe.each(Object.entries(all))("%s", (_, score) => {
  test("of batches is the score of the whole, however it is cut", () => {
    fc.assert(
      fc.property(cutSamples, ({ cuts, output, target }) => {
        const wanted = Tensor.read(Tensor.oneHot(Tensor.make(target, "i32"), 3))
        const parts = cuts.slice(1).flatMap((to, i) => {
          const from = cuts[i] ?? 0
          if (to === from) return []
          const sums = score.sums(Tensor.at(output, `${from}:${to}`), Tensor.at(wanted, `${from}:${to}`))
          return [[...Tensor.read(sums).data] as ReadonlyArray<number>]
        })
        // The elements of these arrays are multiples of 1/64, so that every sum is exact.
        expect(score.finish(parts.reduce(Score.merge))).toEqual(Score.of(score, output, wanted))
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
    expect(Score.accuracy.sums(logits, Tensor.make([0, 0, 0, 0], "i32")).dtype).toBe("i32")
  })

  test("of nothing is not a number, and a target that does not fit is refused", () => {
    expect(Score.accuracy.finish([])).toBeNaN()
    expect(() => Score.accuracy.sums(logits, Tensor.make([0, 1], "i32"))).toThrow(ShapeError)
    expect(() => Score.accuracy.sums(logits, Tensor.make([0, 1, 2, 0]))).toThrow("accuracy got f32[4, 3] and f32[4]")
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
      expect(Score.of(Score.meanSquaredError, output, target)).toBeCloseTo(
        Tensor.toNumber(Loss.meanSquaredError(output, target) as T),
        12,
      )
      expect(Score.of(Score.meanAbsoluteError, output, target)).toBeCloseTo(
        Tensor.toNumber(Loss.meanAbsoluteError(output, target) as T),
        12,
      )
    }),
  )
})
