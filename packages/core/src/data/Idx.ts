/**
 * IDX, the format of the MNIST files (LeCun, Cortes and Burges, 1998): two zero bytes, a byte for the type of the elements, a
 * byte for the number of axes, the sizes as big-endian 32-bit numbers, then the elements, big-endian, row by row.
 */
import * as Result from "effect/Result"
import * as DType from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { ArrayRows } from "./ArrayRows.ts"
import { type DataError, dataError, type Reason } from "./DataError.ts"
import * as Gzip from "./Gzip.ts"

/** How the elements of one type are stored, and the dtype that they become. */
interface Element {
  readonly name: string
  readonly code: number
  readonly dtype: DType.DType
  readonly bytes: number
  readonly read: (bytes: Uint8Array, offset: number, length: number) => DType.Storage
}

const each =
  (allocate: (length: number) => DType.Storage, bytes: number, get: (view: DataView, at: number) => number) =>
  (source: Uint8Array, offset: number, length: number): DType.Storage => {
    const view = new DataView(source.buffer, source.byteOffset + offset, length * bytes)
    const out = allocate(length)
    for (let i = 0; i < length; i++) out[i] = get(view, i * bytes)
    return out
  }

const ints = (length: number) => new Int32Array(length)

/** A copy, because a Node `Buffer` shares its memory with other buffers. */
const octets = (bytes: Uint8Array, offset: number, length: number) => new Uint8Array(bytes.subarray(offset, offset + length))

const elements: ReadonlyArray<Element> = [
  { name: "u8", code: 0x08, dtype: "u8", bytes: 1, read: octets },
  { name: "i8", code: 0x09, dtype: "i32", bytes: 1, read: each(ints, 1, (view, at) => view.getInt8(at)) },
  { name: "i16", code: 0x0b, dtype: "i32", bytes: 2, read: each(ints, 2, (view, at) => view.getInt16(at)) },
  { name: "i32", code: 0x0c, dtype: "i32", bytes: 4, read: each(ints, 4, (view, at) => view.getInt32(at)) },
  {
    name: "f32",
    code: 0x0d,
    dtype: "f32",
    bytes: 4,
    read: each(
      (n) => new Float32Array(n),
      4,
      (view, at) => view.getFloat32(at),
    ),
  },
  {
    name: "f64",
    code: 0x0e,
    dtype: "f32",
    bytes: 8,
    read: each(
      (n) => new Float64Array(n),
      8,
      (view, at) => view.getFloat64(at),
    ),
  },
]

/**
 * Reads an idx file, gzipped or not, as one array: unsigned bytes stay `u8`, other whole numbers become `i32`, and
 * floats `f32` (64-bit ones held in doubles).
 *
 * Sizes are checked against the bytes that are there before anything is allocated. Fails with `Empty`, `BadMagic`,
 * `BadField`, `BadLength`, `TooLarge`, and with `Truncated` or `Corrupt` for damaged gzip.
 */
export const decode = (file: Uint8Array, limit = Gzip.defaultLimit): Result.Result<NDArray.NDArray, DataError> => {
  if (file.length === 0) return refuse({ _tag: "Empty", got: "it is empty", wanted: "an idx file" })
  if (!Gzip.isGzip(file)) return Result.flatMap(header(file), (head) => body(file, head))
  return Result.flatMap(zippedHeader(file), (head) => {
    const wanted = BigInt(head.offset) + head.length
    if (wanted > BigInt(limit)) return refuse({ _tag: "TooLarge", what: "the unpacked data", got: wanted, limit, unit: "bytes" })
    // unpacking one byte more than declared shows whether there are too many
    const unpacked = Gzip.unpack(file, Number(wanted) + 1)
    if (Result.isSuccess(unpacked)) return body(unpacked.success, head)
    return unpacked.failure.reason._tag === "TooLarge"
      ? wrongLength(head, Number(head.length) + 1)
      : Result.fail(unpacked.failure)
  })
}

/** Bytes that hold the longest header there is, of 255 axes. */
const maxHeaderBytes = 4 + 4 * 255

/** The header of a gzipped file. If it is too short, the gzip data is probably cut off, and that error is reported. */
const zippedHeader = (file: Uint8Array): Result.Result<Header, DataError> =>
  Result.flatMap(Gzip.start(file, 2 * maxHeaderBytes), (start) =>
    Result.orElse(header(start), (error) =>
      error.reason._tag === "Truncated" ? Result.flatMap(Gzip.unpack(file), () => Result.fail(error)) : Result.fail(error),
    ),
  )

/** The start of an idx file: the shape that it declares, and the complete rows in its first bytes. */
export interface Start {
  readonly shape: Shape.Shape
  readonly first: NDArray.NDArray
}

/** Reads the first bytes of an idx file, gzipped or not. Fails as `decode` does. */
export const start = (bytes: Uint8Array): Result.Result<Start, DataError> =>
  Result.gen(function* () {
    const unpacked = Gzip.isGzip(bytes) ? yield* Gzip.start(bytes, bytes.length) : bytes
    const { element, offset, shape } = yield* header(unpacked)
    const [rows = 1, ...sample] = shape
    const width = Shape.size(sample)
    const whole = Math.min(rows, Math.floor((unpacked.length - offset) / Math.max(1, width * element.bytes)))
    return { shape, first: NDArray.make(element.dtype, [whole, ...sample], element.read(unpacked, offset, whole * width)) }
  })

/** The rows of an idx file that is not gzipped, given its first bytes. Rows have the dtype that `decode` gives them. Fails as `decode` does. */
export const openRows = (bytes: Uint8Array): Result.Result<ArrayRows, DataError> =>
  Result.map(header(bytes), ({ element, offset, shape }) => {
    const sample = shape.slice(1)
    const width = Shape.size(sample)
    return {
      shape,
      offset,
      written: `${element.name}${Shape.print(shape)}`,
      rowBytes: width * element.bytes,
      dtype: element.name === "u8" ? "u8" : undefined,
      read: (rows, count) => NDArray.make(element.dtype, [count, ...sample], element.read(rows, 0, count * width)),
    }
  })

interface Header {
  readonly element: Element
  readonly shape: Shape.Shape
  /** Where the elements start, and how many bytes they should take. */
  readonly offset: number
  readonly length: bigint
}

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))

const hex = (bytes: Uint8Array): string =>
  bytes.length === 0 ? "nothing" : Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(" ")

const header = (bytes: Uint8Array): Result.Result<Header, DataError> => {
  if ((bytes[0] ?? 0) !== 0 || (bytes[1] ?? 0) !== 0)
    return refuse({
      _tag: "BadMagic",
      offset: 0,
      got: hex(bytes.subarray(0, 4)),
      wanted: "00 00, a byte for the type of the elements and one for the number of axes, as an idx file does",
    })
  const [, , code, rank] = bytes
  if (code === undefined || rank === undefined)
    return refuse({ _tag: "Truncated", offset: bytes.length, wanted: "the magic number" })
  const element = elements.find((element) => element.code === code)
  if (element === undefined)
    return refuse({
      _tag: "BadField",
      offset: 2,
      field: "the type of the elements",
      got: hex(bytes.subarray(2, 3)),
      wanted: elements.map(({ name, code }) => `${hex(Uint8Array.of(code))} (${name})`).join(", "),
    })
  if (rank === 0) return refuse({ _tag: "BadField", offset: 3, field: "the number of axes", got: "0", wanted: "1 or more" })
  const offset = 4 + 4 * rank
  if (bytes.length < offset) return refuse({ _tag: "Truncated", offset: bytes.length, wanted: `the sizes of ${rank} axes` })
  const view = new DataView(bytes.buffer, bytes.byteOffset, offset)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const length = shape.reduce((product, extent) => product * BigInt(extent), BigInt(element.bytes))
  return Result.succeed({ element, shape, offset, length })
}

const body = (bytes: Uint8Array, head: Header): Result.Result<NDArray.NDArray, DataError> => {
  const { element, shape, offset, length } = head
  if (BigInt(bytes.length - offset) !== length) return wrongLength(head, bytes.length - offset)
  // sizes that would overflow if none of them were zero
  if (!Shape.isValid(shape))
    return refuse({
      _tag: "BadField",
      offset: 4,
      field: "the shape",
      got: Shape.print(shape),
      wanted: "sizes that multiply exactly",
    })
  const data = element.read(bytes, offset, Number(length) / element.bytes)
  return Result.succeed(NDArray.make(element.dtype, shape, data))
}

const wrongLength = ({ element, shape, offset, length }: Header, got: number) =>
  refuse({ _tag: "BadLength", offset, got, wanted: length, why: `${element.name}${Shape.print(shape)}` })

const codes: {
  readonly [D in Exclude<DType.DType, "bool">]: readonly [code: number, set: (view: DataView, at: number, value: number) => void]
} = {
  u8: [0x08, (view, at, value) => view.setUint8(at, value)],
  i32: [0x0c, (view, at, value) => view.setInt32(at, value)],
  f32: [0x0d, (view, at, value) => view.setFloat32(at, value)],
}

/** An array as an idx file, not gzipped; `f32` is written in 32 bits and `bool` as bytes. Throws `RangeError` for a scalar. */
export const encode = (array: NDArray.NDArray): Uint8Array => {
  const { shape, data } = array
  const dtype = array.dtype === "bool" ? "u8" : array.dtype
  if (shape.length === 0 || shape.length > 255)
    throw new RangeError(`an idx file has from 1 to 255 axes; this array has ${shape.length}`)
  const [code, set] = codes[dtype]
  const offset = 4 + 4 * shape.length
  const out = new Uint8Array(offset + data.length * DType.bytes[dtype])
  const view = new DataView(out.buffer)
  out[2] = code
  out[3] = shape.length
  for (const [axis, extent] of shape.entries()) view.setUint32(4 + 4 * axis, extent)
  for (let i = 0; i < data.length; i++) set(view, offset + i * DType.bytes[dtype], data[i] ?? 0)
  return out
}
