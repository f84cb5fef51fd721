/**
 * What all kernels that loop have in common: their axes, the addresses of arrays in an iteration, and the terms of the body, four
 * elements of the innermost axis at a time.
 */

import type { Access, Term } from "../../../compiler/Plan.ts"
import type { DType } from "../../../types/DType.ts"
import { bytes } from "../../../types/DType.ts"
import type { Shape } from "../../../types/Shape.ts"
import type { Assembler } from "../assembler/Assembler.ts"
import type { Code } from "../assembler/Code.ts"
import { f32x4, type I32, i8x16, i16x8, i32, i32x4, type Local, type V128, v128 } from "../assembler/Value.ts"
import { firstAlone, type Team, threadRange } from "../threads/partition.ts"
import { applyLanes } from "./lanes.ts"

/** Where a kernel is emitted: the module, the function, the addresses of slots and the threads. */
export interface EmitContext {
  /** The module, for functions that a kernel calls. */
  readonly module: Assembler
  readonly code: Code
  /** The address of a slot. */
  readonly address: (slot: number) => number
  /** The threads that run the kernel. */
  readonly team: Team
}

/** A loop's axes, and its accesses with one stride for each. */
export interface Axes {
  readonly shape: Shape
  readonly accesses: ReadonlyArray<Access>
}

/**
 * The same loop over as few axes as possible: axes of size 1 are dropped, and neighbours that every access steps through as one are joined.
 * `barrier` is an axis that must not be joined with the one before it.
 */
export const collapse = ({ accesses, shape }: Axes, barrier = 0): Axes & { readonly barrier: number } => {
  const axes: Array<{ size: number; readonly strides: Array<number>; readonly first: boolean }> = []
  let before = 0
  shape.forEach((size, axis) => {
    const first = axis < barrier
    if (size === 1) return
    const strides = accesses.map((access) => access.strides[axis] ?? 0)
    const last = axes.at(-1)
    if (last !== undefined && last.first === first && last.strides.every((stride, i) => stride === (strides[i] ?? 0) * size)) {
      last.size *= size
      last.strides.splice(0, strides.length, ...strides)
    } else {
      axes.push({ size, strides, first })
      if (first) before++
    }
  })
  return {
    shape: axes.map(({ size }) => size),
    accesses: accesses.map(({ offset }, i) => ({ offset, strides: axes.map(({ strides }) => strides[i] ?? 0) })),
    barrier: before,
  }
}

const lanes = [0, 1, 2, 3] as const

/** The address of an array in an iteration of the outer axes; part of it is known when the module is written. */
export interface Row {
  readonly start: I32 | undefined
  readonly base: number
  /** Elements from one to the next along the innermost axis. */
  readonly step: number
  readonly size: number
  /** The elements of an iteration, counted from the row's beginning, where they are known and not `step` apart. */
  readonly lanes?: ReadonlyArray<number>
  /** The address of the iteration's first element, without `base`, where it is computed already. */
  readonly at?: I32
}

/** An iteration over `count` rows of `length`, `stride` elements apart, taken as one. */
export const acrossRows = (row: Row, stride: number, length: number, count: number): Row => ({
  ...row,
  lanes: Array.from({ length: count * length }, (_, i) => Math.floor(i / length) * stride + (i % length) * row.step),
})

/** `Σ index × stride`, or nothing where every stride is 0. */
export const dot = (indices: ReadonlyArray<I32>, strides: ReadonlyArray<number>, scale: number): I32 | undefined =>
  indices.reduce<I32 | undefined>((sum, index, axis) => {
    const stride = (strides[axis] ?? 0) * scale
    if (stride === 0) return sum
    const part = stride === 1 ? index : i32.mul(index, stride)
    return sum === undefined ? part : i32.add(sum, part)
  }, undefined)

/** A row of an access, given the indices of the axes outside the innermost. */
export const rowOf = (
  context: EmitContext,
  slot: number,
  dtype: DType,
  { offset, strides }: Access,
  outer: ReadonlyArray<I32>,
): Row => {
  const size = bytes[dtype]
  const start = dot(outer, strides.slice(0, outer.length), size)
  const base = context.address(slot) + offset * size
  const step = strides[outer.length] ?? 0
  if (start === undefined) return { start, base, step, size }
  // An instruction's own offset is unsigned: with negative strides the base is part of the address.
  return strides.some((stride) => stride < 0)
    ? { start: context.code.let(i32.add(start, base)), base: 0, step, size }
    : { start: context.code.let(start), base, step, size }
}

/** The value of an index that is known when the module is written. */
const knownIndex = (i: I32): number | undefined => (i.form === "i32" ? i.immediate : undefined)

/** The address of the element of a row that is `ahead` of element `i`, and the part of it that the instruction adds itself. */
const addressOf = (row: Row, i: I32, ahead = 0): readonly [address: I32, offset: number] => {
  const { base, size, start, step } = row
  if (row.lanes !== undefined) return [start ?? i32.const(0), base + (row.lanes[ahead] ?? 0) * size]
  const known = row.at === undefined ? knownIndex(i) : 0
  const offset = base + (ahead + (known ?? 0)) * step * size
  if (row.at !== undefined) return [row.at, offset]
  const moved = step === 0 || known !== undefined ? undefined : i32.mul(i, step * size)
  const inner = start === undefined ? moved : moved === undefined ? start : i32.add(start, moved)
  return step < 0 ? [inner === undefined ? i32.const(offset) : i32.add(inner, offset), 0] : [inner ?? i32.const(0), offset]
}

/**
 * Rows with the address of element `i` in a local, for several vectors from there on: a host packs neighbouring loads and stores
 * only if their addresses are one value and their offsets differ. Rows that step alike and begin at a known address share theirs.
 */
export const locate = <R extends Row | undefined>(code: Code, rows: ReadonlyArray<R>, i: I32): ReadonlyArray<R> => {
  if (knownIndex(i) !== undefined) return rows
  const moves = new Map<number, Local<"i32">>()
  const moved = (by: number): Local<"i32"> => {
    const found = moves.get(by) ?? code.let(i32.mul(i, by))
    moves.set(by, found)
    return found
  }
  return rows.map((row) => {
    if (row === undefined || row.step <= 0 || row.lanes !== undefined) return row
    const move = moved(row.step * row.size)
    return { ...row, at: row.start === undefined ? move : code.let(i32.add(row.start, move)) }
  })
}

/** Elements from one lane of a vector to the next, where that is the same for all. */
const stepOf = (row: Row, ahead: number): number | undefined => {
  if (row.lanes === undefined) return row.step
  const vector = row.lanes.slice(ahead, ahead + 4)
  const [first = 0, second = 0] = vector
  return vector.every((lane, i) => lane === first + i * (second - first)) ? second - first : undefined
}

const truth = (x: V128): V128 => i32x4.ne(x, 0)

const loadByte = (dtype: DType, x: V128): V128 => (dtype === "bool" ? truth(x) : x)

/** How many elements of a vector count: all, or as many as are left at the end of an axis; the other lanes hold anything. */
export type Count = 1 | 2 | 3 | 4

/** The bytes of every other element of two vectors. */
const everyOther = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]

/** Elements of a row from `i + ahead` on; the same element in every lane where the stride is 0. */
const loadSome = (code: Code, dtype: DType, row: Row, i: I32, count: Count, ahead: number): V128 => {
  const [address, offset] = addressOf(row, i, ahead)
  const wide = row.size === 4
  const step = stepOf(row, ahead)
  if (step === 0) return wide ? v128.load32_splat(address, offset) : loadByte(dtype, i32x4.splat(i32.load8_u(address, offset)))
  if (step === 1) {
    if (wide) return v128.load(address, offset)
    return loadByte(dtype, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(address, offset))))
  }
  if (step === 2 && wide && count === 4 && row.lanes === undefined)
    return i8x16.shuffle(v128.load(address, offset), v128.load(address, offset + 16), everyOther)
  const out = code.variable(wide ? v128.load32_zero(address, offset) : i32x4.splat(i32.load8_u(address, offset)))
  for (const lane of lanes.slice(1, count)) {
    const [at, by] = addressOf(row, i, ahead + lane)
    code.set(out, wide ? v128.load32_lane(at, out, lane, by) : i32x4.replace_lane(out, i32.load8_u(at, by), lane))
  }
  return wide ? out : loadByte(dtype, out)
}

/** The element of a row at `i + ahead`, in every lane. */
const loadOne = (dtype: DType, row: Row, i: I32, ahead: number): V128 => {
  const [address, offset] = addressOf(row, i, ahead)
  return row.size === 4 ? v128.load32_splat(address, offset) : loadByte(dtype, i32x4.splat(i32.load8_u(address, offset)))
}

/** The low byte of each lane, in the first four bytes. */
const lowBytes = (x: V128): V128 => i8x16.shuffle(x, x, [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12])

const asBytes = (dtype: DType, x: V128): V128 => (dtype === "bool" ? v128.and(x, i32x4.const(1)) : x)

/** Writes elements of a row whose elements are neighbours, from `i + ahead` on. */
export const store = (code: Code, dtype: DType, row: Row, i: I32, value: V128, count: Count, ahead = 0): void => {
  const [address, offset] = addressOf(row, i, ahead)
  const wide = row.size === 4
  if (wide && count === 4) code.v128.store(address, value, offset)
  else if (wide) for (const lane of lanes.slice(0, count)) code.v128.store32_lane(address, value, lane, offset + lane * 4)
  else if (count === 4) code.v128.store32_lane(address, lowBytes(asBytes(dtype, value)), 0, offset)
  else for (const lane of lanes.slice(0, count)) code.v128.store8_lane(address, asBytes(dtype, value), lane * 4, offset + lane)
}

const literal = (dtype: DType, value: number): V128 =>
  dtype === "f32" ? f32x4.const(value) : i32x4.const(dtype === "bool" ? (value === 0 ? 0 : -1) : value)

/** The accesses of terms; one without strides for terms that read nothing. */
export const termAccesses = (terms: ReadonlyArray<Term>): ReadonlyArray<Access> =>
  terms.map((term) => (term.tag === "load" || term.tag === "index" ? term.access : { offset: 0, strides: [] }))

/** The rows of a body's loads in an iteration of the outer axes, by term. */
export const termRows = (
  context: EmitContext,
  terms: ReadonlyArray<Term>,
  accesses: ReadonlyArray<Access>,
  outer: ReadonlyArray<I32>,
): ReadonlyArray<Row | undefined> =>
  terms.map((term, i) => {
    const access = accesses[i]
    if (access === undefined || (term.tag !== "load" && term.tag !== "index")) return undefined
    if (term.tag === "load") return rowOf(context, term.slot, term.dtype, access, outer)
    const start = dot(outer, access.strides.slice(0, outer.length), 1)
    return {
      start: start === undefined ? undefined : context.code.let(start),
      base: access.offset,
      step: access.strides[outer.length] ?? 0,
      size: 1,
    }
  })

/** A vector of an iteration: how far it is ahead of the iteration's first element, and how many of its elements count. */
export interface Part {
  readonly ahead: number
  readonly count: Count
}

/** The first vector of an iteration alone. */
export const onePart = (count: Count): readonly [Part] => [{ ahead: 0, count }]

/** So many whole vectors, one after the other. */
export const wholeParts = (vectors: number): ReadonlyArray<Part> =>
  Array.from({ length: vectors }, (_, part) => ({ ahead: 4 * part, count: 4 }))

/** The vectors of each term, by part. */
type Made = ReadonlyArray<V128>

/** The second input of a term, where it is a known number. */
export const secondOf = (term: Extract<Term, { tag: "apply" }>, terms: ReadonlyArray<Term>): number | undefined => {
  const second = terms[term.inputs[1] ?? -1]
  return second?.tag === "literal" ? second.value : undefined
}

/**
 * The terms of a body from element `i` of the innermost axis on, in several vectors at once: of some elements, or of one in every
 * lane. Each term is computed for all parts before the next one, so that the processor has something to do while it waits for a
 * result, and a host can pack neighbouring parts. A term that is the same everywhere along the axis is computed once.
 */
export const emitTerms = (
  { code }: EmitContext,
  terms: ReadonlyArray<Term>,
  given: ReadonlyArray<Row | undefined>,
  i: I32,
  parts: ReadonlyArray<Part>,
): ReadonlyArray<Made> => {
  const rows = parts.length > 1 ? locate(code, given, i) : given
  const made: Array<Made> = []
  const each = (make: (part: Part, at: number) => V128): void => {
    made.push(parts.map((part, at) => code.let(() => make(part, at))))
  }
  const once = (make: () => V128): void => {
    const local = code.let(make)
    made.push(parts.map(() => local))
  }
  terms.forEach((term, at) => {
    const row = rows[at]
    if (term.tag === "literal") {
      // Not a copy in a local of its own: see `HoistedConstants`.
      const constant = literal(term.dtype, term.value)
      made.push(parts.map(() => constant))
    } else if (term.tag === "load" && row !== undefined) {
      if (row.step === 0 && row.lanes === undefined) once(() => loadOne(term.dtype, row, i, 0))
      else
        each(({ ahead, count }) =>
          count > 1 ? loadSome(code, term.dtype, row, i, count, ahead) : loadOne(term.dtype, row, i, ahead),
        )
    } else if (term.tag === "index" && row !== undefined) {
      const { base, step } = row
      const [address, offset] = row.lanes === undefined ? addressOf(row, i) : [row.start ?? i32.const(0), base]
      const first = code.let(i32.add(address, offset))
      each(({ ahead, count }) => {
        const steps =
          row.lanes?.slice(ahead, ahead + 4) ?? (count > 1 ? lanes.map((lane) => (ahead + lane) * step) : [ahead * step])
        const counted = i32x4.add(i32x4.splat(first), i32x4.const(...steps))
        if (term.dtype === "f32") return f32x4.convert_i32x4_s(counted)
        return term.dtype === "u8" ? v128.and(counted, i32x4.const(255)) : counted
      })
    } else if (term.tag === "apply") {
      const from = terms[term.inputs[0] ?? -1]?.dtype ?? term.dtype
      // The first input of `where` is a bool; the others have the result's dtype.
      const use = { code, from: term.primitive === "where" ? term.dtype : from, to: term.dtype, second: secondOf(term, terms) }
      const apply = (part: number): V128 => {
        const inputs = term.inputs.map((input) => made[input]?.[part] as V128)
        return applyLanes(term.primitive, use, inputs)
      }
      if (term.inputs.every((input) => new Set(made[input]).size === 1)) once(() => apply(0))
      else made.push(code.letInStep(parts.map((_, part) => () => apply(part))))
    }
  })
  return made
}

/** Runs `body` for every index of the axes, outermost first. */
export const nest = (
  code: Code,
  shape: Shape,
  body: (indices: ReadonlyArray<I32>) => void,
  indices: ReadonlyArray<I32> = [],
): void => {
  const [size, ...rest] = shape
  if (size === undefined) body(indices)
  else code.for(0, size, 1, (i) => nest(code, rest, body, [...indices, i]))
}

/** Runs `body` for this thread's range of the outermost axis. Without axes the first thread runs it. */
export const nestShared = ({ code, team }: EmitContext, shape: Shape, body: (indices: ReadonlyArray<I32>) => void): void => {
  const [size, ...rest] = shape
  if (size === undefined) firstAlone(code, team, () => body([]))
  else {
    const { end, start } = threadRange(code, team, size)
    code.for(start, end, 1, (i) => nest(code, rest, body, [i]))
  }
}
