/** Arrays without elements, through every primitive and rearrangement, on one to three threads, compared with Reference. */
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import { Program as Programs, Tensor } from "../src/index.ts"
import type { Primitive } from "../src/language/Primitive.ts"
import { shapeRules } from "../src/language/ShapeRule.ts"
import * as Reference from "../src/reference/Reference.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import { caseCount } from "./case-count.ts"
import { anyMode, modes } from "./engine-modes.ts"
import { expectSame } from "./expect-same.ts"
import { mistake } from "./held-to-reference.ts"
import { bits, oneByOne, whole } from "./one-by-one.ts"

const pools = [undefined, makePool(2, 0), makePool(3, 0)]
beforeAll(() => Promise.all(pools.map((pool) => pool?.complete())))
afterAll(() => Promise.all(pools.map((pool) => pool?.close())))

/** Rearrangements, and the kernels that step through memory as these say. */
const following: ReadonlyArray<Primitive> = [
  "transpose",
  "reverse",
  "slice",
  "broadcast",
  "reshape",
  "dot",
  "dot",
  "reduceSum",
  "add",
  "iota",
]

/** Some axes of a matrix. */
const axes: ReadonlyArray<ReadonlyArray<number>> = [[], [0], [1], [0, 1]]
const sizes = [0, 1, 3, 9]

describe.each(modes)("with empty axes, in $numerics numerics and $lanes-bit lanes,", (mode) => {
  it("a product of matrices, whichever way its operands are turned, is a sum over what there is", () => {
    for (const m of sizes)
      for (const n of sizes)
        for (const k of m * n === 0 ? sizes : [0])
          for (const reversedA of axes)
            for (const reversedB of axes)
              for (const isTransposed of [false, true]) {
                const [a, b] = [Tensor.read(Tensor.ones([m, k])), Tensor.read(Tensor.ones(isTransposed ? [n, k] : [k, n]))]
                const program = Programs.trace(
                  (x, y) => {
                    const [left, right] = [Tensor.flip(x as Tensor.Tensor, reversedA), Tensor.flip(y as Tensor.Tensor, reversedB)]
                    return [Tensor.matmul(left, isTransposed ? Tensor.transpose(right) : right)]
                  },
                  [a, b],
                )
                const [made] = whole(mode, program, [a, b]) as readonly [NDArray]
                expect(made.shape).toEqual([m, n])
                expect([...made.data]).toEqual(Array<number>(m * n).fill(0))
              }
  })
})

describe("with empty axes, in any numerics and lanes,", () => {
  it.each([
    ["of all primitives", {}],
    ["of rearrangements and what follows them through memory", { primitives: following }],
  ])("programs %s mean what Reference means, and give the same bits fused and on one to three threads", (_, options) => {
    const programs = programWithInputs({ ...options, emptyAxes: true, maxSteps: 10, special: true })
    fc.assert(
      fc.property(anyMode, programs, (mode, { inputs, program }) => {
        const single = oneByOne(mode, program, inputs, (step, given, got) => {
          if (step.equations[0]?.primitive !== "scan") expect(mistake(step, given, got)).toBeUndefined()
        })
        for (const pool of pools) expectSame(whole(mode, program, inputs, pool), single)
      }),
      { numRuns: caseCount(250) },
    )
  })
})

describe("alone, with an axis of length 0 in what it takes or gives, a step gives what Reference gives:", () => {
  it.each((Object.keys(shapeRules) as ReadonlyArray<Primitive>).map((primitive) => [primitive]))("%s", (primitive) => {
    let met = 0
    const isEmpty = (array: NDArray): boolean => Shape.size(array.shape) === 0
    fc.assert(
      fc.property(programWithInputs({ emptyAxes: true, primitives: [primitive], maxSteps: 1 }), ({ inputs, program }) => {
        const wanted = Reference.run(program, inputs)
        if (![...inputs, ...wanted].some(isEmpty)) return
        met++
        for (const pool of pools)
          whole("portable", program, inputs, pool).forEach((got, i) => {
            expect(got.shape).toEqual(wanted[i]?.shape)
            expect(bits(got).length).toBe(Shape.size(got.shape))
            if (primitive !== "scan") expect(mistake(program, inputs, got)).toBeUndefined()
          })
      }),
      { numRuns: caseCount(100) },
    )
    expect(met).toBeGreaterThan(0)
  })
})
