/**
 * Arrow files and streams (the IPC format; Feather of version 2 is the same): a schema, then batches of rows, each column in
 * buffers. Every length is checked against the bytes that are there. The module is loaded when such a file is read.
 */
import * as Result from "effect/Result"
import { decompressZstd } from "hyparquet-compressors"
import { type Cursor, Damaged, damaged, type Field, fieldOf, Unsupported, type Values, valuesOf } from "./arrowColumns.ts"
import { concatBytes } from "./concatBytes.ts"
import { type DataError, dataError, type Reason } from "./DataError.ts"
import { type Table as Flat, rootOf } from "./flatbuffer.ts"
import * as Lz4 from "./lz4.ts"
import type { BlockReader } from "./sources/Kind.ts"
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
  columns: ReadonlyArray<Array<unknown>>
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

/** A message: where its rows begin and how long they are, or that no message follows. */
type Message =
  | { readonly _tag: "End" }
  /** So many bytes from the start on are needed to know more. */
  | { readonly _tag: "Short"; readonly wanted: number; readonly what: string }
  | { readonly _tag: "Message"; readonly message: Flat; readonly header: Flat; readonly body: number; readonly end: number }

/** The message at a position. */
const messageAt = (bytes: Uint8Array, start: number): Message => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const short = (end: number, what: string): Message => ({ _tag: "Short", wanted: end - start, what })
  if (start + 4 > bytes.length) return short(start + 4, "a message")
  // Older files have no mark before the length.
  const isMarked = view.getInt32(start, true) === -1
  const at = isMarked ? start + 4 : start
  if (at + 4 > bytes.length) return short(at + 4, "a message")
  const length = view.getInt32(at, true)
  if (length === 0) return { _tag: "End" }
  if (length < 8) return damaged(`a message of ${length} bytes`)
  const body = at + 4 + length
  if (body > bytes.length) return short(body, "a message")
  const message = rootOf(bytes.subarray(at + 4, body))
  const header = message.table(2) ?? damaged("a message without a header")
  const rows = Number(message.long(3))
  if (rows < 0) return damaged(`rows of ${rows} bytes`)
  if (body + rows > bytes.length) return short(body + rows, "its rows")
  return { _tag: "Message", message, header, body, end: body + rows }
}

/** Reads the rows of one message. */
const readMessage = (
  bytes: Uint8Array,
  { body: start, end, header, message }: Message & { _tag: "Message" },
  state: State,
): void => {
  const body = bytes.subarray(start, end)
  const kind = message.byte(1)
  if (kind === schema) {
    if (header.short(0) !== 0) throw new Unsupported("big-endian numbers")
    if (state.fields === undefined) {
      state.fields = header.tables(1).map((field) => fieldOf(field))
      state.columns = state.fields.map(() => [])
    }
  } else if (kind === dictionaryBatch) readDictionary(header, body, state)
  else if (kind === recordBatch) readBatch(header, body, state)
  else throw new Unsupported(`a message of the kind ${kind}`)
}

const begin = (): State => ({ fields: undefined, columns: [], dictionaries: new Map(), cells: 0, unpacked: 0, batch: 0 })

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))

/** The error that reading threw. */
const thrown = (error: unknown): Result.Result<never, DataError> => {
  if (error instanceof TooMany) return refuse(error.reason)
  const got = error instanceof Error ? error.message : String(error)
  return error instanceof Unsupported
    ? refuse({ _tag: "BadFile", got, wanted: "an Arrow file of usual types", hint: "write the column as another type" })
    : refuse({ _tag: "Corrupt", format: "Arrow", got })
}

/** Takes the rows that were read since the last call; `before` are those that were taken before. */
const take = (state: State, before: number, isUsed: IsUsed | undefined): Result.Result<Table | undefined, DataError> => {
  const { columns, fields = [] } = state
  if ((columns[0]?.length ?? 0) === 0) return Result.succeed(undefined)
  state.columns = fields.map(() => [])
  state.cells = 0
  state.unpacked = 0
  return tableOf(
    fields.map(({ name }, i): Cells => ({ name, values: columns[i] ?? [] })),
    { before, isUsed },
  )
}

const empty = { _tag: "Empty", got: "it is empty", wanted: "an Arrow file" } as const
const noRows = { _tag: "Empty", got: "there are no rows in it", wanted: "one or more" } as const

/** Bytes at the beginning of a file; a stream begins with its first message. */
const fileStart = 8

/** The end of a message that a reader in pieces waits for; a longer one is refused. */
const longestMessage = 2 ** 31 - 1

/**
 * An Arrow file or stream that arrives in pieces, as tables of the record batches that each piece completes. Memory holds one batch,
 * and the dictionaries.
 *
 * Fails as `decode` does; the limits of cells and bytes hold for the batches of one piece.
 */
export const blocks = (isUsed?: IsUsed): BlockReader => {
  const state = begin()
  let pending: Array<Uint8Array> = []
  let held = 0
  /** Bytes without which nothing more can be read. */
  let wanted = fileStart
  let what = "a message"
  let isFile: boolean | undefined
  let hasEnded = false
  let [before, bytes] = [0, 0]
  /** The last bytes so far, which a file ends with. */
  let last: Uint8Array = new Uint8Array(0)

  const messages = (): Result.Result<Table | undefined, DataError> => {
    const all = concatBytes(pending)
    isFile ??= begins(all, 0)
    let at = bytes === held && isFile ? fileStart : 0
    try {
      while (!hasEnded) {
        const found = messageAt(all, at)
        if (found._tag === "Short") {
          ;({ wanted, what } = found)
          if (wanted > longestMessage) throw new TooMany("a message", wanted, longestMessage, "bytes")
          break
        }
        if (found._tag === "End") hasEnded = true
        else {
          readMessage(all, found, state)
          at = found.end
        }
      }
    } catch (error) {
      return thrown(error)
    }
    const rest = hasEnded ? new Uint8Array(0) : all.slice(at)
    pending = [rest]
    held = rest.length
    const taken = take(state, before, isUsed)
    if (Result.isSuccess(taken)) before += taken.success?.size ?? 0
    return taken
  }

  return {
    push: (piece) => {
      bytes += piece.length
      last = concatBytes([last, piece.subarray(-magic.length)]).slice(-magic.length)
      if (hasEnded) return Result.succeed(undefined)
      pending.push(piece.slice())
      held += piece.length
      return held < wanted ? Result.succeed(undefined) : messages()
    },
    end: () => {
      if (bytes === 0) return refuse(empty)
      const rows = hasEnded ? Result.succeed(undefined) : messages()
      return Result.flatMap(rows, (table) => {
        if (isFile === true && !begins(last, 0)) return refuse({ _tag: "Truncated", offset: bytes, wanted: "its footer" })
        if (!hasEnded && held > 0)
          return refuse({ _tag: "Corrupt", format: "Arrow", got: `it ends at byte ${bytes}, in the middle of ${what}` })
        return before === 0 ? refuse(noRows) : Result.succeed(table)
      })
    },
  }
}

/**
 * Reads an Arrow file or stream, or Feather of version 2, as a table: numbers stay numbers, dates and times become ISO 8601
 * texts in UTC, and lists of numbers are cells.
 *
 * Fails with `Empty`, `Truncated`, `Corrupt` (with the record batch and the column), `TooLarge`, `BadFile` for what is not
 * supported, and `BadCell` for a nested value in a column that is used.
 */
export const decode = (bytes: Uint8Array, isUsed?: IsUsed): Result.Result<Table, DataError> => {
  if (bytes.length === 0) return refuse(empty)
  const isFile = begins(bytes, 0)
  if (isFile && !begins(bytes, bytes.length - magic.length))
    return refuse({ _tag: "Truncated", offset: bytes.length, wanted: "its footer" })
  const state = begin()
  try {
    for (let at = isFile ? fileStart : 0; at !== bytes.length; ) {
      const found = messageAt(bytes, at)
      if (found._tag === "End") break
      if (found._tag === "Short") damaged(`it ends at byte ${bytes.length}, in the middle of ${found.what}`)
      else {
        readMessage(bytes, found, state)
        at = found.end
      }
    }
  } catch (error) {
    return thrown(error)
  }
  return Result.flatMap(take(state, 0, isUsed), (table) => (table === undefined ? refuse(noRows) : Result.succeed(table)))
}
