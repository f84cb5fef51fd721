/**
 * A loop over a program of its own: its kernels are inlined in the loop's body, and its arrays are in scratch memory. Constants are
 * read where they are; carries and rows of sequences are copied in, and kept rows are copied out. Threads share a loop whose
 * body treats the rows of a batch separately.
 */

import { fuse } from "../../../../compiler/Fuse.ts"
import { type MemoryPlan, planMemory } from "../../../../compiler/MemoryPlan.ts"
import { type Kernel, type Plan, reads, type Slot, type View } from "../../../../compiler/Plan.ts"
import type { Params, Program } from "../../../../language/Primitive.ts"
import { bytes } from "../../../../types/DType.ts"
import type { NDArray } from "../../../../types/NDArray.ts"
import * as Shape from "../../../../types/Shape.ts"
import type { Spec } from "../../../../types/ShapeError.ts"
import type { Code, Label } from "../../assembler/Code.ts"
import { f32, type I32, i32 } from "../../assembler/Value.ts"
import { firstAlone, firstStage, lastStage, oneThread, stageRange } from "../../threads/partition.ts"
import type { EmitContext } from "../loopNest.ts"
import { at, copyBytes, input, type Operand, type Operation, type PrimitiveKernel } from "./Operation.ts"
import { type Separate, separateRows, withRows } from "./separateRows.ts"

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

/** About how many rounds a loop has: a guard may end it long before its bound. */
const roundsOf = ({ guard, length }: Params["scan"]): number => (guard === undefined ? length : Math.min(length, 1024))

/** The limit of constant elements, because the code writes each one. */
const mostConstants = 1024

const constantsOf = ({ slots }: Plan): ReadonlyArray<readonly [slot: number, array: NDArray]> =>
  slots.flatMap(({ storage }, slot) => (storage.tag === "constant" ? [[slot, storage.array] as const] : []))

const viewBytes = ({ shape }: View): number => Shape.size(shape) * 4

const sizeOf = ({ dtype, shape }: Spec): number => Shape.size(shape) * bytes[dtype]

/** Writes an array's elements one by one. */
const writeConstant = (code: Code, address: number, { data, dtype }: NDArray): void =>
  data.forEach((x, i) => {
    const to = i32.const(address + i * bytes[dtype])
    if (dtype === "f32") code.f32.store(to, x)
    else if (dtype === "i32") code.i32.store(to, x)
    else code.i32.store8(to, x)
  })

/** Some of the rows that do not meet. */
interface Rows extends Separate {
  readonly first: number
  readonly count: number
}

/** The kernel of `scan`, with these kernels for its body. */
export const scanBy = (kernels: Kernels): PrimitiveKernel<"scan"> => {
  const bodyOf = (plan: Plan): Body => {
    const scratch = plan.kernels.reduce((most, kernel) => Math.max(most, kernels.scratchOf(kernel, plan.slots)), 0)
    return { plan, memory: planMemory(plan, 0, scratch) }
  }
  const bodies = new WeakMap<Program, Body>()
  const wholeOf = ({ params: { body } }: Operation<"scan">): Body => {
    const known = bodies.get(body)
    if (known !== undefined) return known
    const made = bodyOf(fuse(body, { hasParts: false }))
    bodies.set(body, made)
    return made
  }
  /** Bytes of a body's arrays, and of carries that are copied aside. */
  const bytesOf = ({ memory, plan }: Body, carries: number): number =>
    plan.outputs.slice(0, carries).reduce((end, output) => end + viewBytes(output), memory.bytes)
  const scratchOf = (operation: Operation<"scan">): number => bytesOf(wholeOf(operation), operation.params.carries)

  /** The whole loop; of its arrays with rows only the given ones, for which the body is planned. */
  const emitLoop = (context: EmitContext, operation: Operation<"scan">, body: Body, rows?: Rows): void => {
    const { code, team } = context
    const { carries, constants, guard, length, reverse }: Params["scan"] = operation.params
    const { memory, plan } = body
    const whole = wholeOf(operation).plan
    /** Of an array of so many bytes: those of the rows, and where they begin. */
    const part = (all: number): { readonly size: number; readonly from: number } =>
      rows === undefined ? { size: all, from: 0 } : { size: (all / rows.rows) * rows.count, from: (all / rows.rows) * rows.first }
    const inputSlots = operation.inputs.map((_, index) =>
      plan.slots.findIndex(({ storage }) => storage.tag === "input" && storage.index === index),
    )
    const given = new Map(
      inputSlots.slice(0, constants).map((slot, i) => {
        const operand = input(operation, i)
        const moved = rows?.byRow(i) === true ? part(sizeOf(operand)).from : 0
        return [slot, operand.address + moved] as const
      }),
    )
    const address = (slot: number): number => given.get(slot) ?? operation.scratch + (memory.addresses[slot] ?? 0)
    const inputAddress = (i: number): number => address(inputSlots[i] ?? -1)
    const sequences = operation.inputs.slice(constants + carries)
    const [carried, kept] = [plan.outputs.slice(0, carries), plan.outputs.slice(carries)]
    const copy = (to: I32, from: I32, count: number): void => copyBytes(code, to, from, count)
    const guarding = guard === undefined ? [] : [inputSlots[guard] ?? -1]
    const used = new Set([...plan.kernels.flatMap(reads), ...plan.outputs.map(({ slot }) => slot), ...guarding])
    const keptStart = operation.out.address + whole.outputs.slice(0, carries).reduce((sum, view) => sum + viewBytes(view), 0)
    const copyRows = (i: I32): void =>
      sequences.forEach(({ address, dtype, shape }: Operand, k) => {
        if (!used.has(inputSlots[constants + carries + k] ?? -1)) return
        const all = Shape.size(shape.slice(1)) * bytes[dtype]
        const { from, size } = part(all)
        copy(i32.const(inputAddress(constants + carries + k)), at(address + from, [i, all]), size)
      })
    const compute = (i: I32): void => {
      for (const kernel of plan.kernels)
        code.scope(() => kernels.emit({ ...context, team: oneThread, address }, kernel, plan.slots, operation.scratch))
      let to = keptStart
      kept.forEach((view, k) => {
        const all = viewBytes(whole.outputs[carries + k] ?? view)
        const { from, size } = part(all)
        copy(at(to + from, [i, all]), i32.const(address(view.slot)), size)
        to += all * length
      })
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

    const isOn = (): I32 => f32.ne(f32.load(i32.const(inputAddress(guard ?? 0))), 0)
    const round = (i: I32, end: Label): void => {
      copyRows(i)
      if (guard === undefined) compute(i)
      else if (guard >= constants + carries) code.if(isOn(), () => compute(i))
      else {
        // A guard that is not of a sequence stays as it is.
        code.brIf(end, i32.eqz(isOn()))
        compute(i)
      }
    }

    firstStage(code, team, () => {
      if (guard !== undefined) {
        // The rows of rounds that are skipped.
        const end = kept.reduce((sum, view) => sum + viewBytes(view) * length, keptStart)
        code.forAddress(keptStart, end, 4, (address) => code.i32.store(address, 0))
      }
      for (const [slot, array] of constantsOf(plan)) writeConstant(code, address(slot), array)
      carried.forEach((view, k) => {
        const { from } = part(viewBytes(whole.outputs[k] ?? view))
        copy(i32.const(inputAddress(constants + k)), i32.const(input(operation, constants + k).address + from), viewBytes(view))
      })
    })
    const { end, start } = stageRange(code, team, length)
    code.block((over) => code.for(start, end, 1, (i) => round(reverse ? code.let(i32.sub(length - 1, i)) : i, over)))
    lastStage(code, team, () => {
      let to = operation.out.address
      carried.forEach((view, k) => {
        const all = viewBytes(whole.outputs[k] ?? view)
        copy(i32.const(to + part(all).from), i32.const(inputAddress(constants + k)), viewBytes(view))
        to += all
      })
    })
  }

  const rowsOf = (operation: Operation<"scan">): Separate | undefined =>
    operation.params.guard === undefined ? separated(operation) : undefined
  const separated = (operation: Operation<"scan">): Separate | undefined =>
    separateRows(wholeOf(operation).plan, operation.params.constants)

  /**
   * Each part runs the loop for some rows, with arrays of its own. All parts have as many rows, so that one body fits them;
   * where they do not divide the rows, the last two have some in common, and write the same bits.
   */
  const emitParts = (context: EmitContext, operation: Operation<"scan">, separate: Separate): void => {
    const { code, module, team } = context
    const { rows } = separate
    const count = Math.ceil(rows / team.parts)
    const { plan } = wholeOf(operation)
    const body = bodyOf(withRows(plan, operation.params.constants, count))
    const size = Math.ceil(scratchOf(operation) / 16) * 16
    const fits = bytesOf(body, operation.params.carries) <= size
    const part = (number: number) =>
      module.func(`rows ${number}`, { params: ["i32"] }, (own, [stage]) => {
        const first = Math.min(number * count, rows - count)
        const inner = { ...context, code: own, team: { ...oneThread, stage, stages: team.stages } }
        const moved = { ...operation, scratch: operation.scratch + number * size }
        emitLoop(inner, moved, body, { ...separate, first, count })
      })
    if (!fits) firstAlone(code, team, () => emitLoop(context, operation, wholeOf(operation)))
    else
      code.switch(
        team.part,
        Array.from({ length: Math.min(team.parts, Math.ceil(rows / count)) }, (_, number) => {
          const func = part(number)
          return () => code.call(func, team.stage)
        }),
      )
  }

  const emit = (context: EmitContext, operation: Operation<"scan">): void => {
    const separate = context.team.parts > 1 ? rowsOf(operation) : undefined
    if (separate === undefined) emitLoop(context, operation, wholeOf(operation))
    else emitParts(context, operation, separate)
  }

  return {
    parallel: (operation) => rowsOf(operation) !== undefined,
    pieces: () => 1,
    stages: ({ params }) => roundsOf(params),
    fits: (operation) => {
      const { plan } = wholeOf(operation)
      const elements = constantsOf(plan).reduce((sum, [, { data }]) => sum + data.length, 0)
      return elements <= mostConstants && plan.kernels.every((kernel) => kernels.isCompiled(kernel, plan.slots))
    },
    scratch: scratchOf,
    work: (operation) => {
      const { plan } = wholeOf(operation)
      const once = plan.kernels.reduce((sum, kernel) => sum + kernels.work(kernel, plan.slots), 0)
      return Math.ceil((once * roundsOf(operation.params)) / Math.max(1, Shape.size(operation.out.shape)))
    },
    emit,
  }
}
