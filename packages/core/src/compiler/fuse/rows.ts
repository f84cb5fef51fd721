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

type Member = Loop | Reduce

/** The elements of a slot. */
type Size = (slot: number) => number

/** Whether each member reads what the others write in the same row only. */
const areSeparate = (members: ReadonlyArray<Member>, rows: Shape.Shape, size: Size): boolean => {
  const written = new Set(members.flatMap(writes))
  const count = Shape.size(rows)
  return members.every((member) =>
    reads(member).every((slot) => !written.has(slot) || readsInRow(member, slot, rows, size(slot) / count)),
  )
}

const slotsOf = (members: ReadonlyArray<Member>): ReadonlyArray<number> =>
  members.flatMap((member) => [...reads(member), ...writes(member)])

/** Whether a loop or a reduction reads or writes an array with rows that one of the others reads or writes. */
const shares = (member: Member, others: ReadonlyArray<Member>, rows: Shape.Shape, size: Size): boolean => {
  const known = new Set(slotsOf(others))
  return slotsOf([member]).some((slot) => known.has(slot) && size(slot) >= Shape.size(rows))
}

/** The plan's kernels, with those joined that step through the same rows: around each reduction as many as can be. */
export const joinRows = (kernels: ReadonlyArray<Kernel>, slots: ReadonlyArray<Slot>): ReadonlyArray<Kernel> => {
  const size: Size = (slot) => Shape.size(slots[slot]?.shape ?? [])
  const joined: Array<Kernel> = []
  for (let i = 0; i < kernels.length; i++) {
    const kernel = kernels[i] as Kernel
    const shape = kernel.tag === "reduce" ? kernel.shape.slice(0, kernel.kept) : []
    const first = Shape.size(shape) > 1 ? memberOf(kernel, shape) : undefined
    if (first === undefined || Shape.size(first.shape) < leastElements) {
      joined.push(kernel)
      continue
    }
    let members: ReadonlyArray<Member> = [first]
    const extend = (other: Kernel | undefined, extended: (member: Member) => ReadonlyArray<Member>): boolean => {
      const member = memberOf(other, shape)
      if (member === undefined || !shares(member, members, shape, size)) return false
      if (!areSeparate(extended(member), shape, size)) return false
      members = extended(member)
      return true
    }
    while (extend(joined.at(-1), (member) => [member, ...members])) joined.pop()
    while (extend(kernels[i + 1], (member) => [...members, member])) i++
    joined.push(members.length > 1 ? ({ tag: "rows", shape, members } satisfies Rows) : first)
  }
  return joined
}
