/** Rows that follow each other in time: those of series, and those of a split in an order. */
import type { DataError } from "@adjoint/core/data/DataError"
import type { TreeRaw } from "@adjoint/core/data/PreprocessTree"
import * as Result from "effect/Result"
import type { Data } from "../Document.ts"
import { splitOf } from "./Division.ts"
import * as Slices from "./Slices.ts"
import { hasSeries, seriesOf } from "./Windows.ts"

/** Some rows that follow each other in time. */
export interface InTime {
  /** The place of each row in time, as its column has it; without it rows are in order as they stand. */
  readonly time?: ReadonlyArray<string>
  /** The series that each row is of, where there may be several. */
  readonly series?: ReadonlyArray<string>
}

/** The columns that say the order of rows in time, and the series that they are of; `undefined` for rows without such an order. */
const columnsOf = (data: Data): { readonly time?: string; readonly series?: string } | undefined => {
  if (hasSeries(data)) {
    // The windows of a series are in its order.
    const { group } = seriesOf(data)
    return group === undefined ? {} : { series: group }
  }
  const { by } = splitOf(data)
  return by === undefined ? undefined : by === "order" ? {} : { time: by.order }
}

/** The order of some rows in time, where they have one. */
export const of = (data: Data, raw: TreeRaw, rows: ArrayLike<number>): Result.Result<InTime | undefined, DataError> => {
  const columns = columnsOf(data)
  if (columns === undefined) return Result.succeed(undefined)
  const named = Object.entries(columns)
  const names = [...new Set(named.map(([, column]) => column))]
  return Result.map(Slices.valuesOf(names, raw, rows), (values) =>
    Object.fromEntries(named.flatMap(([role, column]) => (values[column] === undefined ? [] : [[role, values[column]]]))),
  )
}

/**
 * The rows of each series in the order of time, by the name of the series; rows of one series alone have the name "".
 *
 * `ordered({ time: ["3", "1", "2"] }, 3) // => new Map([["", [1, 2, 0]]])`
 */
export const ordered = ({ series, time }: InTime, rows: number): ReadonlyMap<string, ReadonlyArray<number>> => {
  const all = Array.from({ length: rows }, (_, row) => row)
  const numbers = time?.map((text) => (text === "" ? Number.NaN : Number(text))) ?? []
  const isNumeric = !numbers.some(Number.isNaN)
  const before = (a: number, b: number): number => {
    if (time === undefined) return a - b
    if (isNumeric) return (numbers[a] ?? 0) - (numbers[b] ?? 0) || a - b
    const [left = "", right = ""] = [time[a], time[b]]
    return left < right ? -1 : left > right ? 1 : a - b
  }
  const groups = new Map<string, Array<number>>()
  for (const row of all.sort(before)) {
    const name = series?.[row] ?? ""
    const own = groups.get(name)
    if (own === undefined) groups.set(name, [row])
    else own.push(row)
  }
  return groups
}
