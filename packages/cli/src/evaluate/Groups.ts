/** The scores of groups of rows: those with the same value in a column, or of a column of many numbers those in the same quarter of its range. */
import { isBlank } from "@adjoint/core/data/Blank"
import type { Arrays } from "@adjoint/core/data/PreprocessTree"
import type { Scores } from "@adjoint/core/training/Progress"
import * as Scored from "@adjoint/core/training/Scored"
import type { Built } from "@adjoint/dsl/build/Build"
import type { Slices } from "@adjoint/dsl/prepare/Slices"
import { type Intervals, intervalsOf, scoresOf } from "./Judged.ts"

/** Rows with something in common. */
export interface Group {
  /** The value of the column, or a range of values. */
  readonly value: string
  readonly rows: ReadonlyArray<number>
}

/** A group with its scores. */
export interface ScoredGroup {
  readonly value: string
  readonly rows: number
  readonly scores: Scores
  readonly intervals: Intervals
}

/** The scores of groups, by column. */
export type ScoredSlices = { readonly [column: string]: ReadonlyArray<ScoredGroup> }

/** A column has a group for each value up to so many; numbers have quarters above it, and names one group for the rest. */
const most = 12

/** Fewer rows than this say little. */
export const few = 30

const blank = "(blank)"

const byValue = (values: ReadonlyArray<string>): ReadonlyMap<string, Array<number>> => {
  const groups = new Map<string, Array<number>>()
  for (const [row, text] of values.entries()) {
    const value = isBlank(text) ? blank : text.trim()
    const rows = groups.get(value)
    if (rows === undefined) groups.set(value, [row])
    else rows.push(row)
  }
  return groups
}

const isNumber = (text: string): boolean => text !== "" && Number.isFinite(Number(text))

/** Numbers in rising order, names by the alphabet, and blanks at the end. */
const compared = (a: string, b: string): number => {
  if (a === blank || b === blank) return a === b ? 0 : a === blank ? 1 : -1
  return isNumber(a) && isNumber(b) ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0
}

/** Quarters of the rows of numbers; equal numbers are never divided, however they are written. */
const quarters = (groups: ReadonlyMap<string, ReadonlyArray<number>>, count: number): ReadonlyArray<Group> => {
  const sorted = [...groups].filter(([value]) => value !== blank).toSorted(([a], [b]) => compared(a, b))
  const parts: Array<{ readonly quarter: number; readonly from: string; to: string; readonly rows: Array<number> }> = []
  let before = 0
  for (const [value, rows] of sorted) {
    const quarter = Math.floor((4 * before) / count)
    const last = parts.at(-1)
    const isSame = last !== undefined && Number(last.to) === Number(value)
    if (last === undefined || (last.quarter < quarter && !isSame))
      parts.push({ quarter, from: value, to: value, rows: [...rows] })
    else {
      if (!isSame) last.to = value
      last.rows.push(...rows)
    }
    before += rows.length
  }
  return parts.map(({ from, rows, to }) => ({
    value: from === to ? from : `${from} … ${to}`,
    rows: rows.toSorted((a, b) => a - b),
  }))
}

/** The groups of a column's values. `groupsOf(["b", "a", "b"]) // => [{ value: "a", rows: [1] }, { value: "b", rows: [0, 2] }]` */
export const groupsOf = (values: ReadonlyArray<string>): ReadonlyArray<Group> => {
  const groups = byValue(values)
  const blanks = groups.get(blank)
  const names = [...groups.keys()].filter((value) => value !== blank)
  const last = blanks === undefined ? [] : [{ value: blank, rows: blanks }]
  if (names.length > most && names.every(isNumber)) return [...quarters(groups, values.length - (blanks?.length ?? 0)), ...last]
  const bySize = names.toSorted((a, b) => (groups.get(b)?.length ?? 0) - (groups.get(a)?.length ?? 0) || compared(a, b))
  const kept = names.length > most ? bySize.slice(0, most - 1) : bySize
  const rest = bySize.slice(kept.length).flatMap((value) => groups.get(value) ?? [])
  return [
    ...kept.toSorted(compared).map((value) => ({ value, rows: groups.get(value) ?? [] })),
    ...(rest.length === 0 ? [] : [{ value: `${bySize.length - kept.length} others`, rows: rest.toSorted((a, b) => a - b) }]),
    ...last,
  ]
}

/** The scores of each group of each column. */
export const scored = (table: Built["scores"], judged: Scored.Judged<Arrays, Arrays>, slices: Slices): ScoredSlices =>
  Object.fromEntries(
    Object.entries(slices).map(([column, values]) => [
      column,
      groupsOf(values).map(({ rows, value }): ScoredGroup => {
        const own = Scored.take(judged, rows)
        return { value, rows: rows.length, scores: scoresOf(table, own), intervals: intervalsOf(table, own) }
      }),
    ]),
  )
