/** From a plan to a WebAssembly module: one function for each kernel, and one that calls them in order. */
import type { MemoryPlan } from "../../compiler/MemoryPlan.ts"
import { nameOf, type Plan } from "../../compiler/Plan.ts"
import { Assembler } from "./assembler/Assembler.ts"
import type { Code } from "./assembler/Code.ts"
import type { Lanes } from "./assembler/lanes.ts"
import type { Numerics } from "./assembler/numerics.ts"
import { scratchBytes } from "./kernels/cascade.ts"
import { emitKernel, isCompiled, isParallel, partsOf, scratchOf, work } from "./kernels/kernels.ts"
import type { EmitContext } from "./kernels/loopNest.ts"
import { emitRun, failedOffset, importWaiting, type Phase, syncBytes } from "./threads/claims.ts"
import { oneThread } from "./threads/partition.ts"
import { mostPages } from "./threads/sharedMemories.ts"

/** The layout of memory before a plan's slots: partial sums, the words that threads share, packed operands. */
interface Workspace {
  readonly sync: number
  readonly packed: number
  readonly end: number
}

/** The shared words have the same address in all programs of so many threads, since they may reuse a memory. */
const layout = ({ kernels, slots }: Plan, threads: number): Workspace => {
  const most = kernels.reduce((sofar, kernel) => Math.max(sofar, scratchOf(kernel, slots, threads)), 0)
  const sync = scratchBytes * threads
  const packed = sync + syncBytes(threads)
  return { sync, packed, end: packed + most * threads }
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
  /** Code for the moments at which a thread may lose its core, for tests. */
  readonly interrupt?: (code: Code) => void
}

/**
 * The bytes of a plan's module. It imports `engine.memory`, and `engine.hostFallback`, which is called with the number of a kernel
 * that the host computes. It exports `commit`, which moves the new state to the old one's addresses, and `run`, which runs all
 * kernels in order. For several threads it also imports what waiting threads need, and exports `begin` and `alone` (see `emitRun`).
 */
export const writeModule = (plan: Plan, memory: MemoryPlan, options: ModuleOptions): Uint8Array<ArrayBuffer> => {
  const { interrupt, lanes, minSharedWork, numerics, threads } = options
  const module = new Assembler(numerics, lanes)
  const pages = Math.ceil(memory.bytes / 65536)
  module.importMemory("engine", "memory", threads > 1 ? { initial: pages, maximum: mostPages, shared: true } : { initial: pages })
  const hostFallback = module.importFunction("engine", "hostFallback", { params: ["i32"] })
  const waiting = threads > 1 ? importWaiting(module) : undefined
  const { packed, sync } = layout(plan, threads)
  const kernels = plan.kernels.map((kernel, i) => {
    const byHost = !isCompiled(kernel, plan.slots)
    const isShared = threads > 1 && isParallel(kernel, plan.slots) && work(kernel, plan.slots) >= minSharedWork
    const perThread = isShared ? partsOf(kernel, plan.slots, module, options) : 1
    const func = module.func(`${i} ${nameOf(kernel)}`, { params: ["i32", "i32", "i32"] }, (code, [part, thread, isFirst]) => {
      // No other thread computes anything while a kernel that is not shared runs, so it has the first thread's scratch memory.
      const team = isShared ? { part, parts: threads * perThread, thread, threads, isFirst } : oneThread
      const context: EmitContext = { module, code, address: (slot) => memory.addresses[slot] ?? 0, team }
      if (byHost) code.call(hostFallback, i)
      else emitKernel(context, kernel, plan.slots, packed)
    })
    return { byHost, isShared, perThread, func }
  })
  if (waiting === undefined)
    module.func("run", { export: true }, (code) => {
      for (const { func } of kernels) code.call(func, 0, 0, 1)
    })
  else {
    const phases: Array<Phase> = []
    for (let i = 0; i < kernels.length; ) {
      // Kernels that are not shared are one part together.
      const from = i
      const shared = kernels[i++]?.isShared === true
      while (!shared && kernels[i]?.isShared === false) i++
      const own = kernels.slice(from, i)
      phases.push({
        shares: shared ? threads : 1,
        parts: own[0]?.perThread ?? 1,
        byFirst: own.some(({ byHost }) => byHost),
        emit: (code, part, thread, isFirst) => {
          for (const { func } of own) code.call(func, part, thread, isFirst)
        },
      })
    }
    emitRun(module, { at: sync, threads, waiting, interrupt }, phases)
  }
  module.func("commit", { export: true }, (code) => {
    for (const { bytes, from, to } of memory.moves) code.memory.copy(to, from, bytes)
  })
  return module.bytes()
}
