/** Unpacks DEFLATE (RFC 1951) piece by piece, up to the size that is declared, in a host with zlib. */
import * as Result from "effect/Result"
import { type DataError, dataError } from "./DataError.ts"
import type { FileBytes } from "./FileBytes.ts"

/** Packed bytes that are read at a time, and unpacked ones. */
const piece = 2 ** 18

const damaged = (got: string): Result.Result<never, DataError> => Result.fail(dataError({ _tag: "Corrupt", format: "zip", got }))

function* piecesOf({ read, size }: FileBytes): Generator<Uint8Array> {
  for (let at = 0; at < size; at += piece) yield read(at, Math.min(piece, size - at))
}

/** Appends what packed bytes become. Fails with `Corrupt` for damaged ones, and for another size than `declared`. */
export const inflateRaw = async (
  packed: FileBytes,
  declared: number,
  append: (bytes: Uint8Array) => void,
): Promise<Result.Result<void, DataError>> => {
  const node = globalThis.process?.getBuiltinModule
  if (node === undefined)
    return Result.fail(dataError({ _tag: "NotReadable", cause: "this host cannot unpack an archive piece by piece" }))
  const unpacked = node("node:zlib").createInflateRaw({ chunkSize: piece })
  // The loop below receives the failure of either stream.
  node("node:stream/promises")
    .pipeline(node("node:stream").Readable.from(piecesOf(packed)), unpacked)
    .catch(() => {})
  let size = 0
  try {
    for await (const each of unpacked) {
      const bytes = each as Uint8Array
      size += bytes.length
      if (size > declared) return damaged(`more than the ${declared} bytes that are declared`)
      append(bytes)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.startsWith("Z_") === true) return damaged(message)
    throw error
  }
  return size === declared ? Result.succeed(undefined) : damaged(`${size} bytes instead of the ${declared} that are declared`)
}
