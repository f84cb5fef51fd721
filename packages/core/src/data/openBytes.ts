/** Opens the bytes of a file. Each read checks that the file is still the one that was opened. */
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { DataError, type Reason } from "./DataError.ts"
import type { FileBytes } from "./FileBytes.ts"

const codeOf = (error: unknown): string =>
  error instanceof Error ? String(Reflect.get(error, "code") ?? error.message) : String(error)

const refused = (file: string, reason: Reason): DataError => new DataError({ file, reason })

const openIn = (file: string): { readonly bytes: FileBytes; readonly close: () => void } => {
  const fd = fs.openSync(file, "r")
  const stat = () => fs.fstatSync(fd, { bigint: true })
  const first = stat()
  const size = Number(first.size)
  const changed = (): string | undefined => {
    const now = stat()
    if (now.nlink === 0n) return "it was deleted or replaced"
    if (now.size !== first.size) return `it has ${now.size} bytes instead of ${size}`
    return now.mtimeNs === first.mtimeNs ? undefined : "it was written to"
  }
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
    const got = changed() ?? (offset + length > size ? `it has ${size} bytes` : undefined)
    if (got !== undefined) throw refused(file, { _tag: "Changed", got })
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
