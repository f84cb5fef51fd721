/**
 * Measures the error of the engine's functions: functions of one number over all 2³² floats or every n-th, functions of two
 * numbers over random pairs.
 *
 *     node scripts/ulp-sweep.ts                  every function, every 61st float
 *     node scripts/ulp-sweep.ts --stride 1 exp   one function, every float
 *     node scripts/ulp-sweep.ts --speed          elements per second on 65,536 elements
 *     node scripts/ulp-sweep.ts --numerics fast  with fast numerics
 *     node scripts/ulp-sweep.ts --lanes 256      in lanes of 256 bits, where the host has them
 *
 * The exact values are Reference's, in doubles, with an error of about 2⁻²⁸ of a float's last place.
 */
import { parseArgs } from "node:util"
import { offeredLanes } from "@adjoint/core/backend/wasm/assembler/hostLanes"
import { binaryFunctions, unaryFunctions } from "@adjoint/core/backend/wasm/kernels/math/functions"
import { overArrays, type Prepared, type VectorFunction } from "@adjoint/core/backend/wasm/kernels/math/overArrays"
import { ulps } from "@adjoint/core/backend/wasm/kernels/math/ulp"
import { definitions } from "@adjoint/core/reference/Reference"
import { make } from "@adjoint/core/types/NDArray"

const chunk = 65536
const { values, positionals } = parseArgs({
  options: {
    stride: { type: "string", default: "61" },
    speed: { type: "boolean", default: false },
    numerics: { type: "string", default: "portable" },
    lanes: { type: "string", default: "128" },
  },
  allowPositionals: true,
})
const stride = Number(values.stride)
const numerics = values.numerics === "fast" ? "fast" : "portable"
const lanes = offeredLanes(values.lanes === "256" ? 256 : 128)
const everyFloat = 2 ** 32

type Name = keyof typeof unaryFunctions | keyof typeof binaryFunctions
const functions: { readonly [N in Name]: VectorFunction } = { ...unaryFunctions, ...binaryFunctions } as never
const isBinary = (name: Name): boolean => Object.hasOwn(binaryFunctions, name)

const prepare = (name: Name): Prepared => overArrays(functions[name], isBinary(name) ? 2 : 1, chunk, numerics, lanes)

/** Sets the next floats to compute; returns their count. */
type Fill = (inputs: ReadonlyArray<Uint32Array>) => number

/** Every `stride`-th float, by its bits. */
const inOrder = (): Fill => {
  let next = 0
  return ([x]) => {
    const count = Math.min(chunk, Math.ceil((everyFloat - next) / stride))
    for (let i = 0; i < count; i++) (x as Uint32Array)[i] = next + i * stride
    next += count * stride
    return Math.max(count, 0)
  }
}

/** Random pairs of floats with any bits; half of the second numbers are of moderate size. */
const atRandom = (): Fill => {
  let state = 1
  let left = everyFloat / stride
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state ^ (state >>> 15)) >>> 0
  }
  return ([x, y]) => {
    const moderate = new Float32Array((y as Uint32Array).buffer, (y as Uint32Array).byteOffset, chunk)
    for (let i = 0; i < chunk; i++) {
      ;(x as Uint32Array)[i] = random()
      if (i % 2 === 0) (y as Uint32Array)[i] = random()
      else moderate[i] = (random() - 2 ** 31) / 2 ** 28
    }
    left -= chunk
    return left > -chunk ? chunk : 0
  }
}

const sweep = (name: Name): string => {
  const start = performance.now()
  const { inputs, output, run } = prepare(name)
  const asBits = inputs.map((input) => new Uint32Array(input.buffer, input.byteOffset, chunk))
  const fill = isBinary(name) ? atRandom() : inOrder()
  const definition = definitions[name]
  let [worst, misrounded, of] = [0, 0, 0]
  let where = ""
  for (let count = fill(asBits); count > 0; count = fill(asBits)) {
    run(count)
    of += count
    const spec = { dtype: "f32", shape: [count] } as const
    const truth = definition(
      {},
      inputs.map((input) => make("f32", spec.shape, input.subarray(0, count))),
      spec,
    )
    for (let i = 0; i < count; i++) {
      const [got, exact] = [output[i] as number, truth[i] as number]
      // Nearly all are the float nearest to the exact value, with an error of at most half a unit.
      if (Math.fround(exact) === got && got !== 0) continue
      const error = ulps(got, exact)
      if (error > 0.5) misrounded++
      if (error > worst) {
        worst = error
        where = `${inputs.map((input) => input[i]).join(", ")}: ${got}, not ${exact}`
      }
    }
  }
  const share = ((100 * misrounded) / of).toFixed(2)
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  if (worst <= 0.5) return `every result is the nearest float; ${of} in ${seconds} s`
  return `${worst.toFixed(3)} ulp at ${where}; ${share} % not the nearest float; ${of} in ${seconds} s`
}

/** Elements per second: the best of several runs over numbers that are typical of training. */
const speed = (name: Name): string => {
  const { inputs, run } = prepare(name)
  const positive = ["log", "log1p", "pow"].includes(name)
  inputs.forEach((input, k) => {
    for (let i = 0; i < chunk; i++) {
      const x = 4 * Math.sin(i * (1.7 + k))
      input[i] = positive && k === 0 ? Math.abs(x) : x
    }
  })
  let best = Number.POSITIVE_INFINITY
  const repeats = 20
  for (let round = 0; round < 60; round++) {
    const start = performance.now()
    for (let repeat = 0; repeat < repeats; repeat++) run(chunk)
    best = Math.min(best, (performance.now() - start) / repeats)
  }
  return `${(chunk / best / 1e6).toFixed(2)} × 10⁹ elements/s`
}

const all = Object.keys(functions) as ReadonlyArray<Name>
for (const name of positionals.length === 0 ? all : all.filter((name) => positionals.includes(name))) {
  console.log(`${name.padEnd(8)}${values.speed ? speed(name) : sweep(name)}`)
}
