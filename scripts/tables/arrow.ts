/** A writer of Arrow streams: columns of doubles and of texts, none of them blank, in record batches that are not packed. */
import type { Values } from "./parquet.ts"

/** A field of a FlatBuffer's table; `undefined` is one that is absent. */
type Item =
  | { readonly bytes: 1 | 2 | 8; readonly value: number }
  | { readonly table: ReadonlyArray<Item | undefined> }
  | { readonly text: string }
  | { readonly tables: ReadonlyArray<ReadonlyArray<Item | undefined>> }
  | { readonly longs: ReadonlyArray<readonly [number, number]> }

/** A FlatBuffer with this root table. What a field leads to comes after its table. */
const flatbuffer = (root: ReadonlyArray<Item | undefined>): Uint8Array => {
  let bytes = new Uint8Array(256)
  let view = new DataView(bytes.buffer)
  let size = 0
  const reserve = (count: number, align = 4): number => {
    size = Math.ceil(size / align) * align
    const at = size
    size += count
    while (size > bytes.length) {
      const larger = new Uint8Array(2 * bytes.length)
      larger.set(bytes)
      bytes = larger
      view = new DataView(bytes.buffer)
    }
    return at
  }
  const widthOf = (item: Item | undefined): number => (item === undefined ? 0 : "bytes" in item ? item.bytes : 4)
  const tableOf = (items: ReadonlyArray<Item | undefined>): number => {
    const vtable = reserve(4 + 2 * items.length)
    const table = reserve(4, 8)
    const places = items.map((item) => (item === undefined ? 0 : reserve(widthOf(item), widthOf(item))))
    view.setInt32(table, table - vtable, true)
    view.setUint16(vtable, 4 + 2 * items.length, true)
    view.setUint16(vtable + 2, size - table, true)
    for (const [i, place] of places.entries()) view.setUint16(vtable + 4 + 2 * i, place === 0 ? 0 : place - table, true)
    for (const [i, item] of items.entries()) {
      const place = places[i] ?? 0
      if (item === undefined) continue
      if ("bytes" in item) {
        if (item.bytes === 1) view.setInt8(place, item.value)
        else if (item.bytes === 2) view.setInt16(place, item.value, true)
        else view.setBigInt64(place, BigInt(item.value), true)
      } else {
        const target = targetOf(item)
        view.setUint32(place, target - place, true)
      }
    }
    return table
  }
  const targetOf = (item: Exclude<Item, { readonly bytes: number }>): number => {
    if ("table" in item) return tableOf(item.table)
    if ("text" in item) {
      const text = new TextEncoder().encode(item.text)
      const at = reserve(4 + text.length + 1)
      view.setUint32(at, text.length, true)
      bytes.set(text, at + 4)
      return at
    }
    if ("longs" in item) {
      // The numbers of structures are aligned.
      reserve(4, 8)
      const at = reserve(4)
      view.setUint32(at, item.longs.length, true)
      for (const pair of item.longs)
        for (const value of pair) {
          const place = reserve(8, 8)
          view.setBigInt64(place, BigInt(value), true)
        }
      return at
    }
    const at = reserve(4 + 4 * item.tables.length)
    view.setUint32(at, item.tables.length, true)
    for (const [i, each] of item.tables.entries()) {
      const place = at + 4 + 4 * i
      const table = tableOf(each)
      view.setUint32(place, table - place, true)
    }
    return at
  }
  const start = reserve(4)
  const table = tableOf(root)
  view.setUint32(start, table - start, true)
  return bytes.slice(0, Math.ceil(size / 8) * 8)
}

const short = (value: number): Item => ({ bytes: 2, value })
const byte = (value: number): Item => ({ bytes: 1, value })
const long = (value: number): Item => ({ bytes: 8, value })

const [schemaHeader, batchHeader] = [1, 3]
const [floatType, textType] = [3, 5]
const [version5, double] = [4, 2]

/** The buffers of a column: none for blanks, then its values. */
const buffersOf = (values: Values): ReadonlyArray<Uint8Array> => {
  const none = new Uint8Array(0)
  if (values instanceof Float64Array) return [none, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]
  const texts = values.map((text) => new TextEncoder().encode(text))
  const ends = new Int32Array(texts.length + 1)
  for (const [i, { length }] of texts.entries()) ends[i + 1] = (ends[i] ?? 0) + length
  const all = new Uint8Array(ends.at(-1) ?? 0)
  for (const [i, text] of texts.entries()) all.set(text, ends[i])
  return [none, new Uint8Array(ends.buffer), all]
}

/** Writes record batches one after the other; `end` ends the stream. All batches have the columns of the first. */
export const arrowWriter = (names: ReadonlyArray<string>, write: (bytes: Uint8Array) => void) => {
  const message = (kind: number, header: ReadonlyArray<Item | undefined>, body: number): void => {
    const bytes = flatbuffer([short(version5), byte(kind), { table: header }, long(body)])
    const start = new Int32Array([-1, bytes.length])
    write(new Uint8Array(start.buffer))
    write(bytes)
  }
  let isBegun = false
  return {
    add: (columns: ReadonlyArray<Values>): void => {
      if (!isBegun) {
        const fields = columns.map((values, i): ReadonlyArray<Item | undefined> => {
          const isNumber = values instanceof Float64Array
          const type: Item = { table: isNumber ? [short(double)] : [] }
          return [{ text: names[i] ?? "" }, byte(0), byte(isNumber ? floatType : textType), type, undefined, { tables: [] }]
        })
        message(schemaHeader, [short(0), { tables: fields }], 0)
        isBegun = true
      }
      const rows = columns[0]?.length ?? 0
      const buffers = columns.flatMap(buffersOf)
      let at = 0
      const places = buffers.map(({ length }): readonly [number, number] => {
        const place = at
        at += Math.ceil(length / 8) * 8
        return [place, length]
      })
      const nodes = columns.map((): readonly [number, number] => [rows, 0])
      message(batchHeader, [long(rows), { longs: nodes }, { longs: places }], at)
      for (const buffer of buffers) {
        write(buffer)
        write(new Uint8Array((8 - (buffer.length % 8)) % 8))
      }
    },
    end: (): void => write(new Uint8Array(new Int32Array([-1, 0]).buffer)),
  }
}
