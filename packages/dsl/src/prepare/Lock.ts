/** The record of a document's rows, by which later changes are detected. */
import { createHash } from "node:crypto"

/** The numbers that are hashed at once: their text stays small. */
const hashed = 2 ** 16

/** The hash of which row is in which part. */
export const hashOf = (parts: ReadonlyArray<readonly [string, ArrayLike<number>]>): string => {
  const hash = createHash("sha256")
  for (const [name, rows] of parts) {
    hash.update(`${name}:`)
    for (let from = 0; from < rows.length; from += hashed) {
      const some = Array.from({ length: Math.min(hashed, rows.length - from) }, (_, i) => rows[from + i] ?? 0)
      hash.update(`${from === 0 ? "" : ","}${some.join(",")}`)
    }
    hash.update(";")
  }
  return hash.digest("hex")
}
