/** Unpacks gzip (RFC 1952) that arrives in pieces. In Node unpacked bytes are passed on immediately, so no limit is needed. */

import * as Result from "effect/Result"
import { concatBytes } from "./concatBytes.ts"
import { type DataError, dataError } from "./DataError.ts"
import { isGzip, unpack } from "./Gzip.ts"

/** Bytes unpacked at a time. */
const chunkSize = 2 ** 18

/** Bytes that arrive in pieces, unpacked if they are gzip. Throws `DataError` with `Truncated` or `Corrupt`, and what `source` throws. */
export async function* pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = source[Symbol.asyncIterator]()
  let start: Uint8Array = new Uint8Array(0)
  let length = 0
  for (let next = await input.next(); next.done !== true; next = await input.next()) {
    length += next.value.length
    start = concatBytes([start, next.value])
    if (start.length >= 2) break
  }
  const all = async function* () {
    if (start.length > 0) yield start
    for (let next = await input.next(); next.done !== true; next = await input.next()) {
      length += next.value.length
      yield next.value
    }
  }
  if (!isGzip(start)) return yield* all()
  const node = globalThis.process?.getBuiltinModule
  if (node === undefined) {
    const packed: Array<Uint8Array> = []
    for await (const piece of all()) packed.push(piece)
    // Without zlib everything is unpacked at once.
    return yield Result.getOrThrow(unpack(concatBytes(packed)))
  }
  const unpacked = node("node:zlib").createGunzip({ chunkSize })
  // The loop below receives the failure of either stream.
  node("node:stream/promises")
    .pipeline(node("node:stream").Readable.from(all()), unpacked)
    .catch(() => {})
  try {
    for await (const piece of unpacked) yield piece as Uint8Array
  } catch (error) {
    throw refused(error as NodeJS.ErrnoException, length) ?? error
  }
}

/** An error of zlib as a `DataError`; `undefined` for another error. */
const refused = ({ code, message }: NodeJS.ErrnoException, length: number): DataError | undefined => {
  if (code === "Z_BUF_ERROR") return dataError({ _tag: "Truncated", offset: length, wanted: "its gzip data" })
  return code?.startsWith("Z_") === true ? dataError({ _tag: "Corrupt", format: "gzip", got: message }) : undefined
}
