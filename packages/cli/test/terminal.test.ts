/** What is drawn on a terminal, and when. */
import type { EpochScored } from "@adjoint/core/training/TrainEvent"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { table } from "../src/progress/Table.ts"
import { bar } from "../src/terminal/Bar.ts"
import { hasColour, isLive } from "../src/terminal/Capability.ts"
import * as Format from "../src/terminal/Format.ts"
import { sparkline } from "../src/terminal/Sparkline.ts"

const terminal = { isTerminal: true }
const pipe = { isTerminal: false }

describe("capabilities", () => {
  test.each([
    [{}, terminal, true, true],
    [{}, pipe, false, false],
    [{ NO_COLOR: "1" }, terminal, false, true],
    [{ NO_COLOR: "" }, terminal, true, true],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, terminal, false, true],
    [{ FORCE_COLOR: "1" }, pipe, true, false],
    [{ FORCE_COLOR: "0" }, terminal, false, true],
    [{ TERM: "dumb" }, terminal, false, false],
    [{ CI: "true" }, terminal, true, false],
    [{ CI: "false" }, terminal, true, true],
  ])("%j on %j: colour %s, live %s", (env, sink, colour, live) => {
    expect({ colour: hasColour(env, sink), live: isLive(env, sink) }).toEqual({ colour, live })
  })
})

describe("bar", () => {
  test("has its width, and fills with the share", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 60 }), (share, width) => {
        const { done, left } = bar(share, width)
        expect(done.length + left.length).toBe(width)
        expect(Math.abs(done.length - share * width)).toBeLessThanOrEqual(0.5 + 0.5)
      }),
    )
    expect(bar(0, 3)).toEqual({ done: "", left: "───" })
    expect(bar(1, 3)).toEqual({ done: "━━━", left: "" })
  })
})

describe("sparkline", () => {
  test("is as wide as asked, or as there are values, and rises and falls with them", () => {
    expect(sparkline([], 5)).toBe("")
    expect(sparkline([2, 2, 2], 5)).toBe("▁▁▁")
    expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe("▁▂▃▄▅▆▇█")
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }), (values) => {
        expect([...sparkline(values, 12)]).toHaveLength(Math.min(12, values.length))
      }),
    )
  })
})

describe("numbers", () => {
  test.each([
    [Format.duration(640), "0.6 s"],
    [Format.duration(42_300), "0:42"],
    [Format.duration(3_723_000), "1:02:03"],
    [Format.decimal(0), "0"],
    [Format.decimal(12_345), "12345"],
    [Format.decimal(1e-7), "1.00e-7"],
    [Format.decimal(Number.NaN), "NaN"],
    [Format.counted(2, "row"), "2 rows"],
    [Format.spread("val.mse", 0.75, 6.12e-9), "0.7500 ± 0.0000"],
    [Format.spread("val.mse", 0.75, 0.0123), "0.7500 ± 0.0123"],
    [Format.spread("val.mse", 3e-7, 2e-8), "3.00e-7 ± 2.00e-8"],
    [Format.spread("val.mse", 12_345, 0.25), "12345 ± 0.2500"],
    [Format.spread("val.accuracy", 0.9, 1e-9), "90.00% ± 0.00%"],
    [Format.score("train.mse", 0.25), "0.2500"],
  ])("%s is %s", (got, wanted) => {
    expect(got).toBe(wanted)
  })
})

describe("table", () => {
  const scored: EpochScored = {
    _tag: "EpochScored",
    epoch: 3,
    step: 30,
    learningRate: 1e-3,
    train: { loss: 0.25, accuracy: 0.9, mse: 0.1 },
    validation: { loss: 0.3, accuracy: 0.88, mse: 0.2 },
    best: true,
    rowsPerSecond: 1310,
    milliseconds: 42_000,
  }

  test("has a column for each score, the rate and the time", () => {
    const { header, row } = table(scored, { epochs: 40 }, 120)
    expect(`${header}\n${row(scored)}`).toMatchInlineSnapshot(`
      "epoch  train.loss  val.loss  val.accuracy   val.mse       lr    rows/s    time
          3      0.2500    0.3000        88.00%    0.2000   1.0e-3     1,310    0:42"
    `)
  })

  test("leaves out what a narrow terminal has no room for", () => {
    for (let width = 30; width < 130; width++) {
      const { header, row } = table(scored, { epochs: 40 }, width)
      expect(header.length).toBeLessThan(width)
      expect(row(scored).length).toBe(header.length)
    }
    expect(table(scored, { epochs: 40 }, 40).header).toBe("epoch  train.loss  val.loss")
  })
})
