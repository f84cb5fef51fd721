/** The windows of a series in each part of the data, and the rows that preprocessing learns from. */
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import type { Rows } from "@adjoint/core/data/Raw"
import * as Series from "@adjoint/core/data/Series"
import type { Table } from "@adjoint/core/data/Table"
import * as Result from "effect/Result"
import { type Data, horizonOf, type Series as Wanted } from "../Document.ts"
import { type Division, partsInOrder, splitOf, withoutLater } from "./Division.ts"

/** The series of data that has them: a column of the type `group` tells them apart, unless the document names one. */
export const seriesOf = (data: Data & { readonly series: Wanted }): Series.Series => {
  const { gaps, group = splitOf(data).group, horizon, time, window } = data.series
  const column = time === undefined ? undefined : (data.columns?.[time] ?? data.columns?.["*"])
  const format = column?.type === "date" ? column.format : undefined
  return {
    window,
    horizon: horizonOf(horizon),
    gaps,
    ...(time === undefined ? {} : { time }),
    ...(format === undefined ? {} : { format }),
    ...(group === undefined ? {} : { group }),
  }
}

/** Whether the rows of data are series. */
export const hasSeries = (data: Data): data is Data & { readonly series: Wanted } => data.series !== undefined

/** The last rows of the windows of each part, and all rows of the training part. */
export interface Windows {
  readonly parts: Division
  readonly train: Rows
}

type Times = { readonly [part: string]: readonly [first: number, end: number] }

/** The times of each part. Fails with `BadSplit`. */
const timesOf = (order: Series.Order, { split }: Data): Result.Result<Times, DataError> =>
  Result.map(
    Result.flatMap(partsInOrder(order.times, split), (wanted) => Series.divide(order, wanted)),
    withoutLater,
  )

/** The rows at the times of each part, of a table whose rows are all used. Fails as `Series.order` does, and with `BadSplit`. */
export const rowsOfParts = (table: Table, data: Data & { readonly series: Wanted }): Result.Result<Division, DataError> =>
  Result.gen(function* () {
    const order = yield* Series.order(table, seriesOf(data))
    const times = yield* timesOf(order, data)
    return Object.fromEntries(Object.entries(times).map(([part, own]) => [part, Series.rowsAt(order, own)]))
  })

const few = (part: string, { group }: Series.Series, times: number, needed: number): DataError =>
  dataError({
    _tag: "BadSplit",
    part,
    got: `${times} time${times === 1 ? "" : "s"}, and no window with its targets among them`,
    wanted: `at least ${needed}${group === undefined ? "" : ` of one \`${group}\``} without a gap`,
    hint:
      part === "train"
        ? "make the part larger, or `series.window` smaller"
        : "make the part larger, or `overlap: true` in the series, which lets windows begin in the rows before",
  })

/** The windows of a table that is divided in time order. Fails as `Series.order` does, and with `BadSplit` for a part without a window. */
export const windows = (table: Table, data: Data & { readonly series: Wanted }): Result.Result<Windows, DataError> =>
  Result.gen(function* () {
    const series = seriesOf(data)
    const { overlap: overlaps, step } = data.series
    const order = yield* Series.order(table, series)
    const times = yield* timesOf(order, data)
    const parts: Array<readonly [string, Int32Array]> = []
    for (const [part, own] of Object.entries(times)) {
      // The training part comes first, unless there are rows without labels.
      const overlap = overlaps && part !== "train" && part !== "unlabelled"
      const found = Series.windows(order, series, { step, times: own, overlap })
      const needed = (overlap ? 0 : series.window) + Math.max(...series.horizon)
      if (found.length === 0) return yield* Result.fail(few(part, series, own[1] - own[0], needed))
      parts.push([part, found])
    }
    return { parts: Object.fromEntries(parts), train: Series.rowsAt(order, times.train ?? [0, order.times]) }
  })

/** The last rows of all windows of a table. Fails as `windows` does, for the part `test`. */
export const allWindows = (table: Table, data: Data & { readonly series: Wanted }): Result.Result<Int32Array, DataError> =>
  Result.gen(function* () {
    const series = seriesOf(data)
    const order = yield* Series.order(table, series)
    const found = Series.windows(order, series, { step: data.series.step })
    const needed = series.window + Math.max(...series.horizon)
    return found.length === 0 ? yield* Result.fail(few("test", series, order.times, needed)) : found
  })
