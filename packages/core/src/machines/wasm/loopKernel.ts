/** The kernel of an elementwise loop: every store's term, four elements at a time. */
import * as Shape from "../../words/Shape.ts"
import type { Loop, Slot } from "../Plan.ts"
import { type Count, collapse, emitTerms, nestShared, rowOf, type Site, store, termAccesses, termRows } from "./loops.ts"
import { lastAlone, share } from "./share.ts"
import { type I32, i32 } from "./Value.ts"

/** Elements of a cache line: no two threads write to one. */
const line = 16

/** Writes the kernel. */
export const emitLoop = (site: Site, kernel: Loop, slots: ReadonlyArray<Slot>): void => {
  const { code } = site
  if (Shape.size(kernel.shape) === 0) return
  const dense = { offset: 0, strides: Shape.strides(kernel.shape) }
  const { accesses, shape } = collapse({ shape: kernel.shape, accesses: [dense, ...termAccesses(kernel.terms)] })
  const [stored = dense, ...loaded] = accesses
  const inner = shape.at(-1) ?? 1
  const body = (outer: ReadonlyArray<I32>): void => {
    const rows = termRows(site, kernel.terms, loaded, outer)
    const stores = kernel.stores.map(({ slot, term }) => {
      const dtype = slots[slot]?.dtype ?? "f32"
      return { dtype, term, row: { ...rowOf(site, slot, dtype, stored, outer), step: 1 } }
    })
    const round = (i: I32, count: Count): void => {
      const made = emitTerms(site, kernel.terms, rows, i, count)
      for (const { dtype, row, term } of stores) {
        const value = made[term]
        if (value !== undefined) store(code, dtype, row, i, value, count)
      }
    }
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
  if (shape.length <= 1) body([])
  else nestShared(site, shape.slice(0, -1), body)
}
