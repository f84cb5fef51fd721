/** Opens the bytes of a file. Each read checks that the file is still the one that was opened. */
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { DataError } from "./DataError.ts"
import type { FileBytes } from "./FileBytes.ts"
import { changed, codeOf, refused } from "./fileFailure.ts"

const openIn = (file: string): { readonly bytes: FileBytes; readonly close: () => void } => {
  const fd = fs.openSync(file, "r")
  const stat = () => fs.fstatSync(fd, { bigint: true })
  const first = stat()
  const size = Number(first.size)
  const read = (offset: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length)
    try {
      for (let at = 0; at < length; ) {
        const count = fs.readSync(fd, bytes, at, length - at, offset + at)
        if (count === 0) break
        at += count
      }
    } catch (error) {
      throw refused(file, { _tag: "NotReadable", cause: codeOf(error) })
    }
    const { mtimeNs, nlink, size: left } = stat()
    if (nlink === 0n || left !== first.size || mtimeNs !== first.mtimeNs)
      throw refused(file, changed(size, { links: Number(nlink), size: Number(left) }))
    if (offset + length > size) throw refused(file, { _tag: "Changed", got: `it has ${size} bytes` })
    return bytes
  }
  return { bytes: { name: file, size, read }, close: () => fs.closeSync(fd) }
}

/** Opens a regular file until the scope ends. Fails with `NotReadable`; a read throws `Changed` once the file is another one. */
export const openBytes = (file: string): Effect.Effect<FileBytes, DataError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.try({
        try: () => openIn(file),
        catch: (error) => refused(file, { _tag: "NotReadable", cause: codeOf(error) }),
      }),
      ({ close }) => Effect.sync(close),
    ),
    ({ bytes }) => bytes,
  )
