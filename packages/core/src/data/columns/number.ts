/** A quantity, with preprocessing learned from the training rows. */
import * as Result from "effect/Result"
import { dataError, quote } from "../DataError.ts"
import { type Filled, scaleSynonyms } from "../Field.ts"
import type { FittedNumber } from "../Fitted.ts"
import * as Quantity from "../Quantity.ts"
import { type Cells, type DataResult, kind } from "./Kind.ts"
import { eitherRole, missingSynonyms } from "./options.ts"

const fields = {
  role: eitherRole,
  missing: {
    kind: "numberOr",
    doc: "What replaces a blank: a number, the mean or the median of the training rows, or (`indicator`) the median, with an extra column that is 1 for blanks. `drop` drops its row; a target allows only that. Without it a blank is an error.",
    of: ["mean", "median", "indicator", "drop"],
    synonyms: missingSynonyms,
    optional: true,
  },
  decimal: { kind: "choice", doc: "The decimal mark.", of: [".", ","], default: "." },
  thousands: {
    kind: "character",
    doc: "The mark between groups of three digits, such as the comma in 1,721.",
    words: ["none"],
    default: "none",
  },
  clip: {
    kind: "bounds",
    doc: "Bounds to which values are clipped: numbers, or quantiles of the training rows. After `missing`.",
    optional: true,
  },
  transform: {
    kind: "choice",
    doc: "A function of the value: log(1 + x). After `clip`.",
    of: ["log1p"],
    synonyms: ["function"],
    optional: true,
  },
  scale: {
    kind: "scale",
    doc: "How values are scaled over the training rows: to mean 0 and standard deviation 1, to 0…1 or a range, or to mean 0. After `transform`.",
    synonyms: scaleSynonyms,
    optional: true,
  },
} as const

type Options = Filled<typeof fields>

/** Applied in this order: `missing`, `clip`, `transform`, `scale`. */
export const number = kind<typeof fields, FittedNumber>({
  doc: "A quantity, optionally with filled blanks, clipping, a logarithm and scaling, learned from the training rows.",
  advice: "Scale quantities that are far from 1: initial weights and usual learning rates suit inputs of about 1.",
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
  ],
  fields,
  rule: {
    wanted: "different marks for `decimal` and `thousands`, and for `thousands` not a digit, a sign or `e`",
    holds: ({ decimal, thousands }) => decimal !== thousands && !/[\de+-]/i.test(thousands === "none" ? "" : thousands),
  },
  role: "input",
  input: {
    width: ({ missing }) => (missing === "indicator" ? 2 : 1),
    fit: (options, cells) => fit(options, cells),
    names: ({ indicator, name }) => [name, ...(indicator ? [`${name} is blank`] : [])],
    write: (fitted, cells, { at, data, width }) =>
      Result.gen(function* () {
        const values = yield* Quantity.readAll(cells, fitted.fill === null ? blank(cells.name) : undefined, fitted)
        for (let i = 0; i < values.length; i++) {
          const value = values[i] ?? 0
          const prepared = Math.fround(Quantity.apply(fitted, value))
          if (!Number.isFinite(prepared))
            return yield* Result.fail(
              dataError({
                _tag: "BadCell",
                ...cells.place(i),
                got: quote(cells.text(i)),
                wanted:
                  fitted.transform === "log1p" && value <= -1
                    ? "a value above -1 for `log1p`"
                    : "a value that is finite in 32 bits",
                hint: "clip the column",
              }),
            )
          data[i * width + at] = prepared
          if (fitted.indicator) data[i * width + at + 1] = Number.isNaN(value) ? 1 : 0
        }
      }),
  },
  target: "numbers",
})

const blank = (name: string): string =>
  `set what replaces a blank, as in \`${name}: { type: number, missing: median }\`, or drop its row with \`missing: drop\``

const refuse = (name: string, got: string, wanted: string, hint: string): DataResult<never> =>
  Result.fail(dataError({ _tag: "BadSpec", at: `column \`${name}\``, got, wanted, hint }))

/** What replaces a blank. */
const fillOf = (missing: Options["missing"], known: Float64Array): number | null => {
  if (missing === undefined || missing === "drop") return null
  if (typeof missing === "number") return missing
  return missing === "mean" ? Quantity.statistics.mean(known) : Quantity.statistics.quantile(known, 0.5)
}

const clipOf = (clip: Options["clip"], known: Float64Array): FittedNumber["clip"] => {
  if (clip === undefined) return null
  if (!("quantiles" in clip)) return clip
  const [low, high] = clip.quantiles
  return [Quantity.statistics.quantile(known, low), Quantity.statistics.quantile(known, high)]
}

/**
 * The fill value and the bounds are learned from the values as they are; the scale is learned from the filled, clipped and
 * transformed values. Fails with `BadCell`, and with `BadSpec` if every training value is blank or a value cannot be
 * transformed or scaled.
 */
const fit = (options: Options, cells: Cells): DataResult<FittedNumber> =>
  Result.gen(function* () {
    const { name } = cells
    const { clip, decimal, missing, scale, thousands, transform } = options
    const format = { ...(decimal === "." ? {} : { decimal }), ...(thousands === "none" ? {} : { thousands }) }
    const isNeeded = missing === undefined || missing === "drop"
    const hint = options.role === "target" ? "`missing: drop` leaves out rows without a target" : blank(name)
    const values = yield* Quantity.readAll(cells, isNeeded ? hint : undefined, format)
    const known = values.filter((value) => !Number.isNaN(value)).sort()
    if (known.length === 0) return yield* refuse(name, "no number in any training row", "one or more", "ignore the column")
    const plain: FittedNumber = {
      type: "number",
      name,
      ...format,
      fill: fillOf(missing, known),
      indicator: missing === "indicator",
      clip: clipOf(clip, known),
      transform: transform ?? "none",
      subtract: 0,
      divide: 1,
    }
    const prepared = values.map((value) => Quantity.apply(plain, value))
    if (!prepared.every(Number.isFinite)) {
      const got = `\`transform: log1p\` with ${known[0]} among the values`
      return yield* refuse(name, got, "values above -1", "remove the transform, or clip the column first")
    }
    const scaled = scale === undefined ? {} : Quantity.scaleOf(Quantity.summarize(prepared), scale)
    const fitted = { ...plain, ...scaled }
    if (Number.isFinite(fitted.subtract) && Number.isFinite(fitted.divide)) return fitted
    const wanted = "values whose squares a double can hold"
    return yield* refuse(name, "values too large to be scaled", wanted, "clip the column, or ignore it")
  })
