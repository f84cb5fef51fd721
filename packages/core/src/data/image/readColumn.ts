/** Images whose paths are the cells of a table's column: the column with the pixels of some rows beside their paths. */
import * as Result from "effect/Result"
import { isBlank } from "../Blank.ts"
import { type DataError, dataError, quote } from "../DataError.ts"
import * as Table from "../Table.ts"
import type { Pixels as ReadPixels, Rows } from "../TableColumn.ts"
import type { Background } from "./convert.ts"
import { read, type Wanted } from "./fitted.ts"

/** Reads a file by its path, which is relative to the folder of the table. */
export type Open = (path: string) => Promise<Result.Result<Uint8Array, DataError>>

/** How images become numbers. */
export interface Taken extends Wanted {
  readonly background: Background
}

/** Where the pixels of images are, one image after the other. */
export interface Store {
  /** The most bytes of all images. */
  readonly limit: number
  readonly append: (pixels: Uint8Array) => void
  /** `length` bytes from an offset. */
  readonly read: (offset: number, length: number) => Uint8Array
}

/** Pixels of `bytes` bytes at most, in memory. */
const inMemory = (bytes: number): Store => {
  const all = new Uint8Array(bytes)
  let end = 0
  return {
    limit,
    append: (pixels) => {
      all.set(pixels, end)
      end += pixels.length
    },
    read: (offset, length) => all.subarray(offset, offset + length),
  }
}

/** The most bytes of images in memory. */
const limit = 2 ** 31 - 1

/** Whether a path stays in the folder that it is relative to. A table may come from anybody, and names files. */
const isInside = (path: string): boolean =>
  !/^(?:[/\\]|[A-Za-z][\w+.-]*:)|\p{Cc}/u.test(path) && !path.split(/[/\\]/).includes("..")

/**
 * The table with the pixels of an image column in the given rows, one image after the other, in memory or in `store`; a blank has
 * none, and an image that cannot be read fails where its row is used. Fails with `NoColumn`, and with `TooLarge` for more than
 * 2 GiB in memory.
 */
export const withPixels = async (
  table: Table.Table,
  name: string,
  taken: Taken,
  rows: Rows,
  open: Open,
  store?: Store,
): Promise<Result.Result<Table.Table, DataError>> => {
  const found = Table.find(table, name)
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const column = found.success
  const size = taken.height * taken.width * taken.channels
  const bytes = size * rows.length
  if (bytes > (store?.limit ?? limit))
    return Result.fail(
      dataError({ _tag: "TooLarge", what: `the images of \`${name}\``, got: BigInt(bytes), limit, unit: "bytes" }),
    )
  const { append, read: stored } = store ?? inMemory(bytes)
  /** Which image is that of a row, counted from 1; 0 is none. */
  const numbers = new Int32Array(table.size)
  const failures = new Map<number, DataError>()
  let count = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0
    const path = column.text(row).trim()
    if (isBlank(path)) continue
    const refuse = (got: string, wanted: string) =>
      dataError({ _tag: "BadCell", line: table.line(row), row: row + 1, column: name, got, wanted, hint: "" })
    if (!isInside(path)) {
      failures.set(row, refuse(quote(path), "a path within the folder of the table"))
      continue
    }
    const image = Result.flatMap(await open(path), (content) => read(content, taken, taken.background))
    if (Result.isSuccess(image)) {
      append(image.success.data)
      numbers[row] = ++count
    } else failures.set(row, refuse(quote(path), `an image: ${image.failure.message}`))
  }
  const pixels: ReadPixels = (row) => {
    const failure = failures.get(row)
    if (failure !== undefined) return Result.fail(failure)
    const number = numbers[row] ?? 0
    return number === 0 ? undefined : Result.succeed(stored((number - 1) * size, size))
  }
  const at = table.columns.indexOf(name)
  return Result.succeed({ ...table, column: (index) => (index === at ? { ...column, pixels } : table.column(index)) })
}
