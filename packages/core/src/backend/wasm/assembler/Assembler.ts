/**
 * A WebAssembly module while it is being written: imports, functions, exports, and at the end its bytes. A kernel generator
 * adds functions, whose bodies it writes with a `Code` and the instructions of `Value.ts`:
 *
 * ```ts
 * const module = new Assembler()
 * module.importMemory("engine", "memory", { initial: 1 })
 * module.func("double", { params: ["i32", "i32"], export: true }, (code, [from, to]) => {
 *   code.forAddress(from, to, 16, (p) => code.v128.store(p, f32x4.mul(v128.load(p), 2)))
 * })
 * module.bytes()
 * ```
 */

import { Bytes } from "./Bytes.ts"
import { Code } from "./Code.ts"
import type { Func } from "./Func.ts"
import type { Lanes } from "./lanes.ts"
import type { Numerics } from "./numerics.ts"
import { structure, typeCodes, type ValueType } from "./opcodes.ts"
import { type Local, Value } from "./Value.ts"

/** Pages of 64 KiB. A shared memory needs a maximum. */
export interface MemoryLimits {
  readonly initial: number
  readonly maximum?: number
  readonly shared?: boolean
}

/** A function's parameters and result. */
export interface Signature<P extends ReadonlyArray<ValueType>, R extends ValueType | undefined> {
  readonly params?: P
  readonly result?: R
  /** Whether the host sees the function, under its name. */
  readonly export?: boolean
}

/** The locals that hold a function's parameters. */
export type Params<P extends ReadonlyArray<ValueType>> = { readonly [K in keyof P]: Local<P[K]> }

const section = { custom: 0, type: 1, import: 2, function: 3, export: 7, code: 10 } as const
const kind = { function: 0, memory: 2, global: 3 } as const
const functionType = 0x60
const header = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])

export class Assembler {
  /** How its functions round sums of products. */
  readonly numerics: Numerics
  /** How wide the vectors are that its functions are written for. */
  readonly lanes: Lanes
  readonly #types = new Bytes(64)
  readonly #typeIndices = new Map<string, number>()
  readonly #imports = new Bytes(64)
  readonly #functions = new Bytes(64)
  readonly #exports = new Bytes(64)
  readonly #code = new Bytes(1 << 12)
  /** Buffers of function bodies, for reuse. */
  readonly #spare: Array<Bytes> = []
  readonly #names: Array<string> = []
  #importCount = 0
  #importedFunctions = 0
  #importedGlobals = 0
  #exportCount = 0

  constructor(numerics: Numerics = "portable", lanes: Lanes = 128) {
    this.numerics = numerics
    this.lanes = lanes
  }

  importMemory(module: string, name: string, { initial, maximum, shared = false }: MemoryLimits): void {
    this.#import(module, name, kind.memory)
    this.#imports.u8((maximum === undefined ? 0 : 1) | (shared ? 2 : 0))
    this.#imports.u32(initial)
    if (maximum !== undefined) this.#imports.u32(maximum)
  }

  /** A function of the host. Imports come before the module's own functions. */
  importFunction<const P extends ReadonlyArray<ValueType> = [], const R extends ValueType | undefined = undefined>(
    module: string,
    name: string,
    signature: Omit<Signature<P, R>, "export">,
  ): Func<P, R> {
    const { params = [] as never } = signature
    const result = signature.result as R
    if (this.#importedFunctions < this.#names.length) throw new Error("imports come before the module's own functions")
    this.#import(module, name, kind.function)
    this.#imports.u32(this.#typeIndex(params, result))
    this.#importedFunctions++
    return { index: this.#names.push(name) - 1, name, params, result }
  }

  /** A constant the host gives at instantiation. */
  importGlobal<T extends ValueType>(module: string, name: string, type: T): Value<T> {
    this.#import(module, name, kind.global)
    this.#imports.u8(typeCodes[type])
    this.#imports.u8(0)
    return new Value(type, structure["global.get"], "index", [], this.#importedGlobals++)
  }

  /** Adds a function. `body` writes it and returns its result, if it has one; it may add functions that it calls. */
  func<const P extends ReadonlyArray<ValueType> = [], const R extends ValueType | undefined = undefined>(
    name: string,
    signature: Signature<P, R>,
    body: (code: Code, params: Params<P>) => R extends ValueType ? Value<R> : void,
  ): Func<P, R> {
    const { params = [] as never } = signature
    const result = signature.result as R
    const own = this.#spare.pop() ?? new Bytes(1 << 12)
    const code = new Code(params, own, this)
    code.finish(this.#code, body(code, code.params as Params<P>) as Value | undefined)
    this.#spare.push(own)
    this.#functions.u32(this.#typeIndex(params, result))
    const index = this.#names.push(name) - 1
    if (signature.export) {
      this.#exports.name(name)
      this.#exports.u8(kind.function)
      this.#exports.u32(index)
      this.#exportCount++
    }
    return { index, name, params, result }
  }

  /** The bytes of the functions written so far. */
  get codeBytes(): number {
    return this.#code.length
  }

  /** The module as a host compiles it. Functions keep their names, for profiles and stack traces. */
  bytes(): Uint8Array<ArrayBuffer> {
    const out = new Bytes(this.#code.length + 4096)
    out.raw(header)
    const write = (id: number, count: number, content: Bytes) => {
      if (count === 0) return
      const vector = new Bytes(content.length + 8)
      vector.u32(count)
      vector.append(content)
      out.u8(id)
      out.vector(vector)
    }
    const ownFunctions = this.#names.length - this.#importedFunctions
    write(section.type, this.#typeIndices.size, this.#types)
    write(section.import, this.#importCount, this.#imports)
    write(section.function, ownFunctions, this.#functions)
    write(section.export, this.#exportCount, this.#exports)
    write(section.code, ownFunctions, this.#code)
    this.#writeNames(out)
    return out.copy()
  }

  #import(module: string, name: string, what: number): void {
    this.#imports.name(module)
    this.#imports.name(name)
    this.#imports.u8(what)
    this.#importCount++
  }

  #typeIndex(params: ReadonlyArray<ValueType>, result: ValueType | undefined): number {
    const key = `${params.join()}:${result ?? ""}`
    const known = this.#typeIndices.get(key)
    if (known !== undefined) return known
    this.#types.u8(functionType)
    this.#types.u32(params.length)
    for (const type of params) this.#types.u8(typeCodes[type])
    this.#types.u32(result === undefined ? 0 : 1)
    if (result !== undefined) this.#types.u8(typeCodes[result])
    const index = this.#typeIndices.size
    this.#typeIndices.set(key, index)
    return index
  }

  #writeNames(out: Bytes): void {
    const functionNames = 1
    const names = new Bytes()
    names.u32(this.#names.length)
    this.#names.forEach((name, index) => {
      names.u32(index)
      names.name(name)
    })
    const content = new Bytes(names.length + 16)
    content.name("name")
    content.u8(functionNames)
    content.vector(names)
    out.u8(section.custom)
    out.vector(content)
  }
}
