/** Reads tables of FlatBuffers, which describe Arrow data. Every access outside the bytes throws `RangeError`. */

export interface Table {
  /** Whether a field is there. */
  readonly has: (field: number) => boolean
  readonly bool: (field: number) => boolean
  /** A number of 8 or of 16 bits, with a sign or without. */
  readonly byte: (field: number, absent?: number) => number
  readonly short: (field: number, absent?: number) => number
  readonly int: (field: number, absent?: number) => number
  readonly long: (field: number) => bigint
  readonly text: (field: number) => string
  readonly table: (field: number) => Table | undefined
  /** The tables of a list. */
  readonly tables: (field: number) => ReadonlyArray<Table>
  /** Structures of `size` bytes, as 64-bit numbers. */
  readonly longs: (field: number, size: number) => ReadonlyArray<ReadonlyArray<bigint>>
}

const decoder = new TextDecoder("utf-8", { fatal: true })

/** The table at a position. */
const tableAt = (view: DataView, at: number): Table => {
  const vtable = at - view.getInt32(at, true)
  const size = view.getUint16(vtable, true)
  const place = (field: number): number | undefined => {
    const entry = 4 + 2 * field
    const offset = entry < size ? view.getUint16(vtable + entry, true) : 0
    return offset === 0 ? undefined : at + offset
  }
  const target = (place: number): number => place + view.getUint32(place, true)
  /** Where the items of a list of items of `width` bytes begin, and how many there are. */
  const list = (field: number, width: number): readonly [start: number, count: number] => {
    const own = place(field)
    if (own === undefined) return [0, 0]
    const start = target(own)
    const count = view.getUint32(start, true)
    if (start + 4 + count * width > view.byteLength) throw new RangeError(`a list of ${count} items`)
    return [start + 4, count]
  }
  const number =
    (read: (at: number) => number) =>
    (field: number, absent = 0): number => {
      const own = place(field)
      return own === undefined ? absent : read(own)
    }
  return {
    has: (field) => place(field) !== undefined,
    bool: (field) => number((own) => view.getUint8(own))(field) !== 0,
    byte: number((own) => view.getInt8(own)),
    short: number((own) => view.getInt16(own, true)),
    int: number((own) => view.getInt32(own, true)),
    long: (field) => {
      const own = place(field)
      return own === undefined ? 0n : view.getBigInt64(own, true)
    },
    text: (field) => {
      const [start, length] = list(field, 1)
      return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + start, length))
    },
    table: (field) => {
      const own = place(field)
      return own === undefined ? undefined : tableAt(view, target(own))
    },
    tables: (field) => {
      const [start, count] = list(field, 4)
      return Array.from({ length: count }, (_, i) => tableAt(view, target(start + 4 * i)))
    },
    longs: (field, size) => {
      const [start, count] = list(field, size)
      return Array.from({ length: count }, (_, i) =>
        Array.from({ length: size / 8 }, (_, k) => view.getBigInt64(start + i * size + 8 * k, true)),
      )
    },
  }
}

/** The root table of some bytes. */
export const rootOf = (bytes: Uint8Array): Table => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return tableAt(view, view.getUint32(0, true))
}
