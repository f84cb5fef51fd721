/**
 * An address in one memory for each slot of a plan. Inputs and constants keep theirs; other slots occupy memory from the kernel
 * that writes them to the last that reads them, so memory is reused: by a loop at once, element by element, where it is the last
 * reader. State that a step replaces is replaced in place where nothing reads the old state any more.
 */
import { bytes } from "../types/DType.ts"
import { inPieces, type Pieces } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"
import { lowerBound } from "./lowerBound.ts"
import { type Kernel, loopOf, membersOf, type Plan, reads, readsInPlace, readsInRow, writes } from "./Plan.ts"

/** A copy of bytes at the end of a step, from an output to the state that it becomes. */
export interface Move {
  readonly from: number
  readonly to: number
  readonly bytes: number
}

/** The addresses of a plan's slots, the moves that end a step, and how much memory it takes in all. */
export interface MemoryPlan {
  readonly addresses: ReadonlyArray<number>
  readonly moves: ReadonlyArray<Move>
  readonly bytes: number
}

/** Slots begin and end on whole vectors, so that loops need not stop short of one. */
const vector = 16

/** Kernels may read, but not write, so many bytes beyond a slot's end. */
const slack = 64

const roundUp = (n: number): number => Math.ceil(n / vector) * vector

/** Bytes a slot takes. */
export const slotBytes = ({ slots }: Plan, slot: number): number => {
  const found = slots[slot]
  return found === undefined ? 0 : roundUp(Math.max(1, Shape.size(found.shape)) * bytes[found.dtype])
}

/** The slot whose memory a slot is in: itself, unless it is a part of another. */
const wholeOf = ({ slots }: Plan, slot: number): number => {
  const storage = slots[slot]?.storage
  return storage?.tag === "part" ? storage.of : slot
}

/** For each slot, the kernel that writes it first and the kernel that reads it or a part of it last, by number. */
interface Lifetimes {
  readonly written: ReadonlyMap<number, number>
  readonly read: ReadonlyMap<number, number>
}

const lifetimesOf = (plan: Plan): Lifetimes => {
  const [written, read] = [new Map<number, number>(), new Map<number, number>()]
  plan.kernels.forEach((kernel, i) => {
    for (const slot of writes(kernel)) if (!written.has(slot)) written.set(slot, i)
    for (const slot of reads(kernel)) read.set(wholeOf(plan, slot), i)
  })
  return { written, read }
}

/** For each output that may overwrite the state it replaces, that state's slot. */
const replaceable = (
  { kernels, outputs, slots }: Plan,
  resident: number,
  { read, written }: Lifetimes,
  given: ReadonlySet<number>,
  hasParts: (slot: number) => boolean,
): ReadonlyMap<number, number> => {
  const inputSlot = new Map(
    slots.flatMap(({ storage }, slot) => (storage.tag === "input" ? [[storage.index, slot] as const] : [])),
  )
  const found = new Map<number, number>()
  for (let i = 0; i < resident; i++) {
    const [output, input] = [outputs[i]?.slot, inputSlot.get(i)]
    if (output === undefined || input === undefined || slots[output]?.storage.tag !== "own" || found.has(output)) continue
    const at = written.get(output) ?? -1
    const kernel = kernels[at]
    const last = read.get(input) ?? -1
    const members = kernel === undefined ? [] : membersOf(kernel)
    const writer = members.find((member) => loopOf(member)?.stores.some(({ slot }) => slot === output))
    if (writer === undefined || given.has(input) || last > at) continue
    const others = members.filter((member) => member !== writer && reads(member).includes(input))
    if (last < at || (others.length === 0 && !hasParts(input) && readsInPlace(writer, input))) found.set(output, input)
  }
  return found
}

/** For each store that may overwrite a slot which its kernel reads at the same elements, and which nothing reads again: that slot. */
const overwritten = (
  plan: Plan,
  kernel: Kernel,
  isLast: (slot: number) => boolean,
  isPlaced: (slot: number) => boolean,
): ReadonlyMap<number, number> => {
  const sizes = (slot: number): string => `${bytes[plan.slots[slot]?.dtype ?? "f32"]} ${slotBytes(plan, slot)}`
  const over = new Map<number, number>()
  const members = membersOf(kernel)
  members.forEach((member, i) => {
    /** Whether the members before read a slot in the row that is about to be overwritten, and those after not at all. */
    const isDone = (slot: number): boolean =>
      members.every((other, k) => {
        if (k === i || !reads(other).includes(slot)) return true
        if (k > i || kernel.tag !== "rows" || (other.tag !== "loop" && other.tag !== "reduce")) return false
        return readsInRow(other, slot, kernel.shape, Shape.size(plan.slots[slot]?.shape ?? []) / Shape.size(kernel.shape))
      })
    const taken = new Set(over.values())
    const free = new Set(
      reads(member).filter((slot) => isLast(slot) && !taken.has(slot) && readsInPlace(member, slot) && isDone(slot)),
    )
    for (const { slot } of loopOf(member)?.stores ?? []) {
      const old = isPlaced(slot) ? undefined : [...free].find((other) => sizes(other) === sizes(slot))
      if (old === undefined) continue
      free.delete(old)
      over.set(slot, old)
    }
  })
  return over
}

interface Free {
  start: number
  end: number
}

/** Allocates ranges of one growing memory, lowest address first. Free ranges are sorted, not empty, and do not touch. */
const allocator = (start: number) => {
  let end = start
  const free: Array<Free> = []
  return {
    end: () => end,
    take: (size: number): number => {
      const i = free.findIndex((range) => range.end - range.start >= size)
      const gap = free[i]
      if (gap !== undefined) {
        const at = gap.start
        gap.start += size
        if (gap.start === gap.end) free.splice(i, 1)
        return at
      }
      const last = free.at(-1)
      // A gap at the end of memory grows.
      if (last !== undefined && last.end === end) {
        const at = last.start
        free.pop()
        end = at + size
        return at
      }
      end += size
      return end - size
    },
    give: (at: number, size: number): void => {
      const i = lowerBound(free, ({ start }) => start < at)
      const [before, after] = [free[i - 1], free[i]]
      if (before?.end === at) {
        before.end = at + size
        if (after?.start === before.end) {
          before.end = after.end
          free.splice(i, 1)
        }
      } else if (after?.start === at + size) after.start = at
      else free.splice(i, 0, { start: at, end: at + size })
    },
  }
}

/** Kernels between two pieces of planning. */
const kernelsOfPiece = 16

function* planning(plan: Plan, resident: number, start: number): Pieces<MemoryPlan> {
  const { kernels, outputs, slots } = plan
  const addresses = new Array<number>(slots.length).fill(-1)
  const memory = allocator(roundUp(start))
  // No kernel writes a slot without elements.
  slots.forEach(({ storage, shape }, slot) => {
    const isFixed = storage.tag === "input" || storage.tag === "constant"
    if (isFixed || Shape.size(shape) === 0) addresses[slot] = memory.take(slotBytes(plan, slot))
  })
  const wholes = new Set(slots.flatMap(({ storage }) => (storage.tag === "part" ? [storage.of] : [])))
  const hasParts = (slot: number): boolean => wholes.has(slot)
  const lifetimes = lifetimesOf(plan)
  const given = new Set(outputs.map(({ slot }) => slot))
  const replaces = replaceable(plan, resident, lifetimes, given, hasParts)
  yield
  for (const [i, kernel] of kernels.entries()) {
    if (i % kernelsOfPiece === 0) yield
    const isLast = (slot: number): boolean =>
      slots[slot]?.storage.tag === "own" && !given.has(slot) && (lifetimes.read.get(slot) ?? i) === i
    const over = overwritten(
      plan,
      kernel,
      (slot) => isLast(slot) && !hasParts(slot),
      (slot) => replaces.has(slot),
    )
    for (const slot of writes(kernel)) {
      const reused = replaces.get(slot) ?? over.get(slot)
      addresses[slot] = reused === undefined ? memory.take(slotBytes(plan, slot)) : (addresses[reused] ?? -1)
    }
    const handedOn = new Set(over.values())
    for (const slot of new Set([...reads(kernel), ...writes(kernel)].map((slot) => wholeOf(plan, slot))))
      if (isLast(slot) && !handedOn.has(slot)) memory.give(addresses[slot] ?? -1, slotBytes(plan, slot))
  }
  slots.forEach(({ dtype, shape, storage }, slot) => {
    if (storage.tag === "part" && Shape.size(shape) > 0)
      addresses[slot] = (addresses[storage.of] ?? -1) + storage.offset * bytes[dtype]
  })
  // State that is not replaced in place is moved at the end of a step: by way of spare memory where the output is itself old state.
  const first: Array<Move> = []
  const second: Array<Move> = []
  slots.forEach(({ storage }, slot) => {
    if (storage.tag !== "input" || storage.index >= resident) return
    const from = outputs[storage.index]?.slot
    if (from === undefined || addresses[from] === addresses[slot]) return
    const size = slotBytes(plan, slot)
    const to = addresses[slot] ?? -1
    if (slots[from]?.storage.tag === "input") {
      const spare = memory.take(size)
      first.push({ from: addresses[from] ?? -1, to: spare, bytes: size })
      second.push({ from: spare, to, bytes: size })
    } else second.push({ from: addresses[from] ?? -1, to, bytes: size })
  })
  return { addresses, moves: [...first, ...second], bytes: memory.end() + slack }
}

/**
 * The memory of a plan from `start` on, whose first `resident` inputs are state that its first outputs replace. It can be planned in
 * pieces.
 */
export const planMemory = inPieces(planning)
