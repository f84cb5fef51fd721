/**
 * The kernel of loops and reductions over the same rows: each member is a function, called for a block of rows after the other, so
 * that a block stays in the first-level cache from one member to the next.
 */
import type { Access, Loop, Reduce, Rows, Slot, Term } from "../../../compiler/Plan.ts"
import * as Shape from "../../../types/Shape.ts"
import type { I32 } from "../assembler/Value.ts"
import { inBlocks, oneThread, type Range, threadRange } from "../threads/partition.ts"
import { emitColumns, emitRows } from "./loopKernel.ts"
import { collapse, type EmitContext, nestShared, termAccesses } from "./loopNest.ts"
import { emitReduceRows } from "./reduceKernel.ts"

/** Elements of a block in one array: with those of two or three arrays it fills the first-level cache. */
const blockElements = 2 ** 12

/** Rows that a thread takes together: a vector of numbers that belong to a row. */
const grain = 4

/** The same rows over as few axes as possible. */
const merged = ({ members, shape }: Rows): Pick<Rows, "members" | "shape"> => {
  const rank = shape.length
  const outer = (terms: ReadonlyArray<Term>): ReadonlyArray<Access> =>
    termAccesses(terms).map(({ offset, strides }) => ({ offset, strides: strides.slice(0, rank) }))
  const joined = collapse({ shape, accesses: members.flatMap(({ terms }) => outer(terms)) })
  let next = 0
  const termOf = (term: Term): Term => {
    const strides = joined.accesses[next++]?.strides ?? []
    if (term.tag !== "load" && term.tag !== "index") return term
    return { ...term, access: { offset: term.access.offset, strides: [...strides, ...term.access.strides.slice(rank)] } }
  }
  return {
    shape: joined.shape,
    members: members.map((member) => {
      const own = { shape: [...joined.shape, ...member.shape.slice(rank)], terms: member.terms.map(termOf) }
      return member.tag === "loop" ? { ...member, ...own } : { ...member, ...own, kept: joined.shape.length }
    }),
  }
}

/** Writes a member for a range of rows at these indices of the axes before. */
const emitMember = (
  context: EmitContext,
  member: Loop | Reduce,
  slots: ReadonlyArray<Slot>,
  indices: ReadonlyArray<I32>,
  rows: Range,
): void => {
  const inner = member.shape.slice(indices.length + 1)
  if (member.tag === "reduce") emitReduceRows(context, member, slots, indices, rows)
  else if (Shape.size(inner) > 1) emitRows(context, member, slots, indices, rows)
  else emitColumns(context, { ...member, shape: member.shape.slice(0, indices.length + 1) }, slots, indices, rows)
}

/** Writes the kernel. */
export const emitRowsOf = (context: EmitContext, kernel: Rows, slots: ReadonlyArray<Slot>): void => {
  const { code, module, team } = context
  const { members, shape } = merged(kernel)
  const [outer, count] = [shape.slice(0, -1), shape.at(-1) ?? 1]
  const longest = Math.max(...members.map((member) => Shape.size(member.shape.slice(shape.length))))
  const block = Math.max(grain, Math.floor(blockElements / longest / grain) * grain)
  const params = ["thread", "start", "end", ...outer].map(() => "i32" as const)
  const functions = members.map((member) =>
    module.func(member.tag === "loop" ? "loop" : member.primitive, { params }, (own, given) => {
      const [thread, start, end, ...indices] = given as unknown as readonly [I32, I32, I32, ...ReadonlyArray<I32>]
      const inner = { ...context, code: own, team: { ...oneThread, thread, shares: team.shares, threads: team.threads } }
      emitMember(inner, member, slots, indices, { start, end })
    }),
  )
  const run = (indices: ReadonlyArray<I32>, range: Range): void =>
    inBlocks(code, range, count, block, (start, end) => {
      for (const func of functions) code.call(func, team.thread, start, end, ...indices)
    })
  if (outer.length === 0) run([], threadRange(code, team, count, grain))
  else nestShared(context, outer, (indices) => run(indices, { start: 0, end: count }))
}
