/**
 * Arrow files and streams (the IPC format; Feather of version 2 is the same): a schema, then batches of rows, each column in
 * buffers. Every length is checked against the bytes that are there. The module is loaded when such a file is read.
 */
import * as Result from "effect/Result"
import { decompressZstd } from "hyparquet-compressors"
import { type Cursor, Damaged, damaged, type Field, fieldOf, Unsupported, type Values, valuesOf } from "./arrowColumns.ts"
import { type DataError, dataError, type Reason } from "./DataError.ts"
import { type Table as Flat, rootOf } from "./flatbuffer.ts"
import * as Lz4 from "./lz4.ts"
import type { Table } from "./Table.ts"
import { type Cells, type IsUsed, maxCells, tableOf } from "./TypedTable.ts"

/** The most bytes of all buffers, unpacked. */
const maxBytes = 2 ** 31

const magic = "ARROW1"

const begins = (bytes: Uint8Array, at: number): boolean =>
  Array.from(magic).every((character, i) => bytes[at + i] === character.charCodeAt(0))

/** Stops reading; never leaves this module. */
class TooMany extends Error {
  readonly reason: Reason
  constructor(what: string, got: number, limit: number, unit: string) {
    super()
    this.reason = { _tag: "TooLarge", what, got: BigInt(Math.trunc(got)), limit, unit }
  }
}

/** Exactly `length` bytes of Zstandard data, by Node's own module if there is one. */
const unpackZstd = (bytes: Uint8Array, length: number): Uint8Array => {
  const zlib = globalThis.process?.getBuiltinModule?.("node:zlib")
  const out =
    zlib === undefined
      ? decompressZstd(bytes, new Uint8Array(length))
      : zlib.zstdDecompressSync(bytes, { maxOutputLength: length })
  return out.length === length ? out : damaged(`${out.length} bytes of Zstandard, of ${length}`)
}

/** What is read of a file so far. */
interface State {
  fields: ReadonlyArray<Field> | undefined
  readonly columns: Array<Array<unknown>>
  readonly dictionaries: Map<bigint, Values>
  cells: number
  unpacked: number
  batch: number
}

/** The buffers of a batch. */
const cursorOf = (batch: Flat, body: Uint8Array, state: State): Cursor => {
  const nodes = batch.longs(1, 16)
  const buffers = batch.longs(2, 16)
  const compression = batch.table(3)
  const variadic = batch.longs(4, 8)
  let [node, buffer, view] = [0, 0, 0]
  if (compression !== undefined && compression.byte(1) !== 0) throw new Unsupported("a compression of whole batches")
  const codec = compression?.byte(0)
  if (codec !== undefined && codec !== 0 && codec !== 1) throw new Unsupported(`the compression ${codec}`)
  return {
    node: () => {
      const [length = -1n] = nodes[node++] ?? []
      const size = Number(length)
      if (size < 0) damaged(`a column of ${size} values`)
      state.cells += size
      if (state.cells > maxCells) throw new TooMany("the table", state.cells, maxCells, "cells")
      return size
    },
    buffer: () => {
      const [offset = -1n, length = -1n] = buffers[buffer++] ?? []
      const [start, size] = [Number(offset), Number(length)]
      if (start < 0 || size < 0 || start + size > body.length) damaged(`a buffer at ${start} of ${size} bytes in ${body.length}`)
      const bytes = body.subarray(start, start + size)
      if (codec === undefined || size === 0) return bytes
      if (size < 8) damaged(`a packed buffer of ${size} bytes`)
      const wanted = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true))
      if (wanted === -1) return bytes.subarray(8)
      state.unpacked += Math.max(0, wanted)
      if (wanted < 0) damaged(`a buffer of ${wanted} bytes`)
      if (state.unpacked > maxBytes) throw new TooMany("the unpacked data", state.unpacked, maxBytes, "bytes")
      const packed = bytes.subarray(8)
      return codec === 0 ? Lz4.unpack(packed, wanted) : unpackZstd(packed, wanted)
    },
    variadic: () => {
      const count = Number(variadic[view++]?.[0] ?? 0n)
      return count >= 0 && count <= buffers.length ? count : damaged(`${count} buffers of texts`)
    },
    dictionary: (id) => state.dictionaries.get(id),
  }
}

/** All fields that have a dictionary. */
const encoded = (fields: ReadonlyArray<Field>): ReadonlyArray<Field> =>
  fields.flatMap((field) => [...(field.dictionary === undefined ? [] : [field]), ...encoded(field.children)])

const readDictionary = (header: Flat, body: Uint8Array, state: State): void => {
  const id = header.long(0)
  const wrong = () => damaged(`a dictionary ${id} of no column`)
  const field = encoded(state.fields ?? []).find(({ dictionary }) => dictionary?.id === id) ?? wrong()
  const batch = header.table(1) ?? wrong()
  const { children, name, type } = field
  const more = valuesOf({ children, name, type }, cursorOf(batch, body, state))
  const before = header.bool(2) ? state.dictionaries.get(id) : undefined
  state.dictionaries.set(
    id,
    before === undefined
      ? more
      : { size: before.size + more.size, at: (i) => (i < before.size ? before.at(i) : more.at(i - before.size)) },
  )
}

const readBatch = (header: Flat, body: Uint8Array, state: State): void => {
  const size = Number(header.long(0))
  const fields = state.fields ?? damaged("rows before the schema")
  const cursor = cursorOf(header, body, state)
  state.batch++
  for (const [i, field] of fields.entries()) {
    const at = (why: string): string => `record batch ${state.batch}, column \`${field.name}\`: ${why}`
    try {
      const values = valuesOf(field, cursor)
      if (values.size !== size) damaged(`${values.size} of ${size} values`)
      const column = state.columns[i]
      for (let row = 0; row < size; row++) column?.push(values.at(row))
    } catch (error) {
      if (error instanceof TooMany || error instanceof Unsupported) throw error
      throw new Damaged(at(error instanceof Error ? error.message : String(error)))
    }
  }
}

const [schema, dictionaryBatch, recordBatch] = [1, 2, 3]

/** Reads one message; returns where the next one begins, or `undefined` at the end. */
const readMessage = (bytes: Uint8Array, start: number, state: State): number | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const cut = (what: string): never => damaged(`it ends at byte ${bytes.length}, in the middle of ${what}`)
  if (start === bytes.length) return undefined
  if (start + 4 > bytes.length) return cut("a message")
  // Older files have no mark before the length.
  const isMarked = view.getInt32(start, true) === -1
  const at = isMarked ? start + 4 : start
  if (at + 4 > bytes.length) return cut("a message")
  const length = view.getInt32(at, true)
  if (length === 0) return undefined
  if (length < 8 || at + 4 + length > bytes.length) return cut("a message")
  const message = rootOf(bytes.subarray(at + 4, at + 4 + length))
  const header = message.table(2) ?? damaged("a message without a header")
  const bodyStart = at + 4 + length
  const bodyLength = Number(message.long(3))
  if (bodyLength < 0 || bodyStart + bodyLength > bytes.length) return cut("its rows")
  const body = bytes.subarray(bodyStart, bodyStart + bodyLength)
  const kind = message.byte(1)
  if (kind === schema) {
    if (header.short(0) !== 0) throw new Unsupported("big-endian numbers")
    if (state.fields === undefined) {
      state.fields = header.tables(1).map((field) => fieldOf(field))
      state.columns.push(...state.fields.map(() => []))
    }
  } else if (kind === dictionaryBatch) readDictionary(header, body, state)
  else if (kind === recordBatch) readBatch(header, body, state)
  else throw new Unsupported(`a message of the kind ${kind}`)
  return bodyStart + bodyLength
}

/**
 * Reads an Arrow file or stream, or Feather of version 2, as a table: numbers stay numbers, dates and times become ISO 8601
 * texts in UTC, and lists of numbers are cells.
 *
 * Fails with `Empty`, `Truncated`, `Corrupt` (with the record batch and the column), `TooLarge`, `BadFile` for what is not
 * supported, and `BadCell` for a nested value in a column that is used.
 */
export const decode = (bytes: Uint8Array, isUsed?: IsUsed): Result.Result<Table, DataError> => {
  const fail = (reason: Reason) => Result.fail(dataError(reason))
  if (bytes.length === 0) return fail({ _tag: "Empty", got: "it is empty", wanted: "an Arrow file" })
  const isFile = begins(bytes, 0)
  if (isFile && !begins(bytes, bytes.length - magic.length))
    return fail({ _tag: "Truncated", offset: bytes.length, wanted: "its footer" })
  const state: State = { fields: undefined, columns: [], dictionaries: new Map(), cells: 0, unpacked: 0, batch: 0 }
  try {
    for (let at: number | undefined = isFile ? 8 : 0; at !== undefined; ) at = readMessage(bytes, at, state)
  } catch (error) {
    if (error instanceof TooMany) return fail(error.reason)
    const got = error instanceof Error ? error.message : String(error)
    return error instanceof Unsupported
      ? fail({ _tag: "BadFile", got, wanted: "an Arrow file of usual types", hint: "write the column as another type" })
      : fail({ _tag: "Corrupt", format: "Arrow", got })
  }
  const columns = (state.fields ?? []).map(({ name }, i): Cells => ({ name, values: state.columns[i] ?? [] }))
  if ((columns[0]?.values.length ?? 0) === 0)
    return fail({ _tag: "Empty", got: "there are no rows in it", wanted: "one or more" })
  return tableOf(columns, { isUsed })
}
