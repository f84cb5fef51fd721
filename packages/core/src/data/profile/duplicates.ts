/** Rows that have the same cells in some columns. */
import type { Rows } from "../Raw.ts"
import type { TableColumn } from "../TableColumn.ts"
import { hash, hashNumber, hashText, slotOf } from "./cellHash.ts"

/**
 * For each of some rows, the index among them of the first row with the same cells, which is its own index if there is none
 * before it. Each column is read once, in the order of the rows; a row takes some 30 bytes.
 */
export const firstEqual = (columns: ReadonlyArray<TableColumn>, rows: Rows): Int32Array => {
  const size = rows.length
  const lanes = [0x811c9dc5, 0x01000193, 0x9e3779b9].map((offset) => new Int32Array(size).fill(offset))
  const [a, b, c] = lanes as [Int32Array, Int32Array, Int32Array]
  for (const { numbers, text } of columns) {
    const stored = numbers?.(rows)
    for (let i = 0; i < size; i++) {
      const value = stored?.[i] ?? Number.NaN
      if (Number.isNaN(value)) hashText(text(rows[i] ?? 0))
      else hashNumber(value)
      for (const [lane, words] of lanes.entries()) {
        const before = words[i] as number
        words[i] = Math.imul(before ^ (before >>> 15) ^ (hash[lane] as number), 0x2c1b3c6d)
      }
    }
  }
  let room = 16
  while (room < 2 * size) room *= 2
  const slots = new Int32Array(room).fill(-1)
  const out = new Int32Array(size)
  for (let i = 0; i < size; i++) {
    let slot = slotOf(a[i] as number, b[i] as number, c[i] as number) & (room - 1)
    for (;;) {
      const first = slots[slot] as number
      if (first < 0) {
        slots[slot] = i
        out[i] = i
        break
      }
      if (a[first] === a[i] && b[first] === b[i] && c[first] === c[i]) {
        out[i] = first
        break
      }
      slot = (slot + 1) & (room - 1)
    }
  }
  return out
}
