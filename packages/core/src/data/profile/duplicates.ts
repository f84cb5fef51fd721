/** Rows that have the same cells in some columns. */
import type { Rows } from "../Raw.ts"
import type { TableColumn } from "../TableColumn.ts"

/** Two 32-bit hashes of a text that continue those before it (FNV-1a with two offsets). */
const hashed = (text: string, before: number, factor: number): number => {
  let hash = before
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), factor)
  return Math.imul(hash ^ 0x1f, factor)
}

/**
 * For each of some rows, the index among them of the first row with the same cells, which is its own index if there is none
 * before it. Rows with equal hashes are compared cell by cell.
 */
export const firstEqual = (columns: ReadonlyArray<TableColumn>, rows: Rows): Int32Array => {
  const size = rows.length
  const low = new Int32Array(size).fill(0x811c9dc5 | 0)
  const high = new Int32Array(size).fill(0x01000193)
  for (const { text } of columns)
    for (let i = 0; i < size; i++) {
      const cell = text(rows[i] ?? 0)
      low[i] = hashed(cell, low[i] ?? 0, 0x01000193)
      high[i] = hashed(cell, high[i] ?? 0, 0x85ebca6b)
    }
  const isEqual = (i: number, j: number): boolean => columns.every(({ text }) => text(rows[i] ?? 0) === text(rows[j] ?? 0))
  const firsts = new Map<number, Array<number>>()
  const out = new Int32Array(size)
  for (let i = 0; i < size; i++) {
    const key = (low[i] ?? 0) * 2 ** 21 + ((high[i] ?? 0) >>> 11)
    const known = firsts.get(key)
    const first = known?.find((j) => isEqual(i, j))
    out[i] = first ?? i
    if (first !== undefined) continue
    if (known === undefined) firsts.set(key, [i])
    else known.push(i)
  }
  return out
}
