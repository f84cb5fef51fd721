import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Lanes } from "../src/backend/wasm/assembler/lanes.ts"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import { Key, Program as Programs, Tensor } from "../src/index.ts"
import * as Reference from "../src/reference/Reference.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import { caseCount } from "./case-count.ts"
import { anyMode, modes } from "./engine-modes.ts"
import { expectSame } from "./expect-same.ts"
import { mistake } from "./held-to-reference.ts"
import { bits, oneByOne, whole } from "./one-by-one.ts"

const product = (x: Tensor.Tensor, y: Tensor.Tensor, turnX: boolean, turnY: boolean): Tensor.Tensor =>
  Tensor.matmul(turnX ? Tensor.transpose(x) : x, turnY ? Tensor.transpose(y) : y)

describe("the wasm engine, in any numerics and lanes,", () => {
  it("means what Reference means, step by step, and gives the same bits fused and one primitive at a time, special numbers too", () => {
    fc.assert(
      fc.property(anyMode, programWithInputs({ maxSteps: 10, special: true }), (mode, { inputs, program }) => {
        const single = oneByOne(mode, program, inputs, (step, given, got) => {
          if (step.equations[0]?.primitive !== "scan") expect(mistake(step, given, got)).toBeUndefined()
        })
        expectSame(whole(mode, program, inputs), single)
      }),
      { numRuns: caseCount(1600) },
    )
  })

  it("gives the same bits on one, two, three and eight threads", async () => {
    const pools = [2, 3, 8].map((threads) => makePool(threads, 0))
    await Promise.all(pools.map((pool) => pool?.complete()))
    try {
      fc.assert(
        fc.property(anyMode, programWithInputs({ maxSteps: 10, special: true }), (mode, { inputs, program }) => {
          const one = whole(mode, program, inputs)
          for (const pool of pools) expectSame(whole(mode, program, inputs, pool), one)
        }),
        { numRuns: caseCount(120) },
      )
    } finally {
      await Promise.all(pools.map((pool) => pool?.close()))
    }
  })

  it("gives the same product on any number of threads, for all sizes", async () => {
    const pools = [2, 3].map((threads) => makePool(threads, 0))
    await Promise.all(pools.map((pool) => pool?.complete()))
    const size = fc.integer({ min: 1, max: 70 })
    const normal = (name: string, shape: ReadonlyArray<number>) => Tensor.read(Key.normal(Key.fold(Key.make(1), name), shape))
    try {
      fc.assert(
        fc.property(anyMode, size, size, size, fc.boolean(), fc.boolean(), (mode, m, n, k, turnA, turnB) => {
          const [a, b] = [normal("a", turnA ? [k, m] : [m, k]), normal("b", turnB ? [n, k] : [k, n])]
          const program = Programs.trace((x, y) => [product(x as Tensor.Tensor, y as Tensor.Tensor, turnA, turnB)], [a, b])
          const [one] = whole(mode, program, [a, b]) as readonly [NDArray]
          for (const pool of pools) expectSame(whole(mode, program, [a, b], pool), [one])
          const [exact] = Reference.run(program, [a, b]) as readonly [NDArray]
          const distances = Array.from(exact.data, (x, i) => Math.abs((one.data[i] as number) - x))
          expect(Math.max(...distances)).toBeLessThan(1e-5 * Math.sqrt(k) + 1e-6 * k)
        }),
        { numRuns: caseCount(120) },
      )
    } finally {
      await Promise.all(pools.map((pool) => pool?.close()))
    }
  })

  it.each(modes)("computes each lane on its own: the sine of -0 beside a large number, $numerics, $lanes bits", (mode) => {
    const x = Tensor.make([-0, 2.7e8, 1e-3, 0.5])
    const program = Programs.trace((y) => [Tensor.sin(y as Tensor.Tensor)], [x])
    const together = whole(mode, program, [x])
    const apart = [-0, 2.7e8, 1e-3, 0.5].map((number) => {
      const single = Tensor.make([number])
      return whole(
        mode,
        Programs.trace((y) => [Tensor.sin(y as Tensor.Tensor)], [single]),
        [single],
      )[0]
    })
    expect(together.map(bits)).toEqual([apart.flatMap((array) => (array === undefined ? [] : bits(array)))])
  })
})

describe.each([...new Set(modes.map(({ numerics }) => numerics))])("in %s numerics, lanes of 256 bits", (numerics) => {
  it("give the bits of 128, special numbers too", () => {
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 10, special: true }), ({ inputs, program }) => {
        const inLanes = (lanes: Lanes) => whole({ lanes, numerics }, program, inputs)
        expectSame(inLanes(256), inLanes(128))
      }),
      { numRuns: caseCount(300) },
    )
  })
})

describe("a step is compared with Reference", () => {
  const [x, y] = [Tensor.make([[1, 1]]), Tensor.make([[1], [1]])]
  const dot = Programs.trace((a, b) => [Tensor.matmul(a as Tensor.Tensor, b as Tensor.Tensor)], [x, y])
  const largest = 3.4028234663852886e38
  it.each([
    ["one rounding of each product and sum", [3, 1 / 3], [1 / 3, 3], 2 + 2 ** -22, true],
    ["no more", [3, 1 / 3], [1 / 3, 3], 2 + 2 ** -20, false],
    ["NaN", [Number.NaN, 1], [1, 1], Number.NaN, true],
    ["a NaN that is lost", [Number.NaN, 1], [1, 1], 1, false],
    ["an infinity that is lost", [Number.POSITIVE_INFINITY, 1], [1, 1], largest, false],
    ["an infinity out of nothing", [1, 1], [1, 1], Number.POSITIVE_INFINITY, false],
    ["what leaves the range on the way", [largest, largest], [2, -2], Number.NaN, true],
    ["and what multiply-add keeps within it", [largest, largest], [2, -2], 0, true],
    ["the sign of a zero", [0, 0], [-1, -1], -0, false],
    ["but not where the last product is lost", [2 ** -100, -(2 ** -100)], [2 ** -100, 2 ** -100], -0, true],
  ])("%s", (_, a, b, got, isRight) => {
    const made = mistake(
      dot,
      [Tensor.read(Tensor.make([a])), Tensor.read(Tensor.make(b.map((n) => [n])))],
      Tensor.read(Tensor.make([[got]])),
    )
    expect(made === undefined).toBe(isRight)
  })
})

it("reports a failing law with a small program and its numbers", () => {
  const wrong = fc.property(programWithInputs(), ({ program }) => !program.equations.some(({ primitive }) => primitive === "dot"))
  const details = fc.check(wrong, { numRuns: 1000, seed: 1 })
  expect(details.counterexample?.[0].program.equations).toHaveLength(1)
  expect(fc.defaultReportMessage(details)).toContain(
    ["program (a: f32[2, 2]) {", "  b: f32[2, 2] = dot a a", "  return b", "}", "of f32[2, 2] [0, 0, 0, 0]"].join("\n"),
  )
})
