/**
 * Parquet: tables stored by column, in groups of rows. hyparquet decodes the pages; what a file declares (rows, values and bytes of
 * every page) is checked before, so that a damaged or a malicious file is refused and does not take memory or time. The module is
 * loaded when a Parquet file is read.
 */
import * as Result from "effect/Result"
import type { AsyncBuffer, Compressors, FileMetaData, SchemaTree } from "hyparquet"
import { parquetMetadata, parquetScan, parquetSchema } from "hyparquet"
import { getTreePath } from "hyparquet/src/schema.js"
import { type DataError, dataError, quote, type Reason } from "./DataError.ts"
import { codecs, Damaged, pagesOf, rangeOf } from "./parquetPages.ts"
import type { ByteStore } from "./storedRows.ts"
import type { Table } from "./Table.ts"
import { type Cells, type IsUsed, maxCells, tableOf } from "./TypedTable.ts"

/** The most bytes of all pages, unpacked. */
const maxBytes = 2 ** 31

const fail = (got: string): never => {
  throw new Damaged(got)
}

/** What a thrown error says about a file. */
const reasonOf = (error: unknown, at: string): Reason => {
  const message = error instanceof Error ? error.message : String(error)
  const why = `${at}${message.replace(/^parquet /, "").slice(0, 200)}`
  return !(error instanceof Damaged) && /unsupported|not supported/.test(message)
    ? { _tag: "BadFile", got: why, wanted: "a Parquet file of usual types", hint: "write the column as another type" }
    : { _tag: "Corrupt", format: "Parquet", got: why }
}

/** Runs `f`; what it throws becomes a reason. `at` is the place of the error. */
const attempt = async <A>(at: string, f: () => A | Promise<A>): Promise<Result.Result<A, DataError>> => {
  try {
    return Result.succeed(await f())
  } catch (error) {
    return Result.fail(dataError(reasonOf(error, at)))
  }
}

/** A column of a row group, for messages. */
const placed = (group: number, column: string): string => `row group ${group + 1}, column \`${column}\`: `

/** Checks the numbers of rows and values that a file declares. Throws `Damaged`. */
const check = ({ num_rows: rows, row_groups: groups, schema }: FileMetaData): void => {
  const total = groups.reduce((sum, group) => sum + group.num_rows, 0n)
  if (groups.some((group) => group.num_rows < 0n) || total !== rows) fail(`${rows} rows, but ${total} in its groups`)
  const columns = schema.filter(({ type }) => type !== undefined).length
  const wrong = groups.findIndex((group) => group.columns.length !== columns)
  if (wrong >= 0) fail(`row group ${wrong + 1} has ${groups[wrong]?.columns.length} of ${columns} columns`)
  // A damaged footer has values of other types than it should.
  const uncounted = groups.findIndex((group) =>
    group.columns.some(({ meta_data: meta }) => meta !== undefined && typeof meta.num_values !== "bigint"),
  )
  if (uncounted >= 0) fail(`row group ${uncounted + 1} does not say how many values it has`)
}

/** How many cells and values row groups have. */
const cellsOf = (groups: FileMetaData["row_groups"]): bigint =>
  groups.reduce(
    (sum, { columns, num_rows: rows }) =>
      columns.reduce(
        (own, { meta_data: meta }) => own + (meta !== undefined && meta.num_values > rows ? meta.num_values : rows),
        sum,
      ),
    0n,
  )

/** A file whose bytes are read where they are. */
export type File = Pick<ByteStore, "size" | "read">

/** The file of bytes in memory. */
const inMemory = (bytes: Uint8Array): File => ({
  size: bytes.length,
  read: async ([at = 0], length) => bytes.subarray(at, at + length),
})

const magic = "PAR1"

/** Bytes after the metadata: their length, and the magic. */
const trailer = 8

/** The most bytes of the metadata. */
const maxMetadata = 2 ** 28

const refuse = (reason: Reason): Result.Result<never, DataError> => Result.fail(dataError(reason))

/** What a file declares, checked. */
interface Opened {
  readonly metadata: FileMetaData
  readonly tree: SchemaTree
}

/** Reads what a file declares. Rejects with what reading its bytes throws. */
const open = async ({ read, size }: File): Promise<Result.Result<Opened, DataError>> => {
  if (size === 0) return refuse({ _tag: "Empty", got: "it is empty", wanted: "a Parquet file" })
  const at = (offset: number, length: number) => read(Float64Array.of(offset), length)
  const start = String.fromCharCode(...(await at(0, Math.min(size, magic.length))))
  if (start !== magic) return refuse({ _tag: "BadMagic", offset: 0, got: quote(start), wanted: '"PAR1", as a Parquet file does' })
  const truncated = () => refuse({ _tag: "Truncated", offset: size, wanted: "its footer" })
  if (size < magic.length + trailer) return truncated()
  const end = await at(size - trailer, trailer)
  if (String.fromCharCode(...end.subarray(-magic.length)) !== magic) return truncated()
  const length = new DataView(end.buffer, end.byteOffset, end.byteLength).getUint32(0, true)
  if (length > maxMetadata)
    return refuse({ _tag: "TooLarge", what: "the footer", got: BigInt(length), limit: maxMetadata, unit: "bytes" })
  const footer = Math.min(size, length + trailer)
  const bytes = await at(size - footer, footer)
  const opened = await attempt("", () => {
    const metadata = parquetMetadata(bytes, { geoparquet: false })
    check(metadata)
    return { metadata, tree: parquetSchema(metadata) }
  })
  return Result.isSuccess(opened) && opened.success.metadata.num_rows === 0n
    ? refuse({ _tag: "Empty", got: "there are no rows in it", wanted: "one or more" })
    : opened
}

const tooManyCells = (got: bigint) => refuse({ _tag: "TooLarge", what: "the table", got, limit: maxCells, unit: "cells" })

/** The columns of a row group. */
type Group = ReadonlyArray<Cells>

/** Reads the row groups of a file one after the other, each column by column; those that are not read are blank. */
async function* read(
  file: File,
  { metadata, tree }: Opened,
  isRead: IsUsed | undefined,
  limitOf: (before: number) => number,
): AsyncGenerator<Result.Result<Group, DataError>> {
  /** The unpacked pages of the column that is read now, in order. */
  let pages: ReadonlyArray<Uint8Array> = []
  let next = 0
  const compressors: Compressors = Object.fromEntries(
    codecs.map((codec) => [codec, () => pages[next++] ?? fail("a page that is not known")]),
  )
  /** The bytes of that column, and where they begin. */
  let own: Uint8Array = new Uint8Array(0)
  let start = 0
  const buffer: AsyncBuffer = {
    byteLength: file.size,
    slice: (from, to = file.size) => new Uint8Array(own.subarray(Math.max(0, from - start), to - start)).buffer,
  }
  const scanned = await attempt("", () =>
    parquetScan({ file: buffer, metadata, compressors, geoparquet: false, useOffsetIndex: false }),
  )
  if (Result.isFailure(scanned)) return yield Result.fail(scanned.failure)

  let before = 0
  let unpacked = 0
  for (const [group, { columns: chunks, num_rows }] of metadata.row_groups.entries()) {
    const size = Number(num_rows)
    if (size === 0) continue
    const columns: Array<Cells> = []
    let bytes = 0
    for (const { element } of tree.children) {
      const { name } = element
      if (isRead?.(name) === false) {
        columns.push({ name, values: new Array<null>(size).fill(null) })
        continue
      }
      const values = await attempt(placed(group, name), async () => {
        const found = chunks.filter((chunk) => chunk.meta_data?.path_in_schema[0] === name)
        const [chunk] = found
        if (chunk === undefined) return fail("it is missing")
        if (found.length > 1) return nested(size)
        const path = getTreePath(tree, chunk.meta_data?.path_in_schema ?? [])
        const [from, to] = rangeOf(chunk, file.size)
        if (to - from > maxBytes) fail(`${to - from} bytes`)
        own = await file.read(Float64Array.of(from), to - from)
        start = from
        const checked = pagesOf(own, { chunk, path }, limitOf(unpacked) - bytes)
        bytes += checked.bytes
        pages = checked.pages
        next = 0
        const decoded = await scanned.success.readColumn({ column: name, rowStart: before, rowEnd: before + size })
        return decoded.length === size ? decoded : fail(`${decoded.length} of ${size} values`)
      })
      if (Result.isFailure(values)) return yield Result.fail(values.failure)
      columns.push({ name, values: values.success })
    }
    before += size
    unpacked += bytes
    yield Result.succeed(columns)
  }
}

/**
 * Reads a Parquet file as a table, one column of one row group at a time: numbers stay numbers, dates and times become ISO 8601
 * texts in UTC, and lists of numbers are cells.
 *
 * Fails with `Empty`, `BadMagic`, `Corrupt` (with the row group and the column), `TooLarge`, `BadFile` for types that are not
 * supported, and `BadCell` for a nested value in a column that is used.
 */
export const decode = async (bytes: Uint8Array, isUsed?: IsUsed): Promise<Result.Result<Table, DataError>> => {
  const file = inMemory(bytes)
  const opened = await open(file)
  if (Result.isFailure(opened)) return Result.fail(opened.failure)
  const cells = cellsOf(opened.success.metadata.row_groups)
  if (cells > BigInt(maxCells)) return tooManyCells(cells)
  const columns = opened.success.tree.children.map(({ element: { name } }) => ({ name, values: [] as Array<unknown> }))
  for await (const group of read(file, opened.success, undefined, (before) => maxBytes - before)) {
    if (Result.isFailure(group)) return Result.fail(group.failure)
    for (const [i, { values }] of group.success.entries())
      for (let row = 0; row < values.length; row++) columns[i]?.values.push(values[row])
  }
  return tableOf(columns, { isUsed })
}

/**
 * The row groups of a Parquet file in order, each as a table. Memory holds one row group. Columns that are not read are blank. Fails
 * as `decode` does, where the limits of cells and bytes hold for each row group. Rejects with what `file` rejects with.
 */
export async function* groups(
  file: File,
  { isRead, isUsed }: { readonly isRead?: IsUsed | undefined; readonly isUsed?: IsUsed | undefined } = {},
): AsyncGenerator<Result.Result<Table, DataError>> {
  const opened = await open(file)
  if (Result.isFailure(opened)) return yield Result.fail(opened.failure)
  const large = opened.success.metadata.row_groups.map((group) => cellsOf([group])).find((cells) => cells > BigInt(maxCells))
  if (large !== undefined) return yield tooManyCells(large)
  let before = 0
  for await (const group of read(file, opened.success, isRead, () => maxBytes)) {
    const first = before
    const table = Result.flatMap(group, (columns) => tableOf(columns, { before: first, isUsed }))
    yield table
    if (Result.isFailure(table)) return
    before += table.success.size
  }
}

/** The cells of a column of records, which no column of a table can be. */
const nested = (size: number): ReadonlyArray<object> => Array.from({ length: size }, () => ({}))
