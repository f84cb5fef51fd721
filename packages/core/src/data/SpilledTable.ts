/**
 * A table on disk: blocks of rows are appended, column by column in chunks, and a column is then read chunk by chunk. Memory holds
 * one chunk of each column. Numbers stay numbers, few distinct texts are stored as indices, and others as bytes.
 */
import { print } from "./NumberFormat.ts"
import { release } from "./release.ts"
import type { ScratchFile } from "./Scratch.ts"
import type { Table } from "./Table.ts"
import type { Rows, TableColumn } from "./TableColumn.ts"

/** The rows of a chunk: of tables with thousands of columns, a chunk of each takes some hundred megabytes. */
export const chunkRows = 2 ** 13

/** A chunk has an index for each text if it has at most so many distinct ones. */
const maxDistinct = 2 ** 12

/** More exceptions than this share of its rows make a chunk of numbers one of texts. */
const maxExceptions = 1 / 4

/** How the cells of a chunk are stored. */
type Form = "numbers" | "indices" | "texts"

/** Where a chunk is. */
interface Chunk {
  readonly form: Form
  readonly offset: number
  readonly length: number
}

const [encoder, decoder] = [new TextEncoder(), new TextDecoder()]

const json = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value))

const joined = (numbers: Float64Array | Uint16Array | Uint32Array, rest: Uint8Array): Uint8Array => {
  const out = new Uint8Array(numbers.byteLength + rest.length)
  out.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
  out.set(rest, numbers.byteLength)
  return out
}

/** Collects the cells of a column and writes them in chunks. */
const columnWriter = (file: ScratchFile) => {
  const chunks: Array<Chunk> = []
  const values = new Float64Array(chunkRows)
  let texts: Array<string> = []
  let exceptions = new Map<number, string>()
  let size = 0
  /** Whether the cells of this chunk are numbers so far. */
  let isNumeric = true
  /** How the file writes numbers, which is the same in every block. */
  let format: TableColumn["format"]

  const put = (form: Form, bytes: Uint8Array): void => {
    chunks.push({ form, offset: file.append(bytes), length: bytes.length })
    release(bytes)
  }
  const textOf = (i: number): string => {
    const value = values[i] ?? Number.NaN
    return Number.isNaN(value) ? (exceptions.get(i) ?? "") : print(value, format)
  }
  const flush = (): void => {
    if (size === 0) return
    if (isNumeric) put("numbers", joined(values.subarray(0, size), json([...exceptions])))
    else {
      const indices = new Map<string, number>()
      for (let i = 0; i < size && indices.size <= maxDistinct; i++) {
        const text = texts[i] ?? ""
        if (!indices.has(text)) indices.set(text, indices.size)
      }
      if (indices.size <= maxDistinct) {
        const own = Uint16Array.from({ length: size }, (_, i) => indices.get(texts[i] ?? "") ?? 0)
        put("indices", joined(own, json([...indices.keys()])))
      } else {
        const bytes = texts.map((text) => encoder.encode(text))
        const ends = new Uint32Array(size + 1)
        for (const [i, { length }] of bytes.entries()) ends[i + 1] = (ends[i] ?? 0) + length
        const all = new Uint8Array(ends[size] ?? 0)
        for (const [i, each] of bytes.entries()) all.set(each, ends[i])
        put("texts", joined(ends, all))
      }
    }
    texts = []
    exceptions = new Map()
    size = 0
    isNumeric = true
  }
  /** Goes on with the texts of this chunk. */
  const asTexts = (): void => {
    texts = Array.from({ length: size }, (_, i) => textOf(i))
    exceptions = new Map()
    isNumeric = false
  }
  const end = (): void => {
    size++
    if (size === chunkRows) flush()
  }
  /** Adds a cell that a column of numbers has as a text. */
  const addException = (text: string): void => {
    if (isNumeric) {
      values[size] = Number.NaN
      if (text !== "") except(text)
    } else texts.push(text)
    end()
  }
  /** Adds a cell of a column of texts, which is none of the numbers: whether 1.234 is 1234, the column that uses it knows. */
  const addText = (text: string): void => {
    if (isNumeric && text !== "") asTexts()
    if (isNumeric) values[size] = Number.NaN
    else texts.push(text)
    end()
  }
  const addNumber = (value: number): void => {
    if (isNumeric) values[size] = value
    else texts.push(print(value, format))
    end()
  }
  const except = (text: string): void => {
    exceptions.set(size, text)
    if (exceptions.size > 16 && exceptions.size > size * maxExceptions) {
      asTexts()
      texts.push(text)
    }
  }
  return {
    chunks,
    flush,
    format: () => format,
    add: ({ format: own, numbers, size: count, text }: TableColumn): void => {
      format = own
      const known = numbers?.(Int32Array.from({ length: count }, (_, i) => i))
      for (let i = 0; i < count; i++) {
        const value = known === undefined ? Number.NaN : (known[i] as number)
        if (!Number.isNaN(value)) addNumber(value)
        else if (known === undefined) addText(text(i))
        else addException(text(i))
      }
    },
  }
}

/** The cells of a chunk that was read. */
interface Cells {
  readonly numbers?: Float64Array
  readonly text: (i: number) => string
}

const decoded = (bytes: Uint8Array, form: Form, rows: number): Cells => {
  const parsed = <A>(from: number): A => JSON.parse(decoder.decode(bytes.subarray(from))) as A
  if (form === "numbers") {
    const numbers = new Float64Array(bytes.buffer, 0, rows)
    let exceptions: Map<number, string> | undefined
    return {
      numbers,
      text: (i) => {
        const value = numbers[i] ?? Number.NaN
        if (!Number.isNaN(value)) return String(value)
        exceptions ??= new Map(parsed<ReadonlyArray<readonly [number, string]>>(8 * rows))
        return exceptions.get(i) ?? ""
      },
    }
  }
  if (form === "indices") {
    const indices = new Uint16Array(bytes.buffer, 0, rows)
    const texts = parsed<ReadonlyArray<string>>(2 * rows)
    return { text: (i) => texts[indices[i] ?? -1] ?? "" }
  }
  const ends = new Uint32Array(bytes.buffer, 0, rows + 1)
  const start = 4 * (rows + 1)
  return { text: (i) => decoder.decode(bytes.subarray(start + (ends[i] ?? 0), start + (ends[i + 1] ?? 0))) }
}

/** The indices of a column that stay in memory, in bytes. */
const heldBytes = 2 ** 26

/** Whether rows are in rising order. */
const isRising = (rows: Rows): boolean => {
  for (let i = 1; i < rows.length; i++) if ((rows[i] ?? 0) < (rows[i - 1] ?? 0)) return false
  return true
}

/** The places of rows in an order that visits each chunk once. */
const byChunk = (rows: Rows, chunks: number): Int32Array => {
  const ends = new Int32Array(chunks + 1)
  const chunkOf = (i: number): number => Math.min(chunks - 1, Math.max(0, Math.floor((rows[i] ?? 0) / chunkRows)))
  for (let i = 0; i < rows.length; i++) ends[chunkOf(i) + 1] = (ends[chunkOf(i) + 1] ?? 0) + 1
  for (let chunk = 0; chunk < chunks; chunk++) ends[chunk + 1] = (ends[chunk + 1] ?? 0) + (ends[chunk] ?? 0)
  const order = new Int32Array(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const at = ends[chunkOf(i)] ?? 0
    order[at] = i
    ends[chunkOf(i)] = at + 1
  }
  return order
}

/** A column of `size` cells in chunks. The last chunk that was read stays in memory, and chunks of indices, which are small. */
const columnOf = (file: ScratchFile, chunks: ReadonlyArray<Chunk>, size: number, format: TableColumn["format"]): TableColumn => {
  const marks = format === undefined ? {} : { format }
  const held = new Map<number, Cells>()
  let left = heldBytes
  let at = -1
  let cells: Cells = { text: () => "" }
  /** The bytes of the last chunk, unless it is held. */
  let last: Uint8Array = new Uint8Array()
  const chunkAt = (index: number): Cells => {
    const chunk = chunks[index]
    if (index === at || chunk === undefined) return cells
    at = index
    release(last)
    const before = held.get(index)
    if (before !== undefined) {
      cells = before
      return cells
    }
    last = file.read(chunk.offset, chunk.length)
    cells = decoded(last, chunk.form, Math.min(chunkRows, size - index * chunkRows))
    if (chunk.form === "indices" && chunk.length <= left) {
      held.set(index, cells)
      left -= chunk.length
      last = new Uint8Array()
    }
    return cells
  }
  const text = (row: number): string => chunkAt(Math.floor(row / chunkRows)).text(row % chunkRows)
  if (!chunks.some(({ form }) => form === "numbers")) return { size, text, ...marks }
  return {
    size,
    text,
    numbers: (rows: Rows) => {
      const out = new Float64Array(rows.length)
      const order = isRising(rows) ? undefined : byChunk(rows, chunks.length)
      for (let k = 0; k < out.length; k++) {
        const i = order === undefined ? k : (order[k] ?? 0)
        const row = rows[i] ?? -1
        out[i] = chunkAt(Math.floor(row / chunkRows)).numbers?.[row % chunkRows] ?? Number.NaN
      }
      return out
    },
    ...marks,
  }
}

/** The lines of rows: where the distance from a row to its line changes. */
const lineWriter = () => {
  const [rows, distances]: [Array<number>, Array<number>] = [[], []]
  return {
    add: (row: number, line: number): void => {
      if (distances.at(-1) === line - row) return
      rows.push(row)
      distances.push(line - row)
    },
    line: (row: number): number => {
      let [low, high] = [0, rows.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((rows[middle] ?? 0) <= row) low = middle + 1
        else high = middle
      }
      return row + (distances[low - 1] ?? 1)
    },
  }
}

/** Writes a table to a file, block by block. */
export interface Writer {
  /** Appends the rows of a block. It has the columns of the block before, and may have more, which are blank in earlier rows. Throws `ScratchError`. */
  readonly add: (block: Table) => void
  /** The rows so far. */
  readonly size: () => number
  /** The table of all rows, which is there as long as its file. */
  readonly end: () => Table
}

/** A writer of the columns that `isUsed` selects; other columns have their names alone. */
export const writer = (file: ScratchFile, isUsed: (column: string) => boolean): Writer => {
  let columns: ReadonlyArray<string> = []
  const writers: Array<ReturnType<typeof columnWriter> | undefined> = []
  const lines = lineWriter()
  let size = 0
  return {
    size: () => size,
    add: (block) => {
      columns = block.columns
      for (const name of columns.slice(writers.length)) {
        const own = isUsed(name) ? columnWriter(file) : undefined
        own?.add({ size, text: () => "" })
        writers.push(own)
      }
      for (const [i, own] of writers.entries()) own?.add(block.column(i))
      for (let row = 0; row < block.size; row++) lines.add(size + row, block.line(row))
      size += block.size
    },
    end: () => {
      const found = writers.map((own) => {
        own?.flush()
        return own === undefined ? undefined : columnOf(file, own.chunks, size, own.format())
      })
      return {
        columns,
        size,
        line: lines.line,
        column: (index) => {
          const column = found[index]
          if (column === undefined) throw new RangeError(`column ${index} of ${columns.length} is not stored`)
          return column
        },
      }
    },
  }
}
