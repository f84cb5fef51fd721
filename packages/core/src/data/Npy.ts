/**
 * NPY, NumPy's file of one array (NEP 1, 2007): the magic `\x93NUMPY`, a version, a header that is a Python literal naming
 * the kind of element, the order of the axes and the shape, then the elements. The header is matched, never evaluated, and
 * arrays of objects, which NumPy would unpickle, are refused.
 */
import * as Result from "effect/Result"
import * as DType from "../types/DType.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { ArrayRows } from "./ArrayRows.ts"
import { isBlank } from "./Blank.ts"
import { sorted } from "./Category.ts"
import { type DataError, dataError, quote, type Reason } from "./DataError.ts"
import { fromBits } from "./float16.ts"

type Get = (view: DataView, at: number, littleEndian: boolean) => number

/** How the elements of one type are stored, and the dtype that they become. */
interface Element {
  readonly dtype: DType.DType
  readonly bytes: number
  readonly allocate: (length: number) => DType.Storage
  readonly get: Get
  /** Whether a number of this type may need more than 32 bits. */
  readonly wide?: true
  /** Whether our storage has the same bytes. */
  readonly same?: true
}

const ints = (length: number) => new Int32Array(length)
const octets = (length: number) => new Uint8Array(length)
const floats = (length: number) => new Float32Array(length)
const doubles = (length: number) => new Float64Array(length)

const half: Get = (view, at, little) => fromBits(view.getUint16(at, little))

/** A whole number of 64 bits, rounded to a double where it has more than 53. */
const long =
  (high: (view: DataView, at: number, little: boolean) => number): Get =>
  (view, at, little) =>
    high(view, little ? at + 4 : at, little) * 2 ** 32 + view.getUint32(little ? at : at + 4, little)

const elements: { readonly [kind: string]: Element } = {
  f2: { dtype: "f32", bytes: 2, allocate: floats, get: half },
  f4: { dtype: "f32", bytes: 4, allocate: floats, get: (view, at, little) => view.getFloat32(at, little), same: true },
  f8: { dtype: "f32", bytes: 8, allocate: doubles, get: (view, at, little) => view.getFloat64(at, little), same: true },
  i1: { dtype: "i32", bytes: 1, allocate: ints, get: (view, at) => view.getInt8(at) },
  i2: { dtype: "i32", bytes: 2, allocate: ints, get: (view, at, little) => view.getInt16(at, little) },
  i4: { dtype: "i32", bytes: 4, allocate: ints, get: (view, at, little) => view.getInt32(at, little), same: true },
  i8: { dtype: "i32", bytes: 8, allocate: ints, get: long((view, at, little) => view.getInt32(at, little)), wide: true },
  u1: { dtype: "u8", bytes: 1, allocate: octets, get: (view, at) => view.getUint8(at), same: true },
  u2: { dtype: "i32", bytes: 2, allocate: ints, get: (view, at, little) => view.getUint16(at, little) },
  u4: { dtype: "i32", bytes: 4, allocate: ints, get: (view, at, little) => view.getUint32(at, little), wide: true },
  u8: { dtype: "i32", bytes: 8, allocate: ints, get: long((view, at, little) => view.getUint32(at, little)), wide: true },
  b1: { dtype: "bool", bytes: 1, allocate: octets, get: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
}

/** Text of a fixed number of characters: of 4 bytes each (`U`), or of 1 (`S`). */
interface TextElement {
  readonly bytes: number
  readonly get: (view: DataView, at: number, littleEndian: boolean) => string
}

const printable = (code: number): string => (code > 0x10ffff ? "\uFFFD" : String.fromCodePoint(code))

const textElement = (unit: "U" | "S", length: number): TextElement => {
  const each = unit === "U" ? 4 : 1
  const get = (view: DataView, at: number, little: boolean): string => {
    let out = ""
    for (let i = 0; i < length; i++) out += printable(unit === "U" ? view.getUint32(at + 4 * i, little) : view.getUint8(at + i))
    return out.replace(/\0+$/, "")
  }
  return { bytes: each * length, get }
}

interface Header<E extends Element | TextElement = Element | TextElement> {
  /** `<f4`: byte order, kind, bytes. */
  readonly descr: string
  readonly element: E
  readonly littleEndian: boolean
  readonly columnMajor: boolean
  readonly shape: Shape.Shape
  readonly offset: number
}

/**
 * Reads an .npy file as one array: `f2` and `f4` become `f32`, `f8` `f32` held in doubles, `u1` `u8`, `b1` `bool`, and the
 * other whole numbers `i32`; where one of them needs more than 32 bits, all become `f32` held in doubles, which are exact
 * up to 2^53. Either byte order, either order of axes.
 *
 * Sizes are checked against the bytes that are there before anything is allocated. Fails with `Empty`, `BadMagic`,
 * `Truncated`, `BadField` (for text too), `BadLength`.
 */
export const decode = (bytes: Uint8Array): Result.Result<NDArray.NDArray, DataError> =>
  Result.flatMap(header(bytes), (head) =>
    isText(head) ? badElement(head.descr) : Result.map(sized(bytes, head), (view) => numbers(view, head)),
  )

/**
 * The rows of an .npy file, given its first `maxHeaderBytes` bytes (or all bytes of a shorter file); `undefined` for
 * column-major arrays and for text. Rows have the dtype that `decode` gives them. Fails as `decode` does.
 */
export const openRows = (bytes: Uint8Array): Result.Result<ArrayRows | undefined, DataError> =>
  Result.map(header(bytes), (head) => {
    const { columnMajor: isColumnMajor, descr, element, offset, shape } = head
    if (isText(head) || isColumnMajor || shape.length === 0) return undefined
    const sample = shape.slice(1)
    const viewOf = ({ buffer, byteLength, byteOffset }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength)
    const reading =
      (isBeyond?: boolean): ArrayRows["read"] =>
      (rows, count) =>
        numbers(viewOf(rows), { ...head, shape: [count, ...sample] }, isBeyond)
    return {
      shape,
      offset,
      written: `${descr} ${Shape.print(shape)}`,
      rowBytes: Shape.size(sample) * element.bytes,
      dtype: dtypeOf(head),
      read: reading(),
      ...("wide" in element && element.wide === true
        ? { wide: { isBeyond: (rows) => hasBeyond(viewOf(rows), head), asDoubles: reading(true), asInts: reading(false) } }
        : {}),
    }
  })

/** The targets of a file: numbers, or for text the indices into its sorted `classes`. */
export interface Labels {
  readonly targets: NDArray.NDArray
  readonly classes?: ReadonlyArray<string>
}

/** Reads an .npy file as targets: numbers as `decode` does, text (`U`, `S`) as the names of classes. Fails as `decode` does. */
export const decodeLabels = (bytes: Uint8Array): Result.Result<Labels, DataError> =>
  Result.flatMap(header(bytes), (head) => {
    if (!isText(head)) return Result.map(decode(bytes), (targets) => ({ targets }))
    return Result.flatMap(sized(bytes, head), (view): Result.Result<Labels, DataError> => {
      const names: Array<string> = []
      for (const at of places(head)) {
        const name = head.element.get(view, at, head.littleEndian).trim()
        if (isBlank(name))
          return refuse({
            _tag: "BadField",
            offset: head.offset + at,
            field: `element ${names.length}`,
            got: name === "" ? "blank" : quote(name),
            wanted: "the name of a class",
          })
        names.push(name)
      }
      const classes = sorted(names)
      const numbers = new Map(classes.map((name, i) => [name, i]))
      const data = Int32Array.from(names, (name) => numbers.get(name) ?? 0)
      return Result.succeed({ targets: NDArray.make("i32", head.shape, data), classes })
    })
  })

const isText = (head: Header): head is Header<TextElement> => !("dtype" in head.element)

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)

const header = (bytes: Uint8Array): Result.Result<Header, DataError> => {
  if (bytes.length === 0) return refuse({ _tag: "Empty", got: "it is empty", wanted: "an .npy array" })
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
  // the three short fields fit into this; a longer header is padding
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
  const [, unit, length] = /^([US])(\d{1,6})$/.exec(kind) ?? []
  const element =
    unit === "U" || unit === "S" ? textElement(unit, Number(length)) : Object.hasOwn(elements, kind) ? elements[kind] : undefined
  if (element === undefined || element.bytes === 0) return badElement(descr, start)
  const shape = sizes.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number(size)]))
  if (!Shape.isValid(shape))
    return bad("the shape", `(${sizes})`, "sizes that multiply to a number of elements a computer can hold")
  return Result.succeed({ descr, element, littleEndian: byteOrder !== ">", columnMajor: order === "True", shape, offset })
}

const badElement = (descr: string, offset = 10) =>
  refuse({
    _tag: "BadField",
    offset,
    field: "the type of the elements",
    got: quote(descr),
    wanted: `one of ${Object.keys(elements).join(", ")}`,
  })

/** The bytes of the elements. Fails with `BadLength` for another number of bytes than the header says. */
const sized = (bytes: Uint8Array, { descr, element, offset, shape }: Header): Result.Result<DataView, DataError> => {
  const wanted = BigInt(Shape.size(shape)) * BigInt(element.bytes)
  const got = bytes.length - offset
  return BigInt(got) === wanted
    ? Result.succeed(new DataView(bytes.buffer, bytes.byteOffset + offset, got))
    : refuse({ _tag: "BadLength", offset, got, wanted, why: `${descr} ${Shape.print(shape)}` })
}

/** Where each element starts, in row-major order. */
function* places({ columnMajor: isColumnMajor, element, shape }: Header): Generator<number> {
  const length = Shape.size(shape)
  const from = isColumnMajor ? columnMajor(shape) : (i: number) => i
  for (let i = 0; i < length; i++) yield from(i) * element.bytes
}

const isHostLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Whether the bytes of numbers are those of our storage. */
const areOurs = ({ element, littleEndian }: Header): boolean =>
  "dtype" in element && element.same === true && (element.bytes === 1 || littleEndian === isHostLittleEndian)

/** The dtype whose elements in an engine have these bytes: doubles are read as `f32` and have others. */
const dtypeOf = (head: Header): DType.DType | undefined => {
  const { element } = head
  return "dtype" in element && areOurs(head) && element.bytes === DType.bytes[element.dtype] ? element.dtype : undefined
}

/** Whether a whole number needs more than 32 bits. */
const hasBeyond = (view: DataView, { element, littleEndian }: Header): boolean => {
  const { bytes, get } = element as Element
  for (let at = 0; at < view.byteLength; at += bytes) {
    const value = get(view, at, littleEndian)
    if (value < -(2 ** 31) || value >= 2 ** 31) return true
  }
  return false
}

/** The numbers of an array; `isBeyond` says whether one of its whole numbers needs more than 32 bits, unless that is to be looked up. */
const numbers = (view: DataView, head: Header, isBeyond?: boolean): NDArray.NDArray => {
  const { columnMajor: isColumnMajor, littleEndian, shape } = head
  const element = head.element as Element
  const length = Shape.size(shape)
  if (areOurs(head) && !isColumnMajor) {
    const data = element.allocate(length)
    new Uint8Array(data.buffer).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    return NDArray.make(element.dtype, shape, data)
  }
  const from = isColumnMajor ? columnMajor(shape) : (i: number) => i
  const fill = (data: DType.Storage): DType.Storage => {
    for (let i = 0; i < length; i++) data[i] = element.get(view, from(i) * element.bytes, littleEndian)
    return data
  }
  return element.wide === true && (isBeyond ?? hasBeyond(view, head))
    ? NDArray.make("f32", shape, fill(doubles(length)))
    : NDArray.make(element.dtype, shape, fill(element.allocate(length)))
}

/** From the row-major index of an element to its column-major index. */
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
  // NumPy requires the elements to start at a multiple of 64 bytes
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
