/** The kernels of the primitives that are no loops: each takes dense arrays and makes one. */
import type { Primitive } from "../../../../language/Primitive.ts"
import * as Shape from "../../../../words/Shape.ts"
import type { Spec } from "../../../../words/ShapeError.ts"
import type { Single } from "../../../Plan.ts"
import type { Site } from "../loopNest.ts"
import { argsort } from "./argsort.ts"
import { conv, convInputGrad } from "./convolution.ts"
import { convKernelGrad } from "./kernelGradient.ts"
import { concat, gather, pad } from "./moves.ts"
import { type Kernels, scanBy } from "./scan.ts"
import { scatterAdd } from "./scatterAdd.ts"
import type { Direct, Finish, Step } from "./Operation.ts"
import { threefry } from "./threefry.ts"
import { wholeProduct } from "./integerProduct.ts"
import { windowMax, windowMaxGrad, windowMaxPick, windowSum, windowSumGrad } from "./windows.ts"

/** Primitives that have no row are loops, reductions or products, or nothing at all. */
type Table = { readonly [P in Primitive]?: Direct<P> }

const tableOf = (kernels: Kernels): Table => ({
  threefry,
  pad,
  concat,
  gather,
  scatterAdd,
  dot: wholeProduct,
  argsort,
  conv,
  convInputGrad,
  convKernelGrad,
  windowSum,
  windowSumGrad,
  windowMax,
  windowMaxGrad,
  windowMaxPick,
  scan: scanBy(kernels),
})

/** A step with its kernel. */
interface Found {
  readonly direct: Direct<Primitive>
  readonly step: Step
}

/** What is to be known of the kernels of single steps; those that hold others ask `kernels` for them. */
export const directKernels = (kernels: Kernels) => {
  const table = tableOf(kernels)
  /** The kernel of a step, if it has one. */
  const find = (
    { equation, inputs, slot }: Single,
    slots: ReadonlyArray<Spec>,
    address: (slot: number) => number = () => 0,
    scratch = 0,
  ): Found | undefined => {
    const direct = table[equation.primitive] as Direct<Primitive> | undefined
    if (direct === undefined) return undefined
    const from = inputs.map((view) => ({
      address: address(view.slot),
      shape: view.shape,
      dtype: slots[view.slot]?.dtype ?? "f32",
    }))
    const out = { ...equation.out, address: address(slot) }
    const step: Step = { params: equation.params, inputs: from, out, scratch }
    return (direct.fits?.(step) ?? true) ? { direct, step } : undefined
  }
  return {
    /** Whether a step has a kernel here. */
    has: (kernel: Single, slots: ReadonlyArray<Spec>): boolean => find(kernel, slots) !== undefined,
    /** Whether threads share a step's kernel. */
    isShared: (kernel: Single, slots: ReadonlyArray<Spec>): boolean => find(kernel, slots)?.direct.shared ?? false,
    /** Bytes of scratch memory that a step's kernel uses for each thread. */
    scratch: (kernel: Single, slots: ReadonlyArray<Spec>): number => {
      const found = find(kernel, slots)
      return Math.ceil((found?.direct.scratch?.(found.step) ?? 0) / 16) * 16
    },
    /** About how many elementary operations a step takes. */
    work: (kernel: Single, slots: ReadonlyArray<Spec>): number => {
      const found = find(kernel, slots)
      return Shape.size(kernel.equation.out.shape) * (found?.direct.work?.(found.step) ?? 1)
    },
    /** Writes a step's kernel; `scratch` is the address of memory for its threads. */
    emit: (site: Site, kernel: Single, slots: ReadonlyArray<Spec>, scratch: number, finish?: Finish): void => {
      const found = find(kernel, slots, site.address, scratch)
      found?.direct.emit(site, found.step, finish)
    },
  }
}
