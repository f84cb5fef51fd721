/** Arrays of rows in files: those of a few megabytes are read, and the rows of larger ones stay in their file. */
import * as Result from "effect/Result"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { type ArrayRows, maxHeaderBytes } from "./ArrayRows.ts"
import { concatBytes } from "./concatBytes.ts"
import { type DataError, dataError } from "./DataError.ts"
import { type FileBytes, type GrowingFile, grown } from "./FileBytes.ts"
import type { FileArray, RawArray } from "./RawArray.ts"
import { release } from "./release.ts"
import type { Rows } from "./TableColumn.ts"

/** The bytes that are read at once where all are looked at. */
const pieceBytes = 2 ** 22

/** More bytes between two rows than this many times those of the rows are not read. */
const sparse = 4

/** A part of a file as a file of its own. */
export const part = ({ name, read, size }: FileBytes, start: number, end: number = size): FileBytes => ({
  name,
  size: end - start,
  read: (offset, length) => read(start + offset, length),
})

/** All bytes of a file. */
export const bytesOf = ({ read, size }: FileBytes): Uint8Array => read(0, size)

/** The first bytes of a file, which have the header of an array. */
export const headerOf = ({ read, size }: FileBytes): Uint8Array => read(0, Math.min(size, maxHeaderBytes))

/** The bytes of the given rows one after the other. Rows that are near each other are read at once. */
const rowsIn = (bytes: FileBytes, { offset, rowBytes }: Pick<Lying, "offset" | "rowBytes">, rows: Rows): Uint8Array => {
  const out: Array<Uint8Array> = []
  for (let i = 0; i < rows.length; ) {
    const first = rows[i] ?? 0
    let end = i + 1
    while (end < rows.length && (rows[end] ?? 0) >= first && (rows[end] ?? 0) - first < sparse * (end - i + 1)) end++
    let last = first
    for (let k = i; k < end; k++) last = Math.max(last, rows[k] ?? 0)
    const read = bytes.read(offset + first * rowBytes, (last - first + 1) * rowBytes)
    if (last - first + 1 === end - i) out.push(read)
    else
      for (let k = i; k < end; k++) {
        const at = ((rows[k] ?? 0) - first) * rowBytes
        out.push(read.subarray(at, at + rowBytes))
      }
    i = end
  }
  const all = concatBytes(out)
  for (const each of out) if (each.buffer !== all.buffer) release(each)
  return all
}

/** How the rows of an array lie in its file. */
type Lying = Omit<ArrayRows, "dtype">

/** The pieces of an array's bytes, of whole rows from `first` on. */
export function* pieces(
  bytes: FileBytes,
  { offset, rowBytes, shape }: Pick<Lying, "offset" | "rowBytes" | "shape">,
): Generator<{ readonly piece: Uint8Array; readonly first: number }> {
  const [count = 0] = shape
  const size = Math.max(1, Math.floor(pieceBytes / rowBytes))
  for (let first = 0; first < count; first += size)
    yield { first, piece: bytes.read(offset + first * rowBytes, Math.min(size, count - first) * rowBytes) }
}

/** How the rows of an array are read, the same for all of them. */
const readerOf = (bytes: FileBytes, rows: Lying): ArrayRows["read"] => {
  const { wide } = rows
  if (wide === undefined) return rows.read
  for (const { piece } of pieces(bytes, rows)) if (wide.isBeyond(piece)) return wide.asDoubles
  return wide.asInts
}

/** The array whose header begins a file. Fails with `BadLength` for another number of bytes. */
export const inFile = (bytes: FileBytes, rows: Lying): Result.Result<FileArray, DataError> => {
  const {
    offset,
    rowBytes,
    shape: [count = 0, ...sample],
    written: why,
  } = rows
  const wanted = count * rowBytes
  if (bytes.size - offset !== wanted)
    return Result.fail(dataError({ _tag: "BadLength", offset, got: bytes.size - offset, wanted: BigInt(wanted), why }))
  const read = readerOf(bytes, rows)
  return Result.succeed({
    [NDArray.TensorTypeId]: "FileArray",
    dtype: read(new Uint8Array(), 0).dtype,
    shape: [count, ...sample],
    read: (some) => {
      const stored = rowsIn(bytes, rows, some)
      const array = read(stored, some.length)
      if (array.data.buffer !== stored.buffer) release(stored)
      return array
    },
  })
}

/** Whether the rows of an array stay in their file. */
export const isLarge = ({ rowBytes, shape }: Pick<ArrayRows, "rowBytes" | "shape">, limit: number): boolean =>
  Shape.isValid(shape) && (shape[0] ?? 0) * rowBytes > limit

/** The array of a file: read by `decode`, or left in it if it has more than `limit` bytes and its rows are in the order of its bytes. */
export const open = (
  bytes: FileBytes,
  rows: ArrayRows | undefined,
  decode: (bytes: Uint8Array) => Result.Result<NDArray.NDArray, DataError>,
  limit: number,
): Result.Result<RawArray, DataError> =>
  rows !== undefined && isLarge(rows, limit) ? inFile(bytes, rows) : decode(bytesOf(bytes))

/** `count` samples of bytes that a file consists of. */
export const bytesInFile = (file: GrowingFile, count: number, sample: Shape.Shape): FileArray => {
  const rowBytes = Shape.size(sample)
  const bytes = grown(file, count * rowBytes)
  const read = (some: Uint8Array, rows: number) => NDArray.make("u8", [rows, ...sample], some)
  return {
    [NDArray.TensorTypeId]: "FileArray",
    dtype: "u8",
    shape: [count, ...sample],
    read: (rows) => read(rowsIn(bytes, { offset: 0, rowBytes }, rows), rows.length),
  }
}
