/**
 * Single steps prepared for WebAssembly, kept while they are likely to come again: the least recently used ones go when there
 * are too many, or when they hold too much memory.
 */
import type { Params, Primitive, Program } from "../../language/Primitive.ts"
import { bytes } from "../../words/DType.ts"
import * as Shape from "../../words/Shape.ts"
import { printSpec, type Spec } from "../../words/ShapeError.ts"
import type { Executable } from "../Executable.ts"
import { makeRecent } from "../Recent.ts"
import * as Signature from "../Signature.ts"
import { prepare } from "../wasm/prepare.ts"

/** What is kept at most, by the arrays that it works on. */
const kept = makeRecent<Executable>({ count: 64, bytes: 2 ** 26 })

/** The bytes of arrays of these kinds and shapes. */
export const bytesOf = (specs: ReadonlyArray<Spec>): number =>
  specs.reduce((sum, { dtype, shape }) => sum + bytes[dtype] * Shape.size(shape), 0)

const plain = ({ dtype, shape }: Spec): Spec => ({ dtype, shape })

/** The program of a step, its first input after the others. */
const programOf = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<Spec>, out: Spec): Program => {
  const others = inputs.slice(1).map(plain)
  return {
    inputs: [...others, ...inputs.slice(0, 1).map(plain)],
    constants: [],
    equations: [{ primitive, params, inputs: inputs.map((_, i) => (i === 0 ? others.length : i - 1)), out: plain(out) }],
    outputs: [...others.map((_, i) => i), inputs.length],
  }
}

/** An executable of a step: all inputs but the first are state, which stays as it is loaded; it runs on the first. */
export const executableOf = <P extends Primitive>(
  primitive: P,
  params: Params[P],
  inputs: ReadonlyArray<Spec>,
  out: Spec,
): Executable => {
  const name = [primitive, Signature.ofParams(params), ...inputs.map(printSpec)].join(" ")
  const found = kept.get(name)
  if (found !== undefined) return found
  const made = prepare({ program: programOf(primitive, params, inputs, out), resident: Math.max(0, inputs.length - 1) })
  kept.put(name, made, bytesOf([...inputs, out]))
  return made
}
