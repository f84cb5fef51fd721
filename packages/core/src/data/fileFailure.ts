/** Why a file cannot be read by offset, or is no longer the one that was opened. */
import { DataError, type Reason } from "./DataError.ts"

/** The code of what a call of the system throws, or its message. */
export const codeOf = (error: unknown): string =>
  error instanceof Error ? String(Reflect.get(error, "code") ?? error.message) : String(error)

export const refused = (file: string, reason: Reason): DataError => new DataError({ file, reason })

/** The reason of a file that differs from the one of `size` bytes that was opened. */
export const changed = (size: number, now: { readonly links: number; readonly size: number }): Reason => ({
  _tag: "Changed",
  got:
    now.links === 0
      ? "it was deleted or replaced"
      : now.size === size
        ? "it was written to"
        : `it has ${now.size} bytes instead of ${size}`,
})
