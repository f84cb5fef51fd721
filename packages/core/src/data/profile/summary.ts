/** The values of one column: blanks, distinct values, and the spread of numbers or the most common names. */
import { isBlank } from "../Blank.ts"
import type * as DateFormat from "../DateFormat.ts"
import { quantile } from "../Quantiles.ts"
import * as Quantity from "../Quantity.ts"
import type { Rows } from "../Raw.ts"
import type { TableColumn } from "../TableColumn.ts"
import * as Codes from "./NameCodes.ts"

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
export type NameCount = Omit<Codes.NameCount, "code">

/** Dates from the first to the last, as clocks in milliseconds since 1970. `histogram` counts them in equal intervals. */
export interface Period {
  readonly first: number
  readonly last: number
  readonly histogram: ReadonlyArray<number>
}

/** What a column holds in some rows. */
export interface Summary {
  readonly blanks: number
  /** How many different cells there are, blanks aside. */
  readonly distinct: number
  /** The spread, if all cells that are not blank are numbers, and there is one. */
  readonly spread?: Spread
  /** The first and the last date, if all cells that are not blank are dates in the format of the column, and there is one. */
  readonly period?: Period
  /** Whether all numbers are whole. */
  readonly isWhole: boolean
  /** The most common names, the first the most common, equal ones in order. */
  readonly names: ReadonlyArray<NameCount>
}

/** The cells of a column in some rows, as the other files of this folder read them. */
export interface Values {
  /** The trimmed texts; empty for blanks. Those of `valuesOf` are made when they are asked for. */
  readonly names: ReadonlyArray<string>
  /** The numbers, or the clocks of dates in milliseconds; NaN for blanks. Absent if a cell is neither, or all are blank. */
  readonly numbers?: Float64Array
  readonly areDates?: boolean
  /** The names as numbers. */
  readonly codes?: Codes.NameCodes
}

/** The names of cells as numbers. */
export const codesOf = (values: Values): Codes.NameCodes => values.codes ?? Codes.ofNames(values.names)

/** Intervals of a histogram. */
const intervals = 8

/** Names that are listed. */
const listed = 12

/** The cells of a column in some rows: 12 bytes for each, and the texts of none. `dates` reads those of a column of dates. */
export const valuesOf = (column: TableColumn, rows: Rows, dates?: DateFormat.Reader): Values => {
  const { format, numbers: stored } = column
  const numberOf = (text: string): number | undefined => (dates === undefined ? Quantity.read(text, format) : dates(text)?.clock)
  const textOf = (i: number): string => column.text(rows[i] ?? 0).trim()
  const codes = new Codes.NameCodes(rows.length, textOf)
  const numbers = (dates === undefined ? stored?.(rows) : undefined) ?? new Float64Array(rows.length).fill(Number.NaN)
  let areNumbers = true
  for (let i = 0; i < rows.length; i++) {
    const value = numbers[i] as number
    if (!Number.isNaN(value)) {
      codes.setNumber(i, value)
      continue
    }
    const text = textOf(i)
    if (isBlank(text)) continue
    codes.setText(i, text)
    if (!areNumbers) continue
    const read = numberOf(text)
    if (read === undefined) areNumbers = false
    else numbers[i] = read
  }
  const names = {
    codes,
    get names() {
      return Array.from(codes.codes, (code, i) => (code < 0 ? "" : textOf(i)))
    },
  }
  if (!areNumbers || codes.size === 0) return names
  return Object.defineProperties(names, {
    numbers: { value: numbers, enumerable: true },
    areDates: { value: dates !== undefined, enumerable: true },
  })
}

const sortedNumbers = new WeakMap<Float64Array, Float64Array>()

/** The numbers that are not NaN, sorted; they are sorted once for each array. */
export const sortedOf = (values: Float64Array): Float64Array => {
  const known = sortedNumbers.get(values) ?? values.filter((value) => !Number.isNaN(value)).sort()
  sortedNumbers.set(values, known)
  return known
}

const spreadOf = (values: Float64Array): Spread => {
  const sorted = sortedOf(values)
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

const periodOf = (clocks: Float64Array): Period => {
  const { greatest, histogram, least } = spreadOf(clocks)
  return { first: least, last: greatest, histogram }
}

/**
 * What some cells hold.
 *
 * `summarize({ names: ["a", "", "a"] }).blanks // => 1`
 */
export const summarize = (values: Values): Summary => {
  const codes = codesOf(values)
  const { areDates = false, numbers } = values
  const known = codes.counts.reduce((sum, count) => sum + count, 0)
  return {
    blanks: codes.codes.length - known,
    distinct: codes.size,
    isWhole: !areDates && (numbers?.every((value) => Number.isNaN(value) || Number.isInteger(value)) ?? false),
    ...(numbers === undefined ? {} : areDates ? { period: periodOf(numbers) } : { spread: spreadOf(numbers) }),
    names: Codes.mostCommon(codes.counts, (code) => codes.nameOf(code), listed).map(({ name, rows }) => ({ name, rows })),
  }
}
