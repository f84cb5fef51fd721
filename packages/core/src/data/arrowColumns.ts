/** The columns of Arrow record batches: their types, and their values with every length checked against the bytes that are there. */

import type { Table } from "./flatbuffer.ts"
import { fromBits } from "./float16.ts"

/** What is wrong with the data; never leaves the reader. */
export class Damaged extends Error {}

/** Data of a kind that is not read; never leaves the reader. */
export class Unsupported extends Error {}

export const damaged = (got: string): never => {
  throw new Damaged(got)
}

/** The codes of the types in a schema. */
const codes = {
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  text: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  interval: 11,
  list: 12,
  struct: 13,
  union: 14,
  fixedBinary: 15,
  fixedList: 16,
  map: 17,
  duration: 18,
  largeBinary: 19,
  largeText: 20,
  largeList: 21,
  runs: 22,
  binaryView: 23,
  textView: 24,
  listView: 25,
  largeListView: 26,
} as const

/** A value of a fixed number of bytes. */
interface Fixed {
  readonly bytes: number
  readonly get: (view: DataView, at: number) => unknown
}

/** The type of a field. */
type Type =
  | { readonly _tag: "Null" | "Bool" | "Struct" }
  | { readonly _tag: "Fixed"; readonly value: Fixed }
  | { readonly _tag: "Bytes" | "View"; readonly isText: boolean; readonly isLarge: boolean }
  | { readonly _tag: "List" | "ListView"; readonly isLarge: boolean; readonly isMap: boolean }
  | { readonly _tag: "FixedList"; readonly size: number }
  | { readonly _tag: "Runs" }
  | { readonly _tag: "Union"; readonly isDense: boolean }

/** A column of the schema. */
export interface Field {
  readonly name: string
  readonly type: Type
  readonly children: ReadonlyArray<Field>
  /** The dictionary whose entries the values are, and the type of their numbers. */
  readonly dictionary?: { readonly id: bigint; readonly index: Fixed }
}

const number = (bytes: number, get: (view: DataView, at: number) => number): Fixed => ({ bytes, get })

/** A whole number of 64 bits: a number where a double holds it. */
const long = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

const signed: { readonly [bits: number]: Fixed } = {
  8: number(1, (view, at) => view.getInt8(at)),
  16: number(2, (view, at) => view.getInt16(at, true)),
  32: number(4, (view, at) => view.getInt32(at, true)),
  64: { bytes: 8, get: (view, at) => long(view.getBigInt64(at, true)) },
}

const unsigned: { readonly [bits: number]: Fixed } = {
  8: number(1, (view, at) => view.getUint8(at)),
  16: number(2, (view, at) => view.getUint16(at, true)),
  32: number(4, (view, at) => view.getUint32(at, true)),
  64: { bytes: 8, get: (view, at) => long(view.getBigUint64(at, true)) },
}

const floats: ReadonlyArray<Fixed> = [
  number(2, (view, at) => fromBits(view.getUint16(at, true))),
  number(4, (view, at) => view.getFloat32(at, true)),
  number(8, (view, at) => view.getFloat64(at, true)),
]

/** A whole number of two's complement, little-endian, as words of 64 bits. */
const wide = (view: DataView, at: number, bytes: number): bigint => {
  if (bytes === 4) return BigInt(view.getInt32(at, true))
  let value = view.getBigInt64(at + bytes - 8, true)
  for (let word = bytes - 16; word >= 0; word -= 8) value = (value << 64n) | view.getBigUint64(at + word, true)
  return value
}

const decimal = (scale: number, bits: number): Fixed => {
  if (![32, 64, 128, 256].includes(bits) || Math.abs(scale) > 300) return damaged(`decimals of ${bits} bits and scale ${scale}`)
  return { bytes: bits / 8, get: (view, at) => Number(wide(view, at, bits / 8)) / 10 ** scale }
}

/** Units of a second in a millisecond, or milliseconds in a unit, by the code of the unit. */
const milliseconds = (value: bigint, unit: number): Date =>
  new Date(
    unit === 0
      ? Number(value) * 1000
      : unit === 1
        ? Number(value)
        : unit === 2
          ? Number(value / 1000n)
          : Number(value / 1_000_000n),
  )

const intOf = (type: Table | undefined): Fixed =>
  (type?.bool(1) === true ? signed : unsigned)[type?.int(0) ?? 0] ?? damaged(`whole numbers of ${type?.int(0)} bits`)

const typeOf = (code: number, type: Table | undefined): Type => {
  const fixed = (value: Fixed): Type => ({ _tag: "Fixed", value })
  switch (code) {
    case codes.null:
      return { _tag: "Null" }
    case codes.bool:
      return { _tag: "Bool" }
    case codes.int:
      return fixed(intOf(type))
    case codes.float:
      return fixed(floats[type?.short(0) ?? 0] ?? damaged(`floats of the precision ${type?.short(0)}`))
    case codes.decimal:
      return fixed(decimal(type?.int(1) ?? 0, type?.int(2, 128) ?? 128))
    case codes.date:
      return fixed(
        (type?.short(0, 1) ?? 1) === 0
          ? { bytes: 4, get: (view, at) => new Date(view.getInt32(at, true) * 86_400_000) }
          : { bytes: 8, get: (view, at) => milliseconds(view.getBigInt64(at, true), 1) },
      )
    case codes.timestamp: {
      const unit = type?.short(0) ?? 0
      return fixed({ bytes: 8, get: (view, at) => milliseconds(view.getBigInt64(at, true), unit) })
    }
    case codes.time:
      return fixed((type?.int(1, 32) ?? 32) === 64 ? (signed[64] as Fixed) : (signed[32] as Fixed))
    case codes.duration:
      return fixed(signed[64] as Fixed)
    case codes.interval: {
      const bytes = [4, 8, 16][type?.short(0) ?? 0] ?? damaged("an interval of an unknown unit")
      return fixed({ bytes, get: () => ({}) })
    }
    case codes.fixedBinary: {
      const bytes = type?.int(0) ?? 0
      if (bytes < 0) damaged(`values of ${bytes} bytes`)
      return fixed({
        bytes,
        get: (view, at) => new Uint8Array(view.buffer.slice(view.byteOffset + at, view.byteOffset + at + bytes)),
      })
    }
    case codes.binary:
    case codes.text:
    case codes.largeBinary:
    case codes.largeText:
      return {
        _tag: "Bytes",
        isText: code === codes.text || code === codes.largeText,
        isLarge: code === codes.largeBinary || code === codes.largeText,
      }
    case codes.binaryView:
    case codes.textView:
      return { _tag: "View", isText: code === codes.textView, isLarge: false }
    case codes.list:
    case codes.largeList:
    case codes.map:
      return { _tag: "List", isLarge: code === codes.largeList, isMap: code === codes.map }
    case codes.listView:
    case codes.largeListView:
      return { _tag: "ListView", isLarge: code === codes.largeListView, isMap: false }
    case codes.fixedList: {
      const size = type?.int(0) ?? 0
      return size < 0 ? damaged(`lists of ${size} values`) : { _tag: "FixedList", size }
    }
    case codes.struct:
      return { _tag: "Struct" }
    case codes.runs:
      return { _tag: "Runs" }
    case codes.union:
      return { _tag: "Union", isDense: (type?.short(0) ?? 0) === 1 }
    default:
      throw new Unsupported(`a column of the type ${code}`)
  }
}

/** Fields within fields deeper than this are refused. */
const deepest = 16

/** A field of a schema. Throws `Damaged` and `Unsupported`. */
export const fieldOf = (field: Table, depth = 0): Field => {
  if (depth > deepest) throw new Unsupported(`more than ${deepest} fields within each other`)
  const encoding = field.table(4)
  const index = encoding?.table(1)
  return {
    name: field.text(0),
    type: typeOf(field.byte(2), field.table(3)),
    children: field.tables(5).map((child) => fieldOf(child, depth + 1)),
    ...(encoding === undefined
      ? {}
      : { dictionary: { id: encoding.long(0), index: index === undefined ? (signed[32] as Fixed) : intOf(index) } }),
  }
}

/** Values by their places. */
export interface Values {
  readonly size: number
  readonly at: (i: number) => unknown
}

/** The nodes and the buffers of a batch, in the order of its columns. */
export interface Cursor {
  /** The number of values of the next column. */
  readonly node: () => number
  /** The next buffer, unpacked. */
  readonly buffer: () => Uint8Array
  /** The number of buffers that the next column of views has beyond two. */
  readonly variadic: () => number
  readonly dictionary: (id: bigint) => Values | undefined
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const needed = (bytes: Uint8Array, wanted: number, what: string): Uint8Array =>
  bytes.length >= wanted ? bytes : damaged(`${bytes.length} bytes of ${what}, of ${wanted}`)

/** Whether values are there: a bit each, or all where there are no bits. */
const presence = (bits: Uint8Array, size: number): ((i: number) => boolean) => {
  if (bits.length === 0) return () => true
  needed(bits, Math.ceil(size / 8), "bits of blanks")
  return (i) => (((bits[i >> 3] as number) >> (i & 7)) & 1) === 1
}

/** The offsets of `size` values, which never fall and end within `limit`. */
const offsetsOf = (bytes: Uint8Array, size: number, isLarge: boolean, limit: number): Float64Array => {
  const out = new Float64Array(size + 1)
  if (size === 0) return out
  const view = viewOf(needed(bytes, (size + 1) * (isLarge ? 8 : 4), "offsets"))
  for (let i = 0; i <= size; i++) {
    const offset = isLarge ? Number(view.getBigInt64(8 * i, true)) : view.getInt32(4 * i, true)
    if (offset < (i === 0 ? 0 : (out[i - 1] as number)) || offset > limit) damaged(`an offset of ${offset}, of ${limit}`)
    out[i] = offset
  }
  return out
}

const decoder = new TextDecoder("utf-8", { fatal: true })

const textOf = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes)
  } catch {
    return damaged("a text that is not UTF-8")
  }
}

/** Some values as a list. */
const listOf = (values: Values, from: number, to: number): ReadonlyArray<unknown> =>
  Array.from({ length: to - from }, (_, i) => values.at(from + i))

/** A value of a kind that no cell has. */
const record = {}

/** The values of bytes that begin with a length and are short or elsewhere. */
const viewsOf = (cursor: Cursor, size: number, isText: boolean): ((i: number) => unknown) => {
  const views = viewOf(needed(cursor.buffer(), 16 * size, "views"))
  const buffers = Array.from({ length: cursor.variadic() }, () => cursor.buffer())
  return (i) => {
    const length = views.getInt32(16 * i, true)
    if (length < 0) damaged(`a text of ${length} bytes`)
    const isShort = length <= 12
    const source = isShort
      ? new Uint8Array(views.buffer, views.byteOffset, views.byteLength)
      : (buffers[views.getInt32(16 * i + 8, true)] ?? damaged("a text in a buffer that is not there"))
    const start = isShort ? 16 * i + 4 : views.getInt32(16 * i + 12, true)
    if (start < 0 || start + length > source.length) damaged("a text outside its buffer")
    const bytes = source.subarray(start, start + length)
    return isText ? textOf(bytes) : bytes.slice()
  }
}

/** The values of one column. Throws `Damaged` and `RangeError`. */
export const valuesOf = (field: Field, cursor: Cursor): Values => {
  const size = cursor.node()
  const { children, dictionary, type } = field
  if (type._tag === "Null" && dictionary === undefined) return { size, at: () => null }
  if (type._tag === "Union" && dictionary === undefined) {
    cursor.buffer()
    if (type.isDense) cursor.buffer()
    for (const child of children) valuesOf(child, cursor)
    return { size, at: () => record }
  }
  if (type._tag === "Runs" && dictionary === undefined) {
    for (const child of children) valuesOf(child, cursor)
    return { size, at: () => record }
  }
  const isThere = presence(cursor.buffer(), size)
  const present = (get: (i: number) => unknown): Values => ({ size, at: (i) => (isThere(i) ? get(i) : null) })
  const child = (): Values => valuesOf(children[0] ?? damaged("a list without values"), cursor)

  if (dictionary !== undefined) {
    const { bytes, get } = dictionary.index
    const indices = viewOf(needed(cursor.buffer(), size * bytes, "indices"))
    const entries = cursor.dictionary(dictionary.id) ?? damaged(`a dictionary ${dictionary.id}, which is not there`)
    // Each entry is decoded once.
    const known = new Map<number, unknown>()
    return present((i) => {
      const index = Number(get(indices, i * bytes))
      if (!(index >= 0 && index < entries.size)) damaged(`the entry ${index} of a dictionary of ${entries.size}`)
      if (!known.has(index)) known.set(index, entries.at(index))
      return known.get(index)
    })
  }
  switch (type._tag) {
    case "Bool": {
      const bits = needed(cursor.buffer(), Math.ceil(size / 8), "truth values")
      return present((i) => (((bits[i >> 3] as number) >> (i & 7)) & 1) === 1)
    }
    case "Fixed": {
      const { bytes, get } = type.value
      const view = viewOf(needed(cursor.buffer(), size * bytes, "values"))
      return present((i) => get(view, i * bytes))
    }
    case "Bytes": {
      const offsets = cursor.buffer()
      const content = cursor.buffer()
      const places = offsetsOf(offsets, size, type.isLarge, content.length)
      return present((i) => {
        const bytes = content.subarray(places[i], places[i + 1])
        return type.isText ? textOf(bytes) : bytes.slice()
      })
    }
    case "View":
      return present(viewsOf(cursor, size, type.isText))
    case "List": {
      const offsets = cursor.buffer()
      const values = child()
      const places = offsetsOf(offsets, size, type.isLarge, values.size)
      return present((i) => (type.isMap ? record : listOf(values, places[i] ?? 0, places[i + 1] ?? 0)))
    }
    case "FixedList": {
      const values = child()
      if (values.size < size * type.size) damaged(`${values.size} values for ${size} lists of ${type.size}`)
      return present((i) => listOf(values, i * type.size, (i + 1) * type.size))
    }
    case "ListView":
      cursor.buffer()
      cursor.buffer()
      child()
      return present(() => record)
    default:
      for (const each of children) valuesOf(each, cursor)
      return present(() => record)
  }
}
