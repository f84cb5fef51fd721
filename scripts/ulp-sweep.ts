/**
 * How far the engine's functions are from the truth, over all 2³² floats or every so many of them.
 *
 *     node scripts/ulp-sweep.ts                  every function, every 61st float
 *     node scripts/ulp-sweep.ts --stride 1 exp   one function, every float
 *     node scripts/ulp-sweep.ts --speed          elements per second on 65,536 elements
 *
 * The truth is computed in doubles by the host, whose own error is some 2⁻²⁹ of an ulp of a float. An error is in units in the
 * last place of the float nearest to the truth; where that float is 0, ±∞ or NaN nothing but that float, sign of zero
 * included, will do.
 */
import { parseArgs } from "node:util"
import { type UnaryName, unaryFunctions } from "@adjoint/core/machines/wasm/math/functions"
import { overArrays } from "@adjoint/core/machines/wasm/math/overArrays"
import { scalarFunction } from "@adjoint/core/meaning/elementwise"

const chunk = 65536
const spacing = Float64Array.from({ length: 255 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 150))

interface Worst {
  readonly error: number
  readonly at: number
  readonly got: number
  readonly wanted: number
  /** Results that are not the float nearest to the truth, of how many. */
  readonly misrounded: number
  readonly of: number
}

const sweep = (name: UnaryName, stride: number): Worst => {
  const { inputs, output, run } = overArrays(unaryFunctions[name], 1, chunk)
  const input = inputs[0] as Float32Array
  const inputBits = new Uint32Array(input.buffer, input.byteOffset, chunk)
  const outputBits = new Uint32Array(output.buffer, output.byteOffset, chunk)
  const nearest = new Float32Array(1)
  const nearestBits = new Uint32Array(nearest.buffer)
  const truth = scalarFunction(name) as (x: number) => number
  let [error, at, got, wanted, misrounded, of] = [0, 0, 0, 0, 0, 0]
  for (let bits = 0; bits < 2 ** 32; bits += chunk * stride) {
    const count = Math.min(chunk, Math.ceil((2 ** 32 - bits) / stride))
    for (let i = 0; i < count; i++) inputBits[i] = bits + i * stride
    run(count)
    of += count
    for (let i = 0; i < count; i++) {
      const exact = truth(input[i] as number)
      nearest[0] = exact
      const near = nearestBits[0] as number
      if (outputBits[i] === near) continue
      const value = output[i] as number
      if (Number.isNaN(exact) && Number.isNaN(value)) continue
      misrounded++
      const exponent = (near >>> 23) & 0xff
      const off =
        near << 1 === 0 || exponent === 255 || !Number.isFinite(value)
          ? Number.POSITIVE_INFINITY
          : Math.abs(value - exact) / (spacing[exponent] as number)
      if (off > error) [error, at, got, wanted] = [off, input[i] as number, value, exact]
    }
  }
  return { error, at, got, wanted, misrounded, of }
}

/** Elements per second, the best of several runs over inputs that are spread as training has them. */
const speed = (name: UnaryName): number => {
  const { inputs, run } = overArrays(unaryFunctions[name], 1, chunk)
  const positive = name === "log"
  inputs[0]?.forEach((_, i, xs) => {
    const x = 4 * Math.sin(i * 1.7)
    xs[i] = positive || name === "log1p" ? Math.abs(x) : x
  })
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 60; round++) {
    const start = performance.now()
    for (let repeat = 0; repeat < 20; repeat++) run(chunk)
    best = Math.min(best, (performance.now() - start) / 20)
  }
  return (chunk / best) * 1000
}

const { values, positionals } = parseArgs({
  options: { stride: { type: "string", default: "61" }, speed: { type: "boolean", default: false } },
  allowPositionals: true,
})
const all = Object.keys(unaryFunctions) as ReadonlyArray<UnaryName>
const names = positionals.length === 0 ? all : all.filter((name) => positionals.includes(name))

for (const name of names) {
  if (values.speed) {
    console.log(`${name.padEnd(8)} ${(speed(name) / 1e9).toFixed(2)} × 10⁹ elements/s`)
    continue
  }
  const start = performance.now()
  const { error, at, got, wanted, misrounded, of } = sweep(name, Number(values.stride))
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  const share = ((100 * misrounded) / of).toFixed(2)
  console.log(
    `${name.padEnd(8)} ${error.toFixed(3)} ulp at ${at} (got ${got}, wanted ${wanted}); ${share} % not the nearest; ${of} floats in ${seconds} s`,
  )
}
