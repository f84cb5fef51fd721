/**
 * A loop over a program of its own: its kernels are inlined in the loop's body, and its arrays are in scratch memory. Constants are
 * read where they are; carries and rows of sequences are copied in, and kept rows are copied out.
 */

import { fuse } from "../../../../compiler/Fuse.ts"
import { type MemoryPlan, planMemory } from "../../../../compiler/MemoryPlan.ts"
import type { Kernel, Plan, Slot, View } from "../../../../compiler/Plan.ts"
import type { Params, Program } from "../../../../language/Primitive.ts"
import { bytes } from "../../../../types/DType.ts"
import type { NDArray } from "../../../../types/NDArray.ts"
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i32 } from "../../assembler/Value.ts"
import type { EmitContext } from "../loopNest.ts"
import { at, copyBytes, input, type Operand, type Operation, type PrimitiveKernel } from "./Operation.ts"

/** What a kernel that contains kernels needs of them. */
export interface Kernels {
  readonly scratchOf: (kernel: Kernel, slots: ReadonlyArray<Slot>) => number
  readonly work: (kernel: Kernel, slots: ReadonlyArray<Slot>) => number
  /** Whether a kernel is compiled, not computed by the host. */
  readonly isCompiled: (kernel: Kernel, slots: ReadonlyArray<Slot>) => boolean
  readonly emit: (context: EmitContext, kernel: Kernel, slots: ReadonlyArray<Slot>, scratch: number) => void
}

/** The body of a loop, and the addresses of its arrays from the beginning of scratch memory on. */
interface Body {
  readonly plan: Plan
  readonly memory: MemoryPlan
}

/** The limit of constant elements, because the code writes each one. */
const mostConstants = 1024

const constantsOf = ({ slots }: Plan): ReadonlyArray<readonly [slot: number, array: NDArray]> =>
  slots.flatMap(({ storage }, slot) => (storage.tag === "constant" ? [[slot, storage.array] as const] : []))

const viewBytes = ({ shape }: View): number => Shape.size(shape) * 4

/** Writes an array's elements one by one. */
const writeConstant = (code: Code, address: number, { data, dtype }: NDArray): void =>
  data.forEach((x, i) => {
    const to = i32.const(address + i * bytes[dtype])
    if (dtype === "f32") code.f32.store(to, x)
    else if (dtype === "i32") code.i32.store(to, x)
    else code.i32.store8(to, x)
  })

/** The kernel of `scan`, with these kernels for its body. */
export const scanBy = (kernels: Kernels): PrimitiveKernel<"scan"> => {
  const bodies = new WeakMap<Program, Body>()
  const bodyOf = ({ params: { body } }: Operation<"scan">): Body => {
    const known = bodies.get(body)
    if (known !== undefined) return known
    const plan = fuse(body)
    const scratch = plan.kernels.reduce((most, kernel) => Math.max(most, kernels.scratchOf(kernel, plan.slots)), 0)
    const made = { plan, memory: planMemory(plan, 0, scratch) }
    bodies.set(body, made)
    return made
  }

  const emit = (context: EmitContext, operation: Operation<"scan">): void => {
    const { code } = context
    const { carries, constants, length, reverse }: Params["scan"] = operation.params
    const { memory, plan } = bodyOf(operation)
    const inputSlots = operation.inputs.map((_, index) =>
      plan.slots.findIndex(({ storage }) => storage.tag === "input" && storage.index === index),
    )
    const given = new Map(inputSlots.slice(0, constants).map((slot, i) => [slot, input(operation, i).address]))
    const address = (slot: number): number => given.get(slot) ?? operation.scratch + (memory.addresses[slot] ?? 0)
    const inputAddress = (i: number): number => address(inputSlots[i] ?? -1)
    const sequences = operation.inputs.slice(constants + carries)
    const [carried, kept] = [plan.outputs.slice(0, carries), plan.outputs.slice(carries)]
    const copy = (to: I32, from: I32, count: number): void => copyBytes(code, to, from, count)

    const round = (i: I32): void => {
      sequences.forEach(({ address: from, dtype, shape }: Operand, k) => {
        const row = Shape.size(shape.slice(1)) * bytes[dtype]
        copy(i32.const(inputAddress(constants + carries + k)), at(from, [i, row]), row)
      })
      for (const kernel of plan.kernels)
        code.scope(() => kernels.emit({ ...context, address }, kernel, plan.slots, operation.scratch))
      let to = operation.out.address + carried.reduce((sum, view) => sum + viewBytes(view), 0)
      for (const view of kept) {
        copy(at(to, [i, viewBytes(view)]), i32.const(address(view.slot)), viewBytes(view))
        to += viewBytes(view) * length
      }
      // A carry that is another's old value is copied before that is overwritten.
      let aside = operation.scratch + memory.bytes
      const sources = carried.map((view) => {
        const from = address(view.slot)
        if (plan.slots[view.slot]?.storage.tag !== "input") return from
        const copied = aside
        copy(i32.const(copied), i32.const(from), viewBytes(view))
        aside += viewBytes(view)
        return copied
      })
      carried.forEach((view, k) => {
        copy(i32.const(inputAddress(constants + k)), i32.const(sources[k] ?? 0), viewBytes(view))
      })
    }

    for (const [slot, array] of constantsOf(plan)) writeConstant(code, address(slot), array)
    carried.forEach((view, k) => {
      copy(i32.const(inputAddress(constants + k)), i32.const(input(operation, constants + k).address), viewBytes(view))
    })
    code.for(0, length, 1, (i) => round(reverse ? code.let(i32.sub(length - 1, i)) : i))
    let to = operation.out.address
    carried.forEach((view, k) => {
      copy(i32.const(to), i32.const(inputAddress(constants + k)), viewBytes(view))
      to += viewBytes(view)
    })
  }

  return {
    parallel: false,
    fits: (operation) => {
      const { plan } = bodyOf(operation)
      const elements = constantsOf(plan).reduce((sum, [, { data }]) => sum + data.length, 0)
      return elements <= mostConstants && plan.kernels.every((kernel) => kernels.isCompiled(kernel, plan.slots))
    },
    scratch: (operation) => {
      const { memory, plan } = bodyOf(operation)
      return plan.outputs.slice(0, operation.params.carries).reduce((end, output) => end + viewBytes(output), memory.bytes)
    },
    work: (operation) => {
      const { plan } = bodyOf(operation)
      const once = plan.kernels.reduce((sum, kernel) => sum + kernels.work(kernel, plan.slots), 0)
      return Math.ceil((once * operation.params.length) / Math.max(1, Shape.size(operation.out.shape)))
    },
    emit,
  }
}
