/**
 * The engine's functions against Reference's doubles: a sample of what scripts/ulp-sweep.ts does for every float. The bounds
 * are the worst cases over all floats, which docs/engine-math.md lists, rounded up.
 */
import { describe, expect, test } from "vitest"
import { offeredLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import { offered } from "../src/backend/wasm/assembler/hostNumerics.ts"
import { type BinaryName, binaryFunctions, type UnaryName, unaryFunctions } from "../src/backend/wasm/kernels/math/functions.ts"
import { overArrays } from "../src/backend/wasm/kernels/math/overArrays.ts"
import { ulps } from "../src/backend/wasm/kernels/math/ulp.ts"
import { definitions } from "../src/reference/Reference.ts"
import * as NDArray from "../src/types/NDArray.ts"

const chunk = 65536

/** The float with these bits. */
const fromBits = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0] as number
const toBits = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0] as number

const smallest = 2 ** -149
const smallestNormal = 2 ** -126
const largest = (2 - 2 ** -23) * 2 ** 127

const specials = [
  0,
  1,
  0.5,
  2,
  3,
  smallest,
  3 * smallest,
  smallestNormal - smallest,
  smallestNormal,
  largest,
  2 ** 24,
  1 + 2 ** -23,
  1 - 2 ** -24,
  Infinity,
]
  .flatMap((x) => [x, -x])
  .concat(NaN)

/** Bound of the error, in units in the last place, and the places where the formula changes or the result runs out of range. */
const unary: { readonly [N in UnaryName]: { readonly bound: number; readonly around: ReadonlyArray<number> } } = {
  exp: { bound: 1.05, around: [0, Math.LN2 / 2, 88.37626, 88.72283, 89, -87.33655, -103.27893, -103.97208, -104] },
  expm1: { bound: 1.4, around: [0, 2 ** -30, Math.LN2 / 2, -Math.LN2 / 2, 88.37626, 88.72283, -16.63553, -17.32868, -20] },
  log: { bound: 0.85, around: [0, 1, Math.SQRT1_2, Math.SQRT2, smallestNormal, largest] },
  log1p: { bound: 1.45, around: [0, -1, Math.SQRT1_2 - 1, Math.SQRT2 - 1, 2 ** 24, 2 ** 25, largest] },
  atan: { bound: 1.6, around: [0, 0.5, 1, 2, 2 ** 24, largest] },
  tanh: { bound: 1.35, around: [0, 0.6, 9.010913, 10] },
  sigmoid: { bound: 1.9, around: [0, 16.63553, 88.72283, -87.33654, -88.72283, -103.97208, -104] },
  erf: { bound: 1.3, around: [0, 475 / 512, 3.832507, 4] },
  sin: { bound: 1.6, around: [0, Math.PI / 4, Math.PI / 2, Math.PI, 1e5 * Math.PI, 2 ** 28, 16367173 * 2 ** 72] },
  cos: { bound: 1.6, around: [0, Math.PI / 4, Math.PI / 2, Math.PI, 1e5 * Math.PI, 2 ** 28, 16367173 * 2 ** 72] },
}

/** What Reference says, in doubles. */
const truths = (name: UnaryName | BinaryName, inputs: ReadonlyArray<Float32Array>, count: number) => {
  const spec = { dtype: "f32", shape: [count] } as const
  return definitions[name](
    {},
    inputs.map((input) => NDArray.make("f32", spec.shape, input.subarray(0, count))),
    spec,
  )
}

describe.each(Object.keys(unary) as ReadonlyArray<UnaryName>)("%s", (name) => {
  const { bound, around } = unary[name]
  const { inputs, output, run } = overArrays(unaryFunctions[name], 1, chunk)
  const input = inputs[0] as Float32Array
  const fast = overArrays(unaryFunctions[name], 1, chunk, offered("fast"))
  const wide = overArrays(unaryFunctions[name], 1, chunk, "portable", offeredLanes(256))
  const check = (count: number) => {
    for (const other of [fast, wide]) other.inputs[0]?.set(input)
    for (const prepared of [{ run }, fast, wide]) prepared.run(count)
    for (let i = 0; i < count; i++) if (!Object.is(wide.output[i], output[i])) expect(wide.output[i]).toBe(output[i])
    const exact = truths(name, inputs, count)
    for (const [numerics, results] of [
      ["portable", output],
      ["fast", fast.output],
    ] as const)
      for (let i = 0; i < count; i++) {
        const [got, wanted] = [results[i] as number, exact[i] as number]
        const error = ulps(got, wanted)
        if (error > bound) expect.fail(`${numerics} ${name}(${input[i]}) is ${got}, ${error} ulp from ${wanted}`)
      }
  }
  test("of special numbers", () => {
    input.set(specials)
    check(specials.length)
  })
  test("of numbers of every size", () => {
    const inputBits = new Uint32Array(input.buffer, input.byteOffset, chunk)
    const stride = 2 ** 32 / (12 * chunk)
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < chunk; i++) inputBits[i] = Math.round((round * chunk + i) * stride)
      check(chunk)
    }
  })
  test("of every number near what is delicate", () => {
    const near = 4096
    for (const x of around) {
      for (const sign of [1, -1]) {
        const start = Math.max(toBits(Math.abs(x)) - near / 2, 0)
        for (let i = 0; i < near; i++) input[i] = sign * fromBits(start + i)
        check(near)
      }
    }
  })
  test("lane by lane: a neighbour changes nothing", () => {
    const count = 1024
    for (let i = 0; i < count; i++) input[i] = i % 4 === 0 ? 0.37 + i / 2 ** 14 : (specials[i % specials.length] as number)
    run(count)
    const mixed = output.slice(0, count)
    for (let i = 0; i < count; i++) input[i] = 0.37 + i / 2 ** 14
    run(count)
    for (let i = 0; i < count; i += 4) expect(mixed[i]).toBe(output[i])
  })
})

test("odd functions keep the sign of zero", () => {
  for (const name of ["expm1", "log1p", "atan", "tanh", "erf", "sin"] as const) {
    for (const numerics of ["portable", offered("fast")] as const) {
      const { inputs, output, run } = overArrays(unaryFunctions[name], 1, 4, numerics)
      inputs[0]?.set([0, -0, smallest, -smallest])
      run(4)
      expect([name, ...output.subarray(0, 2)]).toEqual([name, 0, -0])
    }
  }
})

const moderate = (random: () => number) => random() * 16 - 8

/** Pairs of which most have a result that is neither 0 nor infinite. */
const pairs: { readonly [N in BinaryName]: (random: () => number, float: () => number) => readonly [number, number] } = {
  pow: (random, float) => {
    const x = Math.abs(float())
    return [x, ((random() * 2 - 1) * 110) / Math.log(x)]
  },
  rem: (_, float) => [float(), float()],
}

describe.each(Object.keys(binaryFunctions) as ReadonlyArray<BinaryName>)("%s", (name) => {
  const bound = name === "rem" ? 0 : 0.51
  const { inputs, output, run } = overArrays(binaryFunctions[name], 2, chunk)
  const [first, second] = inputs as [Float32Array, Float32Array]
  let state = 3
  const bits = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state ^ (state >>> 15)) >>> 0
  }
  const random = () => bits() / 2 ** 32
  const float = () => fromBits(bits())
  const check = (make: (i: number) => readonly [number, number]) => {
    for (let i = 0; i < chunk; i++) [first[i], second[i]] = make(i)
    run(chunk)
    const exact = truths(name, inputs, chunk)
    for (let i = 0; i < chunk; i++) {
      const [got, wanted] = [output[i] as number, exact[i] as number]
      const error = ulps(got, wanted)
      if (error > bound) expect.fail(`${name}(${first[i]}, ${second[i]}) is ${got}, ${error} ulp from ${wanted}`)
    }
  }
  test("of special numbers", () => {
    const numbers = [...specials, 1.5, -1.5, 8388608.5, -8388609, 16777215, -16777215, 33554432, 127, -149, 151]
    check((i) => [numbers[i % numbers.length] as number, numbers[Math.floor(i / numbers.length) % numbers.length] as number])
  })
  test("of any two numbers", () => check(() => [float(), float()]))
  test("of moderate numbers", () => check(() => [moderate(random), moderate(random)]))
  test("of whole numbers", () => check(() => [Math.round(moderate(random)), Math.round(moderate(random))]))
  test("of pairs made for it", () => check(() => pairs[name](random, float)))
})
