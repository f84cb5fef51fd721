import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { within } from "../src/backend/eager/Eager.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { Autodiff, Tensor } from "../src/index.ts"
import type { Tensor as AnyTensor, Expr } from "../src/language/Expr.ts"
import type { Equation, Params, Primitive, Program } from "../src/language/Primitive.ts"
import { inline } from "../src/language/Program.ts"
import { infer } from "../src/language/ShapeRule.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { make, type NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import { caseCount } from "./case-count.ts"
import { expectSame } from "./expect-same.ts"
import { type Example, examples } from "./primitive-examples.ts"

const byLoops = within(Number.POSITIVE_INFINITY)
const prepared = within(-1)

const ways = [byLoops, prepared]

/** The program of one use of a primitive. */
const alone = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<NDArray>): Program => ({
  inputs: inputs.map(({ dtype, shape }) => ({ dtype, shape })),
  constants: [],
  equations: [{ primitive, params, inputs: inputs.map((_, i) => i), out: infer(primitive, params, inputs) } as Equation],
  outputs: [inputs.length],
})

/** Numbers of every size from 2⁻¹⁰ to 2¹⁰, in doubles, whose sums depend on their order. */
const noise = (shape: Shape.Shape): NDArray => {
  const data = Float64Array.from(
    { length: Shape.size(shape) },
    (_, i) => Math.sin(i * 12.9898) * 2 ** (10 * Math.sin(i * 78.233)),
  )
  return make("f32", shape, data)
}

const compiled = (program: Program, inputs: ReadonlyArray<NDArray>) => prepare({ program, resident: 0 }).run(inputs)

describe("reading outside a compiled program", () => {
  it("gives the bits of the compiled program, by loops and prepared, special numbers too", () => {
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 10, special: true }), ({ inputs, program }) => {
        const wanted = compiled(program, inputs)
        for (const way of ways) expectSame(way.run(program, inputs), wanted)
      }),
      { numRuns: caseCount(200) },
    )
  })

  it("gives the bits of the compiled program where steps are done together, whichever tensors are read first", () => {
    const drawn = programWithInputs({ maxSteps: 14, special: true })
    fc.assert(
      fc.property(drawn, fc.infiniteStream(fc.boolean()), ({ inputs, program }, early) => {
        const wanted = compiled(program, inputs)
        for (const way of ways) {
          const outputs = inline(program, inputs)
          way.read(outputs.filter(() => early.next().value))
          expectSame(way.read(outputs), wanted)
        }
      }),
      { numRuns: caseCount(200) },
    )
  })

  it("does no step of large arrays a third time", () => {
    const x = Tensor.mul(Tensor.ones([8]), 3) as Expr
    const reads = [1, 2, 3].map((i) => {
      prepared.read([Tensor.add(x, i)])
      return x.value?.data[0]
    })
    expect(reads).toEqual([undefined, 3, 3])
  })

  it("lets go of what a loop made long ago, though the loop reads only what it makes of it", () => {
    const made: Array<Expr> = []
    let x: AnyTensor = Tensor.ones([8])
    for (let i = 0; i < 10; i++) {
      x = Tensor.add(Tensor.mul(x, 0.5), 1)
      made.push(x as Expr)
      prepared.read([Tensor.sum(x)])
    }
    expect(made.map(({ recipe }) => recipe === undefined)).toEqual(made.map((_, i) => i < 9))
  })

  it("reads inside a function that is differentiated", () => {
    const f = (x: AnyTensor): AnyTensor => {
      const y = Tensor.exp(Tensor.mul(x, x))
      return prepared.read([y])[0]?.data[0] === 1 ? Tensor.sum(y) : Tensor.sum(Tensor.mul(y, 2))
    }
    const slope = (x: number) => prepared.read([Autodiff.grad(f)(Tensor.mul(Tensor.ones([2]), x))])[0]?.data[0]
    expect([slope(0), slope(1)]).toEqual([0, Math.fround(4 * Math.fround(Math.E))])
  })

  it("takes arrays that are too large for their step to be kept", () => {
    const n = 2 ** 23 + 5
    const x = make("f32", [n], new Float32Array(n).fill(2))
    const [y] = prepared.read([Tensor.mul(x, 1.5)]) as readonly [NDArray]
    expect([y.data[0], y.data[n - 1]]).toEqual([3, 3])
    expect(Tensor.toNumber(Tensor.max(y))).toBe(3)
  })

  it.each(Object.keys(examples) as ReadonlyArray<Primitive>)("gives the bits of %s", (primitive) => {
    for (const { inputs, params } of examples[primitive] as ReadonlyArray<Example>) {
      const program = alone(primitive, params, inputs)
      const wanted = compiled(program, inputs)
      for (const way of ways) expectSame(way.run(program, inputs), wanted)
    }
  })

  it("adds long rows, columns and products in the order of the engine", () => {
    const shape = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 50 }))
    fc.assert(
      fc.property(shape, fc.subarray([0, 1, 2]), ([n, m, k], axes) => {
        const x = noise([n, m, k])
        const [left, right] = [noise([n * m, k]), noise([k, m])]
        const programs: ReadonlyArray<readonly [Program, ReadonlyArray<NDArray>]> = [
          [alone("reduceSum", { axes }, [x]), [x]],
          [alone("dot", {}, [left, right]), [left, right]],
        ]
        for (const [program, inputs] of programs) {
          const wanted = compiled(program, inputs)
          for (const way of ways) expectSame(way.run(program, inputs), wanted)
        }
      }),
      { numRuns: caseCount(60) },
    )
  })

  it("tells steps apart that differ in a number JSON does not have", () => {
    const x = Tensor.make([1])
    const padded = (value: number) => {
      const program = alone("pad", { low: [1], high: [0], interior: [0], value }, [x])
      return prepared.run(program, [x]).map(({ data }) => data[0])
    }
    for (const value of [0, -0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, 1])
      expect(padded(value)).toEqual([value])
  })

  it("is what Tensor.read does", () => {
    const tenth = Tensor.add(Tensor.make([0.1]), 0)
    expect(Tensor.toArray(tenth)).toEqual([Math.fround(0.1)])
    expect(Tensor.read(Tensor.exp(Tensor.make([1]))).data).toBeInstanceOf(Float32Array)
  })
})
