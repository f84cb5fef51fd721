/**
 * A program compiled to WebAssembly: everything needed to run it except memory. All programs of one signature have the same code,
 * so an engine caches it.
 */

import { programWork } from "../../compiler/compilerFacts.ts"
import { fuse } from "../../compiler/Fuse.ts"
import { type MemoryPlan, planMemory, slotBytes } from "../../compiler/MemoryPlan.ts"
import type { Plan, Single, View } from "../../compiler/Plan.ts"
import * as Signature from "../../compiler/Signature.ts"
import type { Program } from "../../language/Primitive.ts"
import { inPieces, type Pieces, piecesOf } from "../../types/Pieces.ts"
import type { Spec } from "../../types/ShapeError.ts"
import { EngineError, type Job, OutOfMemory } from "../Executable.ts"
import { makeLruCache } from "../LruCache.ts"
import { compilingFor } from "./assembler/hostLanes.ts"
import type { Lanes } from "./assembler/lanes.ts"
import { compile, type WasmModule } from "./assembler/webAssembly.ts"
import { isCompiled, work } from "./kernels/kernels.ts"
import { isLong, usualLimits } from "./segments.ts"
import { failedAt, type ModuleOptions, workspace, writeModule } from "./writeModule.ts"

/** An array's dtype and shape, and its address in bytes. */
export interface ArrayLocation extends Spec {
  readonly address: number
}

/** Code, and the locations of its arrays in its memory. */
export interface Compiled {
  readonly module: WasmModule
  /** The size of the module in bytes. */
  readonly moduleBytes: number
  /** The memory it needs, in bytes. */
  readonly bytes: number
  readonly threads: number
  /** How many segments a run has, and whether each run is divided into them, not only the first one. */
  readonly segments: number
  readonly isLong: boolean
  /** The address of the word that a thread sets when it fails. */
  readonly failed: number
  readonly locations: ReadonlyArray<ArrayLocation>
  /** For each input of the program, the number of its location. */
  readonly inputs: ReadonlyArray<number>
  /** The constants of the program, each with the number of its location. */
  readonly constants: ReadonlyArray<{ readonly location: number; readonly constant: number }>
  readonly outputs: ReadonlyArray<View>
  /** The kernels that the host computes, by number. */
  readonly hostFallback: ReadonlyMap<number, Single>
  /** The largest arrays, the largest first. */
  readonly largest: OutOfMemory["largest"]
}

/** Compiles a job for at most `threads` threads, perhaps in pieces. Throws `EngineError` when it does not fit into one memory. */
export type Compile = (job: Job, options: ModuleOptions) => Compiled

/** The largest memory of WebAssembly: 4 GiB. */
const maxBytes = 2 ** 32

/**
 * A program runs on several threads if its work is at least this many times that of the smallest shared kernel. It takes some
 * 35 µs on one thread, and waking a sleeping thread takes 24.
 */
const worthWaking = 16

/**
 * The least work of a program that is written for wide lanes. One thread does it in some 25 µs, so that it takes hundreds of runs to
 * regain the milliseconds in which a process requests wide lanes and tests them.
 */
const worthPacking = 2 ** 20

/** The lanes that are worth it for a program where these are requested, if the host has them. */
export const lanesFor = (program: Program, wanted: Lanes): Lanes =>
  wanted === 256 && programWork(program) >= worthPacking ? 256 : 128

const largestOf = (plan: Plan): OutOfMemory["largest"] =>
  plan.slots
    .map(({ dtype, shape }, slot) => ({ dtype, shape, bytes: slotBytes(plan, slot) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 3)

/** A planned job: its kernels, its memory, and its number of threads. */
export interface Planned {
  readonly plan: Plan
  readonly memory: MemoryPlan
  readonly threads: number
}

function* planning(
  { program, resident }: Job,
  { limits, minSharedWork, threads: offered }: Pick<ModuleOptions, "limits" | "minSharedWork" | "threads">,
): Pieces<Planned> {
  const plan = yield* piecesOf(fuse, program)
  yield
  let total = 0
  for (const kernel of plan.kernels) {
    total += work(kernel, plan.slots)
    // Of a loop that plans the body.
    yield
  }
  const threads = total >= worthWaking * minSharedWork ? offered : 1
  const memory = yield* piecesOf(planMemory, plan, resident, workspace(plan, threads, limits))
  if (memory.bytes > maxBytes) {
    const cause = new OutOfMemory({ wanted: memory.bytes, limit: maxBytes, largest: largestOf(plan) })
    throw new EngineError({ engine: "wasm", doing: "prepare a program", cause })
  }
  return { plan, memory, threads }
}

/** Plans a job for at most `threads` threads, perhaps in pieces. Throws `EngineError` when it does not fit into one memory. */
export const planJob = inPieces(planning)

function* compiling(job: Job, options: ModuleOptions): Pieces<Compiled> {
  const { memory, plan, threads } = yield* piecesOf(planJob, job, options)
  const { bytes, segments } = yield* piecesOf(writeModule, plan, memory, { ...options, threads })
  yield
  const inputs = new Map(
    plan.slots.flatMap(({ storage }, slot) => (storage.tag === "input" ? [[storage.index, slot] as const] : [])),
  )
  return {
    module: compilingFor(options.lanes, () => compile(bytes)),
    moduleBytes: bytes.length,
    bytes: memory.bytes,
    threads,
    segments,
    isLong: segments > 1 && isLong(plan, options.limits ?? usualLimits),
    failed: failedAt(threads),
    locations: plan.slots.map(({ dtype, shape }, slot) => ({ dtype, shape, address: memory.addresses[slot] ?? 0 })),
    inputs: plan.inputs.map((_, index) => inputs.get(index) ?? -1),
    constants: plan.slots.flatMap(({ storage }, location) =>
      storage.tag === "constant" ? [{ location, constant: storage.index }] : [],
    ),
    outputs: plan.outputs,
    hostFallback: new Map(
      plan.kernels.flatMap((kernel, i) =>
        kernel.tag === "single" && !isCompiled(kernel, plan.slots) ? [[i, kernel] as const] : [],
      ),
    ),
    largest: largestOf(plan),
  }
}

/** Compiles a job. */
export const compileJob: Compile = inPieces(compiling)

/** The bounds of the cache, so that old code does not fill the memory of a process that keeps making new programs. */
const kept = { programs: 256, bytes: 2 ** 24 }

/** Compiles with an LRU cache by signature. */
export const cachedCompile = (compile: Compile = compileJob, { bytes, programs } = kept): Compile => {
  const known = makeLruCache<Compiled>({ count: programs, bytes })
  return inPieces(function* (job: Job, options: ModuleOptions): Pieces<Compiled> {
    const { lanes, minSharedWork, numerics, threads } = options
    const key = `${numerics} ${lanes} ${threads} ${minSharedWork} ${job.resident}\n${Signature.ofProgram(job.program)}`
    const found = known.get(key)
    if (found !== undefined) return found
    const compiled = yield* piecesOf(compile, job, options)
    known.put(key, compiled, key.length + compiled.moduleBytes)
    return compiled
  })
}
