/** Vector functions by themselves, over arrays: for tests and for measuring. */
import { Assembler } from "../../assembler/Assembler.ts"
import type { Code } from "../../assembler/Code.ts"
import type { Lanes } from "../../assembler/lanes.ts"
import type { Numerics } from "../../assembler/numerics.ts"
import { type Local, type V128, v128 } from "../../assembler/Value.ts"
import { compile, instantiate, memory } from "../../assembler/webAssembly.ts"
import { storeVectors } from "../vectors.ts"

/** A vector function of as many arguments as it has inputs. */
export type VectorFunction = (code: Code, ...inputs: ReadonlyArray<V128>) => V128

/** A function made ready: fill the inputs, run, read the output. All hold `length` elements. */
export interface Prepared {
  readonly inputs: ReadonlyArray<Float32Array>
  readonly output: Float32Array
  /** Computes the first `count` elements, rounded up to whole iterations. */
  readonly run: (count: number) => void
}

/**
 * Compiles a loop around a vector function of `arity` arguments, with room for `length` elements of each. For lanes of 256 bits an
 * iteration computes two vectors, which the host packs.
 */
export const overArrays = (
  f: VectorFunction,
  arity: number,
  length: number,
  numerics: Numerics = "portable",
  lanes: Lanes = 128,
): Prepared => {
  const step = lanes / 8
  const bytesOf = (count: number): number => step * Math.ceil((4 * count) / step)
  const bytes = bytesOf(length)
  const pages = Math.ceil(((arity + 1) * bytes) / 65536)
  const module = new Assembler(numerics, lanes)
  module.importMemory("engine", "memory", { initial: pages })
  module.func("run", { params: ["i32"], export: true }, (code, [end]) => {
    code.forAddress(0, end, step, (p: Local<"i32">) => {
      const results = Array.from({ length: step / 16 }, (_, part) => {
        const inputs = Array.from({ length: arity }, (__, k) => code.let(v128.load(p, k * bytes + 16 * part)))
        return code.let(f(code, ...inputs))
      })
      storeVectors(code, p, results, arity * bytes)
    })
  })
  const shared = memory({ initial: pages })
  const exports = instantiate(compile(module.bytes()), { engine: { memory: shared } })
  const array = (k: number) => new Float32Array(shared.buffer, k * bytes, length)
  return {
    inputs: Array.from({ length: arity }, (_, k) => array(k)),
    output: array(arity),
    run: (count) => exports.run?.(bytesOf(count)),
  }
}
