/**
 * Steps done at once, in the floats of the WebAssembly engine: how a tensor is read outside a compiled program. Each step
 * gives the bits that it has in any module. Small steps are plain loops over floats, for which nothing is compiled; a larger
 * one is a program of its own.
 */
import type { Tensor } from "../../language/Expr.ts"
import type { Primitive, Program } from "../../language/Primitive.ts"
import { floats } from "../../meaning/Arithmetic.ts"
import { elementwise } from "../../meaning/elementwise.ts"
import { linear } from "../../meaning/linear.ts"
import type { Meaning, Meanings } from "../../meaning/Meaning.ts"
import { scanBy } from "../../meaning/Reference.ts"
import { type Apply, readBy, runBy } from "../../meaning/Steps.ts"
import { structure } from "../../meaning/structure.ts"
import { threefry } from "../../meaning/threefry.ts"
import { NDArray } from "../../words/NDArray.ts"
import { functions } from "./functions.ts"
import { bytesOf, executableOf } from "./prepared.ts"
import { reduceSum } from "./reduceSum.ts"
import { stepWork } from "./work.ts"

/** How steps are done. */
export interface Eager {
  /** The numbers of a program's outputs. Throws `ShapeError` when the inputs are not what it takes. */
  readonly run: (program: Program, inputs: ReadonlyArray<NDArray>) => ReadonlyArray<NDArray>
  /** The numbers of tensors, each step done once. Throws `ShapeError` inside a traced function. */
  readonly read: (targets: ReadonlyArray<Tensor>) => ReadonlyArray<NDArray>
}

/** What only moves elements rounds those it moves; all others compute with numbers that are floats already. */
const moving: ReadonlySet<Primitive> = new Set<Primitive>([
  "reshape",
  "transpose",
  "broadcast",
  "slice",
  "pad",
  "concat",
  "reverse",
  "gather",
  "identity",
  "stop",
])

/** The same numbers, under other names. */
const renaming: ReadonlySet<Primitive> = new Set<Primitive>(["reshape", "identity", "stop"])

/** Numbers may come as doubles, written by a person or read by Reference. */
const rounded = (x: NDArray): NDArray =>
  x.data instanceof Float64Array ? new NDArray(x.dtype, x.shape, new Float32Array(x.data)) : x

/** What might not fit into one memory is done by loops, whatever its size. */
const largest = 2 ** 31

/** Does one step in WebAssembly. */
const runPrepared: Apply = (primitive, params, inputs, out) => {
  const executable = executableOf(primitive, params, inputs, out)
  executable.load(inputs.slice(1))
  return executable.run(inputs.slice(0, 1))[0] as NDArray
}

/** Does steps of up to so many elementary operations by loops, larger ones in WebAssembly. The bits are the same either way. */
export const within = (inLoops: number): Eager => {
  const apply: Apply = (primitive, params, inputs, out) => {
    const given = moving.has(primitive) ? inputs : inputs.map(rounded)
    const [first] = given
    if (renaming.has(primitive) && first !== undefined) return new NDArray(out.dtype, out.shape, rounded(first).data)
    const work = stepWork(primitive, params, given, out)
    if (work > inLoops && bytesOf([...given, out]) < largest) return runPrepared(primitive, params, given, out)
    const meaning = meanings[primitive] as Meaning<typeof primitive>
    return new NDArray(out.dtype, out.shape, meaning(params, given, out))
  }
  const run = runBy("Tensor.read", apply)
  const wholes = structure(floats)
  const meanings: Meanings<Primitive> = {
    ...elementwise(floats),
    ...wholes,
    ...linear(floats),
    ...functions,
    threefry,
    reduceSum: (params, inputs, out) => (out.dtype === "f32" ? reduceSum : wholes.reduceSum)(params, inputs, out),
    scan: scanBy((body) => (inputs) => run(body, inputs), floats),
  }
  return { run, read: readBy(apply) }
}

/** Loops cost about a millisecond then, as much as compiling does. */
const inLoops = 2 ** 18

/** The numbers of tensors in the engine's floats: computes what is still a recipe, each step once. Throws `ShapeError` inside a traced function. */
export const read: Eager["read"] = within(inLoops).read
