/**
 * A program as WebAssembly code: what it takes to run it, save memory. Code is the same for all programs of one signature,
 * so an engine that prepares one a second time need not write it again.
 */
import type { Spec } from "../../words/ShapeError.ts"
import { EngineError, type Job, OutOfMemory } from "../Executable.ts"
import { fuse } from "../Fuse.ts"
import { type MemoryPlan, planMemory, slotBytes } from "../MemoryPlan.ts"
import type { Plan, Single, View } from "../Plan.ts"
import { makeRecent } from "../LruCache.ts"
import * as Signature from "../Signature.ts"
import { compile, type WasmModule } from "./assembler/webAssembly.ts"
import { isOwn, work } from "./kernels/kernels.ts"
import { failedAt, type Workforce, workspace, writeModule } from "./writeModule.ts"

/** An array's kind and shape, and its address in bytes. */
export interface Place extends Spec {
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
  readonly places: ReadonlyArray<Place>
  /** For each input of the program, its place. */
  readonly inputs: ReadonlyArray<number>
  /** Which constants of the program stand in which place. */
  readonly constants: ReadonlyArray<{ readonly place: number; readonly constant: number }>
  readonly outputs: ReadonlyArray<View>
  /** The kernels that the host does, by number. */
  readonly outside: ReadonlyMap<number, Single>
  /** The largest arrays, the largest first. */
  readonly largest: OutOfMemory["largest"]
}

/** Makes code of a job for no more threads than these. Throws `EngineError` when it does not fit into one memory. */
export type Compile = (job: Job, workforce: Workforce) => Compiled

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
export const planJob = ({ program, resident }: Job, { least, threads: offered }: Omit<Workforce, "numerics">): Planned => {
  const plan = fuse(program)
  const total = plan.kernels.reduce((sum, kernel) => sum + work(kernel, plan.slots), 0)
  const threads = total >= worthWaking * least ? offered : 1
  const memory = planMemory(plan, resident, workspace(plan, threads))
  if (memory.bytes > most) {
    const cause = new OutOfMemory({ wanted: memory.bytes, most, largest: largestOf(plan) })
    throw new EngineError({ engine: "wasm", doing: "prepare a program", cause })
  }
  return { plan, memory, threads }
}

/** Makes code of a job. */
export const compileJob: Compile = (job, workforce) => {
  const { memory, plan, threads } = planJob(job, workforce)
  const written = writeModule(plan, memory, { ...workforce, threads })
  return {
    module: compile(written),
    moduleBytes: written.length,
    bytes: memory.bytes,
    threads,
    failed: failedAt(plan, threads),
    places: plan.slots.map(({ dtype, shape }, slot) => ({ dtype, shape, address: memory.addresses[slot] ?? 0 })),
    inputs: plan.inputs.map((_, index) => plan.slots.findIndex(({ home }) => home.tag === "input" && home.index === index)),
    constants: plan.slots.flatMap(({ home }, place) => (home.tag === "constant" ? [{ place, constant: home.index }] : [])),
    outputs: plan.outputs,
    outside: new Map(
      plan.kernels.flatMap((kernel, i) => (kernel.tag === "single" && !isOwn(kernel, plan.slots) ? [[i, kernel] as const] : [])),
    ),
    largest: largestOf(plan),
  }
}

/** What is kept at most, so that a process which never stops making new programs does not fill up with old code. */
const kept = { programs: 256, bytes: 2 ** 24 }

/** Code by signature; the code that was longest not asked for goes first. */
export const remembering = (compile: Compile = compileJob, { bytes, programs } = kept): Compile => {
  const known = makeRecent<Compiled>({ count: programs, bytes })
  return (job, workforce) => {
    const { least, numerics, threads } = workforce
    const key = `${numerics} ${threads} ${least} ${job.resident}\n${Signature.ofProgram(job.program)}`
    const found = known.get(key)
    if (found !== undefined) return found
    const compiled = compile(job, workforce)
    known.put(key, compiled, key.length + compiled.moduleBytes)
    return compiled
  }
}
