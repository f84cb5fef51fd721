/** Quantities: reads the cells of a column of numbers, and computes the statistics that scale them. */
import * as Result from "effect/Result"
import type { Unit } from "../learning/score/Unit.ts"
import * as YeoJohnson from "../learning/score/YeoJohnson.ts"
import { isBlank } from "./Blank.ts"
import { type Cells, type DataResult, refuseCell } from "./columns/Kind.ts"
import { quote } from "./DataError.ts"
import type { Scale } from "./Field.ts"
import type { FittedNumber } from "./Fitted.ts"
import * as NumberFormat from "./NumberFormat.ts"
import * as Quantiles from "./Quantiles.ts"
import { quantile } from "./Quantiles.ts"

import { release } from "./release.ts"

export { type Format, print, read } from "./NumberFormat.ts"

/** The numbers of a column's cells, NaN for blanks. Fails with `BadCell` at the first cell that is not a number, or is blank if `blank` has a hint. */
export const readAll = (cells: Cells, blank: string | undefined, format: NumberFormat.Format = {}): DataResult<Float64Array> => {
  const out = cells.numbers?.() ?? new Float64Array(cells.size).fill(Number.NaN)
  const number = NumberFormat.reader(format)
  for (let i = 0; i < out.length; i++) {
    if (!Number.isNaN(out[i])) continue
    const cell = cells.text(i)
    const value = isBlank(cell) ? Number.NaN : number(cell.trim())
    if (value === undefined)
      return refuseCell(cells, i, { got: quote(cell), wanted: wanted(format), hint: hint(cell.trim(), cells.name) })
    if (blank !== undefined && Number.isNaN(value))
      return refuseCell(cells, i, { got: cell === "" ? "a blank" : quote(cell), wanted: "a number", hint: blank })
    out[i] = value
  }
  return Result.succeed(out)
}

const wanted = ({ decimal = ".", thousands, unit }: NumberFormat.Format): string => {
  const marks = [
    ...(decimal === "." ? [] : [`decimals after ${quote(decimal)}`]),
    ...(thousands === undefined ? [] : [`groups of three digits between ${quote(thousands)}`]),
    ...(unit === undefined ? [] : [`the unit ${quote(unit)}`]),
  ]
  return marks.length === 0 ? "a finite number" : `a finite number with ${marks.join(" and ")}`
}

/** The options that read a number written in another format, one for each possible reading. */
const hint = (cell: string, column: string): string => {
  const say = (format: NumberFormat.Format, value: string): string => {
    const options = Object.entries(format).map(([name, mark]) => `${name}: ${JSON.stringify(mark)}`)
    return `\`${column}: { type: number, ${options.join(", ")} }\` where it means ${value}`
  }
  const [, sign = "", whole = "", separator = "", decimal = "", rest = ""] =
    /^([+-]?)(\d{1,3}(?:([^\d.,]|[.,])\d{3})(?:\3\d{3})*)(?:([.,])(\d+))?$/u.exec(cell) ?? []
  const readings: Array<string> = []
  if (separator !== "" && separator !== decimal) {
    const value = `${sign}${whole.replaceAll(separator, "")}${rest === "" ? "" : `.${rest}`}`
    readings.push(say({ thousands: separator, ...(decimal === "," ? { decimal } : {}) }, value))
  }
  const unit = NumberFormat.unitOf(cell)
  if (unit !== undefined) {
    const marks = { ...(/\d,\d{3}(?!\d)/u.test(cell) ? { thousands: "," } : {}), unit }
    const value = NumberFormat.reader(marks)(cell)
    if (value !== undefined) readings.push(say(marks, String(value)))
  }
  if (/^[+-]?\d*,\d+$/.test(cell)) readings.push(say({ decimal: "," }, cell.replace(",", ".")))
  return readings.join(", or ")
}

/** The values that are not NaN, sorted. `[...known(Float64Array.of(2, Number.NaN, 1))] // => [1, 2]` */
export const known = (values: Float64Array): Float64Array => {
  const out = new Float64Array(values.length)
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (!Number.isNaN(value)) out[count++] = value
  }
  return out.subarray(0, count).sort()
}

/** The mean of values. `mean(Float64Array.of(1, 2)) // => 1.5` */
export const mean = (values: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0
  return sum / values.length
}

/** The most frequent of sorted values, the least among equals. `mostCommon(Float64Array.of(1, 2, 2)) // => 2` */
export const mostCommon = (sorted: Float64Array): number => {
  let [best, most, count] = [sorted[0] ?? 0, 0, 0]
  for (let i = 0; i < sorted.length; i++) {
    count = sorted[i] === sorted[i - 1] ? count + 1 : 1
    if (count > most) [best, most] = [sorted[i] ?? 0, count]
  }
  return best
}

/** The summary statistics of values. */
export interface Summary {
  readonly mean: number
  readonly variance: number
  readonly min: number
  readonly max: number
  /** The lower quartile, the median and the upper quartile; present where `scale` is `robust`. */
  readonly quartiles?: readonly [lower: number, median: number, upper: number]
}

/** The quartiles of values in any order. */
export const quartilesOf = (values: Float64Array): NonNullable<Summary["quartiles"]> => {
  const sorted = values.slice().sort()
  const quartiles = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)] as const
  release(sorted)
  return quartiles
}

/** The summary statistics of these values, with what a scale needs. */
export const summarize = (values: Float64Array, scale?: Scale): Summary => {
  const average = mean(values)
  let [squares, min, max] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    squares += (value - average) ** 2
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  return {
    mean: average,
    variance: squares / values.length,
    min,
    max,
    ...(scale === "robust" ? { quartiles: quartilesOf(values) } : {}),
  }
}

/** Whether values are constant: they differ by at most a few units in the last place of a double. */
export const isConstant = ({ max, min }: Summary): boolean => max - min <= 2 ** -50 * Math.max(Math.abs(max), Math.abs(min))

/**
 * What `scale` subtracts and divides by, given the summary of the values. Constant values are divided by 1 and become 0 (or
 * the lower end of the range), so that rounding of their mean and variance has no effect.
 *
 * `scaleOf({ mean: 7.3, variance: 3e-30, min: 7.3, max: 7.3 }, "standard") // => { subtract: 7.3, divide: 1 }`
 */
export const scaleOf = (summary: Summary, scale: Scale): Pick<FittedNumber, "subtract" | "divide"> => {
  const { max, mean, min, quartiles, variance } = summary
  if (scale === "none") return { subtract: 0, divide: 1 }
  if (scale === "maxabs") return { subtract: 0, divide: Math.max(Math.abs(min), Math.abs(max)) || 1 }
  const isSame = isConstant(summary)
  if (scale === "robust") {
    if (quartiles === undefined) throw new TypeError("a robust scale needs the quartiles of the values")
    const [lower, median, upper] = quartiles
    return { subtract: isSame ? min : median, divide: isSame || upper === lower ? 1 : upper - lower }
  }
  if (scale === "center" || scale === "standard")
    return { subtract: isSame ? min : mean, divide: scale === "center" || isSame || variance === 0 ? 1 : Math.sqrt(variance) }
  const [low, high] = scale === "minmax" ? [0, 1] : scale.minmax
  const divide = isSame ? 1 : (max - min) / (high - low)
  return { subtract: min - low * divide, divide }
}

/** What a transform does to a value. */
const transforms: {
  readonly [T in FittedNumber["transform"]]: (x: number, fitted: Pick<FittedNumber, "lambda" | "quantiles">) => number
} = {
  none: (x) => x,
  log: (x) => Math.log(x),
  log1p: (x) => Math.log1p(x),
  sqrt: (x) => Math.sqrt(x),
  power: (x, { lambda = 1 }) => YeoJohnson.apply(lambda, x),
  quantile: (x, { quantiles = [] }) => Quantiles.share(quantiles, x),
  quantile_normal: (x, { quantiles = [] }) => Quantiles.normal(quantiles, x),
}

/** A value with NaN filled, and clipped. */
export const clipped = ({ clip, fill }: Pick<FittedNumber, "clip" | "fill">, value: number): number => {
  const known = Number.isNaN(value) && fill !== null ? fill : value
  return clip === null ? known : Math.min(Math.max(known, clip[0]), clip[1])
}

/** Preprocesses one value: fills NaN, clips, transforms, then scales. */
export const apply = (fitted: FittedNumber, value: number): number =>
  (transforms[fitted.transform](clipped(fitted, value), fitted) - fitted.subtract) / fitted.divide

/** The interval of a value: the number of edges at or below it. `intervalOf([18, 65], 18) // => 1` */
export const intervalOf = (edges: ReadonlyArray<number>, value: number): number => {
  let [from, to] = [0, edges.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((edges[middle] ?? 0) <= value) from = middle + 1
    else to = middle
  }
  return from
}

const curves = { none: "none", log: "exp", log1p: "expm1", sqrt: "square", power: "power" } as const

/** The unit of a column: how to undo `apply`, except for the clipping. Targets have no quantile transform. */
export const unitOf = ({ divide, lambda, subtract, transform }: FittedNumber): Unit => ({
  scale: divide,
  shift: subtract,
  curve: transform === "quantile" || transform === "quantile_normal" ? "none" : curves[transform],
  ...(lambda === undefined ? {} : { lambda }),
})
