import { factorAfter, type Plateau } from "@adjoint/core/training/Plateau"
import type { EpochRecord } from "@adjoint/core/training/Progress"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

const plateau: Plateau = { monitor: "val.loss", mode: "min", factor: 0.5, patience: 2 }

const epochs = (losses: ReadonlyArray<number>): ReadonlyArray<EpochRecord> =>
  losses.map((loss, i) => ({ epoch: i + 1, step: i + 1, learningRate: 0, train: { loss: 0 }, validation: { loss } }))

/** The factor after each epoch. */
const factors = (losses: ReadonlyArray<number>, options: Partial<Plateau> = {}): ReadonlyArray<number> =>
  losses.map((_, i) => factorAfter({ ...plateau, ...options }, epochs(losses.slice(0, i + 1))))

describe("the factor of a plateau", () => {
  test("falls after `patience` epochs without an improvement, and the count starts again", () => {
    expect(factors([5, 4, 4, 4, 4, 4])).toEqual([1, 1, 1, 0.5, 0.5, 0.25])
    expect(factors([5, 5, 4, 4, 3, 3])).toEqual([1, 1, 1, 1, 1, 1])
  })

  test("does not count the epochs of the cooldown", () => {
    expect(factors([5, 5, 5, 5, 5, 5, 5], { cooldown: 2 })).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5, 0.25])
  })

  test("stops at the least, and goes by what counts as better", () => {
    expect(factors([5, 5, 5, 5, 5], { least: 0.4 })).toEqual([1, 1, 0.5, 0.5, 0.4])
    expect(factors([5, 4.9, 4.8], { minDelta: 0.5 })).toEqual([1, 1, 0.5])
    expect(factors([1, 2, 3], { mode: "max" })).toEqual([1, 1, 1])
  })

  test("takes a score that is missing or not a number for nothing better", () => {
    expect(factors([5, Number.NaN, Number.NaN])).toEqual([1, 1, 0.5])
    expect(factors([5, 4, 3], { monitor: "val.accuracy" })).toEqual([1, 0.5, 0.5])
  })

  test("never rises, and only epochs so far decide", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 }), fc.nat(3), (losses, cooldown) => {
        const found = factors(losses, { cooldown })
        expect(found).toEqual([...found].sort((a, b) => b - a))
      }),
    )
  })
})
