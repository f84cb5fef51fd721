/** The kernel of an elementwise loop: every store's term, four elements at a time. */

import type { Access, Loop, Slot } from "../../../compiler/Plan.ts"
import { factsOf } from "../../../language/primitiveFacts.ts"
import * as Shape from "../../../types/Shape.ts"
import type { Code } from "../assembler/Code.ts"
import { type I32, i32, smaller, type V128 } from "../assembler/Value.ts"
import { lastAlone, type Range, type Region, threadRange } from "../threads/partition.ts"
import { isUniform } from "./lanes.ts"
import {
  acrossRows,
  type Count,
  collapse,
  type EmitContext,
  emitTerms,
  locate,
  nest,
  nestShared,
  onePart,
  type Part,
  type Row,
  rowOf,
  secondOf,
  store,
  termAccesses,
  termRows,
  wholeParts,
} from "./loopNest.ts"
import { at } from "./primitives/Operation.ts"
import { inStoreOrder } from "./vectors.ts"

/** Elements of a cache line: no two threads write to the same one. */
const line = 16

/** The most terms of a body with functions that is written out for several vectors. */
const mostInterleaved = 64

/** The most vectors that several rows fill together, and the most terms that are written out for them. */
const mostVectors = 8
const mostWritten = 128

/**
 * How many short rows fill whole vectors together, where it pays to take so many at once. Rows of an odd number of vectors go in
 * pairs where hosts pack those; no host packs a vector over the ends of rows.
 */
const rowsTogether = (
  { lanes }: Code,
  shape: Shape.Shape,
  accesses: ReadonlyArray<Access>,
  terms: number,
): number | undefined => {
  const [many = 1, length = 1] = shape.slice(-2)
  const odd = length % 8 !== 0 && lanes === 256
  const rows = length % 4 === 0 ? (odd ? 2 : 1) : length % 2 === 0 ? 2 : 4
  const forwards = accesses.every(({ strides }) => strides.every((stride) => stride >= 0))
  const vectors = (rows * length) / 4
  const few = vectors <= mostVectors && vectors * terms <= mostWritten
  return shape.length >= 2 && rows > 1 && many >= rows && few && forwards ? rows : undefined
}

/**
 * How many vectors an iteration computes: two where the host packs them into one operation, one where it does not. Of functions,
 * whose instructions wait for each other's results, it computes four times as many in step.
 */
const vectorsAtOnce = ({ lanes }: Code, { terms }: Loop): number => {
  const applied = terms.flatMap((term) => (term.tag === "apply" ? [term] : []))
  if (!applied.every((term) => isUniform(term.primitive, secondOf(term, terms)))) return 1
  const packed = lanes === 256 ? 2 : 1
  const hasFunctions = applied.some(({ primitive }) => factsOf(primitive).cost === "function")
  return hasFunctions && terms.length <= mostInterleaved ? 4 * packed : packed
}

/** Runs `round` for the vectors of a range, so many at once, and for those that are left: at once if their number is known, or one by one. */
const inVectors = (
  code: Code,
  { end, start }: Range,
  atOnce: number,
  round: (i: I32, parts: ReadonlyArray<Part>) => void,
): void => {
  if (typeof start === "number" && typeof end === "number") {
    const whole = start + Math.floor((end - start) / (4 * atOnce)) * 4 * atOnce
    code.for(start, whole, 4 * atOnce, (i) => round(i, wholeParts(atOnce)))
    if (whole < end) code.scope(() => round(i32.const(whole), wholeParts((end - whole) / 4)))
  } else if (atOnce === 1) code.for(start, end, 4, (i) => round(i, onePart(4)))
  else {
    const from = code.let(typeof start === "number" ? i32.const(start) : start)
    const to = code.let(typeof end === "number" ? i32.const(end) : end)
    const whole = code.let(i32.add(from, i32.and(i32.sub(to, from), -4 * atOnce)))
    code.for(from, whole, 4 * atOnce, (i) => round(i, wholeParts(atOnce)))
    code.for(whole, to, 4, (i) => round(i, onePart(4)))
  }
}

/** A loop at given indices of its leading axes: its other axes, as few as possible, and the code for a row of them. */
const under = (context: EmitContext, kernel: Loop, slots: ReadonlyArray<Slot>, known: number) => {
  const accesses = [{ offset: 0, strides: Shape.strides(kernel.shape) }, ...termAccesses(kernel.terms)]
  const inner = collapse({
    shape: kernel.shape.slice(known),
    accesses: accesses.map(({ offset, strides }) => ({ offset, strides: strides.slice(known) })),
  })
  const all = inner.accesses.map(({ offset, strides }, i) => {
    const outer = Array.from({ length: known }, (_, axis) => accesses[i]?.strides[axis] ?? 0)
    return { offset, strides: [...outer, ...strides] }
  })
  const [stored = { offset: 0, strides: [] }, ...loaded] = all
  /** The row at these indices, and the code of its stores for the parts of an iteration at `i`, loaded from `vector`. */
  const rowAt = (outer: ReadonlyArray<I32>) => {
    const rows = termRows(context, kernel.terms, loaded, outer)
    const stores = kernel.stores.map(({ slot, term }) => {
      const dtype = slots[slot]?.dtype ?? "f32"
      return { dtype, term, row: { ...rowOf(context, slot, dtype, stored, outer), step: 1 } }
    })
    const round = (i: I32, parts: ReadonlyArray<Part>, vector = rows): void => {
      const made = emitTerms(context, kernel.terms, vector, i, parts)
      const into = stores.map(({ row }) => row)
      const located = parts.length > 1 ? locate(context.code, into, i) : into
      for (const [at, { dtype, term }] of stores.entries())
        inStoreOrder(parts.length, (part) => {
          const { ahead, count } = parts[part] as Part
          store(context.code, dtype, located[at] as Row, i, made[term]?.[part] as V128, count, ahead)
        })
    }
    return { rows, round }
  }
  return { shape: inner.shape, loaded, rowAt }
}

/** Writes a loop, or its part at some leading indices, for this thread alone. */
const emit = (context: EmitContext, kernel: Loop, slots: ReadonlyArray<Slot>, known: ReadonlyArray<I32>): void => {
  const { code } = context
  const { loaded, rowAt, shape } = under(context, kernel, slots, known.length)
  const inner = shape.at(-1) ?? 1
  const atOnce = vectorsAtOnce(code, kernel)
  const one = (outer: ReadonlyArray<I32>): void => {
    const { round, rows } = rowAt(outer)
    const alone = outer.length === 0
    // Slots are whole vectors, so a loop over one axis may run over its end, as long as it reads no further than its slots.
    const whole = alone && rows.every((row) => row === undefined || row.step === 0 || row.step === 1)
    const vectors = whole ? Math.ceil(inner / 4) * 4 : inner - (inner % 4)
    if (vectors > 0)
      inVectors(code, alone ? threadRange(code, context.team, vectors, line) : { start: 0, end: vectors }, atOnce, round)
    if (vectors < inner) {
      const tail = (): void => round(i32.const(vectors), onePart((inner - vectors) as Count))
      if (alone) lastAlone(code, context.team, tail)
      else code.scope(tail)
    }
  }
  /** All rows at these indices, several at once. */
  const several = (together: number, outer: ReadonlyArray<I32>): void => {
    const many = shape.at(-2) ?? 1
    const whole = many - (many % together)
    const alone = outer.length === 0
    const { end, start } = alone ? threadRange(code, context.team, whole, together) : { start: 0, end: whole }
    code.for(start, end, together, (first) => {
      const { round, rows } = rowAt([...outer, first])
      const all = rows.map((row, term) => row && acrossRows(row, loaded[term]?.strides.at(-2) ?? 0, inner, together))
      round(i32.const(0), wholeParts((together * inner) / 4), all)
    })
    if (whole < many) {
      const rest = (): void => code.for(whole, many, 1, (row) => one([...outer, row]))
      if (alone) lastAlone(code, context.team, rest)
      else rest()
    }
  }
  const each = (axes: Shape.Shape, body: (indices: ReadonlyArray<I32>) => void): void => {
    if (axes.length === 0) body(known)
    else if (known.length === 0) nestShared(context, axes, body)
    else nest(code, axes, body, known)
  }
  const together = rowsTogether(code, shape, loaded, kernel.terms.length)
  if (together === undefined) each(shape.slice(0, -1), one)
  else each(shape.slice(0, -2), (outer) => several(together, outer))
}

/** Writes the kernel. */
export const emitLoop = (context: EmitContext, kernel: Loop, slots: ReadonlyArray<Slot>): void => emit(context, kernel, slots, [])

/** Writes a loop at these leading indices for a range of rows, its next axis. */
export const emitRows = (
  context: EmitContext,
  kernel: Loop,
  slots: ReadonlyArray<Slot>,
  indices: ReadonlyArray<I32>,
  rows: Range,
): void => {
  const { code } = context
  const n = Shape.size(kernel.shape.slice(indices.length + 1))
  const { rowAt, shape } = under(context, kernel, slots, indices.length)
  // Where all arrays are read in their own order, rows of whole vectors are one long row.
  if (shape.length === 1 && n % 4 === 0) {
    const { round } = rowAt(indices)
    inVectors(code, { start: at(0, [rows.start, n]), end: at(0, [rows.end, n]) }, vectorsAtOnce(code, kernel), round)
  } else code.for(rows.start, rows.end, 1, (row) => emit(context, kernel, slots, [...indices, row]))
}

/** Writes a loop at these leading indices for a range of columns of its last axis. */
export const emitColumns = (
  context: EmitContext,
  kernel: Loop,
  slots: ReadonlyArray<Slot>,
  indices: ReadonlyArray<I32>,
  columns: Range,
): void => {
  const { code } = context
  const last = kernel.shape.length - 1
  const n = kernel.shape[last] ?? 1
  const whole = n - (n % 4)
  const { rowAt } = under(context, kernel, slots, last)
  const end = typeof columns.end === "number" ? i32.const(columns.end) : columns.end
  nest(
    code,
    kernel.shape.slice(indices.length, last),
    (outer) => {
      const { round } = rowAt(outer)
      const last = whole === n ? end : smaller(end, i32.const(whole))
      inVectors(code, { start: columns.start, end: last }, vectorsAtOnce(code, kernel), round)
      if (whole < n) code.if(i32.eq(end, n), () => round(i32.const(whole), onePart((n - whole) as Count)))
    },
    indices,
  )
}

/** Writes a loop for a region of its elements, for this thread alone. */
export const emitRegion = (
  context: EmitContext,
  kernel: Loop,
  slots: ReadonlyArray<Slot>,
  { columns, indices, rows }: Region,
): void => {
  if (rows === undefined) {
    if (columns === undefined) emit(context, kernel, slots, indices)
    else emitColumns(context, kernel, slots, indices, columns)
  } else if (columns === undefined) emitRows(context, kernel, slots, indices, rows)
  else context.code.for(rows.start, rows.end, 1, (row) => emitColumns(context, kernel, slots, [...indices, row], columns))
}
