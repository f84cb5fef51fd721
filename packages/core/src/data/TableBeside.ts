/** Columns of a table that are neither inputs nor targets: the weights of rows, their identifiers and their groups. */
import * as Result from "effect/Result"
import * as NDArray from "../types/NDArray.ts"
import { isBlank } from "./Blank.ts"
import * as Category from "./Category.ts"
import * as Column from "./Column.ts"
import { type DataResult, type Role, refuseCell } from "./columns/Kind.ts"
import { dataError } from "./DataError.ts"
import type { Fitted, FittedWeight } from "./Fitted.ts"
import type { Rows } from "./Raw.ts"
import type { Table } from "./Table.ts"
import { cellsOf, type Used } from "./UsedColumns.ts"
import * as Weight from "./Weight.ts"

/** What a record has of columns that are neither inputs nor targets. */
export type Beside = Pick<Fitted, "ids" | "weight">

/** Fits columns that are neither inputs nor targets. Fails with `BadSpec` for two weights, and as `weights` does. */
export const fitBeside = (used: ReadonlyArray<Used>, table: Table, rows: Rows): DataResult<Beside> =>
  Result.gen(function* () {
    const having = (role: Role) => used.filter(({ column }) => Column.roleOf(column) === role)
    const ids = having("id").map(({ name }) => name)
    const [own, second] = having("weight")
    if (own !== undefined && second !== undefined)
      return yield* Result.fail(
        dataError({
          _tag: "BadSpec",
          at: `column \`${second.name}\``,
          got: `a second weight beside \`${own.name}\``,
          wanted: "one weight for each row",
          hint: "ignore one of them",
        }),
      )
    const weight = own === undefined ? {} : { weight: yield* Weight.fit(own.column, yield* cellsOf(own.name, table, rows)) }
    return { ...(ids.length === 0 ? {} : { ids }), ...weight }
  })

/** The weights of the given rows, as `f32` [rows]. Fails with `NoColumn` and `BadCell`. */
export const weights = (fitted: FittedWeight, table: Table, rows: Rows): DataResult<NDArray.NDArray> =>
  Result.gen(function* () {
    const data = yield* Weight.read(fitted, yield* cellsOf(fitted.name, table, rows))
    return NDArray.make(
      "f32",
      [rows.length],
      Float32Array.from(data, (value) => value / fitted.divide),
    )
  })

/** The groups of the given rows. Fails with `NoColumn`, and with `BadCell` for a blank. */
export const groups = (name: string, table: Table, rows: Rows): DataResult<ReadonlyArray<string>> =>
  Result.flatMap(cellsOf(name, table, rows), (cells) => {
    const names: Array<string> = []
    for (let i = 0; i < cells.size; i++) {
      const text = cells.text(i).trim()
      if (isBlank(text)) {
        const hint = `drop its row with \`${name}: { type: group, missing: drop }\``
        return refuseCell(cells, i, { got: Category.blankGot(text), wanted: "the group of the row", hint })
      }
      names.push(text)
    }
    return Result.succeed(names)
  })
