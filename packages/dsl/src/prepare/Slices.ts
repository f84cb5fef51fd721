/** The values of columns by which rows are scored in groups, as they stand in the table. */
import { dataError } from "@adjoint/core/data/DataError"
import { nearest } from "@adjoint/core/data/Nearest"
import type { TreeRaw } from "@adjoint/core/data/PreprocessTree"
import { isTable } from "@adjoint/core/data/Raw"
import * as Table from "@adjoint/core/data/Table"
import * as Result from "effect/Result"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { finding } from "./DataFinding.ts"
import type { Rows } from "./Reading.ts"

/** The value of each row, by column. */
export type Slices = { readonly [column: string]: ReadonlyArray<string> }

const tableOf = (raw: TreeRaw): Table.Table | undefined => ("arrays" in raw || !isTable(raw) ? undefined : raw)

/** The values of some rows. Fails with the first column that the table does not have; rows that are no table have no columns. */
export const valuesOf = (columns: ReadonlyArray<string>, raw: TreeRaw, rows: ArrayLike<number>) =>
  Result.gen(function* () {
    const table = tableOf(raw)
    const values: Array<readonly [string, ReadonlyArray<string>]> = []
    for (const name of columns) {
      if (table === undefined)
        return yield* Result.fail(dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, []), columns: [] }))
      const { text } = yield* Table.find(table, name)
      values.push([name, Array.from({ length: rows.length }, (_, i) => text(rows[i] ?? 0))])
    }
    return Object.fromEntries(values) as Slices
  })

/** The columns of `evaluate.slices` that the rows do not have. */
export const check = (columns: ReadonlyArray<string>, { place, raw }: Rows): ReadonlyArray<Finding> => {
  const table = tableOf(raw)
  return columns.flatMap((name, i): ReadonlyArray<Finding> => {
    const at = { path: ["evaluate", "slices", i] }
    if (table === undefined)
      return [{ code: "D307", message: "slices are columns of a table, and this data has none", at, help: "remove them" }]
    if (table.columns.includes(name)) return []
    const missing = dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, table.columns), columns: table.columns })
    const found = finding(missing, place)
    return [{ ...found, at, ...(found.fix === undefined ? {} : { fix: { ...found.fix, at } }) }]
  })
}
