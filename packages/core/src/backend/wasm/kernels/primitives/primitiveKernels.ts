/** The kernels of single primitives: each computes one dense array from dense arrays. */

import { compilerFactsOf, type WithKernel } from "../../../../compiler/compilerFacts.ts"
import type { Single } from "../../../../compiler/Plan.ts"
import { type ImagePrimitive, imagePrimitives, providedForImages } from "../../../../language/images.ts"
import { providedForLoops } from "../../../../language/loops.ts"
import type { Primitive } from "../../../../language/Primitive.ts"
import * as Shape from "../../../../types/Shape.ts"
import type { Spec } from "../../../../types/ShapeError.ts"
import type { EmitContext } from "../loopNest.ts"
import { argsort } from "./argsort.ts"
import { integerProduct } from "./integerProduct.ts"
import { concat, gather, pad } from "./moves.ts"
import type { EmitEpilogue, Operation, PrimitiveKernel } from "./Operation.ts"
import type { Kernels } from "./scan.ts"
import { scatterAdd } from "./scatterAdd.ts"
import { threefry } from "./threefry.ts"

/** The kernels of images. */
export type ImageKernels = { readonly [P in ImagePrimitive]: PrimitiveKernel<P> }

export const imageKernels = providedForImages<ImageKernels>()

/** The kernel of loops, from those that it contains. */
export const loopKernel = providedForLoops<(kernels: Kernels) => PrimitiveKernel<"scan">>()

/** A row for each primitive of which the compiler's facts say that it has a kernel of its own, and no others. */
type Table = { readonly [P in Exclude<WithKernel, ImagePrimitive | "scan">]: PrimitiveKernel<P> }

const table: Table = {
  threefry,
  pad,
  concat,
  gather,
  scatterAdd,
  dot: integerProduct,
  argsort,
}

const ofImages: ReadonlySet<Primitive> = new Set(imagePrimitives)

/** An operation with its kernel. */
interface Found {
  readonly kernel: PrimitiveKernel<Primitive>
  readonly operation: Operation
}

/** The kernels of single operations; those that contain other kernels get them from `kernels`. */
export const primitiveKernels = (kernels: Kernels) => {
  let loops: { readonly scan: PrimitiveKernel<"scan"> } | undefined
  const rowsFor = (primitive: Primitive): object => {
    if (ofImages.has(primitive)) return imageKernels.get()
    if (primitive !== "scan") return table
    loops ??= { scan: loopKernel.get()(kernels) }
    return loops
  }
  /** The kernel of an operation, if it has one. */
  const find = (
    { equation, inputs, slot }: Single,
    slots: ReadonlyArray<Spec>,
    address: (slot: number) => number = () => 0,
    scratch = 0,
  ): Found | undefined => {
    const { primitive } = equation
    if (compilerFactsOf(primitive).by !== "kernel") return undefined
    const kernel = Reflect.get(rowsFor(primitive), primitive) as PrimitiveKernel<Primitive>
    const from = inputs.map((view) => ({
      address: address(view.slot),
      shape: view.shape,
      dtype: slots[view.slot]?.dtype ?? "f32",
    }))
    const out = { ...equation.out, address: address(slot) }
    const operation: Operation = { params: equation.params, inputs: from, out, scratch }
    return (kernel.fits?.(operation) ?? true) ? { kernel, operation } : undefined
  }
  return {
    /** Whether an operation has a kernel here. */
    has: (kernel: Single, slots: ReadonlyArray<Spec>): boolean => find(kernel, slots) !== undefined,
    /** Whether threads share an operation's kernel. */
    isParallel: (kernel: Single, slots: ReadonlyArray<Spec>): boolean => {
      const found = find(kernel, slots)
      const parallel = found?.kernel.parallel ?? false
      return found !== undefined && typeof parallel === "function" ? parallel(found.operation) : parallel === true
    },
    /** Bytes of scratch memory that an operation's kernel uses for each thread. */
    scratch: (kernel: Single, slots: ReadonlyArray<Spec>): number => {
      const found = find(kernel, slots)
      return Math.ceil((found?.kernel.scratch?.(found.operation) ?? 0) / 16) * 16
    },
    /** Into how many pieces the share of a thread can be divided at little cost. */
    pieces: (kernel: Single, slots: ReadonlyArray<Spec>, threads: number): number => {
      const found = find(kernel, slots)
      return found?.kernel.pieces?.(found.operation, threads) ?? Number.POSITIVE_INFINITY
    },
    /** Into how many stages its loop can be divided; `undefined` for a kernel that is divided into regions of its result. */
    stages: (kernel: Single, slots: ReadonlyArray<Spec>): number | undefined => {
      const found = find(kernel, slots)
      return found?.kernel.stages?.(found.operation)
    },
    /** About how many elementary operations an operation takes. */
    work: (kernel: Single, slots: ReadonlyArray<Spec>): number => {
      const found = find(kernel, slots)
      return Shape.size(kernel.equation.out.shape) * (found?.kernel.work?.(found.operation) ?? 1)
    },
    /** Writes an operation's kernel; `scratch` is the address of memory for its threads. */
    emit: (context: EmitContext, kernel: Single, slots: ReadonlyArray<Spec>, scratch: number, epilogue?: EmitEpilogue): void => {
      const found = find(kernel, slots, context.address, scratch)
      found?.kernel.emit(context, found.operation, epilogue)
    },
  }
}
