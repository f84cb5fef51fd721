/** Rows that follow each other in time: those of series, and those of a split in an order. */
import type { TreeRaw } from "@adjoint/core/data/PreprocessTree"
import * as Result from "effect/Result"
import type { Data } from "../Document.ts"
import { splitOf } from "./Division.ts"
import * as Slices from "./Slices.ts"
import { timesOf } from "./Times.ts"
import { hasSeries, seriesOf } from "./Windows.ts"

/** Some rows that follow each other in time. */
export interface InTime {
  /** Where each row is in time; without it rows are in order as they stand. */
  readonly time?: ArrayLike<number>
  /** The series that each row is of, where there may be several. */
  readonly series?: ReadonlyArray<string>
}

/** The order of some rows in time, where they have one: of series as they stand, since their windows are in order. */
export const of = (data: Data, raw: TreeRaw, rows: ArrayLike<number>): InTime | undefined => {
  if (hasSeries(data)) {
    const { group } = seriesOf(data)
    if (group === undefined) return {}
    return Result.match(Slices.valuesOf([group], raw, rows), {
      onFailure: () => undefined,
      onSuccess: ({ [group]: series }) => (series === undefined ? {} : { series }),
    })
  }
  const { by, written } = splitOf(data)
  if (by === undefined) return undefined
  if (by === "order") return {}
  // Rows of another file may lack the column.
  return Result.match(timesOf(raw, by.order, rows, written), { onFailure: () => undefined, onSuccess: (time) => ({ time }) })
}

/**
 * The rows of each series in the order of time, by the name of the series; rows of one series alone have the name "".
 *
 * `ordered({ time: [3, 1, 2] }, 3) // => new Map([["", [1, 2, 0]]])`
 */
export const ordered = ({ series, time }: InTime, rows: number): ReadonlyMap<string, ReadonlyArray<number>> => {
  const all = Array.from({ length: rows }, (_, row) => row)
  const groups = new Map<string, Array<number>>()
  for (const row of all.sort((a, b) => (time?.[a] ?? 0) - (time?.[b] ?? 0) || a - b)) {
    const name = series?.[row] ?? ""
    const own = groups.get(name)
    if (own === undefined) groups.set(name, [row])
    else own.push(row)
  }
  return groups
}
