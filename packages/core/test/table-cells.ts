/** A table as plain data, to be compared: the names of its columns, its rows of texts, and the line of each. */
import * as Table from "../src/data/Table.ts"

export interface Cells {
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly lines: ReadonlyArray<number>
}

/** The cells of a table. */
export const cellsOf = (table: Table.Table): Cells => ({
  columns: table.columns,
  rows: Table.rows(table),
  lines: Array.from({ length: table.size }, (_, row) => table.line(row)),
})
