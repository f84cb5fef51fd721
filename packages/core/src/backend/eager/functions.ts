/**
 * The functions that JavaScript computes otherwise than the engine (exp, tanh and their like), over arrays: the engine's own
 * code in a small module each, compiled when the function is first asked for.
 */
import type { Primitive } from "../../language/Primitive.ts"
import type { Definition, Definitions } from "../../reference/Definition.ts"
import * as Shape from "../../types/Shape.ts"
import { binaryFunctions, type UnaryName, unaryFunctions } from "../wasm/kernels/math/functions.ts"
import { overArrays, type Prepared, type VectorFunction } from "../wasm/kernels/math/overArrays.ts"

/** Elements that are computed at once. */
const chunk = 1024

const over = (f: VectorFunction, arity: number): Definition<Primitive> => {
  let made: Prepared | undefined
  return (_, inputs, out) => {
    made ??= overArrays(f, arity, chunk)
    const result = new Float32Array(Shape.size(out.shape))
    for (let from = 0; from < result.length; from += chunk) {
      const end = Math.min(from + chunk, result.length)
      for (const [i, { data }] of inputs.entries()) made.inputs[i]?.set(data.subarray(from, end))
      made.run(end - from)
      result.set(made.output.subarray(0, end - from), from)
    }
    return result
  }
}

const unary = Object.fromEntries(Object.entries(unaryFunctions).map(([name, f]) => [name, over(f, 1)]))

/** The definitions of these functions in the engine's floats. */
export const functions = { ...unary, pow: over(binaryFunctions.pow, 2) } as unknown as Definitions<UnaryName | "pow">
