/** The two ways of running a program that must give the same bits: whole, and one primitive at a time. */

import type { Numerics } from "../src/backend/wasm/assembler/numerics.ts"
import { cachedCompile, compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import type { Pool } from "../src/backend/wasm/threads/pool.ts"
import type { Equation, Program } from "../src/language/Program.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import type { Mode } from "./engine-modes.ts"

/** A program of one step, taking what that step takes. */
const alone = (equation: Equation, given: ReadonlyArray<NDArray>): Program => ({
  inputs: given.map(({ dtype, shape }) => ({ dtype, shape })),
  constants: [],
  equations: [{ ...equation, inputs: given.map((_, i) => i) }],
  outputs: [given.length],
})

type Outputs = ReadonlyArray<NDArray>

/** A third of the steps of random programs occur in programs before them. */
const compile = cachedCompile(compileJob, { programs: 4096, bytes: 2 ** 26 })

/** The results of a program, prepared whole, in narrow lanes unless a mode says otherwise; its memory is the pool's again. */
export const whole = (mode: Mode | Numerics, program: Program, inputs: Outputs, pool?: Pool): Outputs => {
  const { lanes, numerics } = typeof mode === "string" ? { lanes: 128 as const, numerics: mode } : mode
  const { release, run } = prepare({ program, resident: 0 }, pool, numerics, compile, lanes)
  const made = run(inputs)
  release()
  return made
}

/** A program run one primitive at a time, each prepared alone; `each` is shown every step with its numbers. */
export const oneByOne = (
  mode: Mode | Numerics,
  program: Program,
  inputs: ReadonlyArray<NDArray>,
  each: (single: Program, given: ReadonlyArray<NDArray>, got: NDArray) => void = () => {},
): ReadonlyArray<NDArray> => {
  const values: Array<NDArray> = [...inputs, ...program.constants]
  for (const equation of program.equations) {
    const given = equation.inputs.map((value) => values[value] as NDArray)
    const single = alone(equation, given)
    const [got] = whole(mode, single, given) as readonly [NDArray]
    each(single, given, got)
    values.push(got)
  }
  return program.outputs.map((value) => values[value] as NDArray)
}

/** The bits of each element, every NaN the same. */
export const bits = ({ data, dtype }: NDArray): ReadonlyArray<number> =>
  dtype === "f32"
    ? Array.from(new Int32Array(Float32Array.from(data).buffer), (x, i) => (Number.isNaN(data[i]) ? 0x7fc00000 : x))
    : [...data]
