import { describe, expect, it } from "vitest"
import { compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { compilerFactsOf } from "../src/compiler/compilerFacts.ts"
import { fuse } from "../src/compiler/Fuse.ts"
import type { Equation, Primitive, Program } from "../src/language/Primitive.ts"
import { factsOf } from "../src/language/primitiveFacts.ts"
import { infer, shapeRules } from "../src/language/ShapeRule.ts"
import * as Reference from "../src/reference/Reference.ts"
import { NDArray } from "../src/types/NDArray.ts"
import { type Example, examples } from "./primitive-examples.ts"

const primitives = Object.keys(shapeRules) as ReadonlyArray<Primitive>

/** A program of one equation, and of `neg` of its result where that is asked for. */
const programOf = (primitive: Primitive, { inputs, params }: Example, negated = false): Program => {
  const specs = inputs.map(({ dtype, shape }) => ({ dtype, shape }))
  const out = infer(primitive, params as Equation["params"], specs)
  const equation = { primitive, params, inputs: inputs.map((_, i) => i), out } as Equation
  const neg: Equation = { primitive: "neg", params: {}, inputs: [inputs.length], out }
  const last = inputs.length + (negated ? 1 : 0)
  return { inputs: specs, constants: [], equations: negated ? [equation, neg] : [equation], outputs: [last] }
}

const each = primitives.map((primitive) => ({ primitive, all: examples[primitive] as ReadonlyArray<Example> }))

describe("the facts of primitives", () => {
  it.each(each)("name what computes it: $primitive", ({ all, primitive }) => {
    for (const example of all) {
      const { hostFallback } = compileJob(
        { program: programOf(primitive, example), resident: 0 },
        { threads: 1, minSharedWork: 0, numerics: "portable", lanes: 128 },
      )
      expect(hostFallback.size).toBe(compilerFactsOf(primitive).by === "host" ? 1 : 0)
    }
  })

  it("leave one case to the host that its kernel does not fit: a loop whose body holds many constant numbers", () => {
    for (const [count, onHost] of [
      [1024, 0],
      [1025, 1],
    ] as const) {
      const spec = { dtype: "f32", shape: [count] } as const
      const step = new NDArray(
        "f32",
        [count],
        Float32Array.from({ length: count }, (_, i) => i),
      )
      const body: Program = {
        inputs: [spec],
        constants: [step],
        equations: [{ primitive: "add", params: {}, inputs: [0, 1], out: spec }],
        outputs: [2],
      }
      const params = { body, constants: 0, carries: 1, length: 3, reverse: false }
      const program = programOf("scan", { params, inputs: [step] })
      const job = { program, resident: 0 }
      expect(compileJob(job, { threads: 1, minSharedWork: 0, numerics: "portable", lanes: 128 }).hostFallback.size).toBe(onHost)
      expect([...(prepare(job).run([step])[0]?.data ?? [])]).toEqual([...step.data].map((x) => 4 * x))
    }
  })

  it.each(each.filter(({ primitive }) => compilerFactsOf(primitive).by === "kernel"))(
    "say whether an epilogue follows in its kernel: $primitive",
    ({ all, primitive }) => {
      for (const example of all) {
        const program = programOf(primitive, example, true)
        const { dtype, shape } = program.equations[0]?.out ?? { dtype: "f32", shape: [] }
        if (dtype !== "f32" || shape.includes(0)) continue
        expect(fuse(program).kernels.length).toBe(compilerFactsOf(primitive).epilogue ? 1 : 2)
      }
    },
  )

  it.each(each.filter(({ primitive }) => factsOf(primitive).keepsOrder === true))(
    "say which primitives keep the order of elements: $primitive",
    ({ all, primitive }) => {
      for (const example of all) {
        const [made] = Reference.run(programOf(primitive, example), example.inputs) as readonly [NDArray]
        expect([...made.data]).toEqual([...(example.inputs[0]?.data ?? [])])
      }
    },
  )
})
