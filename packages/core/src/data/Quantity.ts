/** A column of numbers: reading its cells, and learning from the training rows how to fill, clip, transform and scale it. */
import * as Result from "effect/Result"
import type { Unit } from "../learning/score/Unit.ts"
import { type Cell, type DataError, dataError, quote } from "./DataError.ts"
import type { FittedNumber } from "./Fitted.ts"
import type { NumberColumn, Scale } from "./PrepareSpec.ts"

/** Cells that say there is no number. */
const blanks: ReadonlySet<string> = new Set(["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"])

/** The number a cell holds: NaN for a blank (nothing, `NA`, `NaN`, `null`, `?`), `undefined` when it holds no finite number. `read(" 2.5 ") // => 2.5` */
export const read = (cell: string): number | undefined => {
  const text = cell.trim()
  if (blanks.has(text)) return Number.NaN
  const value = Number(text)
  // Number also takes 0x1F, 0b1 and 0o7
  return Number.isFinite(value) && !/^[+-]?0[a-z]/i.test(text) ? value : undefined
}

/** The numbers of a column's cells, NaN where blank. Fails with `BadCell` at the first that is no number, or blank where `blank` is a hint. */
export const readAll = (
  cells: ReadonlyArray<string>,
  place: (index: number) => Cell,
  blank: string | undefined,
): Result.Result<Float64Array, DataError> => {
  const out = new Float64Array(cells.length)
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] ?? ""
    const value = read(cell)
    if (value === undefined)
      return Result.fail(
        dataError({ _tag: "BadCell", ...place(i), got: quote(cell), wanted: "a finite number", hint: hint(cell) }),
      )
    if (blank !== undefined && Number.isNaN(value))
      return Result.fail(
        dataError({ _tag: "BadCell", ...place(i), got: cell === "" ? "a blank" : quote(cell), wanted: "a number", hint: blank }),
      )
    out[i] = value
  }
  return Result.succeed(out)
}

const hint = (cell: string): string => (/^\s*[+-]?\d+,\d+\s*$/.test(cell) ? "write decimals with a point, not a comma" : "")

/** Where the training values of a column have their middle and their ends. */
const statistics = {
  mean: (values: Float64Array): number => {
    let sum = 0
    for (const value of values) sum += value
    return sum / values.length
  },
  /** The value below which this share of the sorted values lie, between two of them where it falls there. */
  quantile: (sorted: Float64Array, share: number): number => {
    const at = share * (sorted.length - 1)
    const below = sorted[Math.floor(at)] ?? 0
    const above = sorted[Math.ceil(at)] ?? 0
    return below + (above - below) * (at - Math.floor(at))
  },
} as const

/** How values lie: their mean and variance, and their ends. */
export interface Spread {
  readonly mean: number
  readonly variance: number
  readonly least: number
  readonly greatest: number
}

const spreadOf = (values: Float64Array): Spread => {
  const mean = statistics.mean(values)
  return {
    mean,
    variance: statistics.mean(values.map((x) => (x - mean) ** 2)),
    least: values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    greatest: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  }
}

/** What `scale` subtracts and divides by where values lie so. Values that are all alike are divided by 1. */
export const scaleOf = ({ greatest, least, mean, variance }: Spread, scale: Scale): Pick<FittedNumber, "subtract" | "divide"> => {
  if (scale === "center" || scale === "standard")
    return { subtract: mean, divide: scale === "center" || variance === 0 ? 1 : Math.sqrt(variance) }
  const [low, high] = scale === "minmax" ? [0, 1] : scale.minmax
  const divide = greatest === least ? 1 : (greatest - least) / (high - low)
  return { subtract: least - low * divide, divide }
}

/**
 * Learns a column's numbers from its training values, NaN where blank: what fills a blank and the bounds from the values
 * as they are, the scale from the values filled, clipped and transformed.
 *
 * Fails with `BadSpec` when every training value is blank, or `log1p` would meet a value of -1 or less.
 */
export const fit = (name: string, spec: NumberColumn, values: Float64Array): Result.Result<FittedNumber, DataError> => {
  const known = values.filter((value) => !Number.isNaN(value)).sort()
  const at = `column \`${name}\``
  if (known.length === 0)
    return Result.fail(
      dataError({ _tag: "BadSpec", at, got: "no number in any training row", wanted: "one or more", hint: "ignore the column" }),
    )
  const fill =
    spec.missing === undefined
      ? null
      : typeof spec.missing === "number"
        ? spec.missing
        : spec.missing === "mean"
          ? statistics.mean(known)
          : statistics.quantile(known, 0.5)
  const shares = spec.clip !== undefined && "quantiles" in spec.clip ? spec.clip.quantiles : undefined
  const bounds = spec.clip !== undefined && !("quantiles" in spec.clip) ? spec.clip : undefined
  const clip: FittedNumber["clip"] =
    shares === undefined ? (bounds ?? null) : [statistics.quantile(known, shares[0]), statistics.quantile(known, shares[1])]
  const plain: FittedNumber = {
    type: "number",
    name,
    fill,
    indicator: spec.missing === "indicator",
    clip,
    transform: spec.transform ?? "none",
    subtract: 0,
    divide: 1,
  }
  const prepared = values.map((value) => apply(plain, value))
  if (!prepared.every(Number.isFinite))
    return Result.fail(
      dataError({
        _tag: "BadSpec",
        at,
        got: `\`transform: log1p\` with ${known[0]} among the values`,
        wanted: "values above -1",
        hint: "leave the transform out, or clip the column first",
      }),
    )
  const scale = spec.scale === undefined ? { subtract: 0, divide: 1 } : scaleOf(spreadOf(prepared), spec.scale)
  return Number.isFinite(scale.subtract) && Number.isFinite(scale.divide)
    ? Result.succeed({ ...plain, ...scale })
    : Result.fail(
        dataError({
          _tag: "BadSpec",
          at,
          got: "values too large to be scaled",
          wanted: "values whose squares a double can hold",
          hint: "clip the column, or ignore it",
        }),
      )
}

/** One value prepared: filled when NaN, clipped, transformed, then scaled. */
export const apply = (fitted: FittedNumber, value: number): number => {
  const known = Number.isNaN(value) && fitted.fill !== null ? fitted.fill : value
  const clipped = fitted.clip === null ? known : Math.min(Math.max(known, fitted.clip[0]), fitted.clip[1])
  const transformed = fitted.transform === "log1p" ? Math.log1p(clipped) : clipped
  return (transformed - fitted.subtract) / fitted.divide
}

/** What the column was measured in, as seen from what `apply` makes of it; what was clipped stays so. */
export const unitOf = ({ divide, subtract, transform }: FittedNumber): Unit => ({
  scale: divide,
  shift: subtract,
  curve: transform === "log1p" ? "expm1" : "none",
})
