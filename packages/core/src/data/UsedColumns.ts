/** The columns of a table that a specification uses, their cells, and the rows that they keep. */
import * as Result from "effect/Result"
import { isBlank } from "./Blank.ts"
import * as Column from "./Column.ts"
import type { Cells, DataResult } from "./columns/Kind.ts"
import { type Cell, dataError } from "./DataError.ts"
import { nearest } from "./Nearest.ts"
import { all, type Rows } from "./Raw.ts"
import type { Table } from "./Table.ts"

/** The name and the specification of a column that is used. */
export interface Used {
  readonly name: string
  readonly column: Column.Column
}

/**
 * The specification of each used column of a table, in the table's order.
 *
 * Fails with `NoColumn` for a name that the table does not have, `UnlistedColumns` for columns that are not listed.
 */
export const resolve = (columns: Column.Columns, table: Table): DataResult<ReadonlyArray<Used>> => {
  const named = Object.keys(columns).filter((name) => name !== "*")
  const absent = named.find((name) => !table.columns.includes(name))
  if (absent !== undefined) return noColumn(absent, table)
  const unlisted = table.columns.filter((name) => !Object.hasOwn(columns, name))
  if (!Object.hasOwn(columns, "*") && unlisted.length > 0)
    return Result.fail(dataError({ _tag: "UnlistedColumns", columns: unlisted }))
  return Result.succeed(
    table.columns.flatMap((name) => {
      const column = Column.whole(Column.declared(columns, name) ?? "ignore")
      return Column.roleOf(column) === undefined ? [] : [{ name, column }]
    }),
  )
}

const noColumn = (column: string, table: Table) =>
  Result.fail(dataError({ _tag: "NoColumn", column, nearest: nearest(column, table.columns), columns: table.columns }))

/** The rows that are kept, and how many rows each column with `missing: drop` drops. */
export interface Kept {
  readonly rows: Rows
  readonly dropped: ReadonlyArray<{ readonly column: string; readonly rows: number }>
}

/** The rows without a blank in any column with `missing: drop`. Fails as `resolve` does. */
export const keep = (columns: Column.Columns, table: Table): DataResult<Kept> =>
  Result.map(resolve(columns, table), (used) => {
    const rows = all(table)
    const isDropped = new Uint8Array(table.size)
    const dropped = used.flatMap(({ column, name }) => {
      if (!Column.isDropping(column)) return []
      const { numbers, text } = table.column(table.columns.indexOf(name))
      const stored = numbers?.(rows)
      let blanks = 0
      for (let row = 0; row < table.size; row++)
        if ((stored === undefined || Number.isNaN(stored[row])) && isBlank(text(row))) {
          isDropped[row] = 1
          blanks += 1
        }
      return blanks === 0 ? [] : [{ column: name, rows: blanks }]
    })
    return { rows: dropped.length === 0 ? rows : rows.filter((row) => isDropped[row] === 0), dropped }
  })

/** Whether a used column is predicted. */
export const isTarget = ({ column }: Used): boolean => Column.isTarget(column)

/** Whether a used column is an input. */
export const isInput = ({ column }: Used): boolean => Column.roleOf(column) === "input"

/** The cells of a column in some rows. Fails with `NoColumn`. */
export const cellsOf = (name: string, table: Table, rows: Rows): DataResult<Cells> => {
  const at = table.columns.indexOf(name)
  if (at < 0) return noColumn(name, table)
  const { format, numbers, pixels, text } = table.column(at)
  const place = (index: number): Cell => {
    const row = rows[index] ?? 0
    return { line: table.line(row), row: row + 1, column: name }
  }
  return Result.succeed({
    name,
    size: rows.length,
    text: (index) => text(rows[index] ?? -1),
    ...(numbers === undefined ? {} : { numbers: () => numbers(rows) }),
    ...(format === undefined ? {} : { format }),
    ...(pixels === undefined ? {} : { pixels: (index) => pixels(rows[index] ?? -1) }),
    place,
  })
}
