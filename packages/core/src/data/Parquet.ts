/**
 * Parquet: tables stored by column, in groups of rows. hyparquet decodes the pages; what a file declares (rows, values and bytes of
 * every page) is checked before, so that a damaged or a malicious file is refused and does not take memory or time. The module is
 * loaded when a Parquet file is read.
 */
import * as Result from "effect/Result"
import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet"
import { parquetMetadata, parquetScan, parquetSchema } from "hyparquet"
import { getTreePath } from "hyparquet/src/schema.js"
import { type DataError, dataError, quote, type Reason } from "./DataError.ts"
import { codecs, Damaged, pagesOf } from "./parquetPages.ts"
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
}

/** How many cells and values there are. */
const cellsOf = ({ row_groups: groups }: FileMetaData): bigint =>
  groups.reduce(
    (sum, { columns, num_rows: rows }) =>
      columns.reduce(
        (own, { meta_data: meta }) => own + (meta !== undefined && meta.num_values > rows ? meta.num_values : rows),
        sum,
      ),
    0n,
  )

/** The values of a row group's column after those before it. */
const append = (all: Array<unknown>, values: ArrayLike<unknown>): void => {
  for (let i = 0; i < values.length; i++) all.push(values[i])
}

/**
 * Reads a Parquet file as a table, one column of one row group at a time: numbers stay numbers, dates and times become ISO 8601
 * texts in UTC, and lists of numbers are cells.
 *
 * Fails with `Empty`, `BadMagic`, `Corrupt` (with the row group and the column), `TooLarge`, `BadFile` for types that are not
 * supported, and `BadCell` for a nested value in a column that is used.
 */
export const decode = async (bytes: Uint8Array, isUsed?: IsUsed): Promise<Result.Result<Table, DataError>> => {
  if (bytes.length === 0) return Result.fail(dataError({ _tag: "Empty", got: "it is empty", wanted: "a Parquet file" }))
  const start = String.fromCharCode(...bytes.subarray(0, 4))
  if (start !== "PAR1")
    return Result.fail(dataError({ _tag: "BadMagic", offset: 0, got: quote(start), wanted: '"PAR1", as a Parquet file does' }))
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(-4)) !== "PAR1")
    return Result.fail(dataError({ _tag: "Truncated", offset: bytes.length, wanted: "its footer" }))
  const opened = await attempt("", () => {
    const metadata = parquetMetadata(bytes, { geoparquet: false })
    check(metadata)
    return { metadata, tree: parquetSchema(metadata), cells: cellsOf(metadata) }
  })
  if (Result.isFailure(opened)) return Result.fail(opened.failure)
  const { cells, metadata, tree } = opened.success
  if (cells > BigInt(maxCells))
    return Result.fail(dataError({ _tag: "TooLarge", what: "the table", got: cells, limit: maxCells, unit: "cells" }))
  if (metadata.num_rows === 0n)
    return Result.fail(dataError({ _tag: "Empty", got: "there are no rows in it", wanted: "one or more" }))

  /** The unpacked pages of the column that is read now, in order. */
  let pages: ReadonlyArray<Uint8Array> = []
  let next = 0
  const compressors: Compressors = Object.fromEntries(
    codecs.map((codec) => [codec, () => pages[next++] ?? fail("a page that is not known")]),
  )
  let unpacked = 0
  const file: AsyncBuffer = {
    byteLength: bytes.length,
    slice: (from, to = bytes.length) => new Uint8Array(bytes.subarray(from, to)).buffer,
  }
  const scanned = await attempt("", () => parquetScan({ file, metadata, compressors, geoparquet: false, useOffsetIndex: false }))
  if (Result.isFailure(scanned)) return Result.fail(scanned.failure)

  const columns: Array<Cells> = []
  for (const { element } of tree.children) {
    const { name } = element
    const values: Array<unknown> = []
    for (const [group, { columns: chunks, num_rows }] of metadata.row_groups.entries()) {
      const size = Number(num_rows)
      if (size === 0) continue
      const read = await attempt(placed(group, name), async () => {
        const own = chunks.filter((chunk) => chunk.meta_data?.path_in_schema[0] === name)
        const [chunk] = own
        if (chunk === undefined) return fail("it is missing")
        if (own.length > 1) return nested(size)
        const path = getTreePath(tree, chunk.meta_data?.path_in_schema ?? [])
        const found = pagesOf(bytes, { chunk, path }, maxBytes - unpacked)
        unpacked += found.bytes
        pages = found.pages
        next = 0
        const rows = { column: name, rowStart: values.length, rowEnd: values.length + size }
        const decoded = await scanned.success.readColumn(rows)
        return decoded.length === size ? decoded : fail(`${decoded.length} of ${size} values`)
      })
      if (Result.isFailure(read)) return Result.fail(read.failure)
      append(values, read.success)
    }
    columns.push({ name, values })
  }
  return tableOf(columns, { isUsed })
}

/** The cells of a column of records, which no column of a table can be. */
const nested = (size: number): ReadonlyArray<object> => Array.from({ length: size }, () => ({}))
