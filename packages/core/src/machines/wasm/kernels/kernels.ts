/** What there is to know of any kernel: its code, how much it does, what memory it wants for itself, and who does it. */
import * as Shape from "../../../words/Shape.ts"
import { isCostly } from "../../fuse/values.ts"
import type { Kernel, Slot } from "../../Plan.ts"
import { emitLoop, emitPart } from "./loopKernel.ts"
import type { EmitContext } from "./loopNest.ts"
import type { EmitEpilogue } from "./primitives/Operation.ts"
import { primitiveKernels } from "./primitives/primitiveKernels.ts"
import { emitProduct, productScratch } from "./productKernel.ts"
import { emitReduce } from "./reduceKernel.ts"

/** Whether a kernel is written in WebAssembly; the others are done by the host. */
export const isCompiled = (kernel: Kernel, slots: ReadonlyArray<Slot>): boolean =>
  kernel.tag !== "single" || direct.has(kernel, slots)

/** Whether threads can share a kernel; the others are the first thread's. */
export const isParallel = (kernel: Kernel, slots: ReadonlyArray<Slot>): boolean =>
  kernel.tag !== "single" || direct.isParallel(kernel, slots)

/** Bytes of memory that a kernel uses for itself, for each thread. */
export const scratchOf = (kernel: Kernel, slots: ReadonlyArray<Slot>): number => {
  if (kernel.tag === "product") return productScratch(kernel)
  return kernel.tag === "single" ? direct.scratch(kernel, slots) : 0
}

/** About how many elementary operations a kernel does. */
export const work = (kernel: Kernel, slots: ReadonlyArray<Slot>): number => {
  if (kernel.tag === "loop" || kernel.tag === "reduce") {
    const each = kernel.terms.reduce((sum, term) => sum + (term.tag === "apply" && isCostly(term.primitive) ? 8 : 1), 0)
    return Shape.size(kernel.shape) * each
  }
  const own = kernel.tag === "single" ? direct.work(kernel, slots) : 2 * Shape.size(kernel.batch) * kernel.m * kernel.n * kernel.k
  return own + (kernel.epilogue === undefined ? 0 : work(kernel.epilogue, slots))
}

/** Writes a kernel that is not the host's; `scratch` is the address of memory for its threads. */
export const emitKernel = (context: EmitContext, kernel: Kernel, slots: ReadonlyArray<Slot>, scratch: number): void => {
  if (kernel.tag === "loop") emitLoop(context, kernel, slots)
  else if (kernel.tag === "reduce") emitReduce(context, kernel, slots)
  else {
    const { epilogue } = kernel
    const finish: EmitEpilogue | undefined =
      epilogue === undefined ? undefined : (part) => emitPart(context, epilogue, slots, part)
    if (kernel.tag === "product") emitProduct(context, kernel, scratch, finish)
    else direct.emit(context, kernel, slots, scratch, finish)
  }
}

const direct = primitiveKernels({ scratchOf, work, isCompiled, emit: emitKernel })
