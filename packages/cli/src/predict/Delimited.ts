/** Delimited text as rows to predict. */

import type * as Csv from "@adjoint/core/data/Csv"
import * as CsvBlocks from "@adjoint/core/data/CsvBlocks"
import * as columnUses from "@adjoint/core/data/columnUses"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import type { Open } from "@adjoint/core/data/image/readColumn"
import { columnsOf, headsOf, inputColumns } from "@adjoint/core/data/PreprocessTree"
import type { Table } from "@adjoint/core/data/Table"
import * as Result from "effect/Result"
import { fromTable } from "./fromTable.ts"
import type { Reader, Rows } from "./Rows.ts"

/**
 * The names of the cells of a file that has no header, or another one: as in training (`c1`, `c2`, … if it had no names), or, if
 * there is a cell less for each target, the same without the targets.
 */
export const namesOf =
  (fitted: FittedTree, names: ReadonlyArray<string> | undefined) =>
  (cells: number): ReadonlyArray<string> => {
    const targets = new Set(headsOf(fitted).flatMap(([, target]) => columnsOf(target)))
    const inputs = (inputColumns(fitted) ?? []).map(({ name }) => name)
    const all = names ?? Array.from({ length: cells + targets.size }, (_, i) => `c${i + 1}`)
    const rest = all.filter((name) => !targets.has(name))
    // Every column that was fitted lies within the file when nothing is missing.
    const isWhole = [...inputs, ...targets].every((name) => all.slice(0, cells).includes(name))
    if (isWhole || rest.length !== cells) return names ?? all.slice(0, cells)
    return rest
  }

/** Reads delimited text; a row with a wrong number of cells is a row that fails. Fails as `CsvBlocks.reader` does otherwise. */
export const delimited = (fitted: FittedTree, options: Csv.Options, open?: Open): Reader => {
  const columns = inputColumns(fitted)
  const use = columns === undefined ? () => "number" as const : columnUses.ofFitted(columns)
  const isNamed = options.names === undefined && options.header !== false
  const reader = CsvBlocks.reader({
    ...options,
    use,
    ragged: "keep",
    ...(isNamed ? {} : { header: options.header ?? false, names: namesOf(fitted, options.names) }),
  })
  const rows = (table: Table | undefined): ReadonlyArray<Rows> => (table === undefined ? [] : [fromTable(fitted, table, open)])
  return { push: (bytes) => Result.map(reader.push(bytes), rows), end: async () => Result.map(reader.end(), rows) }
}
