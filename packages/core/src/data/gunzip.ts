/**
 * Unpacks gzip in one call, up to a limit: by zlib in Node, which takes half the time, and by fflate in a page, whose bundle has no
 * module of Node.
 */
import { Gunzip } from "fflate"
import { concatBytes } from "./concatBytes.ts"
import { crc32 } from "./crc32.ts"

/** Why gzip data cannot be unpacked: it exceeds the limit, it is cut off, or `message`. */
export type Refused =
  | { readonly _tag: "TooLarge" }
  | { readonly _tag: "Truncated" }
  | { readonly _tag: "Corrupt"; readonly message: string }

/** Unpacks gzip to at most `limit` bytes; with `partial`, data may be cut off. */
export type Unpack = (bytes: Uint8Array, limit: number, partial: boolean) => Uint8Array | Refused

/** Bytes unpacked at a time; with zlib's default of 16 KiB a dataset takes twice as long. */
const piece = 2 ** 20

const inNode =
  ({ constants, gunzipSync }: typeof import("node:zlib")): Unpack =>
  (bytes, limit, partial) => {
    try {
      const finishFlush = partial ? constants.Z_SYNC_FLUSH : constants.Z_FINISH
      const unpacked = gunzipSync(bytes, { maxOutputLength: limit, finishFlush, chunkSize: Math.min(piece, Math.max(64, limit)) })
      return new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === "ERR_BUFFER_TOO_LARGE") return { _tag: "TooLarge" }
      return code === "Z_BUF_ERROR" ? { _tag: "Truncated" } : { _tag: "Corrupt", message }
    }
  }

/** Packed bytes that are unpacked before the limit is checked again. */
const packedPiece = 2 ** 14

/** The smallest member, in bytes: its header and its trailer. */
const shortest = 18

/** Unpacks gzip without zlib. fflate does not check the trailers of members, so this function does. */
export const inPage: Unpack = (bytes, limit, partial) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const pieces: Array<Uint8Array> = []
  let length = 0
  const member = { crc: 0, length: 0 }
  /** Whether the trailer that ends here matches the member's data. */
  const isWhole = (end: number): boolean =>
    end >= shortest && view.getInt32(end - 8, true) === member.crc && view.getUint32(end - 4, true) === member.length % 2 ** 32
  // fflate does not report where the packed data ends, so a trailer that is cut off looks like a wrong one.
  const corrupt: Refused = { _tag: "Corrupt", message: "the checksum at its end is wrong or missing" }
  let isCorrupt = false
  const gunzip = new Gunzip((unpacked) => {
    pieces.push(unpacked)
    length += unpacked.length
    member.length += unpacked.length
    member.crc = crc32(unpacked, member.crc)
  })
  gunzip.onmember = (start) => {
    isCorrupt ||= !isWhole(start)
    member.crc = 0
    member.length = 0
  }
  try {
    for (let at = 0; at < bytes.length && length <= limit; at += packedPiece) gunzip.push(bytes.subarray(at, at + packedPiece))
  } catch (error) {
    return { _tag: "Corrupt", message: (error as Error).message }
  }
  if (length > limit) return { _tag: "TooLarge" }
  if (isCorrupt) return corrupt
  if (!partial && !isWhole(bytes.length)) {
    if (bytes.length < shortest) return { _tag: "Truncated" }
    try {
      gunzip.push(new Uint8Array(), true)
      return corrupt
    } catch {
      return { _tag: "Truncated" }
    }
  }
  return concatBytes(pieces)
}

/** Unpacks gzip with zlib, or with fflate if the host has no zlib. zlib is loaded here, since most programs unpack nothing. */
export const gunzip: Unpack = (bytes, limit, partial) => {
  const zlib = globalThis.process?.getBuiltinModule?.("node:zlib")
  return (zlib === undefined ? inPage : inNode(zlib))(bytes, limit, partial)
}
