/** A table as rows to predict: columns as they were fitted, or, where samples are arrays, one number for each column. */
import { DataError, dataError } from "@adjoint/core/data/DataError"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import { type Open, withPixels } from "@adjoint/core/data/image/readColumn"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as Quantity from "@adjoint/core/data/Quantity"
import * as Table from "@adjoint/core/data/Table"
import { cellsOf } from "@adjoint/core/data/UsedColumns"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import * as Result from "effect/Result"
import { idOf } from "./Id.ts"
import type { Rows } from "./Rows.ts"

/** The rows of a table, for what was fitted. `open` reads the files that its columns of images name. */
export const fromTable = (fitted: FittedTree, table: Table.Table, open?: Open): Rows => {
  const { ids = [], input } = fitted
  const images = (PreprocessTree.inputColumns(fitted) ?? []).filter((column) => column.type === "image")
  // New rows may come without names.
  const named = ids.flatMap((name) => {
    const at = table.columns.indexOf(name)
    return at < 0 ? [] : [[name, table.column(at)] as const]
  })
  return {
    count: table.size,
    ...(images.length === 0 || open === undefined
      ? {}
      : {
          ready: async (places) => {
            let read = table
            for (const { background, channels, name, size } of images) {
              const [height, width] = size
              const made = await withPixels(read, name, { height, width, channels, background }, places, open)
              if (Result.isFailure(made)) return Result.fail(made.failure)
              read = made.success
            }
            return Result.succeed(fromTable(fitted, read))
          },
        }),
    line: table.line,
    ...(named.length === 0 ? {} : { id: (place) => idOf(named.map(([name, { text }]) => [name, text(place)])) }),
    table: (places) => Result.succeed(Table.take(table, places)),
    inputs: (places) => {
      const mistake = mistakeOf(table, places)
      if (mistake !== undefined) return Result.fail(mistake)
      if (input.type === "array")
        return Result.flatMap(numbers(Table.take(table, places), input.shape), (inputs) =>
          PreprocessTree.inputs(fitted, { inputs }),
        )
      return Result.mapError(PreprocessTree.inputs(fitted, table, places), ofNewRow)
    },
  }
}

/** An error about a new row: what a blank should be is no longer a question of the model file. */
const ofNewRow = ({ file, reason }: DataError): DataError =>
  new DataError({
    ...(file === undefined ? {} : { file }),
    reason:
      reason._tag === "BadCell" && reason.hint.includes("missing: drop")
        ? { ...reason, hint: "give the cell a value: nothing replaces a blank in this run" }
        : reason,
  })

/** The first of some rows that is wrong as a whole. */
export const mistakeOf = ({ mistake }: Table.Table, places: ReadonlyArray<number>): DataError | undefined => {
  if (mistake === undefined) return undefined
  for (const place of places) {
    const reason = mistake(place)
    if (reason !== undefined) return dataError(reason)
  }
  return undefined
}

/** A table of numbers as samples of a shape. */
const numbers = (table: Table.Table, sample: Shape.Shape): Result.Result<NDArray.NDArray, DataError> =>
  Result.gen(function* () {
    const width = Shape.size(sample)
    if (table.columns.length !== width)
      return yield* Result.fail(
        dataError({
          _tag: "BadSpec",
          at: "the table",
          got: `${table.columns.length} columns`,
          wanted: `${width}, one for each number of a sample ${Shape.print(sample)}`,
          hint: "",
        }),
      )
    const data = new Float64Array(table.size * width)
    for (const [i, column] of table.columns.entries()) {
      const cells = yield* cellsOf(column, table, PreprocessTree.all(table))
      const values = yield* Quantity.readAll(cells, "every number of a sample must be there")
      for (const [row, value] of values.entries()) data[row * width + i] = value
    }
    return NDArray.make("f32", [table.size, ...sample], data)
  })
