/** Delimited text as rows to predict. */
import type * as Csv from "@adjoint/core/data/Csv"
import * as CsvBlocks from "@adjoint/core/data/CsvBlocks"
import type { DataError } from "@adjoint/core/data/DataError"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import { columnsOf, headsOf, inputColumns } from "@adjoint/core/data/PreprocessTree"
import type { Table } from "@adjoint/core/data/Table"
import * as TextPieces from "@adjoint/core/data/TextPieces"
import * as Result from "effect/Result"
import { fromTable } from "./fromTable.ts"
import type { Reader, Rows } from "./Rows.ts"

/**
 * What the cells of a file without a header are called: as in training, `c1`, `c2`, …, or, where there is a cell less for
 * each target, the same without the targets.
 */
export const withoutHeader =
  (fitted: FittedTree) =>
  (cells: number): ReadonlyArray<string> => {
    const targets = new Set(headsOf(fitted).flatMap(([, target]) => columnsOf(target)))
    const inputs = (inputColumns(fitted) ?? []).map(({ name }) => name)
    const all = Array.from({ length: cells + targets.size }, (_, i) => `c${i + 1}`)
    const rest = all.filter((name) => !targets.has(name))
    // Every column that was fitted lies within the file when nothing is missing.
    const isWhole = [...inputs, ...targets].every((name) => all.slice(0, cells).includes(name))
    return isWhole || rest.length !== cells ? all.slice(0, cells) : rest
  }

/** Reads delimited text. Fails as `CsvBlocks.reader` does. */
export const delimited = (fitted: FittedTree, { header = true, ...options }: Csv.Options): Reader => {
  const decoder = TextPieces.decoder()
  const reader = CsvBlocks.reader({ ...options, header: header === false ? withoutHeader(fitted) : true })
  const rows = (table: Table | undefined): ReadonlyArray<Rows> => (table === undefined ? [] : [fromTable(fitted, table)])
  const push = (text: string): Result.Result<ReadonlyArray<Rows>, DataError> => Result.map(reader.push(text), rows)
  return {
    push: (bytes) => Result.flatMap(decoder.push(bytes), push),
    end: async () =>
      Result.gen(function* () {
        const last = yield* push(yield* decoder.end())
        return [...last, ...rows(yield* reader.end())]
      }),
  }
}
