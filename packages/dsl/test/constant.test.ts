/** The answer that looks at no input: what the targets of the training rows say alone. */
import { Score, Tensor } from "@adjoint/core"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { baseline } from "../src/prepare/Baseline.ts"
import * as Constant from "../src/prepare/Constant.ts"

const numbers = (unit: Score.Unit) => ({ target: { type: "numbers", names: ["y"], units: [unit] } }) as const

describe("quantities", () => {
  test.each(["none", "exp", "expm1", "square", "power"] as const)(
    "the output of a net is the one that means the mean of the rows, whatever the transform: %s",
    (curve) => {
      fc.assert(
        fc.property(
          fc.record({
            scale: fc.double({ min: 0.1, max: 4, noNaN: true }),
            shift: fc.double({ min: -1, max: 1, noNaN: true }),
            lambda: fc.constantFrom(-0.5, 0, 0.5, 1, 1.5, 2),
          }),
          fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 }),
          (own, outputs) => {
            const unit: Score.Unit = { ...own, curve }
            const head = numbers(unit)
            const records = Constant.recordsOf(head, Tensor.make(outputs.map((x) => [x])))
            const record = records[""]
            if (record === undefined || !("means" in record)) throw new Error("a quantity has a mean")
            const [output = Number.NaN] = Constant.outputsOf(head, record, 1)
            const [mean = Number.NaN] = record.means
            const of = outputs.map((x) => Score.restore(unit, Math.fround(x)))
            fc.pre(of.every(Number.isFinite) && Math.max(...of.map(Math.abs)) < 1e6)
            expect(mean).toBeCloseTo(of.reduce((sum, x) => sum + x, 0) / of.length, 6)
            expect(Score.restore(unit, output)).toBeCloseTo(mean, 6)
          },
        ),
        { numRuns: 60 },
      )
    },
  )
})

describe("rows with weights", () => {
  const weights = Tensor.make([0.5, 0.5, 0.5, 2.5])

  test("the answer is the class, the label and the mean that weigh most, while classes count rows", () => {
    const classes = { target: { type: "class", name: "y", classes: ["a", "b"] } } as const
    const { "": record } = Constant.recordsOf(classes, Tensor.make([0, 0, 0, 1], "i32"), weights)
    if (record === undefined) throw new Error("a head has a record")
    expect(record).toEqual({ counts: [3, 1], weighed: [1.5, 2.5] })
    expect(Constant.answerOf(classes, record)).toBe("b")
    expect(Constant.outputsOf(classes, record, 1)[0]).toBeCloseTo(Math.log(2.5 / 1.5), 12)
    const labels = { target: { type: "labels", names: ["p", "q"] } } as const
    const yes = [[1, 0], [1, 1], [1, 0], [0, 1]] // biome-ignore format: rows
    expect(Constant.recordsOf(labels, Tensor.make(yes), weights)).toEqual({ "": { yes: [1.5, 3], rows: 4 } })
    const quantity = { target: { type: "numbers", names: ["y"] } } as const
    expect(Constant.recordsOf(quantity, Tensor.make([[0], [0], [0], [4]]), weights)).toEqual({ "": { means: [2.5] } })
  })

  test("of equally common classes the first is the answer, in any order of the rows", () => {
    for (const rows of [
      [1, 0, 1, 0],
      [0, 1, 0, 1],
    ])
      expect(baseline({ targets: Tensor.make(rows, "i32") }, { targets: Tensor.make([0, 0, 0, 1], "i32") })).toMatchObject({
        class: "0",
        accuracy: 0.75,
      })
  })
})
