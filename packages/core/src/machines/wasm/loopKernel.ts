/** The kernel of an elementwise loop: every store's term, four elements at a time. */
import * as Shape from "../../words/Shape.ts"
import type { Access, Loop, Slot } from "../Plan.ts"
import {
  acrossRows,
  type Count,
  collapse,
  emitTerms,
  nestShared,
  rowOf,
  type Site,
  store,
  termAccesses,
  termRows,
} from "./loops.ts"
import { lastAlone, share } from "./share.ts"
import { type I32, i32 } from "./Value.ts"

/** Elements of a cache line: no two threads write to one. */
const line = 16

/** The most vectors that several rows fill together, and the most terms that are written out for them. */
const mostVectors = 8
const mostWritten = 128

/** How many short rows fill whole vectors together, where it pays to take so many at once. */
const rowsTogether = (shape: Shape.Shape, accesses: ReadonlyArray<Access>, terms: number): number | undefined => {
  const [many = 1, length = 1] = shape.slice(-2)
  const rows = length % 4 === 0 ? 1 : length % 2 === 0 ? 2 : 4
  const forwards = accesses.every(({ strides }) => strides.every((stride) => stride >= 0))
  const vectors = (rows * length) / 4
  const few = vectors <= mostVectors && vectors * terms <= mostWritten
  return shape.length >= 2 && rows > 1 && many >= rows && few && forwards ? rows : undefined
}

/** Writes the kernel. */
export const emitLoop = (site: Site, kernel: Loop, slots: ReadonlyArray<Slot>): void => {
  const { code } = site
  if (Shape.size(kernel.shape) === 0) return
  const dense = { offset: 0, strides: Shape.strides(kernel.shape) }
  const { accesses, shape } = collapse({ shape: kernel.shape, accesses: [dense, ...termAccesses(kernel.terms)] })
  const [stored = dense, ...loaded] = accesses
  const inner = shape.at(-1) ?? 1
  /** The row at these indices, and what writes its stores for some elements from `i` on; `vector` says where they are loaded from. */
  const rowAt = (outer: ReadonlyArray<I32>) => {
    const rows = termRows(site, kernel.terms, loaded, outer)
    const stores = kernel.stores.map(({ slot, term }) => {
      const dtype = slots[slot]?.dtype ?? "f32"
      return { dtype, term, row: { ...rowOf(site, slot, dtype, stored, outer), step: 1 } }
    })
    const round = (i: I32, count: Count, vector = rows): void => {
      const made = emitTerms(site, kernel.terms, vector, i, count)
      for (const { dtype, row, term } of stores) {
        const value = made[term]
        if (value !== undefined) store(code, dtype, row, i, value, count)
      }
    }
    return { rows, round }
  }
  const one = (outer: ReadonlyArray<I32>): void => {
    const { round, rows } = rowAt(outer)
    // Slots are whole vectors, so a loop over one axis may run over its end, as long as it reads no further than its slots.
    const whole = shape.length <= 1 && rows.every((row) => row === undefined || row.step === 0 || row.step === 1)
    const vectors = whole ? Math.ceil(inner / 4) * 4 : inner - (inner % 4)
    const alone = outer.length === 0
    if (vectors > 0) {
      const { end, start } = alone ? share(code, site.crew, vectors, line) : { start: 0, end: vectors }
      code.for(start, end, 4, (i) => round(i, 4))
    }
    if (vectors < inner) {
      const tail = (): void => round(code.let(i32.const(vectors)), (inner - vectors) as Count)
      if (alone) lastAlone(code, site.crew, tail)
      else code.scope(tail)
    }
  }
  /** All rows at these indices, so many at once. */
  const several = (together: number, outer: ReadonlyArray<I32>): void => {
    const many = shape.at(-2) ?? 1
    const whole = many - (many % together)
    const alone = outer.length === 0
    const { end, start } = alone ? share(code, site.crew, whole, together) : { start: 0, end: whole }
    code.for(start, end, together, (first) => {
      const { round, rows } = rowAt([...outer, first])
      for (let at = 0; at < together * inner; at += 4)
        code.scope(() => {
          const vector = rows.map((row, term) => row && acrossRows(row, loaded[term]?.strides.at(-2) ?? 0, inner, at))
          round(code.let(i32.const(at)), 4, vector)
        })
    })
    if (whole < many) {
      const rest = (): void => code.for(whole, many, 1, (row) => one([...outer, row]))
      if (alone) lastAlone(code, site.crew, rest)
      else rest()
    }
  }
  const together = rowsTogether(shape, loaded, kernel.terms.length)
  if (shape.length <= 1) one([])
  else if (together === undefined) nestShared(site, shape.slice(0, -1), one)
  else if (shape.length === 2) several(together, [])
  else nestShared(site, shape.slice(0, -2), (outer) => several(together, outer))
}
