/** All kernels alike: their code, their work, their scratch memory, and whether they are compiled and shared. */

import { isCostly } from "../../../compiler/fuse/values.ts"
import type { Kernel, Slot } from "../../../compiler/Plan.ts"
import * as Shape from "../../../types/Shape.ts"
import { emitLoop, emitRegion } from "./loopKernel.ts"
import type { EmitContext } from "./loopNest.ts"
import type { EmitEpilogue } from "./primitives/Operation.ts"
import { primitiveKernels } from "./primitives/primitiveKernels.ts"
import { emitProduct, type Host, productPieces, productScratch } from "./productKernel.ts"
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

/** The most parts of a kernel for each thread: the smallest is an eighth of its share. */
const mostParts = 4

/** The smallest part of a shared kernel has so many times the least work of such a kernel: claiming it takes less time. */
const leastPart = 2

/** Into how many pieces the share of a thread can be divided at little cost. */
const piecesOf = (kernel: Kernel, slots: ReadonlyArray<Slot>, host: Host, threads: number): number => {
  if (kernel.tag === "product") return productPieces(kernel, host, threads)
  return kernel.tag === "single" ? single.pieces(kernel, slots, threads) : Number.POSITIVE_INFINITY
}

/** Parts of a shared kernel for each thread; the smallest is one of `2 ** (parts - 1)` pieces of its share (`threadRange`). */
export const partsOf = (
  kernel: Kernel,
  slots: ReadonlyArray<Slot>,
  host: Host,
  { minSharedWork, threads }: { readonly minSharedWork: number; readonly threads: number },
): number => {
  const worth = work(kernel, slots) / (threads * Math.max(1, leastPart * minSharedWork))
  const pieces = Math.max(1, Math.min(worth, piecesOf(kernel, slots, host, threads)))
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
