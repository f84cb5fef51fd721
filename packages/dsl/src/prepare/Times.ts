/** Where rows are in time: the cells of a column as numbers that rise with it, however numbers and dates are written. */
import { isBlank } from "@adjoint/core/data/Blank"
import * as Column from "@adjoint/core/data/Column"
import { formatOf } from "@adjoint/core/data/columns/number"
import { type DataError, quote } from "@adjoint/core/data/DataError"
import type { Format } from "@adjoint/core/data/NumberFormat"
import { hasNamedArrays, type TreeRaw } from "@adjoint/core/data/PreprocessTree"
import { isTable, type Rows } from "@adjoint/core/data/Raw"
import * as Moments from "@adjoint/core/data/series/moments"
import { find } from "@adjoint/core/data/Table"
import * as Result from "effect/Result"
import type { Data } from "../Document.ts"
import { badCell, labelsOf } from "./Cells.ts"

/** How a column writes its times: the format of its dates, where it has one, and the marks of its numbers. */
export interface Written {
  readonly dates?: string
  readonly numbers?: Format
}

/** How a document says that a column is written. */
export const writtenOf = ({ columns = {} }: Pick<Data, "columns">, name: string): Written => {
  const given = Column.declared(columns, name)
  const column = given === undefined ? undefined : Column.whole(given)
  if (column?.type === "date") return column.format === undefined ? {} : { dates: column.format }
  if (column?.type !== "number") return {}
  const { decimal, thousands, unit } = column
  return { numbers: formatOf({ decimal, thousands, unit }) }
}

/**
 * The time of each of some rows. Fails with `NoColumn` for an unknown column, and with `BadCell` for a cell that is no time, or a
 * number among dates.
 */
export const timesOf = (
  raw: TreeRaw,
  name: string,
  rows: Rows,
  { dates, numbers = {} }: Written = {},
): Result.Result<Float64Array, DataError> =>
  Result.gen(function* () {
    const label = yield* labelsOf(raw, name)
    const ofFile = hasNamedArrays(raw) || !isTable(raw) ? undefined : (yield* find(raw, name)).format
    const momentOf = Moments.reader(dates, { ...ofFile, ...numbers })
    const times = new Float64Array(rows.length)
    let first: Moments.Moment | undefined
    for (let i = 0; i < times.length; i++) {
      const row = rows[i] ?? 0
      const cell = String(label(row)).trim()
      const moment = isBlank(cell) ? undefined : momentOf(cell)
      const isOther = moment !== undefined && first !== undefined && "number" in moment !== "number" in first
      if (moment === undefined || isOther) {
        const date = dates === undefined ? "an ISO date such as 2024-03-31" : `a date in the format \`${dates}\``
        const either = dates === undefined ? `a number, or ${date}` : date
        const same = first !== undefined && "number" in first ? "a number" : date
        const got = isBlank(cell) ? "a blank" : quote(cell)
        const wanted = first === undefined ? either : `${same}, as in the first row`
        return yield* badCell(raw, row, name, got, wanted, "rows are divided in this order")
      }
      first ??= moment
      times[i] = Moments.numberOf(moment)
    }
    return times
  })
