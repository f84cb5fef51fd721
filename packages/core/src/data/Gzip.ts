/** Unpacks gzip (RFC 1952) up to a limit, so that a small malicious file cannot fill memory. */
import * as Result from "effect/Result"
import { type DataError, dataError } from "./DataError.ts"
import { gunzip } from "./gunzip.ts"

/** The default limit of unpacked bytes: 1 GiB. */
export const defaultLimit = 2 ** 30

/** Whether these bytes start as gzip does. `isGzip(new Uint8Array([0x1f, 0x8b])) // => true` */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** The bytes, unpacked if they are gzip. Fails with `Truncated`, `Corrupt`, and `TooLarge` above `limit` bytes. */
export const unpack = (bytes: Uint8Array, limit = defaultLimit): Result.Result<Uint8Array, DataError> =>
  isGzip(bytes) ? inflate(bytes, limit, false) : Result.succeed(bytes)

/** What the first `length` bytes of a gzip file unpack to, enough to read a header. */
export const start = (bytes: Uint8Array, length: number): Result.Result<Uint8Array, DataError> =>
  inflate(bytes.subarray(0, length), length * maxRatio, true)

/** The largest compression ratio: deflate packs at most 258 bytes into two bits. */
export const maxRatio = 1032

const inflate = (bytes: Uint8Array, limit: number, partial: boolean): Result.Result<Uint8Array, DataError> => {
  const unpacked = gunzip(bytes, limit, partial)
  if (unpacked instanceof Uint8Array) return Result.succeed(unpacked)
  switch (unpacked._tag) {
    case "TooLarge":
      return Result.fail(
        dataError({ _tag: "TooLarge", what: "the unpacked data", got: BigInt(limit) + 1n, limit, unit: "bytes" }),
      )
    case "Truncated":
      return Result.fail(dataError({ _tag: "Truncated", offset: bytes.length, wanted: "its gzip data" }))
    case "Corrupt":
      return Result.fail(dataError({ _tag: "Corrupt", format: "gzip", got: unpacked.message }))
  }
}
