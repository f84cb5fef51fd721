/**
 * Neighbouring loops and reductions that step through the same rows become one kernel, as the maximum, the exponentials, their sum
 * and the quotients of a softmax do: a row is then read from memory once, not once for each of them.
 */
import * as Shape from "../../types/Shape.ts"
import { type Kernel, type Loop, type Reduce, type Rows, reads, readsInRow, type Slot, writes } from "../Plan.ts"

/** The least elements of a row, so that its vectors are whole, and of all rows, so that they do not stay in the first-level cache. */
const leastRow = 16
const leastElements = 2 ** 14

/** A loop or a reduction along the last axes that steps through these rows. */
const memberOf = (kernel: Kernel | undefined, rows: Shape.Shape): Loop | Reduce | undefined => {
  if (kernel?.tag !== "loop" && kernel?.tag !== "reduce") return undefined
  const inner = Shape.size(kernel.shape.slice(rows.length))
  const isOver = kernel.shape.length >= rows.length && Shape.equals(kernel.shape.slice(0, rows.length), rows)
  if (!isOver || (inner > 1 && inner < leastRow)) return undefined
  return kernel.tag === "loop" || (kernel.kept === rows.length && isByRows(kernel)) ? kernel : undefined
}

const isByRows = ({ order, primitive }: Reduce): boolean => order === "rows" && primitive !== "argMax"

/** Whether each member reads what the others write in the same row only. */
const areSeparate = (members: ReadonlyArray<Loop | Reduce>, rows: Shape.Shape, slots: ReadonlyArray<Slot>): boolean => {
  const written = new Set(members.flatMap(writes))
  const count = Shape.size(rows)
  return members.every((member) =>
    reads(member).every(
      (slot) => !written.has(slot) || readsInRow(member, slot, rows, Shape.size(slots[slot]?.shape ?? []) / count),
    ),
  )
}

/** The plan's kernels, with those joined that step through the same rows. */
export const joinRows = (kernels: ReadonlyArray<Kernel>, slots: ReadonlyArray<Slot>): ReadonlyArray<Kernel> => {
  const joined: Array<Kernel> = []
  for (let i = 0; i < kernels.length; i++) {
    const kernel = kernels[i] as Kernel
    if (kernel.tag !== "reduce" || !isByRows(kernel)) {
      joined.push(kernel)
      continue
    }
    const shape = kernel.shape.slice(0, kernel.kept)
    const size = (slot: number): number => Shape.size(slots[slot]?.shape ?? [])
    /** Whether one of the members reads or writes a whole array that the kernel reads or writes. */
    const shares = (other: Kernel): boolean => {
      const own = new Set(members.flatMap((member) => [...reads(member), ...writes(member)]))
      return [...reads(other), ...writes(other)].some((slot) => own.has(slot) && size(slot) >= Shape.size(shape))
    }
    const members = [memberOf(kernel, shape)].filter((member) => member !== undefined)
    const extend = (other: Kernel | undefined, at: "after" | "before"): boolean => {
      const member = memberOf(other, shape)
      if (members.length === 0 || member === undefined || !shares(member)) return false
      const extended = at === "before" ? [member, ...members] : [...members, member]
      if (!areSeparate(extended, shape, slots)) return false
      members.splice(0, members.length, ...extended)
      return true
    }
    if (Shape.size(shape) > 1 && Shape.size(kernel.shape) >= leastElements) {
      while (extend(joined.at(-1), "before")) joined.pop()
      while (extend(kernels[i + 1], "after")) i++
    }
    joined.push(members.length > 1 ? ({ tag: "rows", shape, members } satisfies Rows) : kernel)
  }
  return joined
}
