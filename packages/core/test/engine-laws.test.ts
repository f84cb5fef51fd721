import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Key, Program as Programs, Tensor } from "../src/index.ts"
import type { Primitive } from "../src/language/Primitive.ts"
import type { Equation, Program } from "../src/language/Program.ts"
import { makePool } from "../src/machines/wasm/pool.ts"
import { prepare } from "../src/machines/wasm/prepare.ts"
import * as Reference from "../src/meaning/Reference.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { NDArray } from "../src/words/NDArray.ts"
import * as Shape from "../src/words/Shape.ts"

/** A program of one step, taking what that step takes. */
const alone = (equation: Equation, given: ReadonlyArray<NDArray>): Program => ({
  inputs: given.map(({ dtype, shape }) => ({ dtype, shape })),
  constants: [],
  equations: [{ ...equation, inputs: given.map((_, i) => i) }],
  outputs: [given.length],
})

/** A program run one primitive at a time, each prepared alone; `each` is shown every step with its numbers. */
const oneByOne = (
  program: Program,
  inputs: ReadonlyArray<NDArray>,
  each: (single: Program, given: ReadonlyArray<NDArray>, got: NDArray) => void = () => {},
): ReadonlyArray<NDArray> => {
  const values: Array<NDArray> = [...inputs, ...program.constants]
  for (const equation of program.equations) {
    const given = equation.inputs.map((value) => values[value] as NDArray)
    const single = alone(equation, given)
    const [got] = prepare({ program: single, resident: 0 }).run(given) as readonly [NDArray]
    each(single, given, got)
    values.push(got)
  }
  return program.outputs.map((value) => values[value] as NDArray)
}

/** The bits of each element, every NaN the same. */
const bits = ({ data, dtype }: NDArray): ReadonlyArray<number> =>
  dtype === "f32"
    ? Array.from(new Int32Array(Float32Array.from(data).buffer), (x, i) => (Number.isNaN(data[i]) ? 0x7fc00000 : x))
    : [...data]

/** Primitives that add many products or elements: their error is bounded by the sum of what they add, taken positively. */
const summing = new Set([
  "reduceSum",
  "dot",
  "conv",
  "convInputGrad",
  "convKernelGrad",
  "windowSum",
  "windowSumGrad",
  "windowMaxGrad",
  "scatterAdd",
])

const epsilon = 2 ** -24

/** What a primitive adds, taken positively; where the maxima stand, which says only where to add, is left as it is. */
const magnitudes = (primitive: Primitive, arrays: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> =>
  arrays.map((array, i) =>
    array.dtype !== "f32" || (primitive === "windowMaxGrad" && i === 0)
      ? array
      : new NDArray(array.dtype, array.shape, Float64Array.from(array.data, Math.abs)),
  )

/** Holds one step to Reference on the same inputs. */
const hold = (single: Program, given: ReadonlyArray<NDArray>, got: NDArray): void => {
  const [equation] = single.equations as readonly [Equation]
  const [expected] = Reference.run(single, given) as readonly [NDArray]
  const longest = given.reduce((n, { shape }) => Math.max(n, Shape.size(shape)), 1)
  const sums = summing.has(equation.primitive) ? Reference.run(single, magnitudes(equation.primitive, given))[0]?.data : undefined
  expected.data.forEach((exact, i) => {
    const wanted = got.dtype === "f32" ? Math.fround(exact) : exact
    const found = got.data[i] as number
    if (Object.is(found, wanted)) return
    const total = sums?.[i]
    // A partial sum may leave the range of f32 where the whole does not.
    if (total !== undefined && total > 3e38) return
    // Each product may round by half the least subnormal, each sum by half an ulp of what it adds to.
    const slack = total === undefined ? Math.abs(wanted) * 1.3e-6 : longest * (total * epsilon + 2 ** -150)
    if (Math.abs(found - wanted) <= slack) return
    expect.fail(`${equation.primitive} ${JSON.stringify(equation.params)} gave ${found} at ${i}, Reference ${wanted}`)
  })
}

const product = (x: Tensor.Tensor, y: Tensor.Tensor, turnX: boolean, turnY: boolean): Tensor.Tensor =>
  Tensor.matmul(turnX ? Tensor.transpose(x) : x, turnY ? Tensor.transpose(y) : y)

describe("the wasm engine", () => {
  it("gives the same bits fused and one primitive at a time, special numbers too", () => {
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 10, special: true }), ({ inputs, program }) => {
        const fused = prepare({ program, resident: 0 }).run(inputs)
        const single = oneByOne(program, inputs)
        fused.forEach((array, i) => {
          expect(bits(array)).toEqual(bits(single[i] as NDArray))
        })
      }),
      { numRuns: 500 },
    )
  })

  it("gives the same bits on one, two, three and eight threads", async () => {
    const pools = [2, 3, 8].map((threads) => makePool(threads, 0))
    try {
      fc.assert(
        fc.property(programWithInputs({ maxSteps: 10, special: true }), ({ inputs, program }) => {
          const one = prepare({ program, resident: 0 }).run(inputs).map(bits)
          for (const pool of pools) expect(prepare({ program, resident: 0 }, pool).run(inputs).map(bits)).toEqual(one)
        }),
        { numRuns: 60 },
      )
    } finally {
      await Promise.all(pools.map((pool) => pool?.close()))
    }
  })

  it("gives the same product on any number of threads, whatever its sizes", async () => {
    const pools = [2, 3].map((threads) => makePool(threads, 0))
    const size = fc.integer({ min: 1, max: 70 })
    const normal = (name: string, shape: ReadonlyArray<number>) => Tensor.read(Key.normal(Key.fold(Key.make(1), name), shape))
    try {
      fc.assert(
        fc.property(size, size, size, fc.boolean(), fc.boolean(), (m, n, k, turnA, turnB) => {
          const [a, b] = [normal("a", turnA ? [k, m] : [m, k]), normal("b", turnB ? [n, k] : [k, n])]
          const program = Programs.trace((x, y) => [product(x as Tensor.Tensor, y as Tensor.Tensor, turnA, turnB)], [a, b])
          const [one] = prepare({ program, resident: 0 }).run([a, b]) as readonly [NDArray]
          for (const pool of pools) expect(prepare({ program, resident: 0 }, pool).run([a, b]).map(bits)).toEqual([bits(one)])
          const [exact] = Reference.run(program, [a, b]) as readonly [NDArray]
          exact.data.forEach((x, i) => {
            expect(Math.abs((one.data[i] as number) - x)).toBeLessThan(1e-5 * Math.sqrt(k) + 1e-6 * k)
          })
        }),
        { numRuns: 60 },
      )
    } finally {
      await Promise.all(pools.map((pool) => pool?.close()))
    }
  })

  it("computes each lane on its own: the sine of -0 beside a large number", () => {
    const x = Tensor.make([-0, 2.7e8, 1e-3, 0.5])
    const program = Programs.trace((y) => [Tensor.sin(y as Tensor.Tensor)], [x])
    const together = prepare({ program, resident: 0 }).run([x])
    const apart = [-0, 2.7e8, 1e-3, 0.5].map((number) => {
      const single = Tensor.make([number])
      return prepare({ program: Programs.trace((y) => [Tensor.sin(y as Tensor.Tensor)], [single]), resident: 0 }).run([single])[0]
    })
    expect(together.map(bits)).toEqual([apart.flatMap((array) => (array === undefined ? [] : bits(array)))])
  })

  it("means what Reference means, step by step", () => {
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 10, special: true }), ({ inputs, program }) => {
        oneByOne(program, inputs, (single, given, got) => {
          if (single.equations[0]?.primitive !== "scan") hold(single, given, got)
        })
      }),
      { numRuns: 1000 },
    )
  })
})
