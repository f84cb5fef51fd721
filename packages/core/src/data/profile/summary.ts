/** The values of one column: blanks, distinct values, and the spread of numbers or the most common names. */
import { isBlank } from "../Blank.ts"
import { quantile } from "../Quantiles.ts"
import * as Quantity from "../Quantity.ts"
import type { Rows } from "../Raw.ts"
import type { TableColumn } from "../TableColumn.ts"

/** Numbers, summarized. `histogram` counts them in equal intervals from the least to the greatest. */
export interface Spread {
  readonly least: number
  readonly greatest: number
  readonly mean: number
  /** The standard deviation over these numbers (divided by their count). */
  readonly deviation: number
  readonly median: number
  readonly histogram: ReadonlyArray<number>
}

/** A name, and how many rows have it. */
export interface NameCount {
  readonly name: string
  readonly rows: number
}

/** What a column holds in some rows. */
export interface Summary {
  readonly blanks: number
  /** How many different cells there are, blanks aside. */
  readonly distinct: number
  /** The spread, if all cells that are not blank are numbers, and there is one. */
  readonly spread?: Spread
  /** Whether all numbers are whole. */
  readonly isWhole: boolean
  /** The most common names, the first the most common, equal ones in order. */
  readonly names: ReadonlyArray<NameCount>
}

/** The cells of a column in some rows, as the other files of this folder read them. */
export interface Values {
  /** The trimmed texts; empty for blanks. */
  readonly names: ReadonlyArray<string>
  /** The numbers, NaN for blanks; absent if a cell is neither, or all are blank. */
  readonly numbers?: Float64Array
}

/** Intervals of a histogram. */
const intervals = 8

/** Names that are listed. */
const listed = 12

/** The cells of a column in some rows. */
export const valuesOf = (column: TableColumn, rows: Rows): Values => {
  const names: Array<string> = []
  const stored = column.numbers?.(rows)
  const numbers = stored ?? new Float64Array(rows.length)
  let areNumbers = true
  let found = false
  for (let i = 0; i < rows.length; i++) {
    const text = column.text(rows[i] ?? 0).trim()
    const name = isBlank(text) ? "" : text
    names.push(name)
    if (stored === undefined) numbers[i] = name === "" ? Number.NaN : (Quantity.read(name) ?? Number.NaN)
    if (name !== "") {
      found = true
      if (Number.isNaN(numbers[i])) areNumbers = false
    }
  }
  return areNumbers && found ? { names, numbers } : { names }
}

const spreadOf = (values: Float64Array): Spread => {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort()
  const count = sorted.length
  const [least = Number.NaN, greatest = Number.NaN] = [sorted[0], sorted[count - 1]]
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count
  const histogram = new Array<number>(intervals).fill(0)
  for (const value of sorted) {
    const place = greatest > least ? Math.min(intervals - 1, Math.floor(((value - least) / (greatest - least)) * intervals)) : 0
    histogram[place] = (histogram[place] ?? 0) + 1
  }
  return { least, greatest, mean, deviation: Math.sqrt(variance), median: quantile(sorted, 0.5), histogram }
}

/** How many rows have each name, blanks aside. */
export const countsOf = (names: ReadonlyArray<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const name of names) if (name !== "") counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/**
 * What some cells hold.
 *
 * `summarize({ names: ["a", "", "a"] }).blanks // => 1`
 */
export const summarize = ({ names, numbers }: Values): Summary => {
  const counts = countsOf(names)
  const common = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, listed)
  return {
    blanks: names.reduce((sum, name) => sum + (name === "" ? 1 : 0), 0),
    distinct: counts.size,
    isWhole: numbers?.every((value) => Number.isNaN(value) || Number.isInteger(value)) ?? false,
    ...(numbers === undefined ? {} : { spread: spreadOf(numbers) }),
    names: common.map(([name, rows]) => ({ name, rows })),
  }
}
