/** Vector functions by themselves, over arrays: for tests and for measuring. */
import { Assembler } from "../../assembler/Assembler.ts"
import type { Code } from "../../assembler/Code.ts"
import type { Numerics } from "../../assembler/numerics.ts"
import { type Local, type V128, v128 } from "../../assembler/Value.ts"
import { compile, instantiate, memory } from "../../assembler/webAssembly.ts"

/** A vector function of as many arguments as it has inputs. */
export type VectorFunction = (code: Code, ...inputs: ReadonlyArray<V128>) => V128

/** A function made ready: fill the inputs, run, read the output. All hold `length` elements. */
export interface Prepared {
  readonly inputs: ReadonlyArray<Float32Array>
  readonly output: Float32Array
  /** Computes the first `count` elements, rounded up to four. */
  readonly run: (count: number) => void
}

/** Compiles a loop around a vector function of `arity` arguments, with room for `length` elements of each. */
export const overArrays = (f: VectorFunction, arity: number, length: number, numerics: Numerics = "portable"): Prepared => {
  const bytes = 16 * Math.ceil(length / 4)
  const pages = Math.ceil(((arity + 1) * bytes) / 65536)
  const module = new Assembler(numerics)
  module.importMemory("engine", "memory", { initial: pages })
  module.func("run", { params: ["i32"], export: true }, (code, [end]) => {
    code.forAddress(0, end, 16, (p: Local<"i32">) => {
      const inputs = Array.from({ length: arity }, (_, k) => code.let(v128.load(p, k * bytes)))
      code.v128.store(p, f(code, ...inputs), arity * bytes)
    })
  })
  const shared = memory({ initial: pages })
  const exports = instantiate(compile(module.bytes()), { engine: { memory: shared } })
  const array = (k: number) => new Float32Array(shared.buffer, k * bytes, length)
  return {
    inputs: Array.from({ length: arity }, (_, k) => array(k)),
    output: array(arity),
    run: (count) => exports.run?.(16 * Math.ceil(count / 4)),
  }
}
