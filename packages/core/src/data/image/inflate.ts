/**
 * Unpacks zlib data (RFC 1950) of a known length: by zlib in Node, which takes half the time, and by fflate in a page, whose
 * bundle has no module of Node.
 */
import { unzlibSync } from "fflate"

/** Exactly `length` bytes, or why there are not as many. */
export type Inflate = (bytes: Uint8Array, length: number) => Uint8Array | string

const inNode =
  ({ inflateSync }: typeof import("node:zlib")): Inflate =>
  (bytes, length) => {
    try {
      const unpacked = inflateSync(bytes, { maxOutputLength: length, chunkSize: Math.min(2 ** 20, Math.max(64, length)) })
      return unpacked.length === length ? unpacked : `${unpacked.length} of ${length} bytes of pixels`
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return code === "ERR_BUFFER_TOO_LARGE" ? `more than the ${length} bytes of its pixels` : message
    }
  }

/** Unpacks without zlib. */
export const inPage: Inflate = (bytes, length) => {
  try {
    // one byte more shows whether there are too many
    const unpacked = unzlibSync(bytes, { out: new Uint8Array(length + 1) })
    return unpacked.length === length
      ? unpacked
      : unpacked.length > length
        ? `more than the ${length} bytes of its pixels`
        : `${unpacked.length} of ${length} bytes of pixels`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Unpacks zlib data of a known length. zlib is loaded here, since most programs unpack nothing. */
export const inflate: Inflate = (bytes, length) => {
  const zlib = globalThis.process?.getBuiltinModule?.("node:zlib")
  return (zlib === undefined ? inPage : inNode(zlib))(bytes, length)
}
