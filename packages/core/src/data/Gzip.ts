/** Gzip (RFC 1952), unpacked up to a bound, so that a small file made to unpack to a huge one fills no memory. */
import { constants, gunzipSync } from "node:zlib"
import * as Result from "effect/Result"
import { type DataError, dataError } from "./DataError.ts"

/** The most bytes unpacked unless told otherwise: 1 GiB. */
export const defaultLimit = 2 ** 30

/** Whether these bytes start as gzip does. `isGzip(new Uint8Array([0x1f, 0x8b])) // => true` */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** How many bytes gzip says that it unpacks to, modulo 2^32, in its last four bytes; the bytes' own length where they are not gzip. */
export const declared = (bytes: Uint8Array): number =>
  isGzip(bytes) && bytes.length >= 4
    ? new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true)
    : bytes.length

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
    if (code === "Z_BUF_ERROR")
      return Result.fail(dataError({ _tag: "Truncated", offset: bytes.length, wanted: "its gzip data" }))
    return Result.fail(dataError({ _tag: "Corrupt", format: "gzip", got: message }))
  }
}
