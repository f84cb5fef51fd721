/** Neighbouring vectors in memory, written so that a host may pack two of them into one operation of 256 bits. */
import type { Code } from "../assembler/Code.ts"
import { type I32, type Local, v128 } from "../assembler/Value.ts"

/**
 * Calls `write` for the numbers from 0 to `count`, each pair with the higher one first: a host that writes both at once need then
 * not write the lower one again for the case that the higher one fails.
 */
export const inStoreOrder = (count: number, write: (part: number) => void): void => {
  for (let part = 0; part < count; part += 2) {
    if (part + 1 < count) write(part + 1)
    write(part)
  }
}

/** The same for the vectors of some rows, `stride` bytes apart: rows of one vector may be neighbours of each other. */
export const inTileOrder = (
  rows: number,
  vectors: number,
  stride: number,
  write: (row: number, vector: number) => void,
): void => {
  if (vectors === 1 && stride === 16) inStoreOrder(rows, (row) => write(row, 0))
  else for (let row = 0; row < rows; row++) inStoreOrder(vectors, (vector) => write(row, vector))
}

/** Writes neighbouring vectors. */
export const storeVectors = (code: Code, address: I32, vectors: ReadonlyArray<Local<"v128">>, offset = 0): void =>
  inStoreOrder(vectors.length, (part) => code.v128.store(address, vectors[part] as Local<"v128">, offset + 16 * part))

/** Vectors after they were neighbours in memory: a host computes pairs at once only where they are stored. */
export const throughMemory = (code: Code, address: I32, vectors: ReadonlyArray<Local<"v128">>): ReadonlyArray<Local<"v128">> => {
  storeVectors(code, address, vectors)
  return vectors.map((_, part) => code.let(v128.load(address, 16 * part)))
}

/** Copies neighbouring vectors: all are loaded before the first is stored. */
export const copyVectors = (code: Code, to: I32, from: I32, count: number): void =>
  code.scope(() =>
    storeVectors(
      code,
      to,
      Array.from({ length: count }, (_, i) => code.let(v128.load(from, i * 16))),
    ),
  )
