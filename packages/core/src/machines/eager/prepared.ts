/**
 * Single steps prepared for WebAssembly, kept while they are likely to come again: the least recently used ones go when there
 * are too many, or when they hold too much memory.
 */
import type { Params, Primitive, Program } from "../../language/Primitive.ts"
import { bytes } from "../../words/DType.ts"
import * as Shape from "../../words/Shape.ts"
import { printSpec, type Spec } from "../../words/ShapeError.ts"
import type { Executable } from "../Executable.ts"
import { type Prepared, prepare } from "../wasm/prepare.ts"

/** At most so many are kept, which hold at most so many bytes together. */
const most = { count: 64, bytes: 2 ** 26 }

interface Kept {
  readonly executable: Prepared
  readonly bytes: number
}

const kept = new Map<string, Kept>()
let held = 0

/** The bytes of arrays of these kinds and shapes. */
export const bytesOf = (specs: ReadonlyArray<Spec>): number =>
  specs.reduce((sum, { dtype, shape }) => sum + bytes[dtype] * Shape.size(shape), 0)

let named = 0
const names = new WeakMap<object, number>()

/** The body of a loop is known by its identity. */
const nameOf = (body: object): number => {
  const name = names.get(body) ?? named++
  names.set(body, name)
  return name
}

/** Parameters as text that tells all of them apart: JSON has one word for all that is not finite, and one for 0 and -0. */
const print = (params: object): string =>
  JSON.stringify(params, (key, value: unknown) => {
    if (key === "body") return nameOf(value as object)
    if (Object.is(value, -0)) return "-0"
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value
  })

const drop = (key: string, { bytes: freed, executable }: Kept): void => {
  kept.delete(key)
  held -= freed
  executable.release()
}

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
  const key = [primitive, print(params), ...inputs.map(printSpec)].join(" ")
  const found = kept.get(key)
  if (found !== undefined) {
    // Taken out and put back, it is the most recently used.
    kept.delete(key)
    kept.set(key, found)
    return found.executable
  }
  const job = { program: programOf(primitive, params, inputs, out), resident: Math.max(0, inputs.length - 1) }
  const made = { executable: prepare(job), bytes: bytesOf([...inputs, out]) }
  kept.set(key, made)
  held += made.bytes
  for (const [oldest, old] of kept) {
    if (kept.size <= most.count && held <= most.bytes) break
    drop(oldest, old)
  }
  return made.executable
}
