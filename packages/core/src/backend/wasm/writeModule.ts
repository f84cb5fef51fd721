/** From a plan to a WebAssembly module: one function for each kernel, and those that call them in order. */
import type { MemoryPlan } from "../../compiler/MemoryPlan.ts"
import { nameOf, type Plan } from "../../compiler/Plan.ts"
import { inPieces, type Pieces, piecesOf } from "../../types/Pieces.ts"
import { Assembler } from "./assembler/Assembler.ts"
import type { Code } from "./assembler/Code.ts"
import type { Func } from "./assembler/Func.ts"
import type { Lanes } from "./assembler/lanes.ts"
import type { Numerics } from "./assembler/numerics.ts"
import { type I32, i32 } from "./assembler/Value.ts"
import { scratchBytes } from "./kernels/cascade.ts"
import { type Division, emitKernel, isCompiled, isParallel, milliseconds, partsOf, scratchOf, work } from "./kernels/kernels.ts"
import type { EmitContext } from "./kernels/loopNest.ts"
import { divisionsOf, type SegmentLimits, segmentsOf, type Unit, usualLimits } from "./segments.ts"
import { emitRun, failedOffset, importWaiting, type Phase, syncBytes } from "./threads/claims.ts"
import { oneThread, type Team } from "./threads/partition.ts"
import { mostPages } from "./threads/sharedMemories.ts"

/** The layout of memory before a plan's slots: partial sums, the words that threads share, packed operands. */
interface Workspace {
  readonly sync: number
  readonly packed: number
  readonly end: number
}

/** The shared words have the same address in all programs of so many threads, since they may reuse a memory. */
const layout = (plan: Plan, threads: number, limits: SegmentLimits = usualLimits): Workspace => {
  const { kernels, slots } = plan
  const divisions = divisionsOf(plan, threads, limits)
  const most = kernels.reduce((sofar, kernel, i) => {
    const { byStages, pieces } = divisions[i] as Division
    return Math.max(sofar, scratchOf(kernel, slots, threads * (byStages ? 1 : pieces)))
  }, 0)
  const sync = scratchBytes * threads
  const packed = sync + syncBytes(threads)
  return { sync, packed, end: packed + most * threads }
}

/** Bytes at the beginning of memory that the kernels of a plan use themselves. */
export const workspace = (plan: Plan, threads: number, limits?: SegmentLimits): number => layout(plan, threads, limits).end

/** The address of the word that a thread sets when it fails. */
export const failedAt = (threads: number): number => scratchBytes * threads + failedOffset

/** What a module is written for: how many threads, the least work of a kernel that they share, how it rounds, how wide its lanes are. */
export interface ModuleOptions {
  readonly threads: number
  readonly minSharedWork: number
  readonly numerics: Numerics
  readonly lanes: Lanes
  /** The bounds of its segments; the usual ones unless given. */
  readonly limits?: SegmentLimits
  /** Code for the moments at which a thread may lose its core, for tests. */
  readonly interrupt?: (code: Code) => void
}

/** A module, and how many segments it has. */
export interface Written {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly segments: number
}

/** Who computes a part of a divided kernel that has so many parts for each thread. The parts of one piece follow those of another. */
const teamOf = (
  code: Code,
  { byStages, pieces }: Division,
  { perThread, threads }: { readonly perThread: number; readonly threads: number },
  [part, thread, isFirst]: readonly [I32, I32, I32],
): Team => {
  const parts = threads * perThread
  if (parts * pieces === 1) return oneThread
  const whole = { ...oneThread, part, parts, shares: threads, thread: threads === 1 ? i32.const(0) : thread, threads, isFirst }
  if (!byStages || pieces === 1) return { ...whole, parts: parts * pieces, shares: threads * pieces }
  const [stage, own] = parts === 1 ? [part, i32.const(0)] : [code.let(i32.div_u(part, parts)), code.let(i32.rem_u(part, parts))]
  return { ...whole, part: own, stage, stages: pieces }
}

/** A kernel's function, and how it is shared: by so many parts for each thread. */
interface WrittenKernel {
  readonly func: Func<readonly ["i32", "i32", "i32"]>
  readonly perThread: number
  readonly isShared: boolean
  readonly byHost: boolean
}

function* writing(plan: Plan, memory: MemoryPlan, options: ModuleOptions): Pieces<Written> {
  const { interrupt, lanes, limits = usualLimits, minSharedWork, numerics, threads } = options
  const module = new Assembler(numerics, lanes)
  const pages = Math.ceil(memory.bytes / 65536)
  module.importMemory("engine", "memory", threads > 1 ? { initial: pages, maximum: mostPages, shared: true } : { initial: pages })
  const hostFallback = module.importFunction("engine", "hostFallback", { params: ["i32"] })
  const waiting = threads > 1 ? importWaiting(module) : undefined
  const { packed, sync } = layout(plan, threads, limits)
  const divisions = divisionsOf(plan, threads, limits)
  const kernels: Array<WrittenKernel> = []
  const units: Array<Unit> = []
  for (const [i, kernel] of plan.kernels.entries()) {
    const byHost = !isCompiled(kernel, plan.slots)
    const isShared = threads > 1 && isParallel(kernel, plan.slots) && work(kernel, plan.slots) >= minSharedWork
    const division = divisions[i] as Division
    const { byStages, pieces } = division
    const shares = threads * (byStages ? 1 : pieces)
    const perThread = isShared ? partsOf(kernel, plan.slots, module, { minSharedWork, shares }) : 1
    const before = module.codeBytes
    const func = module.func(`${i} ${nameOf(kernel)}`, { params: ["i32", "i32", "i32"] }, (code, params) => {
      // No other thread computes anything while a kernel that is not shared runs, so it has the first thread's scratch memory.
      const team = teamOf(code, division, { perThread, threads: isShared ? threads : 1 }, params)
      const context: EmitContext = { module, code, address: (slot) => memory.addresses[slot] ?? 0, team }
      if (byHost) code.call(hostFallback, i)
      else emitKernel(context, kernel, plan.slots, packed)
    })
    kernels.push({ byHost, isShared, perThread, func })
    const bytes = module.codeBytes - before
    const elapsed = milliseconds(kernel, plan.slots) / pieces
    for (let piece = 0; piece < pieces; piece++)
      units.push({ kernel: i, piece, milliseconds: elapsed, bytes: piece === 0 ? bytes : 0, byHost })
    yield
  }
  const segments = segmentsOf(units, limits)
  yield
  const kernelOf = ({ kernel }: Unit) => kernels[kernel] as WrittenKernel
  if (waiting === undefined) {
    const all = segments.map((own, i) =>
      module.func(`segment ${i}`, { export: segments.length > 1 }, (code) => {
        for (const unit of own) code.call(kernelOf(unit).func, unit.piece, 0, unit.piece === 0 ? 1 : 0)
      }),
    )
    module.func("run", { export: true }, (code) => {
      for (const segment of all) code.call(segment)
    })
  } else {
    const phases: Array<Phase> = []
    const ends = segments.map((own) => {
      for (let i = 0; i < own.length; ) {
        // Kernels that are not shared are one part together.
        const from = i
        const isShared = kernelOf(own[i++] as Unit).isShared
        while (!isShared && i < own.length && !kernelOf(own[i] as Unit).isShared) i++
        const phase = own.slice(from, i)
        const { perThread } = kernelOf(phase[0] as Unit)
        const parts = isShared ? threads * perThread : 1
        phases.push({
          shares: isShared ? threads : 1,
          parts: perThread,
          byFirst: phase.some(({ byHost }) => byHost),
          emit: (code, part, thread, isFirst) => {
            for (const unit of phase)
              code.call(kernelOf(unit).func, unit.piece === 0 ? part : i32.add(part, unit.piece * parts), thread, isFirst)
          },
        })
      }
      return phases.length
    })
    yield* piecesOf(emitRun, module, { at: sync, threads, waiting, interrupt }, phases, ends)
  }
  module.func("commit", { export: true }, (code) => {
    for (const { bytes, from, to } of memory.moves) code.memory.copy(to, from, bytes)
  })
  yield
  return { bytes: module.bytes(), segments: Math.max(1, segments.length) }
}

/**
 * The module of a plan. It imports `engine.memory`, and `engine.hostFallback`, which is called with the number of a kernel
 * that the host computes. It exports `commit`, which moves the new state to the old one's addresses, and `run`, which runs all
 * kernels in order; where it has several segments also `segment 0` and so on, which together do what `run` does. For several threads
 * it also imports what waiting threads need, and exports `begin` and `alone` (see `emitRun`). It can be written in pieces.
 */
export const writeModule = inPieces(writing)
