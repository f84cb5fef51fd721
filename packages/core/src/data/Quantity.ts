/** Quantities: reads the cells of a column of numbers, and computes the statistics that scale them. */
import * as Result from "effect/Result"
import type { Unit } from "../learning/score/Unit.ts"
import { isBlank } from "./Blank.ts"
import type { Cells } from "./columns/Kind.ts"
import { type DataError, dataError, quote } from "./DataError.ts"
import type { Scale } from "./Field.ts"
import type { FittedNumber } from "./Fitted.ts"

/** How numbers are written: the decimal mark, and the mark between groups of three digits. */
export interface Format {
  readonly decimal?: "." | ","
  readonly thousands?: string
}

/** The number of a text with `.` as decimal mark and no separators; `undefined` for other text. */
const plain = (text: string): number | undefined => {
  const value = Number(text)
  // Number also accepts 0x1F, 0b1, 0o7 and an empty text
  return Number.isFinite(value) && text !== "" && !/^[+-]?0[a-z]/i.test(text) ? value : undefined
}

const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&")

/** A reader of numbers in a format. */
const reader = ({ decimal = ".", thousands }: Format): ((text: string) => number | undefined) => {
  if (thousands === undefined && decimal === ".") return plain
  const mark = escaped(decimal)
  const between = thousands === undefined ? undefined : escaped(thousands)
  const digits = between === undefined ? "\\d*" : `(?:\\d{1,3}(?:${between}\\d{3})+|\\d*)`
  const form = new RegExp(`^[+-]?${digits}(?:${mark}\\d*)?(?:e[+-]?\\d+)?$`, "iu")
  return (text) => {
    if (!form.test(text)) return undefined
    const joined = thousands === undefined ? text : text.replaceAll(thousands, "")
    return plain(joined.replace(decimal, "."))
  }
}

/**
 * The number in a cell: NaN for a blank, `undefined` if it is not a finite number in this format.
 * `read(" 2.5 ") // => 2.5`
 * `read("1.234,5", { decimal: ",", thousands: "." }) // => 1234.5`
 */
export const read = (cell: string, format: Format = {}): number | undefined =>
  isBlank(cell) ? Number.NaN : reader(format)(cell.trim())

/** A number as a cell in this format. `print(1234.5, { decimal: "," }) // => "1234,5"` */
export const print = (value: number, { decimal = "." }: Format = {}): string => String(value).replace(".", decimal)

/** The numbers of a column's cells, NaN for blanks. Fails with `BadCell` at the first cell that is not a number, or is blank if `blank` has a hint. */
export const readAll = (cells: Cells, blank: string | undefined, format: Format = {}): Result.Result<Float64Array, DataError> => {
  const out = cells.numbers?.() ?? new Float64Array(cells.size).fill(Number.NaN)
  const number = reader(format)
  const { place } = cells
  for (let i = 0; i < out.length; i++) {
    if (!Number.isNaN(out[i])) continue
    const cell = cells.text(i)
    const value = isBlank(cell) ? Number.NaN : number(cell.trim())
    if (value === undefined) {
      const { column } = place(i)
      return Result.fail(
        dataError({ _tag: "BadCell", ...place(i), got: quote(cell), wanted: wanted(format), hint: hint(cell.trim(), column) }),
      )
    }
    if (blank !== undefined && Number.isNaN(value))
      return Result.fail(
        dataError({ _tag: "BadCell", ...place(i), got: cell === "" ? "a blank" : quote(cell), wanted: "a number", hint: blank }),
      )
    out[i] = value
  }
  return Result.succeed(out)
}

const wanted = ({ decimal = ".", thousands }: Format): string => {
  const marks = [
    ...(decimal === "." ? [] : [`decimals after ${quote(decimal)}`]),
    ...(thousands === undefined ? [] : [`groups of three digits between ${quote(thousands)}`]),
  ]
  return marks.length === 0 ? "a finite number" : `a finite number with ${marks.join(" and ")}`
}

/** The options that read a number written in another format, one for each possible reading. */
const hint = (cell: string, column: string): string => {
  const say = (format: Format, value: string): string => {
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
  if (/^[+-]?\d*,\d+$/.test(cell)) readings.push(say({ decimal: "," }, cell.replace(",", ".")))
  return readings.join(", or ")
}

/** The mean and the quantiles of values. */
export const statistics = {
  mean: (values: Float64Array): number => {
    let sum = 0
    for (const value of values) sum += value
    return sum / values.length
  },
  /** The quantile of sorted values at `share`, linearly interpolated. */
  quantile: (sorted: Float64Array, share: number): number => {
    const at = share * (sorted.length - 1)
    const below = sorted[Math.floor(at)] ?? 0
    const above = sorted[Math.ceil(at)] ?? 0
    return below + (above - below) * (at - Math.floor(at))
  },
} as const

/** The summary statistics of values. */
export interface Summary {
  readonly mean: number
  readonly variance: number
  readonly min: number
  readonly max: number
}

/** The summary statistics of these values. */
export const summarize = (values: Float64Array): Summary => {
  const mean = statistics.mean(values)
  return {
    mean,
    variance: statistics.mean(values.map((x) => (x - mean) ** 2)),
    min: values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    max: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
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
  const { max, mean, min, variance } = summary
  const isSame = isConstant(summary)
  if (scale === "center" || scale === "standard")
    return { subtract: isSame ? min : mean, divide: scale === "center" || isSame || variance === 0 ? 1 : Math.sqrt(variance) }
  const [low, high] = scale === "minmax" ? [0, 1] : scale.minmax
  const divide = isSame ? 1 : (max - min) / (high - low)
  return { subtract: min - low * divide, divide }
}

/** Preprocesses one value: fills NaN, clips, transforms, then scales. */
export const apply = (fitted: FittedNumber, value: number): number => {
  const known = Number.isNaN(value) && fitted.fill !== null ? fitted.fill : value
  const clipped = fitted.clip === null ? known : Math.min(Math.max(known, fitted.clip[0]), fitted.clip[1])
  const transformed = fitted.transform === "log1p" ? Math.log1p(clipped) : clipped
  return (transformed - fitted.subtract) / fitted.divide
}

/** The unit of a column: how to undo `apply`, except for the clipping. */
export const unitOf = ({ divide, subtract, transform }: FittedNumber): Unit => ({
  scale: divide,
  shift: subtract,
  curve: transform === "log1p" ? "expm1" : "none",
})
