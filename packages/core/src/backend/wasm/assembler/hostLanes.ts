/**
 * How wide the lanes of this host are. V8 can pack two operations on neighbouring 128-bit halves into one 256-bit operation,
 * when it is asked to (docs/decisions/wide-lanes.md). The request holds for the whole process, its worker threads included, and
 * for all code that V8 optimizes after it. So the first program that is prepared for wide lanes makes it, and then tests whether
 * it took effect. Where it did not, and in pages, lanes are narrow. A wrong answer would cost speed and no bit.
 */
import { Assembler } from "./Assembler.ts"
import type { Code } from "./Code.ts"
import type { Lanes } from "./lanes.ts"
import { f32x4, type I32, type V128, v128 } from "./Value.ts"
import { compile, instantiate, memory, type WasmFunction } from "./webAssembly.ts"

/** The versions of V8 in which this was tried; they know both flags. */
const triedVersions = /^(13\.6|14\.1|14\.6)\.\d+\.\d+-node\./u

const packing = "experimental-wasm-revectorize"

/** A mask of the functions of a module that V8 optimizes at once, before their first call. */
const optimizedAtOnce = "wasm-tier-mask-for-testing"

type SetFlag = (flag: string) => void

/** Sets a flag of V8, where this is a Node whose V8 was built with the packing. V8 prints flags that it does not know. */
const flagSetter = (): SetFlag | undefined => {
  const { process } = globalThis
  const variables = process?.config?.variables as { readonly v8_enable_wasm_simd256_revec?: number } | undefined
  if (variables?.v8_enable_wasm_simd256_revec !== 1 || !triedVersions.test(process.versions.v8)) return undefined
  return process.getBuiltinModule?.("node:v8")?.setFlagsFromString
}

const pageBytes = 65536

/** x² + x in both halves of eight floats at `from`. */
const halves = (code: Code, from: I32): readonly [low: V128, high: V128] => {
  const [low, high] = [code.let(v128.load(from)), code.let(v128.load(from, 16))]
  const polynomial = (x: V128): V128 => f32x4.add(f32x4.mul(x, x), x)
  return [polynomial(low), polynomial(high)]
}

/** `packed` stores both halves side by side, which V8 packs; `apart` adds them, which it does not. */
const probe = (): Uint8Array<ArrayBuffer> => {
  const module = new Assembler()
  module.importMemory("engine", "memory", { initial: 1 })
  module.func("packed", { params: ["i32", "i32"], export: true }, (code, [from, to]) => {
    const [low, high] = halves(code, from)
    code.v128.store(to, high, 16)
    code.v128.store(to, low)
  })
  module.func("apart", { params: ["i32", "i32"], export: true }, (code, [from, to]) => {
    code.v128.store(to, f32x4.add(...halves(code, from)))
  })
  return module.bytes()
}

/** The byte of the module at which a call traps, or `undefined` if it does not trap. */
const trapOf = (call: () => void): number | undefined => {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = 1
    Error.prepareStackTrace = (_, sites) => sites[0]?.getPosition()
    call()
  } catch (error) {
    const position: unknown = (error as Error).stack
    return typeof position === "number" ? position : undefined
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    Error.prepareStackTrace = prepareStackTrace
  }
  return undefined
}

/**
 * Whether a function loads its two halves with one instruction: then it traps at the same byte of the module when only the upper
 * half lies outside memory as when both do.
 */
const loadsAtOnce = (f: WasmFunction): boolean => {
  const [both, upper] = [pageBytes, pageBytes - 16].map((from) => trapOf(() => f(from, 0)))
  return both !== undefined && both === upper
}

/** Numbers whose squares and sums need rounding. */
const numbers = Float32Array.from({ length: 8 }, (_, i) => (i - 3) * (1 + 2 ** -12) + 0.1)

/** Whether V8, as its flags are now, packs a program and computes the bits of 128-bit lanes. */
const packs = (setFlag: SetFlag): boolean => {
  setFlag(`--${optimizedAtOnce}=1`)
  try {
    const shared = memory({ initial: 1 })
    const { apart, packed } = instantiate(compile(probe()), { engine: { memory: shared } })
    if (apart === undefined || packed === undefined) return false
    const floats = new Float32Array(shared.buffer)
    floats.set(numbers)
    packed(0, 64)
    const isSame = numbers.every((x, i) => floats[16 + i] === Math.fround(Math.fround(x * x) + x))
    return isSame && loadsAtOnce(packed) && !loadsAtOnce(apart)
  } finally {
    setFlag(`--${optimizedAtOnce}=0`)
  }
}

/** The result of a test, or false if the host does not permit it. */
const holds = (test: () => boolean): boolean => {
  try {
    return test()
  } catch {
    return false
  }
}

/** Asks V8 to pack, and withdraws the request unless it takes effect. */
const request = (setFlag: SetFlag): boolean => {
  setFlag(`--${packing}`)
  const hasEffect = holds(() => packs(setFlag))
  if (!hasEffect) setFlag(`--no-${packing}`)
  return hasEffect
}

let known: boolean | undefined

/** Whether the host packs 128-bit operations into 256-bit ones. The first call requests it, for the whole process. */
export const packsLanes = (): boolean => {
  known ??= holds(() => {
    const setFlag = flagSetter()
    return setFlag !== undefined && request(setFlag)
  })
  return known
}

/** The variable of the environment that chooses the lanes of a process. */
export const lanesVariable = "ADJOINT_LANES"

/** The value of that variable, if it is set. */
export const lanesSetting = (): string | undefined => globalThis.process?.env?.[lanesVariable] || undefined

/** The lanes where no option chooses them: narrow ones, since V8's packing has open faults (docs/decisions/wide-lanes.md). */
export const usualLanes = (): Lanes => (lanesSetting() === "256" ? 256 : 128)

/** The lanes that this host uses where these are requested. */
export const offeredLanes = (wanted: Lanes): Lanes => (wanted === 256 && packsLanes() ? 256 : 128)

let readsNarrow = false

/** Makes reading outside programs use narrow lanes from now on, since an engine of this process does. */
export const readNarrow = (): void => {
  readsNarrow = true
}

/** The lanes of reading outside programs. */
export const lanesOfReading = (): Lanes => (readsNarrow ? 128 : usualLanes())
