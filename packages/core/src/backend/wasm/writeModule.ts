/** From a plan to a WebAssembly module: one function for each kernel, and one that calls them in order. */
import type { MemoryPlan } from "../../compiler/MemoryPlan.ts"
import { nameOf, type Plan } from "../../compiler/Plan.ts"
import { Assembler } from "./assembler/Assembler.ts"
import type { Func } from "./assembler/Func.ts"
import type { Lanes } from "./assembler/lanes.ts"
import type { Numerics } from "./assembler/numerics.ts"
import { type I32, i32 } from "./assembler/Value.ts"
import { scratchBytes } from "./kernels/cascade.ts"
import { emitKernel, isCompiled, isParallel, scratchOf, work } from "./kernels/kernels.ts"
import type { EmitContext } from "./kernels/loopNest.ts"
import { emitBarrier, failedOffset, importWaiting, syncBytes } from "./threads/barrier.ts"
import { mostPages } from "./threads/sharedMemories.ts"

/** The layout of memory before a plan's slots: partial sums, the barrier, packed operands. */
interface Workspace {
  readonly sync: number
  readonly packed: number
  readonly end: number
}

/** The barrier has the same address in all programs of so many threads, since they may reuse a memory. */
const layout = ({ kernels, slots }: Plan, threads: number): Workspace => {
  const most = kernels.reduce((sofar, kernel) => Math.max(sofar, scratchOf(kernel, slots)), 0)
  const sync = scratchBytes * threads
  return { sync, packed: sync + syncBytes, end: sync + syncBytes + most * threads }
}

/** Bytes at the beginning of memory that the kernels of a plan use themselves. */
export const workspace = (plan: Plan, threads: number): number => layout(plan, threads).end

/** The address of the word that a thread sets when it fails. */
export const failedAt = (plan: Plan, threads: number): number => layout(plan, threads).sync + failedOffset

/** What a module is written for: how many threads, the least work of a kernel that they share, how it rounds, how wide its lanes are. */
export interface ModuleOptions {
  readonly threads: number
  readonly minSharedWork: number
  readonly numerics: Numerics
  readonly lanes: Lanes
}

/**
 * The bytes of a plan's module. It imports `engine.memory`; `engine.hostFallback`, which is called with the number of a kernel
 * that the host computes; and, for several threads, the imports of the barrier. It exports `run`, which every thread calls with
 * its number and which runs all kernels in order, and `commit`, which moves the new state to the old one's addresses. For several
 * threads it also exports `alone`, by which the first thread does the parts of all.
 */
export const writeModule = (
  plan: Plan,
  memory: MemoryPlan,
  { lanes, minSharedWork, numerics, threads }: ModuleOptions,
): Uint8Array<ArrayBuffer> => {
  const module = new Assembler(numerics, lanes)
  const pages = Math.ceil(memory.bytes / 65536)
  module.importMemory("engine", "memory", threads > 1 ? { initial: pages, maximum: mostPages, shared: true } : { initial: pages })
  const hostFallback = module.importFunction("engine", "hostFallback", { params: ["i32"] })
  const waiting = threads > 1 ? importWaiting(module) : undefined
  const { packed, sync } = layout(plan, threads)
  const kernels = plan.kernels.map((kernel, i) => {
    const shared = threads > 1 && isParallel(kernel, plan.slots) && work(kernel, plan.slots) >= minSharedWork
    const func = module.func(`${i} ${nameOf(kernel)}`, { params: ["i32"] }, (code, [thread]) => {
      const team = shared ? { thread: thread as I32, threads } : { thread: i32.const(0), threads: 1 }
      const context: EmitContext = { module, code, address: (slot) => memory.addresses[slot] ?? 0, team }
      if (isCompiled(kernel, plan.slots)) emitKernel(context, kernel, plan.slots, packed)
      else code.call(hostFallback, i)
    })
    return { shared, func }
  })
  const barrier: Func<[]> | undefined = waiting && emitBarrier(module, sync, threads, waiting)
  module.func("run", { params: ["i32"], export: true }, (code, [thread]) => {
    // No thread waits between two kernels that the first thread runs alone.
    let alone = false
    for (const [i, { func, shared }] of kernels.entries()) {
      if (i > 0 && barrier !== undefined && (shared || !alone)) code.call(barrier)
      alone = !shared
      if (shared || barrier === undefined) code.call(func, thread)
      else code.if(i32.eqz(thread), () => code.call(func, 0))
    }
    if (barrier !== undefined) code.call(barrier)
  })
  if (threads > 1)
    module.func("alone", { export: true }, (code) => {
      for (const { func, shared } of kernels)
        for (let thread = 0; thread < (shared ? threads : 1); thread++) code.call(func, thread)
    })
  module.func("commit", { export: true }, (code) => {
    for (const { bytes, from, to } of memory.moves) code.memory.copy(to, from, bytes)
  })
  return module.bytes()
}
