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

/** The most bytes of all images. */
const limit = 2 ** 31 - 1

/** Whether a path stays in the folder that it is relative to. A table may come from anybody, and names files. */
const isInside = (path: string): boolean =>
  !/^(?:[/\\]|[A-Za-z][\w+.-]*:)|\p{Cc}/u.test(path) && !path.split(/[/\\]/).includes("..")

/**
 * The table with the pixels of an image column in the given rows, one image after the other; a blank has none, and an image that
 * cannot be read fails where its row is used. Fails with `NoColumn`, and with `TooLarge` above 2 GiB.
 */
export const withPixels = async (
  table: Table.Table,
  name: string,
  taken: Taken,
  rows: Rows,
  open: Open,
): Promise<Result.Result<Table.Table, DataError>> => {
  const found = Table.find(table, name)
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const column = found.success
  const size = taken.height * taken.width * taken.channels
  if (size * rows.length > limit)
    return Result.fail(
      dataError({
        _tag: "TooLarge",
        what: `the images of \`${name}\``,
        got: BigInt(size) * BigInt(rows.length),
        limit,
        unit: "bytes",
      }),
    )
  const all = new Uint8Array(size * rows.length)
  const known = new Map<number, Result.Result<Uint8Array, DataError>>()
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0
    const path = column.text(row).trim()
    if (isBlank(path)) continue
    const refuse = (got: string, wanted: string) =>
      dataError({ _tag: "BadCell", line: table.line(row), row: row + 1, column: name, got, wanted, hint: "" })
    if (!isInside(path)) {
      known.set(row, Result.fail(refuse(quote(path), "a path within the folder of the table")))
      continue
    }
    const image = Result.flatMap(await open(path), (bytes) => read(bytes, taken, taken.background))
    const pixels = all.subarray(i * size, (i + 1) * size)
    known.set(
      row,
      Result.mapBoth(image, {
        onSuccess: ({ data }) => {
          pixels.set(data)
          return pixels
        },
        onFailure: (error) => refuse(quote(path), `an image: ${error.message}`),
      }),
    )
  }
  const pixels: ReadPixels = (row) => known.get(row)
  const at = table.columns.indexOf(name)
  return Result.succeed({ ...table, column: (index) => (index === at ? { ...column, pixels } : table.column(index)) })
}
