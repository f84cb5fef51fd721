/** Gzip (RFC 1952), unpacked up to a bound, so that a small file made to unpack to a huge one fills no memory. */
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { constants, createGunzip, gunzipSync } from "node:zlib"
import * as Result from "effect/Result"
import { type DataError, dataError } from "./DataError.ts"

/** The most bytes unpacked unless told otherwise: 1 GiB. */
export const defaultLimit = 2 ** 30

/** Whether these bytes start as gzip does. `isGzip(new Uint8Array([0x1f, 0x8b])) // => true` */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** The bytes themselves, unpacked when they are gzip. Fails with `Truncated`, `Corrupt`, and `TooLarge` above `limit` bytes. */
export const unpack = (bytes: Uint8Array, limit = defaultLimit): Result.Result<Uint8Array, DataError> =>
  isGzip(bytes) ? inflate(bytes, limit, constants.Z_FINISH) : Result.succeed(bytes)

/** What the first `length` bytes of a gzip file unpack to, whole or not: enough to read a header by. */
export const start = (bytes: Uint8Array, length: number): Result.Result<Uint8Array, DataError> =>
  inflate(bytes.subarray(0, length), length * mostPerByte, constants.Z_SYNC_FLUSH)

/** Deflate packs at most 258 bytes into two bits, so nothing unpacks to more than this many times its length. */
export const mostPerByte = 1032

/** Bytes unpacked at a time: in the usual 16 KiB, a data set takes twice as long. */
const piece = 2 ** 20

/** Bytes that arrive in pieces, unpacked when they are gzip. Throws `DataError` with `Truncated` or `Corrupt`, and what `source` throws. */
export async function* pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = source[Symbol.asyncIterator]()
  let [start, length] = [new Uint8Array(0) as Uint8Array, 0]
  for (let next = await input.next(); next.done !== true; next = await input.next()) {
    length += next.value.length
    start = start.length === 0 ? next.value : concat(start, next.value)
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
  const gunzip = createGunzip({ chunkSize: piece })
  // The failure of either end reaches the loop below.
  pipeline(Readable.from(all()), gunzip).catch(() => {})
  try {
    for await (const unpacked of gunzip) yield unpacked as Uint8Array
  } catch (error) {
    throw refused(error as NodeJS.ErrnoException, length) ?? error
  }
}

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** What zlib's error says of the data; nothing where it is not zlib's. */
const refused = ({ code, message }: NodeJS.ErrnoException, length: number): DataError | undefined => {
  if (code === "Z_BUF_ERROR") return dataError({ _tag: "Truncated", offset: length, wanted: "its gzip data" })
  return code?.startsWith("Z_") === true ? dataError({ _tag: "Corrupt", format: "gzip", got: message }) : undefined
}

const inflate = (bytes: Uint8Array, limit: number, finishFlush: number): Result.Result<Uint8Array, DataError> => {
  try {
    const unpacked = gunzipSync(bytes, { maxOutputLength: limit, finishFlush, chunkSize: Math.min(piece, Math.max(64, limit)) })
    return Result.succeed(new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === "ERR_BUFFER_TOO_LARGE")
      return Result.fail(
        dataError({ _tag: "TooLarge", what: "the unpacked data", got: BigInt(limit) + 1n, limit, unit: "bytes" }),
      )
    const known = refused(error as NodeJS.ErrnoException, bytes.length)
    return Result.fail(known ?? dataError({ _tag: "Corrupt", format: "gzip", got: message }))
  }
}
