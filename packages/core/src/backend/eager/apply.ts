/**
 * One operation at a time in the floats of the WebAssembly engine, with the bits that it has in any module: a small one in plain
 * loops, without compiling anything, a larger one as a separate program.
 */

import { workOf } from "../../compiler/compilerFacts.ts"
import type { Params, Primitive, Program } from "../../language/Primitive.ts"
import { factsOf } from "../../language/primitiveFacts.ts"
import { floats } from "../../reference/Arithmetic.ts"
import { type Definition, type Definitions, imagesBy, scanBy } from "../../reference/Definition.ts"
import { elementwise } from "../../reference/elementwise.ts"
import { type Apply, runBy } from "../../reference/interpret.ts"
import { product } from "../../reference/product.ts"
import { structure } from "../../reference/structure.ts"
import { threefry } from "../../reference/threefry.ts"
import { NDArray } from "../../types/NDArray.ts"
import { bytesOf, type Spec } from "../../types/ShapeError.ts"
import { functions } from "./functions.ts"
import { runPrepared } from "./preparedPrograms.ts"
import { reduceSum } from "./reduceSum.ts"

/** Whether a primitive only moves elements: it rounds the ones it moves. All others compute with numbers that are floats already. */
const moves = (primitive: Primitive): boolean => ["rearrangement", "identity", "copy"].includes(factsOf(primitive).kind)

/** Whether the result is the input's data, perhaps under another shape. */
export const keepsOrder = (primitive: Primitive): boolean => factsOf(primitive).keepsOrder === true

/** Values may be doubles: literals, or results of Reference. */
const rounded = (x: NDArray): NDArray =>
  x.data instanceof Float64Array ? new NDArray(x.dtype, x.shape, new Float32Array(x.data)) : x

/** Whether one memory certainly holds all of these. Otherwise, and where the host has less memory, loops compute the operation. */
export const fits = (specs: ReadonlyArray<Spec>): boolean => specs.reduce((sum, spec) => sum + bytesOf(spec), 0) < 2 ** 31

/** The program of one operation. */
const alone = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<Spec>, out: Spec): Program => ({
  inputs: inputs.map(({ dtype, shape }) => ({ dtype, shape })),
  constants: [],
  equations: [{ primitive, params, inputs: inputs.map((_, i) => i), out: { dtype: out.dtype, shape: out.shape } }],
  outputs: [inputs.length],
})

/** Computes single operations, and programs one equation after the other. */
export interface Stepwise {
  readonly apply: Apply
  /** The outputs of a program. Throws `ShapeError` when the inputs do not fit it. */
  readonly run: (program: Program, inputs: ReadonlyArray<NDArray>) => ReadonlyArray<NDArray>
}

/** Computes operations with at most `inLoops` work by loops. */
export const stepwise = (inLoops: number): Stepwise => {
  const apply: Apply = (primitive, params, inputs, out) => {
    const given = moves(primitive) ? inputs : inputs.map(rounded)
    const [first] = given
    if (keepsOrder(primitive) && first !== undefined) return new NDArray(out.dtype, out.shape, rounded(first).data)
    const isLarge = workOf(primitive, params, given, out) > inLoops && fits([...given, out])
    const [compiled] = (isLarge && runPrepared(alone(primitive, params, given, out), given)) || []
    if (compiled !== undefined) return compiled
    const definition = definitions[primitive] as Definition<typeof primitive>
    return new NDArray(out.dtype, out.shape, definition(params, given, out))
  }
  const run = runBy("Tensor.read", apply)
  const wholes = structure(floats)
  const definitions: Definitions<Primitive> = {
    ...elementwise(floats),
    ...wholes,
    dot: product(floats),
    ...imagesBy(floats),
    ...functions,
    threefry,
    reduceSum: (params, inputs, out) => (out.dtype === "f32" ? reduceSum : wholes.reduceSum)(params, inputs, out),
    scan: scanBy((body) => (inputs) => run(body, inputs), floats),
  }
  return { apply, run }
}
