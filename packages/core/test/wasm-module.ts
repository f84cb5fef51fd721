/** Modules of a test, with a page of memory. */
import { Assembler } from "../src/backend/wasm/assembler/Assembler.ts"
import type { Code } from "../src/backend/wasm/assembler/Code.ts"
import type { ValueType } from "../src/backend/wasm/assembler/opcodes.ts"
import type { Value } from "../src/backend/wasm/assembler/Value.ts"
import { compile, instantiate, memory, type WasmFunction } from "../src/backend/wasm/assembler/webAssembly.ts"

/** A module and what calls its functions. */
export const withMemory = (build: (module: Assembler) => void) => {
  const module = new Assembler()
  module.importMemory("engine", "memory", { initial: 1 })
  build(module)
  const page = memory({ initial: 1 })
  const exports = instantiate(compile(module.bytes()), { engine: { memory: page } })
  const run = (name: string, ...args: ReadonlyArray<number | bigint>) => (exports[name] as WasmFunction)(...args)
  return { run, bytes: new Uint8Array(page.buffer as ArrayBuffer) }
}

/** The result of one function of the module. */
export const evaluate = <R extends ValueType>(result: R, body: (code: Code) => Value<R>): number | bigint | undefined =>
  withMemory((module) => {
    module.func("f", { result, export: true }, body as never)
  }).run("f")
