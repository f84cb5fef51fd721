/** A date, with or without a time. */
import * as Result from "effect/Result"
import { isBlank } from "../Blank.ts"
import { dayLength } from "../Calendar.ts"
import { blankGot } from "../Category.ts"
import { quote } from "../DataError.ts"
import * as DateFormat from "../DateFormat.ts"
import { angleOf, isCyclic, momentOf, partOf } from "../DateParts.ts"
import { type DatePart, dateParts, type Filled, scaleSynonyms } from "../Field.ts"
import type { FittedDate } from "../Fitted.ts"
import { quantile } from "../Quantiles.ts"
import * as Quantity from "../Quantity.ts"
import { type Cells, type DataResult, kind, refuseCell, refuseColumn } from "./Kind.ts"
import { missingOr } from "./options.ts"

const fields = {
  format: {
    kind: "text",
    doc: "How dates are written: `iso`, `unix` (seconds since 1970), `unix_ms`, or a pattern such as `DD/MM/YYYY HH:mm`. Patterns have YYYY YY MMMM MMM MM M DD D HH H hh h mm m ss s SSS A Z.",
    synonyms: ["pattern", "date_format", "datetime_format", "strftime"],
    default: "iso",
  },
  parts: {
    kind: "choices",
    doc: "The numbers that a date becomes, in this order. Weekdays count from Monday, 0, and `elapsed` are days since `since`. Default: year, month, day, weekday, and hour where training rows have times.",
    of: dateParts,
    synonyms: ["components", "features", "attributes", "fields"],
    optional: true,
  },
  cyclic: {
    kind: "boolean",
    doc: "Parts that repeat, such as months, become a sine and a cosine, so that December is next to January.",
    synonyms: ["periodic", "sin_cos", "cycle"],
    default: false,
  },
  zone: {
    kind: "choice",
    doc: "The clock that parts are read from: as it was `written`, or in `utc`. They differ where dates have an offset such as +02:00.",
    of: ["written", "utc"],
    synonyms: ["timezone", "tz"],
    default: "written",
  },
  since: {
    kind: "text",
    doc: "The date where `elapsed` begins, in ISO 8601.",
    synonyms: ["origin", "epoch", "start", "reference"],
    default: "1970-01-01",
  },
  missing: missingOr("text", ["error", "drop", "median", "most_common", "indicator"]),
  scale: {
    kind: "scale",
    doc: "How parts that are not sines and cosines are scaled over the training rows.",
    synonyms: scaleSynonyms,
    default: "standard",
  },
} as const

type Options = Filled<typeof fields>

/** The parts of a date and time as numbers. */
export const date = kind<typeof fields, FittedDate>({
  doc: "A date, with or without a time: its year, month, weekday and other parts as numbers.",
  advice:
    "`cyclic: true` suits seasons and times of day. Nothing depends on the machine's time zone: an offset such as +02:00 is read from the cell.",
  synonyms: ["datetime", "time", "timestamp", "datetime64", "day", "dates"],
  fields,
  rule: {
    wanted: "a `format` that is iso, unix, unix_ms or a pattern with each of its parts once, and a `since` in ISO 8601",
    holds: ({ format, since }) => DateFormat.readerOf(format) !== undefined && DateFormat.readerOf("iso")?.(since) !== undefined,
  },
  role: "input",
  input: {
    width: ({ cyclic, missing, parts }) =>
      parts === undefined ? undefined : namesOf("", parts, cyclic).length + (missing === "indicator" ? 1 : 0),
    fit: (options, cells) => fit(options, cells),
    names: ({ cyclic, indicator, name, parts }) => [...namesOf(name, parts, cyclic), ...(indicator ? [`${name} is blank`] : [])],
    write: (fitted, cells, { at, data, width }) => {
      const { cyclic, divide, fill, indicator, parts, since, subtract } = fitted
      return forEach(fitted, cells, (instant, i) => {
        const moment = momentOf(instant ?? { clock: fill ?? 0, offset: 0 })
        let place = i * width + at
        for (const [k, part] of parts.entries()) {
          const value = partOf(part, moment, since)
          if (cyclic && isCyclic(part)) {
            const angle = angleOf(part, value)
            data[place++] = Math.sin(angle)
            data[place++] = Math.cos(angle)
          } else data[place++] = (value - (subtract[k] ?? 0)) / (divide[k] ?? 1)
        }
        if (indicator) data[place] = instant === undefined ? 1 : 0
      })
    },
  },
})

const namesOf = (name: string, parts: ReadonlyArray<DatePart>, cyclic: boolean): ReadonlyArray<string> =>
  parts.flatMap((part) => (cyclic && isCyclic(part) ? [`${name} ${part} sin`, `${name} ${part} cos`] : [`${name} ${part}`]))

/** Calls `each` with the date of every cell; `undefined` for a blank that is allowed. Fails with `BadCell`. */
const forEach = (
  { fill, format, zone }: Pick<FittedDate, "fill" | "format" | "zone">,
  cells: Cells,
  each: (instant: DateFormat.Instant | undefined, index: number) => void,
): DataResult<void> => {
  const read = DateFormat.readerOf(format)
  const wanted = format === "iso" ? "a date such as 2024-05-01 or 2024-05-01T18:30" : `a date in the format \`${format}\``
  for (let i = 0; i < cells.size; i++) {
    const text = cells.text(i).trim()
    const instant = read?.(text)
    if (instant !== undefined) each(onClock(zone, instant), i)
    else if (!isBlank(text)) {
      const guesses = DateFormat.guesses(text).map((guess) => `\`format: ${guess}\``)
      return refuseCell(cells, i, { got: quote(text), wanted, hint: guesses.join(" or ") })
    } else if (fill === null) {
      const hint = `set what replaces a blank, as in \`${cells.name}: { type: date, missing: median }\`, or drop its row with \`missing: drop\``
      return refuseCell(cells, i, { got: blankGot(text), wanted, hint })
    } else each(undefined, i)
  }
  return Result.succeed(undefined)
}

/** The parts of dates whose options name none. */
const usualParts = (clocks: Float64Array): ReadonlyArray<DatePart> => [
  "year",
  "month",
  "day",
  "weekday",
  ...(clocks.some((clock) => clock % dayLength !== 0) ? (["hour"] as const) : []),
]

/** A date on the clock that parts are read from. */
const onClock = (zone: Options["zone"], instant: DateFormat.Instant): DateFormat.Instant =>
  zone === "utc" ? { clock: instant.clock - instant.offset, offset: 0 } : instant

const fillOf = (
  { format, missing, zone }: Options,
  cells: Pick<Cells, "name">,
  known: Float64Array,
): DataResult<number | null> => {
  if (missing === "error" || missing === "drop") return Result.succeed(null)
  const sorted = known.slice().sort()
  if (typeof missing !== "object")
    return Result.succeed(missing === "most_common" ? Quantity.mostCommon(sorted) : Math.round(quantile(sorted, 0.5)))
  const found = DateFormat.readerOf(format)?.(missing.constant) ?? DateFormat.readerOf("iso")?.(missing.constant)
  return found === undefined
    ? refuseColumn(cells, { got: `\`missing: { constant: ${missing.constant} }\``, wanted: "a date", hint: "" })
    : Result.succeed(onClock(zone, found).clock)
}

const fit = (options: Options, cells: Cells): DataResult<FittedDate> =>
  Result.gen(function* () {
    const { cyclic, format, missing, scale, since, zone } = options
    const isNeeded = missing === "error" || missing === "drop"
    const clocks = new Float64Array(cells.size).fill(Number.NaN)
    const offsets = new Float64Array(cells.size)
    yield* forEach({ format, zone, fill: isNeeded ? null : 0 }, cells, (instant, i) => {
      if (instant === undefined) return
      clocks[i] = instant.clock
      offsets[i] = instant.offset
    })
    const known = clocks.filter((clock) => !Number.isNaN(clock))
    if (known.length === 0)
      return yield* refuseColumn(cells, { got: "no date in any training row", wanted: "one or more", hint: "ignore the column" })
    const fill = yield* fillOf(options, cells, known)
    const parts = options.parts ?? usualParts(known)
    const origin = DateFormat.readerOf("iso")?.(since)
    const start = origin === undefined ? 0 : origin.clock - origin.offset
    const scales = parts.map((part) => {
      if (cyclic && isCyclic(part)) return { subtract: 0, divide: 1 }
      const values = clocks.map((clock, i) =>
        partOf(part, momentOf({ clock: Number.isNaN(clock) ? (fill ?? 0) : clock, offset: offsets[i] ?? 0 }), start),
      )
      return Quantity.scaleOf(Quantity.summarize(values, scale), scale)
    })
    return {
      type: "date",
      name: cells.name,
      format,
      zone,
      parts,
      cyclic,
      fill,
      indicator: missing === "indicator",
      since: start,
      subtract: scales.map(({ subtract }) => subtract),
      divide: scales.map(({ divide }) => divide),
    }
  })
