/**
 * WebAssembly as the host offers it, with the types that TypeScript keeps in its browser library only. Node and browsers
 * agree on this part.
 */
declare const moduleBrand: unique symbol

/** A compiled module. It can be posted to a worker. */
export interface WasmModule {
  readonly [moduleBrand]: true
}

/** A linear memory. When it grows without being shared, its former buffer is detached. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer
  /** By pages of 64 KiB; returns how many there were. Throws `RangeError` beyond the maximum. */
  readonly grow: (pages: number) => number
}

export type WasmFunction = (...args: ReadonlyArray<number | bigint>) => number | bigint | undefined

interface Host {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule
  readonly Instance: new (module: WasmModule, imports: Imports) => { readonly exports: Readonly<Record<string, WasmFunction>> }
  readonly Memory: new (limits: { readonly initial: number; readonly maximum?: number; readonly shared?: boolean }) => WasmMemory
  readonly validate: (bytes: Uint8Array<ArrayBuffer>) => boolean
}

/** What a module imports, by module name and name. */
export type Imports = Readonly<Record<string, Readonly<Record<string, WasmMemory | WasmFunction | number>>>>

const host = (globalThis as unknown as { readonly WebAssembly: Host }).WebAssembly

/** Compiles a module synchronously. Throws `CompileError`, which names the byte, when the module is not valid. */
export const compile = (bytes: Uint8Array<ArrayBuffer>): WasmModule => new host.Module(bytes)

/** The exported functions of a new instance. */
export const instantiate = (module: WasmModule, imports: Imports = {}): Readonly<Record<string, WasmFunction>> =>
  new host.Instance(module, imports).exports

/** A new zeroed memory. Throws `RangeError` when there is no room. */
export const memory = (limits: { readonly initial: number; readonly maximum?: number; readonly shared?: boolean }): WasmMemory =>
  new host.Memory(limits)

/** Whether this host understands a module. */
export const validate = (bytes: Uint8Array<ArrayBuffer>): boolean => host.validate(bytes)

/** Whether this thread may sleep: the main thread of a page may not. */
export const maySleep = (): boolean => {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1)
    return true
  } catch {
    return false
  }
}
