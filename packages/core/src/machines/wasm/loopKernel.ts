/** The kernel of an elementwise loop: every store's term, four elements at a time. */
import * as Shape from "../../words/Shape.ts"
import type { Loop, Slot } from "../Plan.ts"
import { collapse, emitTerms, nest, rowOf, type Site, store, termAccesses, termRows } from "./loops.ts"
import type { I32 } from "./Value.ts"

/** Writes the kernel. */
export const emitLoop = (site: Site, kernel: Loop, slots: ReadonlyArray<Slot>): void => {
  const { code } = site
  if (Shape.size(kernel.shape) === 0) return
  const dense = { offset: 0, strides: Shape.strides(kernel.shape) }
  const { accesses, shape } = collapse({ shape: kernel.shape, accesses: [dense, ...termAccesses(kernel.terms)] })
  const [stored = dense, ...loaded] = accesses
  const inner = shape.at(-1) ?? 1
  nest(code, shape.slice(0, -1), (outer) => {
    const rows = termRows(site, kernel.terms, loaded, outer)
    const stores = kernel.stores.map(({ slot, term }) => {
      const dtype = slots[slot]?.dtype ?? "f32"
      return { dtype, term, row: { ...rowOf(site, slot, dtype, stored, outer), step: 1 } }
    })
    const round = (i: I32, count: 4 | 1): void => {
      const made = emitTerms(site, kernel.terms, rows, i, count)
      for (const { dtype, row, term } of stores) {
        const value = made[term]
        if (value !== undefined) store(code, dtype, row, i, value, count)
      }
    }
    // Slots are whole vectors, so a loop over one axis may run over its end, as long as it reads no further than its slots.
    const whole = shape.length <= 1 && rows.every((row) => row === undefined || row.step === 0 || row.step === 1)
    const vectors = whole ? Math.ceil(inner / 4) * 4 : inner - (inner % 4)
    if (vectors > 0) code.for(0, vectors, 4, (i) => round(i, 4))
    if (vectors < inner) code.for(vectors, inner, 1, (i) => round(i, 1))
  })
}
