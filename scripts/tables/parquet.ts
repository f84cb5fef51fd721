/** A writer of plain Parquet: columns of doubles and of texts, none of them blank, in row groups that are not packed. */

/** A column of a row group. */
export type Values = Float64Array | ReadonlyArray<string>

/** The compact protocol of Thrift, as far as the metadata of Parquet need it. */
const compact = () => {
  const bytes: Array<number> = []
  const varint = (n: number): void => {
    let rest = BigInt(n)
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
    bytes.push(Number(rest))
  }
  const zigzag = (n: number): void => varint(n * 2)
  let last = 0
  const field = (id: number, type: number): void => {
    bytes.push(((id - last) << 4) | type)
    last = id
  }
  const text = (value: string): void => {
    const own = new TextEncoder().encode(value)
    varint(own.length)
    bytes.push(...own)
  }
  const writer = {
    bytes,
    i32: (id: number, n: number) => {
      field(id, 5)
      zigzag(n)
    },
    i64: (id: number, n: number) => {
      field(id, 6)
      zigzag(n)
    },
    text: (id: number, value: string) => {
      field(id, 8)
      text(value)
    },
    struct: (id: number, write: () => void) => {
      field(id, 12)
      inside(write)
    },
    list: (id: number, type: number, size: number, write: (i: number) => void) => {
      field(id, 9)
      bytes.push(size < 15 ? (size << 4) | type : 0xf0 | type)
      if (size >= 15) varint(size)
      for (let i = 0; i < size; i++) write(i)
    },
    zigzag,
    textItem: text,
    item: (write: () => void) => inside(write),
  }
  const inside = (write: () => void): void => {
    const before = last
    last = 0
    write()
    bytes.push(0)
    last = before
  }
  return writer
}

const [doubleType, byteArray] = [5, 6]

/** The values of a page. */
const pageOf = (values: Values): Uint8Array => {
  if (values instanceof Float64Array) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const texts = values.map((text) => new TextEncoder().encode(text))
  const out = new Uint8Array(texts.reduce((sum, { length }) => sum + 4 + length, 0))
  const view = new DataView(out.buffer)
  let at = 0
  for (const text of texts) {
    view.setUint32(at, text.length, true)
    out.set(text, at + 4)
    at += 4 + text.length
  }
  return out
}

/** A column of a row group in the file. */
interface Chunk {
  readonly at: number
  readonly size: number
}

/** Writes row groups one after the other; `end` writes the footer. All groups have the columns of the first. */
export const parquetWriter = (names: ReadonlyArray<string>, write: (bytes: Uint8Array) => void) => {
  const groups: Array<{ readonly rows: number; readonly chunks: ReadonlyArray<Chunk> }> = []
  let types: ReadonlyArray<number> = []
  let at = 0
  const put = (bytes: Uint8Array): void => {
    write(bytes)
    at += bytes.length
  }
  put(new TextEncoder().encode("PAR1"))
  return {
    add: (columns: ReadonlyArray<Values>): void => {
      types = columns.map((values) => (values instanceof Float64Array ? doubleType : byteArray))
      const rows = columns[0]?.length ?? 0
      const chunks = columns.map((values): Chunk => {
        const page = pageOf(values)
        const header = compact()
        header.i32(1, 0)
        header.i32(2, page.length)
        header.i32(3, page.length)
        header.struct(5, () => {
          header.i32(1, rows)
          header.i32(2, 0)
          header.i32(3, 3)
          header.i32(4, 3)
        })
        header.bytes.push(0)
        const start = at
        put(Uint8Array.from(header.bytes))
        put(page)
        return { at: start, size: at - start }
      })
      groups.push({ rows, chunks })
    },
    end: (): void => {
      const footer = compact()
      const rows = groups.reduce((sum, group) => sum + group.rows, 0)
      footer.i32(1, 1)
      footer.list(2, 12, names.length + 1, (i) =>
        footer.item(() => {
          if (i > 0) footer.i32(1, types[i - 1] ?? 0)
          if (i > 0) footer.i32(3, 0)
          footer.text(4, i === 0 ? "schema" : (names[i - 1] ?? ""))
          if (i === 0) footer.i32(5, names.length)
          // Texts are UTF-8.
          if (i > 0 && types[i - 1] === byteArray) footer.i32(6, 0)
        }),
      )
      footer.i64(3, rows)
      footer.list(4, 12, groups.length, (g) =>
        footer.item(() => {
          const { chunks = [], rows: own = 0 } = groups[g] ?? {}
          footer.list(1, 12, chunks.length, (c) =>
            footer.item(() => {
              const { at: start, size } = chunks[c] ?? { at: 0, size: 0 }
              footer.i64(2, start)
              footer.struct(3, () => {
                footer.i32(1, types[c] ?? 0)
                footer.list(2, 5, 1, () => footer.zigzag(0))
                footer.list(3, 8, 1, () => footer.textItem(names[c] ?? ""))
                footer.i32(4, 0)
                footer.i64(5, own)
                footer.i64(6, size)
                footer.i64(7, size)
                footer.i64(9, start)
              })
            }),
          )
          footer.i64(
            2,
            chunks.reduce((sum, { size }) => sum + size, 0),
          )
          footer.i64(3, own)
        }),
      )
      footer.bytes.push(0)
      put(Uint8Array.from(footer.bytes))
      const length = new Uint8Array(4)
      new DataView(length.buffer).setUint32(0, footer.bytes.length, true)
      put(length)
      put(new TextEncoder().encode("PAR1"))
    },
  }
}
