/** Where a file is inside a zip archive (APPNOTE 6.3, zip64 too), found in its directory without reading the rest. */
import * as Result from "effect/Result"
import { type DataError, dataError, type Reason } from "./DataError.ts"
import * as Gzip from "./Gzip.ts"
import { nearest } from "./Nearest.ts"

/** Reads `length` bytes from an offset. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>

/** Where the bytes of a file are. */
export interface Place {
  readonly offset: number
  readonly size: number
}

/** A file of an archive: its bytes, which are packed by DEFLATE unless they are stored as they are. */
export interface Entry extends Place {
  readonly isPacked: boolean
  /** The size that the directory declares for the unpacked file. */
  readonly unpacked: number
}

const [endMark, endMark64, locatorMark, entryMark, localMark] = [0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50, 0x04034b50]
const [endSize, locatorSize, endSize64, entrySize, localSize] = [22, 20, 56, 46, 30]

/** The longest comment, after which an archive ends. */
const longestComment = 0xffff

/** The most bytes of a directory. */
const maxDirectory = 2 ** 26

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))
const damaged = (got: string) => refuse({ _tag: "Corrupt", format: "zip", got })

/** Where the directory is, and how long it is. */
const directoryOf = async (read: ReadAt, size: number): Promise<Result.Result<Place, DataError>> => {
  const length = Math.min(size, endSize + longestComment)
  const tail = await read(size - length, length)
  const view = viewOf(tail)
  let at = length - endSize
  while (at >= 0 && view.getUint32(at, true) !== endMark) at--
  if (at < 0) return refuse({ _tag: "Truncated", offset: size, wanted: "the directory of the archive" })
  const small = { size: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true) }
  const place = size - length + at - locatorSize
  if (place < 0) return Result.succeed(small)
  const locator = viewOf(await read(place, locatorSize))
  if (locator.getUint32(0, true) !== locatorMark) return Result.succeed(small)
  const where = Number(locator.getBigUint64(8, true))
  if (where + endSize64 > size) return damaged(`a directory at byte ${where}`)
  const large = viewOf(await read(where, endSize64))
  if (large.getUint32(0, true) !== endMark64) return damaged(`a directory at byte ${where}`)
  return Result.succeed({ size: Number(large.getBigUint64(40, true)), offset: Number(large.getBigUint64(48, true)) })
}

/** The numbers of 64 bits of an entry, in the order of those fields that are too small for theirs. */
const wideOf = (extra: Uint8Array): ReadonlyArray<number> => {
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    if (id === 1 && at + 4 + length <= extra.length)
      return Array.from({ length: Math.floor(length / 8) }, (_, i) => Number(view.getBigUint64(at + 4 + 8 * i, true)))
    at += 4 + length
  }
  return []
}

const tooSmall = 0xffffffff

/** The method of packed files. */
const deflate = 8

/**
 * The file of a name in an archive of `size` bytes, without `ending`. Fails with `NoArray`, which lists the nearest names, and with
 * `Truncated`, `Corrupt` and `TooLarge`.
 */
export const entryOf = async (
  read: ReadAt,
  size: number,
  { ending, name: wanted }: { readonly name: string; readonly ending: string },
): Promise<Result.Result<Entry, DataError>> => {
  const found = await directoryOf(read, size)
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const { offset: start, size: length } = found.success
  if (length > maxDirectory)
    return refuse({ _tag: "TooLarge", what: "the directory", got: BigInt(length), limit: maxDirectory, unit: "bytes" })
  if (start + length > size) return damaged(`a directory of ${length} bytes at byte ${start}`)
  const directory = await read(start, length)
  const view = viewOf(directory)
  const names: Array<string> = []
  for (let at = 0; at + entrySize <= length && view.getUint32(at, true) === entryMark; ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [
      number,
      number,
      number,
    ]
    const end = at + entrySize + nameLength + extraLength
    if (end > length) return damaged("a directory that is cut off")
    const name = new TextDecoder().decode(directory.subarray(at + entrySize, at + entrySize + nameLength))
    if (name.endsWith(ending)) names.push(name.slice(0, -ending.length))
    if (name === `${wanted}${ending}`) {
      const wide = [...wideOf(directory.subarray(at + entrySize + nameLength, end))]
      const field = (place: number): number => {
        const own = view.getUint32(at + place, true)
        return own === tooSmall ? (wide.shift() ?? own) : own
      }
      const [unpacked, packed, local] = [field(24), field(20), field(42)]
      const method = view.getUint16(at + 10, true)
      const isPacked = method === deflate
      if (!(isPacked || (method === 0 && unpacked === packed))) return damaged(`${name} packed by method ${method}`)
      if (isPacked && unpacked > Math.min(packed, size) * Gzip.maxRatio)
        return damaged(`${name}, which cannot unpack to ${unpacked} bytes`)
      if (local + localSize > size) return damaged(`${name} at byte ${local}`)
      const header = viewOf(await read(local, localSize))
      if (header.getUint32(0, true) !== localMark) return damaged(`${name} at byte ${local}`)
      const offset = local + localSize + header.getUint16(26, true) + header.getUint16(28, true)
      return offset + packed > size
        ? damaged(`${name} of ${packed} bytes at byte ${offset}`)
        : Result.succeed({ offset, size: packed, isPacked, unpacked })
    }
    at = end + commentLength
  }
  return refuse({ _tag: "NoArray", name: wanted, nearest: nearest(wanted, names), names })
}
