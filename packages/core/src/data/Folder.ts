/** The files below a folder, each of which is read when it is needed, so that a folder may be larger than memory. */
import type * as Result from "effect/Result"
import type { DataError } from "./DataError.ts"

export interface Folder {
  /** The paths of the files below the folder, `/` between names, in the order of their UTF-8 bytes. */
  readonly files: ReadonlyArray<string>
  /** The bytes of one of these files. The error names the file. */
  readonly read: (file: string) => Promise<Result.Result<Uint8Array, DataError>>
}

/** A code unit of UTF-16, moved so that halves of characters beyond 16 bits come last, as their UTF-8 bytes do. */
const moved = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit)

/** The order of the UTF-8 bytes of texts. `["b", "a", "é"].sort(byBytes) // => ["a", "b", "é"]` */
export const byBytes = (a: string, b: string): number => {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (left !== right) return moved(left) - moved(right)
  }
  return a.length - b.length
}
