/**
 * A program as WebAssembly code: what it takes to run it, save memory. Code is the same for all programs of one signature,
 * so an engine that prepares one a second time need not write it again.
 */
import type { Spec } from "../../words/ShapeError.ts"
import { EngineError, type Job, OutOfMemory } from "../Executable.ts"
import { fuse } from "../Fuse.ts"
import { makeLruCache } from "../LruCache.ts"
import { type MemoryPlan, planMemory, slotBytes } from "../MemoryPlan.ts"
import type { Plan, Single, View } from "../Plan.ts"
import * as Signature from "../Signature.ts"
import { compile, type WasmModule } from "./assembler/webAssembly.ts"
import { isCompiled, work } from "./kernels/kernels.ts"
import { failedAt, type ModuleOptions, workspace, writeModule } from "./writeModule.ts"

/** An array's kind and shape, and its address in bytes. */
export interface ArrayLocation extends Spec {
  readonly address: number
}

/** Code, and where its arrays are in the memory that it is given. */
export interface Compiled {
  readonly module: WasmModule
  /** How large the module is. */
  readonly moduleBytes: number
  /** How much memory it works in. */
  readonly bytes: number
  readonly threads: number
  /** The address of the word that a thread sets when it cannot go on. */
  readonly failed: number
  readonly locations: ReadonlyArray<ArrayLocation>
  /** For each input of the program, its place. */
  readonly inputs: ReadonlyArray<number>
  /** Which constants of the program stand in which place. */
  readonly constants: ReadonlyArray<{ readonly place: number; readonly constant: number }>
  readonly outputs: ReadonlyArray<View>
  /** The kernels that the host does, by number. */
  readonly hostFallback: ReadonlyMap<number, Single>
  /** The largest arrays, the largest first. */
  readonly largest: OutOfMemory["largest"]
}

/** Makes code of a job for no more threads than these. Throws `EngineError` when it does not fit into one memory. */
export type Compile = (job: Job, options: ModuleOptions) => Compiled

/** The most one memory of WebAssembly holds: 4 GiB. */
const most = 2 ** 32

/**
 * A step is worth waking others for when it holds so many times the least work that a kernel shares: it takes some 35 µs
 * alone, and waking a thread that sleeps takes 24.
 */
const worthWaking = 16

const largestOf = (plan: Plan): OutOfMemory["largest"] =>
  plan.slots
    .map(({ dtype, shape }, slot) => ({ dtype, shape, bytes: slotBytes(plan, slot) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 3)

/** A job before code is written for it: its kernels, its memory, and how many threads it is worth. */
export interface Planned {
  readonly plan: Plan
  readonly memory: MemoryPlan
  readonly threads: number
}

/** Plans a job for no more threads than these. Throws `EngineError` when it does not fit into one memory. */
export const planJob = (
  { program, resident }: Job,
  { minSharedWork, threads: offered }: Omit<ModuleOptions, "numerics">,
): Planned => {
  const plan = fuse(program)
  const total = plan.kernels.reduce((sum, kernel) => sum + work(kernel, plan.slots), 0)
  const threads = total >= worthWaking * minSharedWork ? offered : 1
  const memory = planMemory(plan, resident, workspace(plan, threads))
  if (memory.bytes > most) {
    const cause = new OutOfMemory({ wanted: memory.bytes, most, largest: largestOf(plan) })
    throw new EngineError({ engine: "wasm", doing: "prepare a program", cause })
  }
  return { plan, memory, threads }
}

/** Makes code of a job. */
export const compileJob: Compile = (job, options) => {
  const { memory, plan, threads } = planJob(job, options)
  const written = writeModule(plan, memory, { ...options, threads })
  return {
    module: compile(written),
    moduleBytes: written.length,
    bytes: memory.bytes,
    threads,
    failed: failedAt(plan, threads),
    locations: plan.slots.map(({ dtype, shape }, slot) => ({ dtype, shape, address: memory.addresses[slot] ?? 0 })),
    inputs: plan.inputs.map((_, index) =>
      plan.slots.findIndex(({ storage }) => storage.tag === "input" && storage.index === index),
    ),
    constants: plan.slots.flatMap(({ storage }, place) =>
      storage.tag === "constant" ? [{ place, constant: storage.index }] : [],
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

/** What is kept at most, so that a process which never stops making new programs does not fill up with old code. */
const kept = { programs: 256, bytes: 2 ** 24 }

/** Code by signature; the code that was longest not asked for goes first. */
export const cachedCompile = (compile: Compile = compileJob, { bytes, programs } = kept): Compile => {
  const known = makeLruCache<Compiled>({ count: programs, bytes })
  return (job, options) => {
    const { minSharedWork, numerics, threads } = options
    const key = `${numerics} ${threads} ${minSharedWork} ${job.resident}\n${Signature.ofProgram(job.program)}`
    const found = known.get(key)
    if (found !== undefined) return found
    const compiled = compile(job, options)
    known.put(key, compiled, key.length + compiled.moduleBytes)
    return compiled
  }
}
