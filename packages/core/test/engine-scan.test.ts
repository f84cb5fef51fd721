import fc from "fast-check"
import { expect, it } from "vitest"
import { prepare } from "../src/backend/wasm/prepare.ts"
import type { Equation, Params, Program } from "../src/language/Primitive.ts"
import { infer, specOf } from "../src/language/ShapeRule.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import { caseCount } from "./case-count.ts"

const run = (program: Program, inputs: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> =>
  prepare({ program, resident: 0 }).run(inputs)

const row = (x: NDArray, i: number): NDArray => {
  const shape = x.shape.slice(1)
  const width = Shape.size(shape)
  return new NDArray(x.dtype, shape, x.data.slice(i * width, (i + 1) * width))
}

/** A loop, its body prepared and run round by round. */
const roundByRound = (params: Params["scan"], inputs: ReadonlyArray<NDArray>): ReadonlyArray<number> => {
  const { body, carries, constants, guard, length, reverse } = params
  const sequences = inputs.slice(constants + carries)
  let carry = inputs.slice(constants, constants + carries)
  const kept: Array<ReadonlyArray<NDArray>> = []
  const zeroRows = body.outputs.slice(carries).map((output) => {
    const { dtype, shape } = specOf(body, output)
    return new NDArray(dtype, shape, new Float32Array(Shape.size(shape)))
  })
  for (let round = 0; round < length; round++) {
    const i = reverse ? length - 1 - round : round
    const given = [...inputs.slice(0, constants), ...carry, ...sequences.map((x) => row(x, i))]
    if (guard !== undefined && given[guard]?.data[0] === 0) {
      kept[i] = zeroRows
      continue
    }
    const made = run(body, given)
    carry = made.slice(0, carries)
    kept[i] = made.slice(carries)
  }
  const rows = body.outputs.slice(carries).flatMap((_, k) => kept.flatMap((made) => [...(made[k] as NDArray).data]))
  return [...carry.flatMap(({ data }) => [...data]), ...rows]
}

const scanOf = (params: Params["scan"], inputs: ReadonlyArray<NDArray>): NDArray => {
  const out = infer("scan", params, inputs)
  const equations: ReadonlyArray<Equation> = [{ primitive: "scan", params, inputs: inputs.map((_, i) => i), out }]
  return run({ inputs, constants: [], equations, outputs: [inputs.length] }, inputs)[0] as NDArray
}

const bits = (numbers: ReadonlyArray<number>): ReadonlyArray<number> =>
  Array.from(new Int32Array(Float32Array.from(numbers).buffer), (x, i) => (Number.isNaN(numbers[i]) ? 0x7fc00000 : x))

it("a loop in the wasm engine gives the bits of its rounds one by one", () => {
  let loops = 0
  fc.assert(
    fc.property(programWithInputs({ primitives: ["scan"], maxSteps: 3, special: true }), ({ inputs, program }) => {
      const values: Array<NDArray> = [...inputs, ...program.constants]
      for (const equation of program.equations) {
        const given = equation.inputs.map((value) => values[value] as NDArray)
        if (equation.primitive === "scan") {
          loops++
          const params = equation.params as unknown as Params["scan"]
          expect(bits([...scanOf(params, given).data])).toEqual(bits(roundByRound(params, given)))
        }
        values.push(
          run(
            {
              ...program,
              inputs: given,
              constants: [],
              equations: [{ ...equation, inputs: given.map((_, i) => i) }],
              outputs: [given.length],
            },
            given,
          )[0] as NDArray,
        )
      }
    }),
    { numRuns: caseCount(300) },
  )
  expect(loops).toBeGreaterThan(100)
})

it("carries may change places, and constants of the body may be long", () => {
  const f32 = (length: number) => ({ dtype: "f32" as const, shape: [length] })
  const vector = (...numbers: ReadonlyArray<number>) => new NDArray("f32", [numbers.length], Float32Array.from(numbers))
  const swap: Program = { inputs: [f32(2), f32(2)], constants: [], equations: [], outputs: [1, 0] }
  const around = { body: swap, constants: 0, carries: 2, length: 3, reverse: false }
  expect([...scanOf(around, [vector(1, 2), vector(3, 4)]).data]).toEqual([3, 4, 1, 2])
  for (const length of [5, 5000]) {
    const table = new NDArray(
      "f32",
      [length],
      Float32Array.from({ length }, (_, i) => i),
    )
    const add: Program = {
      inputs: [f32(length)],
      constants: [table],
      equations: [{ primitive: "add", params: {}, inputs: [0, 1], out: f32(length) }],
      outputs: [2],
    }
    const params = { body: add, constants: 0, carries: 1, length: 4, reverse: false }
    expect([...scanOf(params, [table]).data]).toEqual(Array.from({ length }, (_, i) => 5 * i))
  }
})
