/** All kernels alike: their code, their work, their scratch memory, and whether they are compiled and shared. */

import { isCostly } from "../../../compiler/fuse/values.ts"
import { type Kernel, reads, type Slot, writes } from "../../../compiler/Plan.ts"
import * as Shape from "../../../types/Shape.ts"
import { bytesOf } from "../../../types/ShapeError.ts"
import { emitLoop, emitRegion } from "./loopKernel.ts"
import type { EmitContext } from "./loopNest.ts"
import type { EmitEpilogue } from "./primitives/Operation.ts"
import { primitiveKernels } from "./primitives/primitiveKernels.ts"
import { emitProduct, type Host, productPieces, productScratch, productStages } from "./productKernel.ts"
import { emitReduce } from "./reduceKernel.ts"
import { emitRowsOf } from "./rowsKernel.ts"

/** Whether a kernel is compiled to WebAssembly; the host computes the others. */
export const isCompiled = (kernel: Kernel, slots: ReadonlyArray<Slot>): boolean =>
  kernel.tag !== "single" || single.has(kernel, slots)

/** Whether threads can share a kernel; the first thread runs the others. */
export const isParallel = (kernel: Kernel, slots: ReadonlyArray<Slot>): boolean =>
  kernel.tag !== "single" || single.isParallel(kernel, slots)

/** Bytes of scratch memory that a kernel uses for each of so many threads. */
export const scratchOf = (kernel: Kernel, slots: ReadonlyArray<Slot>, threads = 1): number => {
  if (kernel.tag === "product") return productScratch(kernel, threads)
  return kernel.tag === "single" ? single.scratch(kernel, slots) : 0
}

/** About how many elementary operations a kernel takes. */
export const work = (kernel: Kernel, slots: ReadonlyArray<Slot>): number => {
  if (kernel.tag === "rows") return kernel.members.reduce((sum, member) => sum + work(member, slots), 0)
  if (kernel.tag === "loop" || kernel.tag === "reduce") {
    const each = kernel.terms.reduce((sum, term) => sum + (term.tag === "apply" && isCostly(term.primitive) ? 8 : 1), 0)
    return Shape.size(kernel.shape) * each
  }
  const own = kernel.tag === "single" ? single.work(kernel, slots) : 2 * Shape.size(kernel.batch) * kernel.m * kernel.n * kernel.k
  return own + (kernel.epilogue === undefined ? 0 : work(kernel.epilogue, slots))
}

/** Elementary operations that one thread does in a millisecond, in sums of products and in loops, and the bytes that it moves. */
const perMillisecond = { products: 2 ** 26, others: 2 ** 24, bytes: 2 ** 23 }

/** About how many milliseconds a kernel takes on one thread; on a slow machine it takes a few times as many. */
export const milliseconds = (kernel: Kernel, slots: ReadonlyArray<Slot>): number => {
  const moved = [...new Set([...reads(kernel), ...writes(kernel)])].reduce((sum, slot) => sum + bytesOf(slots[slot] as Slot), 0)
  const rate = kernel.tag === "product" || kernel.tag === "single" ? perMillisecond.products : perMillisecond.others
  return work(kernel, slots) / rate + moved / perMillisecond.bytes
}

/** How a kernel that takes long is divided, so that a run can be interrupted between two of its pieces. */
export interface Division {
  readonly pieces: number
  /** Whether each piece is a stage of the kernel's loop, and not a region of its result. */
  readonly byStages: boolean
}

/** The most pieces of a kernel. */
const mostPieces = 4096

/** How a kernel is divided into about so many pieces, or fewer where more would cost much. */
export const divisionOf = (
  kernel: Kernel,
  slots: ReadonlyArray<Slot>,
  host: Host,
  { atAnyCost = false, threads, wanted }: { readonly wanted: number; readonly threads: number; readonly atAnyCost?: boolean },
): Division => {
  const bound = Math.max(1, Math.min(mostPieces, Math.ceil(wanted)))
  const byStages = (count: number): Division => ({ pieces: Math.max(1, Math.min(bound, count)), byStages: true })
  const own = kernel.tag === "single" ? single.stages(kernel, slots) : undefined
  if (own !== undefined || !isParallel(kernel, slots)) return byStages(own ?? 1)
  const stages = kernel.tag === "product" ? productStages(kernel, threads) : 1
  if (stages >= bound) return byStages(stages)
  const isCheap = (pieces: number): boolean => atAnyCost || piecesOf(kernel, slots, host, threads * pieces) >= 1
  let pieces = bound
  while (pieces > 1 && !isCheap(pieces)) pieces = Math.floor(0.9 * pieces)
  return pieces > stages ? { pieces, byStages: false } : byStages(stages)
}

/** The most parts of a kernel for each thread: the smallest is an eighth of its share. */
const mostParts = 4

/** The smallest part of a shared kernel has so many times the least work of such a kernel: claiming it takes less time. */
const leastPart = 2

/** Into how many pieces the share of a thread can be divided at little cost. */
const piecesOf = (kernel: Kernel, slots: ReadonlyArray<Slot>, host: Host, threads: number): number => {
  if (kernel.tag === "product") return productPieces(kernel, host, threads)
  return kernel.tag === "single" ? single.pieces(kernel, slots, threads) : Number.POSITIVE_INFINITY
}

/** Parts of each share of a kernel; the smallest is one of `2 ** (parts - 1)` pieces of it (`threadRange`). */
export const partsOf = (
  kernel: Kernel,
  slots: ReadonlyArray<Slot>,
  host: Host,
  { minSharedWork, shares }: { readonly minSharedWork: number; readonly shares: number },
): number => {
  const worth = work(kernel, slots) / (shares * Math.max(1, leastPart * minSharedWork))
  const pieces = Math.max(1, Math.min(worth, piecesOf(kernel, slots, host, shares)))
  return Math.min(mostParts, 1 + Math.floor(Math.log2(pieces)))
}

/** Writes a compiled kernel; `scratch` is the address of memory for its threads. */
export const emitKernel = (context: EmitContext, kernel: Kernel, slots: ReadonlyArray<Slot>, scratch: number): void => {
  if (kernel.tag === "loop") emitLoop(context, kernel, slots)
  else if (kernel.tag === "reduce") emitReduce(context, kernel, slots)
  else if (kernel.tag === "rows") emitRowsOf(context, kernel, slots)
  else {
    const { epilogue } = kernel
    const emitEpilogue: EmitEpilogue | undefined =
      epilogue === undefined ? undefined : (region) => emitRegion(context, epilogue, slots, region)
    if (kernel.tag === "product") emitProduct(context, kernel, scratch, emitEpilogue)
    else single.emit(context, kernel, slots, scratch, emitEpilogue)
  }
}

const single = primitiveKernels({ scratchOf, work, isCompiled, emit: emitKernel })
