import fc from "fast-check"
import { describe, expect, it, vi } from "vitest"
import { cachedCompile, compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { type NDArray, Program as Programs, Tensor } from "../src/index.ts"
import type { Program } from "../src/language/Program.ts"
import * as Reference from "../src/reference/Reference.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { caseCount } from "./case-count.ts"

type T = Tensor.Tensor

const vector = { dtype: "f32", shape: [4] } as const
const workforce = { threads: 1, minSharedWork: 0, numerics: "portable", lanes: 128 } as const
const traced = (f: (x: T) => T): Program => Programs.trace((x) => [f(x as T)], [vector])

/** How many of these programs had to be compiled. */
const compiled = (...programs: ReadonlyArray<Program>): number => {
  const compile = vi.fn(compileJob)
  const remember = cachedCompile(compile)
  for (const program of programs) remember({ program, resident: 0 }, workforce)
  return compile.mock.calls.length
}

const ramp = (x: number): T => Tensor.make([x, x + 1, x + 2, x + 3])

describe("code", () => {
  it("is written once for programs that are the same but for the numbers in their arrays", () => {
    const affine = (by: number) => traced((x) => Tensor.add(Tensor.mul(x, 2), ramp(by)))
    expect(compiled(affine(0), affine(1), affine(1))).toBe(1)
  })

  it("is written anew for another step, number, parameter, shape or use of the state", () => {
    const loop = (y: number) =>
      Programs.trace(
        (x) => {
          const { carry } = Tensor.scan(
            (sum: T, row: T) => ({ carry: Tensor.add(sum, Tensor.mul(row, y)), kept: [] }),
            Tensor.scalar(0) as T,
            x as T,
          )
          return [carry]
        },
        [vector],
      )
    const different = [
      traced((x) => Tensor.add(x, 2)),
      traced((x) => Tensor.add(x, 3)),
      traced((x) => Tensor.sub(x, 2)),
      traced((x) => Tensor.add(x, 0)),
      traced((x) => Tensor.add(x, -0)),
      traced((x) => Tensor.pad(x, [[1, 0]], Number.POSITIVE_INFINITY)),
      traced((x) => Tensor.pad(x, [[1, 0]], Number.NEGATIVE_INFINITY)),
      traced((x) => Tensor.pad(x, [[0, 1]], Number.NEGATIVE_INFINITY)),
      Programs.trace((x) => [Tensor.add(x as T, 2)], [{ dtype: "f32", shape: [5] }]),
      Programs.trace((x) => [Tensor.add(x as T, x as T), x as T], [vector]),
      Programs.trace((x) => [x as T, Tensor.add(x as T, x as T)], [vector]),
      loop(2),
      loop(3),
    ]
    expect(compiled(...different, ...different)).toBe(different.length)
    const compile = vi.fn(compileJob)
    const remember = cachedCompile(compile)
    const [program] = different as [Program]
    for (const resident of [0, 1]) remember({ program, resident }, workforce)
    for (const numerics of ["portable", "fast"] as const) remember({ program, resident: 0 }, { ...workforce, numerics })
    expect(compile).toHaveBeenCalledTimes(3)
  })

  it("computes with each program's own arrays", () => {
    const compile = cachedCompile()
    const ran = (by: number) => {
      const program = traced((x) => Tensor.mul(x, ramp(by)))
      return prepare({ program, resident: 0 }, undefined, "portable", compile).run([Tensor.read(ramp(1))])
    }
    expect([ran(0), ran(10)].map(([x]) => [...(x as NDArray.NDArray).data])).toEqual([
      [0, 2, 6, 12],
      [10, 22, 36, 52],
    ])
  })

  it("from the cache computes what its program computes, after any other program", () => {
    const compile = cachedCompile(compileJob, { programs: 20, bytes: 2 ** 20 })
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 3 }), ({ inputs, program }) => {
        const fresh = prepare({ program, resident: 0 }).run(inputs)
        for (let i = 0; i < 2; i++)
          expect(prepare({ program, resident: 0 }, undefined, "portable", compile).run(inputs)).toEqual(fresh)
      }),
      { numRuns: caseCount(150) },
    )
  })

  it("is kept up to a bound, the code asked for last the longest", () => {
    const programs = [1, 2, 3].map((by) => traced((x) => Tensor.add(x, by)))
    const [one, two, three] = programs as [Program, Program, Program]
    const compile = vi.fn(compileJob)
    const remember = cachedCompile(compile, { programs: 2, bytes: 2 ** 20 })
    for (const program of [one, two, one, three, one]) remember({ program, resident: 0 }, workforce)
    expect(compile).toHaveBeenCalledTimes(3)
    remember({ program: two, resident: 0 }, workforce)
    expect(compile).toHaveBeenCalledTimes(4)
    const nothing = vi.fn(compileJob)
    const tight = cachedCompile(nothing, { programs: 2, bytes: 1 })
    for (const program of [one, one]) tight({ program, resident: 0 }, workforce)
    expect(nothing).toHaveBeenCalledTimes(2)
  })
})

it("paddings with infinities of either sign are two steps", () => {
  const program = Programs.trace(
    (x) => [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((by) => Tensor.pad(x as T, [[1, 0]], by)),
    [vector],
  )
  const inputs = [Tensor.read(ramp(0))]
  const data = (arrays: ReadonlyArray<NDArray.NDArray>) => arrays.map((array) => [...array.data])
  expect(data(prepare({ program, resident: 0 }).run(inputs))).toEqual(data(Reference.run(program, inputs)))
})
