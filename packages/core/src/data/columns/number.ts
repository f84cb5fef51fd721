/** A quantity, with preprocessing learned from the training rows. */
import * as Result from "effect/Result"
import * as YeoJohnson from "../../learning/score/YeoJohnson.ts"
import { quote } from "../DataError.ts"
import { encodings, type Filled, scaleSynonyms, transforms } from "../Field.ts"
import type { FittedNumber } from "../Fitted.ts"
import { grouped } from "../grouped.ts"
import type * as NumberFormat from "../NumberFormat.ts"
import * as Quantiles from "../Quantiles.ts"
import * as Quantity from "../Quantity.ts"
import { release } from "../release.ts"
import { type Cells, type DataResult, kind, refuseCell, refuseColumn } from "./Kind.ts"
import { eitherRole, missingOr } from "./options.ts"

const fields = {
  role: eitherRole,
  missing: missingOr("number", ["error", "drop", "mean", "median", "most_common", "indicator"]),
  decimal: {
    kind: "choice",
    doc: "The decimal mark. Default: that of the file, which is `.` unless set.",
    of: [".", ","],
    optional: true,
  },
  thousands: {
    kind: "character",
    doc: "The mark between groups of three digits, such as the comma in 1,721. Default: that of the file, which is none unless set.",
    words: ["none"],
    optional: true,
  },
  unit: {
    kind: "text",
    doc: "The unit before or after the numbers, such as `%`, `$` or `kg`. It does not change them: `5%` is 5.",
    synonyms: ["currency", "symbol", "prefix", "suffix"],
    optional: true,
  },
  clip: {
    kind: "bounds",
    doc: "Bounds to which values are clipped: numbers, or quantiles of the training rows. After `missing`.",
    synonyms: ["winsorize", "limits", "outliers", "clamp"],
    optional: true,
  },
  transform: {
    kind: "choice",
    doc: "A function of the value, after `clip`. `power` is the transform of Yeo and Johnson, with the exponent of maximum likelihood; `quantile` is the share of training rows below the value, `quantile_normal` the same as a normal number.",
    of: transforms,
    synonyms: ["function", "func", "power_transform", "log"],
    optional: true,
  },
  bins: {
    kind: "bins",
    doc: "Intervals in place of the number: how many of equal width, or their inner edges. `{ quantiles: n }` has as many training rows in each. An edge belongs to the interval above it.",
    synonyms: ["n_bins", "buckets", "cut", "qcut", "discretize", "bin_boundaries"],
    optional: true,
  },
  encode: {
    kind: "choice",
    doc: "How `bins` become numbers: a column of 0 and 1 for each, or the place of the interval, from 0.",
    of: encodings,
    default: "one_hot",
  },
  scale: {
    kind: "scale",
    doc: "How values are scaled over the training rows, after `transform`. `standard` gives mean 0 and standard deviation 1, `minmax` 0…1 or a range, `center` mean 0, `maxabs` a largest magnitude of 1, `robust` median 0 and interquartile range 1.",
    synonyms: scaleSynonyms,
    optional: true,
  },
} as const

type Options = Filled<typeof fields>

/** More intervals than this are probably a mistake. */
const mostBins = 1000

const holds = ({ bins, decimal = ".", role, scale, thousands = "none", transform, unit = "%" }: Options): boolean => {
  if (unit.trim() === "" || /[\d+-]/.test(unit)) return false
  if (decimal === thousands || /[\de+-]/i.test(thousands === "none" ? "" : thousands)) return false
  if (bins !== undefined && (role === "target" || scale !== undefined || transform !== undefined)) return false
  return role === "input" || !String(transform).startsWith("quantile")
}

/** Applied in this order: `missing`, `clip`, `transform`, `scale`; or `missing`, `clip`, `bins`. */
export const number = kind<typeof fields, FittedNumber>({
  doc: "A quantity, optionally with filled blanks, clipping, a transform, bins and scaling, learned from the training rows.",
  advice:
    "Scale quantities that are far from 1: initial weights and usual learning rates suit inputs of about 1. `log1p` or `power` suit quantities with a long tail, such as prices.",
  synonyms: [
    "float",
    "float32",
    "float64",
    "double",
    "int",
    "int32",
    "int64",
    "integer",
    "numeric",
    "numerical",
    "continuous",
    "real",
    "quantity",
  ],
  fields,
  rule: {
    wanted:
      "different marks for `decimal` and `thousands`, for `thousands` not a digit, a sign or `e`, a `unit` without digits and signs, `bins` without `transform` and `scale`, and for a target neither `bins` nor a quantile transform",
    holds,
  },
  role: "input",
  stores: "number",
  input: {
    width: ({ bins, encode, missing }) => {
      const own = bins === undefined || encode === "ordinal" ? 1 : binCount(bins)
      return own === undefined ? undefined : own + (missing === "indicator" ? 1 : 0)
    },
    fit: (options, cells) => fit(options, cells),
    names: ({ bins, indicator, name }) => [
      ...(bins === undefined || bins.encode === "ordinal" ? [name] : intervals(bins.edges).map((each) => `${name} ${each}`)),
      ...(indicator ? [`${name} is blank`] : []),
    ],
    write: (fitted, cells, { at, data, width }) =>
      Result.gen(function* () {
        const { bins } = fitted
        const values = yield* Quantity.readAll(cells, fitted.fill === null ? blank(cells.name) : undefined, fitted)
        const own = bins === undefined || bins.encode === "ordinal" ? 1 : bins.edges.length + 1
        for (let i = 0; i < values.length; i++) {
          const value = values[i] ?? 0
          const start = i * width + at
          if (bins !== undefined) {
            const interval = Quantity.intervalOf(bins.edges, Quantity.clipped(fitted, value))
            if (bins.encode === "ordinal") data[start] = interval
            else data[start + interval] = 1
          } else {
            const prepared = Math.fround(Quantity.apply(fitted, value))
            if (!Number.isFinite(prepared))
              return yield* refuseCell(cells, i, {
                got: quote(cells.text(i)),
                wanted: outside(fitted, value) ?? "a value that is finite in 32 bits",
                hint: "clip the column",
              })
            data[start] = prepared
          }
          if (fitted.indicator) data[start + own] = Number.isNaN(value) ? 1 : 0
        }
      }),
  },
  target: "numbers",
})

const blank = (name: string): string =>
  `set what replaces a blank, as in \`${name}: { type: number, missing: median }\`, or drop its row with \`missing: drop\``

/** Values outside the domain of a transform, in words. */
const outside = ({ transform }: Pick<FittedNumber, "transform">, value: number): string | undefined => {
  if (transform === "log" && !(value > 0)) return "a value above 0 for `log`"
  if (transform === "log1p" && !(value > -1)) return "a value above -1 for `log1p`"
  return transform === "sqrt" && value < 0 ? "a value of 0 or more for `sqrt`" : undefined
}

/** The number of intervals, where the rows do not decide it. */
const binCount = (bins: NonNullable<Options["bins"]>): number | undefined =>
  typeof bins === "number" ? undefined : "quantiles" in bins ? undefined : bins.length + 1

/** The names of intervals: "below 18", "18 to 65" and "from 65" for the edges 18 and 65. */
const intervals = (edges: ReadonlyArray<number>): ReadonlyArray<string> =>
  Array.from({ length: edges.length + 1 }, (_, i) => {
    const [low, high] = [edges[i - 1], edges[i]]
    if (low === undefined) return high === undefined ? "in all" : `below ${high}`
    return high === undefined ? `from ${low}` : `${low} to ${high}`
  })

/** How the numbers of a column are written: by its options, or else as its file writes them. */
export const formatOf = (
  { decimal, thousands, unit }: Pick<Options, "decimal" | "thousands" | "unit">,
  ofFile: NumberFormat.Format = {},
): NumberFormat.Format => {
  const [mark = ".", between = "none"] = [decimal ?? ofFile.decimal, thousands ?? ofFile.thousands]
  return {
    ...(mark === "." ? {} : { decimal: mark }),
    ...(between === "none" ? {} : { thousands: between }),
    ...(unit === undefined ? {} : { unit }),
  }
}

/** What replaces a blank. */
const fillOf = (missing: Options["missing"], values: Float64Array): number | null => {
  if (missing === "error" || missing === "drop") return null
  if (typeof missing === "number") return missing
  if (typeof missing === "object") return missing.constant
  const known = Quantity.known(values)
  const fill =
    missing === "most_common"
      ? Quantity.mostCommon(known)
      : missing === "mean"
        ? Quantity.mean(known)
        : Quantiles.quantile(known, 0.5)
  release(known)
  return fill
}

const clipOf = (clip: Options["clip"], values: Float64Array): FittedNumber["clip"] => {
  if (clip === undefined) return null
  if (!("quantiles" in clip)) return clip
  const [low, high] = clip.quantiles
  const known = Quantity.known(values)
  const bounds = [Quantiles.quantile(known, low), Quantiles.quantile(known, high)] as const
  release(known)
  return bounds
}

/** What a transform learns from the training values. */
const learned = (transform: Options["transform"], values: Float64Array): Pick<FittedNumber, "lambda" | "quantiles"> => {
  if (transform === "power") return { lambda: YeoJohnson.fit(values) }
  return transform === "quantile" || transform === "quantile_normal" ? { quantiles: Quantiles.fit(values.slice().sort()) } : {}
}

/** The inner edges of bins, rising; equal ones are one. */
const edgesOf = (bins: NonNullable<Options["bins"]>, sorted: Float64Array): ReadonlyArray<number> => {
  if (typeof bins !== "number" && !("quantiles" in bins)) return bins
  const count = typeof bins === "number" ? bins : bins.quantiles
  const [least = 0, largest = 0] = [sorted[0], sorted.at(-1)]
  const inner = Array.from({ length: count - 1 }, (_, i) => {
    const share = (i + 1) / count
    return typeof bins === "number" ? least + share * (largest - least) : Quantiles.quantile(sorted, share)
  })
  return inner.filter((edge, i) => edge > (inner[i - 1] ?? least))
}

/**
 * The fill value and the bounds are learned from the values as they are; the transform, the bins and the scale from the filled
 * and clipped values. Fails with `BadCell`, and with `BadSpec` if every training value is blank or a value cannot be transformed
 * or scaled.
 */
const fit = (options: Options, cells: Cells): DataResult<FittedNumber> => {
  const { missing, role } = options
  const isNeeded = missing === "error" || missing === "drop"
  const hint = role === "target" ? "`missing: drop` leaves out rows without a target" : blank(cells.name)
  return Result.flatMap(Quantity.readAll(cells, isNeeded ? hint : undefined, formatOf(options, cells.format)), (values) => {
    const fitted = fitValues(options, cells, values)
    release(values)
    return fitted
  })
}

const fitValues = (options: Options, cells: Cells, values: Float64Array): DataResult<FittedNumber> =>
  Result.gen(function* () {
    const { name } = cells
    const { bins, clip, encode, missing, scale, transform } = options
    const format = formatOf(options, cells.format)
    if (values.every(Number.isNaN))
      return yield* refuseColumn(cells, {
        got: "no number in any training row",
        wanted: "one or more",
        hint: "ignore the column",
      })
    const read: FittedNumber = {
      type: "number",
      name,
      ...format,
      fill: fillOf(missing, values),
      indicator: missing === "indicator",
      clip: clipOf(clip, values),
      transform: "none",
      subtract: 0,
      divide: 1,
    }
    // Columns of millions of rows: the values are replaced where they are.
    const clipped = values
    for (let i = 0; i < values.length; i++) clipped[i] = Quantity.clipped(read, values[i] ?? 0)
    if (bins !== undefined) {
      const sorted = clipped.slice().sort()
      const edges = edgesOf(bins, sorted)
      release(sorted)
      if (edges.length === 0)
        return yield* refuseColumn(cells, {
          got: "equal values in all training rows",
          wanted: "two intervals or more",
          hint: "ignore the column",
        })
      if (edges.length >= mostBins)
        return yield* refuseColumn(cells, {
          got: `${grouped(edges.length + 1)} bins`,
          wanted: `at most ${grouped(mostBins)}`,
          hint: "",
        })
      return { ...read, bins: { edges, encode } }
    }
    const plain: FittedNumber = { ...read, transform: transform ?? "none", ...learned(transform, clipped) }
    const wrong = clipped.find((value) => outside(plain, value) !== undefined)
    if (wrong !== undefined)
      return yield* refuseColumn(cells, {
        got: `\`transform: ${plain.transform}\` with ${wrong} among the values`,
        wanted: (outside(plain, wrong) ?? "").replace("a value", "values").replace(/ for .*/, ""),
        hint: "remove the transform, use `power`, which takes all numbers, or clip the column first",
      })
    const prepared = clipped
    const ofClipped = { ...plain, clip: null, fill: null }
    for (let i = 0; i < clipped.length; i++) prepared[i] = Quantity.apply(ofClipped, clipped[i] ?? 0)
    const scaled = scale === undefined ? {} : Quantity.scaleOf(Quantity.summarize(prepared, scale), scale)
    const fitted = { ...plain, ...scaled }
    if (prepared.every(Number.isFinite) && Number.isFinite(fitted.subtract) && Number.isFinite(fitted.divide)) return fitted
    return yield* refuseColumn(cells, {
      got: "values too large to be scaled",
      wanted: "values whose squares a double can hold",
      hint: "clip the column, or ignore it",
    })
  })
