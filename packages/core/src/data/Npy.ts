/**
 * NPY, NumPy's file of one array (NEP 1, 2007): the magic `\x93NUMPY`, a version, a header that is a Python literal naming
 * the kind of element, the order of the axes and the shape, then the elements. The header is matched, never evaluated, and
 * arrays of objects, which NumPy would unpickle, are refused.
 */
import * as Result from "effect/Result"
import type * as DType from "../words/DType.ts"
import * as NDArray from "../words/NDArray.ts"
import * as Shape from "../words/Shape.ts"
import { type DataError, dataError, quote, type Reason } from "./DataError.ts"

type Get = (view: DataView, at: number, littleEndian: boolean) => number

/** How the elements of one kind are stored and what they become. */
interface Element {
  readonly dtype: DType.DType
  readonly bytes: number
  readonly allocate: (length: number) => DType.Storage
  readonly get: Get
}

const ints = (length: number) => new Int32Array(length)
const octets = (length: number) => new Uint8Array(length)

/** NaN where a 64-bit number is none of `i32`. */
const narrow = (value: bigint): number => (BigInt.asIntN(32, value) === value ? Number(value) : Number.NaN)

const elements: { readonly [kind: string]: Element } = {
  f4: { dtype: "f32", bytes: 4, allocate: (n) => new Float32Array(n), get: (view, at, little) => view.getFloat32(at, little) },
  f8: { dtype: "f32", bytes: 8, allocate: (n) => new Float64Array(n), get: (view, at, little) => view.getFloat64(at, little) },
  i1: { dtype: "i32", bytes: 1, allocate: ints, get: (view, at) => view.getInt8(at) },
  i2: { dtype: "i32", bytes: 2, allocate: ints, get: (view, at, little) => view.getInt16(at, little) },
  i4: { dtype: "i32", bytes: 4, allocate: ints, get: (view, at, little) => view.getInt32(at, little) },
  i8: { dtype: "i32", bytes: 8, allocate: ints, get: (view, at, little) => narrow(view.getBigInt64(at, little)) },
  u1: { dtype: "u8", bytes: 1, allocate: octets, get: (view, at) => view.getUint8(at) },
  u2: { dtype: "i32", bytes: 2, allocate: ints, get: (view, at, little) => view.getUint16(at, little) },
  u4: { dtype: "i32", bytes: 4, allocate: ints, get: (view, at, little) => narrow(BigInt(view.getUint32(at, little))) },
  u8: { dtype: "i32", bytes: 8, allocate: ints, get: (view, at, little) => narrow(view.getBigUint64(at, little)) },
  b1: { dtype: "bool", bytes: 1, allocate: octets, get: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
}

interface Header {
  /** `<f4`: byte order, kind, bytes. */
  readonly descr: string
  readonly element: Element
  readonly littleEndian: boolean
  readonly columnMajor: boolean
  readonly shape: Shape.Shape
  readonly offset: number
}

/**
 * Reads an .npy file as one array: `f4` becomes `f32`, `f8` `f32` held in doubles, `u1` `u8`, `b1` `bool`, and the other
 * whole numbers `i32`, as long as every one fits. Either byte order, either order of axes.
 *
 * Sizes are checked against the bytes that are there before anything is allocated. Fails with `BadMagic`, `Truncated`,
 * `BadField`, `BadLength`.
 */
export const decode = (bytes: Uint8Array): Result.Result<NDArray.NDArray, DataError> =>
  Result.flatMap(header(bytes), (head) => body(bytes, head))

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)

const header = (bytes: Uint8Array): Result.Result<Header, DataError> => {
  if (bytes.length === 0) return refuse({ _tag: "Empty", got: "there is nothing in it", wanted: "an .npy array" })
  if (magic.some((byte, at) => at < bytes.length && bytes[at] !== byte))
    return refuse({
      _tag: "BadMagic",
      offset: 0,
      got: quote(latin1(bytes.subarray(0, 6))),
      wanted: "\\x93NUMPY, as an .npy array does",
    })
  const version = bytes[6]
  if (version === undefined || bytes.length < 12)
    return refuse({ _tag: "Truncated", offset: bytes.length, wanted: "the magic number, version and header length" })
  if (version < 1 || version > 3)
    return refuse({ _tag: "BadField", offset: 6, field: "the format version", got: String(version), wanted: "1, 2 or 3" })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = version === 1 ? 10 : 12
  const offset = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (offset > bytes.length)
    return refuse({ _tag: "Truncated", offset: bytes.length, wanted: `a header of ${offset - start} bytes` })
  // three short fields never need more; a longer header is one of padding
  return literal(latin1(bytes.subarray(start, Math.min(offset, start + 4096))), start, offset)
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const literal = (text: string, start: number, offset: number): Result.Result<Header, DataError> => {
  const bad = (field: string, got: string, wanted: string) => refuse({ _tag: "BadField", offset: start, field, got, wanted })
  const descr = /'descr': *'([^']*)'/.exec(text)?.[1]
  const order = /'fortran_order': *(True|False)/.exec(text)?.[1]
  const sizes = /'shape': *\(([\d, ]*)\)/.exec(text)?.[1]
  if (descr === undefined || order === undefined || sizes === undefined)
    return bad("the header", quote(text.trimEnd()), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} of plain numbers")
  const [, byteOrder = "", kind = ""] = /^([<>|=]?)(\w+)$/.exec(descr) ?? []
  const element = Object.hasOwn(elements, kind) ? elements[kind] : undefined
  if (element === undefined) return bad("the kind of element", quote(descr), `one of ${Object.keys(elements).join(", ")}`)
  const shape = sizes.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number(size)]))
  if (!Shape.isValid(shape))
    return bad("the shape", `(${sizes})`, "sizes that multiply to a number of elements a computer can hold")
  return Result.succeed({ descr, element, littleEndian: byteOrder !== ">", columnMajor: order === "True", shape, offset })
}

const body = (bytes: Uint8Array, head: Header): Result.Result<NDArray.NDArray, DataError> => {
  const { element, offset, shape } = head
  const length = Shape.size(shape)
  const wanted = BigInt(length) * BigInt(element.bytes)
  const got = bytes.length - offset
  if (BigInt(got) !== wanted)
    return refuse({ _tag: "BadLength", offset, got, wanted, why: `${head.descr} ${Shape.print(shape)}` })
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, got)
  const data = element.allocate(length)
  const from = head.columnMajor ? columnMajor(shape) : (i: number) => i
  for (let i = 0; i < length; i++) {
    const at = from(i) * element.bytes
    const value = element.get(view, at, head.littleEndian)
    if (element.dtype === "i32" && Number.isNaN(value))
      return refuse({
        _tag: "BadField",
        offset: offset + at,
        field: `element ${i}`,
        got: "a whole number beyond 32 bits",
        wanted: "numbers from -2,147,483,648 to 2,147,483,647",
      })
    data[i] = value
  }
  return Result.succeed(NDArray.make(element.dtype, shape, data))
}

/** From the row-major number of an element to its column-major one. */
const columnMajor = (shape: Shape.Shape): ((i: number) => number) => {
  const rows = Shape.strides(shape)
  const columns = Shape.strides(shape.toReversed()).toReversed()
  return (i) => {
    let rest = i
    let at = 0
    for (let axis = 0; axis < shape.length; axis++) {
      const step = rows[axis] ?? 1
      at += Math.floor(rest / step) * (columns[axis] ?? 1)
      rest %= step
    }
    return at
  }
}

const written: {
  readonly [D in DType.DType]: readonly [descr: string, set: (view: DataView, at: number, value: number) => void]
} = {
  f32: ["<f4", (view, at, value) => view.setFloat32(at, value, true)],
  i32: ["<i4", (view, at, value) => view.setInt32(at, value, true)],
  u8: ["|u1", (view, at, value) => view.setUint8(at, value)],
  bool: ["|b1", (view, at, value) => view.setUint8(at, value)],
}

/** An array as an .npy file of version 1, little-endian and row-major; `f32` held in doubles is written as `<f8`. */
export const encode = (array: NDArray.NDArray): Uint8Array => {
  const { dtype, shape, data } = array
  const [descr, set] =
    data instanceof Float64Array
      ? (["<f8", (view: DataView, at: number, value: number) => view.setFloat64(at, value, true)] as const)
      : written[dtype]
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ")
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`
  // NumPy wants the elements to start at a multiple of 64 bytes
  const padding = 63 - ((10 + text.length) % 64)
  const head = `${text}${" ".repeat(padding)}\n`
  const offset = 10 + head.length
  const out = new Uint8Array(offset + data.byteLength)
  const view = new DataView(out.buffer)
  out.set(magic)
  out[6] = 1
  view.setUint16(8, head.length, true)
  for (let i = 0; i < head.length; i++) out[10 + i] = head.charCodeAt(i)
  for (let i = 0; i < data.length; i++) set(view, offset + i * data.BYTES_PER_ELEMENT, data[i] ?? 0)
  return out
}
