/**
 * How wide the lanes of this host are. V8 can pack two operations on neighbouring 128-bit halves into one 256-bit operation,
 * when it is asked to (docs/decisions/wide-lanes.md). The request is a flag of the process. It is set while the engine compiles a
 * module for wide lanes, all functions of which V8 then optimizes at once, and no longer: other modules of the process are not
 * packed. The first such module is a test of whether the request takes effect. Where it does not, and in pages, lanes are narrow.
 */
import { Assembler } from "./Assembler.ts"
import type { Code } from "./Code.ts"
import type { Lanes } from "./lanes.ts"
import { f32x4, type I32, type V128, v128 } from "./Value.ts"
import { compile, instantiate, memory, type WasmFunction } from "./webAssembly.ts"

/** The versions of V8 in which this was tried; they know these flags. */
const triedVersions = /^(13\.6|14\.1|14\.6)\.\d+\.\d+-node\./u

/** How V8 compiles what is to be packed: with the packing and by the optimizing compiler, when a function is first called. And as usual. */
const settings: ReadonlyArray<readonly [name: string, packed: string, usual: string]> = [
  ["experimental-wasm-revectorize", "--experimental-wasm-revectorize", "--no-experimental-wasm-revectorize"],
  ["liftoff", "--no-liftoff", "--liftoff"],
]

type SetFlag = (flag: string) => void

/** Sets a flag of V8, where this is a Node whose V8 was built with the packing. V8 prints flags that it does not know. */
const flagSetter = (): SetFlag | undefined => {
  const { process } = globalThis
  const variables = process?.config?.variables as { readonly v8_enable_wasm_simd256_revec?: number } | undefined
  if (variables?.v8_enable_wasm_simd256_revec !== 1 || !triedVersions.test(process.versions.v8)) return undefined
  return process.getBuiltinModule?.("node:v8")?.setFlagsFromString
}

/** Does something while V8 packs what it compiles. Flags that the command line of the process sets are left as they are. */
const whilePacking = <A>(setFlag: SetFlag, work: () => A): A => {
  const given = globalThis.process?.execArgv ?? []
  const changed = settings.filter(
    ([name]) => !given.some((argument) => argument.startsWith("-") && argument.replaceAll("_", "-").includes(name)),
  )
  for (const [, packed] of changed) setFlag(packed)
  try {
    return work()
  } finally {
    for (const [, , usual] of changed) setFlag(usual)
  }
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

/** Whether V8, asked to, packs a program and computes the bits of 128-bit lanes. */
const packs = (setFlag: SetFlag): boolean => {
  const shared = memory({ initial: 1 })
  const module = whilePacking(setFlag, () => compile(probe()))
  const { apart, packed } = instantiate(module, { engine: { memory: shared } })
  if (apart === undefined || packed === undefined) return false
  const floats = new Float32Array(shared.buffer)
  floats.set(numbers)
  // V8 compiles a function when it is first called.
  whilePacking(setFlag, () => {
    apart(0, 128)
    packed(0, 64)
  })
  const isSame = numbers.every((x, i) => floats[16 + i] === Math.fround(Math.fround(x * x) + x))
  return isSame && loadsAtOnce(packed) && !loadsAtOnce(apart)
}

/** How to set flags, if this host packs; a host may also refuse the test. */
const findPacker = (): SetFlag | "none" => {
  try {
    const setFlag = flagSetter()
    return setFlag !== undefined && packs(setFlag) ? setFlag : "none"
  } catch {
    return "none"
  }
}

let packer: SetFlag | "none" | undefined

/** Whether the host packs 128-bit operations into 256-bit ones, if it is asked to. The first call tests it. */
export const packsLanes = (): boolean => {
  packer ??= findPacker()
  return packer !== "none"
}

/** Does something while V8 packs the modules that it compiles, where the host packs. */
export const packing = <A>(work: () => A): A =>
  packsLanes() && typeof packer === "function" ? whilePacking(packer, work) : work()

/**
 * Does something that compiles code for lanes: that for wide ones is packed where `packsLanes` has found that the host does it. V8
 * compiles a function when it is first called, so the first run of a module belongs to it.
 */
export const compilingFor = <A>(lanes: Lanes, work: () => A): A => {
  const setFlag = packer
  return lanes === 256 && typeof setFlag === "function" ? whilePacking(setFlag, work) : work()
}

/** The variable of the environment that chooses the lanes of a process. */
export const lanesVariable = "ADJOINT_LANES"

/** The value of that variable, if it is set. */
export const lanesSetting = (): string | undefined => globalThis.process?.env?.[lanesVariable] || undefined

/** The versions of V8 in which thousands of random programs had the same bits, packed and not (`pnpm fuzz-lanes`). */
const provenVersions = /^13\.6\.\d+\.\d+-node\./u

/** The lanes where no option chooses them: wide ones where V8's packing is proven (docs/decisions/wide-lanes.md). */
export const usualLanes = (): Lanes => {
  const setting = lanesSetting()
  if (setting !== undefined) return setting === "256" ? 256 : 128
  return provenVersions.test(globalThis.process?.versions?.v8 ?? "") ? 256 : 128
}

/** The lanes that this host uses where these are requested. */
export const offeredLanes = (wanted: Lanes): Lanes => (wanted === 256 && packsLanes() ? 256 : 128)

let readsNarrow = false

/** Makes reading outside programs use narrow lanes from now on, since an engine of this process does. */
export const readNarrow = (): void => {
  readsNarrow = true
}

/** The lanes of reading outside programs. */
export const lanesOfReading = (): Lanes => (readsNarrow ? 128 : usualLanes())
