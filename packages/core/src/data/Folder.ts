/** The files below a folder, each of which is read when it is needed, so that a folder may be larger than memory. */
import type * as Result from "effect/Result"
import type { DataError } from "./DataError.ts"

export interface Folder {
  /** The paths of the files below the folder, `/` between names, in the order of their UTF-8 bytes. */
  readonly files: ReadonlyArray<string>
  /** The bytes of one of these files. The error names the file. */
  readonly read: (file: string) => Promise<Result.Result<Uint8Array, DataError>>
}

const encoder = new TextEncoder()

/** The order of the UTF-8 bytes of texts. `["b", "a", "é"].sort(byBytes) // => ["a", "b", "é"]` */
export const byBytes = (a: string, b: string): number => {
  const [left, right] = [encoder.encode(a), encoder.encode(b)]
  const at = left.findIndex((byte, i) => byte !== right[i])
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1)
}
