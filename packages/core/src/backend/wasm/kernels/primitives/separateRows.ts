/**
 * Plans in which the rows of a batch do not meet: each kernel computes row i of its results from row i of the arrays that have
 * rows, and from arrays that all rows share, as the body of a recurrent layer does. The plan of fewer rows is the same with
 * other sizes, so threads can each run a whole loop for some of the rows.
 */
import {
  type Access,
  type Kernel,
  type Loop,
  loopOf,
  type Matrix,
  membersOf,
  type Plan,
  type Slot,
  type Term,
} from "../../../../compiler/Plan.ts"
import type { Params } from "../../../../language/Primitive.ts"
import * as Shape from "../../../../types/Shape.ts"

/** Elements of a row. */
const rowSize = ({ shape }: { readonly shape: Shape.Shape }): number => Shape.size(shape.slice(1))

/** Whether an access over these axes, the first of which are the rows, stays in row i of an array with rows of this size. */
const staysInRow = ({ offset, strides }: Access, shape: Shape.Shape, size: number): boolean => {
  const [step, ...inner] = strides
  const reach = inner.map((stride, i) => stride * ((shape[i + 1] ?? 1) - 1))
  const lowest = reach.reduce((sum, x) => sum + Math.min(0, x), offset)
  const highest = reach.reduce((sum, x) => sum + Math.max(0, x), offset)
  return step === size && lowest >= 0 && highest < size
}

/** Which rows do not meet: how many there are, and which of the inputs that all rounds share have a row for each. */
export interface Separate {
  readonly rows: number
  readonly byRow: (input: number) => boolean
}

const termsOf = (kernel: Kernel): ReadonlyArray<Term> =>
  membersOf(kernel).flatMap((member) => (member.tag === "reduce" ? member.terms : (loopOf(member)?.terms ?? [])))

/** The slots that loops step through with their first axis. */
const steppedThrough = ({ kernels }: Plan): ReadonlySet<number> =>
  new Set(
    kernels.flatMap((kernel) =>
      termsOf(kernel).flatMap((term) => (term.tag === "load" && (term.access.strides[0] ?? 0) !== 0 ? [term.slot] : [])),
    ),
  )

const isShared = ({ storage }: Slot, shared: number): boolean =>
  storage.tag === "constant" || (storage.tag === "input" && storage.index < shared)

const isSeparate = ({ kernels, outputs, slots }: Plan, rows: number, shared: number, stepped: ReadonlySet<number>): boolean => {
  const slotOf = (slot: number): Slot => slots[slot] as Slot
  const hasRows = ({ shape }: { readonly shape: Shape.Shape }): boolean => shape[0] === rows
  /** Whether all rows read the same elements of a slot; the others have a row for each. */
  const isCommon = (slot: number): boolean => isShared(slotOf(slot), shared) && !stepped.has(slot)
  const reads = (term: Term, shape: Shape.Shape): boolean => {
    if (term.tag === "index") return term.access.strides[0] === 0
    return term.tag !== "load" || isCommon(term.slot) || staysInRow(term.access, shape, rowSize(slotOf(term.slot)))
  }
  const isLoop = (loop: Loop): boolean =>
    hasRows(loop) &&
    loop.terms.every((term) => reads(term, loop.shape)) &&
    loop.stores.every(({ slot }) => rowSize(slotOf(slot)) === rowSize(loop))
  const isLeft = ({ column, offset, row, slot }: Matrix, k: number): boolean =>
    !isCommon(slot) && staysInRow({ offset, strides: [row, column] }, [rows, k], rowSize(slotOf(slot)))
  const isKernel = (kernel: Kernel): boolean => {
    if (kernel.tag === "loop") return isLoop(kernel)
    if (kernel.tag === "product") {
      const { a, b, batch, epilogue, k, m } = kernel
      const isOwn = batch.length === 0 && m === rows && isLeft(a, k) && isCommon(b.slot)
      return isOwn && (epilogue === undefined || isLoop(epilogue))
    }
    if (kernel.tag === "reduce" || kernel.tag === "rows") return false
    const { equation, inputs } = kernel
    const { high, interior, low } = equation.params as unknown as Params["pad"]
    const isMove =
      equation.primitive === "concat"
        ? (equation.params as unknown as Params["concat"]).axis > 0
        : equation.primitive === "pad" && low[0] === 0 && high[0] === 0 && interior[0] === 0
    return isMove && inputs.every((view) => hasRows(view) && !isShared(slotOf(view.slot), shared))
  }
  return (
    slots.every((slot, i) => hasRows(slot) || isCommon(i)) &&
    slots.every(({ storage }, i) => storage.tag !== "constant" || isCommon(i)) &&
    outputs.every((view) => hasRows(view) && !isShared(slotOf(view.slot), shared)) &&
    kernels.every(isKernel)
  )
}

/** Whether and how rows of a plan do not meet, where rounds share the first inputs. */
export const separateRows = (plan: Plan, shared: number): Separate | undefined => {
  const rows = plan.outputs[0]?.shape[0] ?? 0
  const stepped = steppedThrough(plan)
  if (rows < 2 || !isSeparate(plan, rows, shared, stepped)) return undefined
  const byRow = (input: number): boolean =>
    plan.slots.some(({ storage }, slot) => storage.tag === "input" && storage.index === input && stepped.has(slot))
  return { rows, byRow }
}

/** The plan of fewer rows; inputs that rounds share keep their sizes. */
export const withRows = (plan: Plan, shared: number, rows: number): Plan => {
  const resized = <A extends { readonly shape: Shape.Shape }>(x: A): A => ({ ...x, shape: [rows, ...x.shape.slice(1)] })
  const kernelOf = (kernel: Kernel): Kernel => {
    if (kernel.tag === "loop" || kernel.tag === "reduce") return resized(kernel)
    if (kernel.tag === "rows") return { ...resized(kernel), members: kernel.members.map(resized) }
    const epilogue = kernel.epilogue === undefined ? {} : { epilogue: resized(kernel.epilogue) }
    if (kernel.tag === "product") return { ...kernel, m: rows, ...epilogue }
    const { equation, inputs } = kernel
    return { ...kernel, inputs: inputs.map(resized), equation: { ...equation, out: resized(equation.out) }, ...epilogue }
  }
  return {
    inputs: plan.inputs.map((input, i) => (i < shared ? input : resized(input))),
    slots: plan.slots.map((slot) => (isShared(slot, shared) ? slot : resized(slot))),
    kernels: plan.kernels.map(kernelOf),
    outputs: plan.outputs.map(resized),
  }
}
