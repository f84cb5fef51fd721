/** What each column of a table is for: a proposal with its reasons, from what the column probably holds and how it goes with the target. */
import { isBlank } from "@adjoint/core/data/Blank"
import type { DataError } from "@adjoint/core/data/DataError"
import type { Guess, NamedGuess } from "@adjoint/core/data/Infer"
import { type ColumnProfile, profile } from "@adjoint/core/data/Profile"
import { cramersV } from "@adjoint/core/data/profile/relation"
import { summarize, valuesOf } from "@adjoint/core/data/profile/summary"
import type { Table } from "@adjoint/core/data/Table"
import * as Result from "effect/Result"
import type { ImageColumns, ImageForm } from "./Images.ts"
import { type Pixels, pixelsOf } from "./Pixels.ts"
import { likelyTarget, type Summarized, type Target, targetOf } from "./Target.ts"
import { quoted } from "./Yaml.ts"

/** A proposal for a column: its value in the model file, and why. */
export interface Choice {
  readonly name: string
  /** As the model file has it. */
  readonly value: string
  readonly why: string
  /** Which part of the net reads it. */
  readonly part: "table" | "text" | "image" | "none" | "target"
  /** What the images of a column are like. */
  readonly image?: ImageForm
}

/** The same, before it is known of which column. */
type Found = Omit<Choice, "name">

/** The column by whose values the rows are in order of time: as they stand, or from the latest to the first. */
export interface Time {
  readonly column: string
  readonly order: "rising" | "falling"
}

/** The proposals for a table. */
export interface Choices {
  readonly target: Target
  readonly columns: ReadonlyArray<Choice>
  readonly time?: Time
  /** The size of the images whose pixels the columns are. */
  readonly pixels?: Pixels
  /** The column of what rows belong together. */
  readonly group?: string
}

/** Names of a category, at most, before rare ones count as one. */
const mostNames = 50

const mapOf = (entries: ReadonlyArray<readonly [string, string] | undefined>): string => {
  const [type = ["type", ""], ...options] = entries.filter((entry) => entry !== undefined)
  return options.length === 0 ? type[1] : `{ ${[type, ...options].map(([key, value]) => `${key}: ${value}`).join(", ")} }`
}

/** The marks of numbers as options. */
const marksOf = ({ format = {} }: Guess): ReadonlyArray<readonly [string, string]> =>
  Object.entries(format).map(([mark, value]) => [mark, quoted(value)] as const)

/** The skewness of numbers (their third standardized moment), NaN aside. */
const skewness = (numbers: Float64Array, of: (x: number) => number): number => {
  const known = numbers.filter((x) => !Number.isNaN(x)).map(of)
  const mean = known.reduce((sum, x) => sum + x, 0) / known.length
  const moment = (power: number): number => known.reduce((sum, x) => sum + (x - mean) ** power, 0) / known.length
  return moment(3) / moment(2) ** 1.5
}

/** Numbers are skewed from this skewness on. */
const skewed = 0.8

/** Whether quantities have a long tail of large values, which their logarithm shortens. */
const hasTail = ({ isWhole, spread }: ColumnProfile, numbers: Float64Array | undefined): boolean => {
  const { greatest = 0, least = 0, mean = 0, median = 0 } = spread ?? {}
  if (least < 0 || numbers === undefined) return false
  if (greatest > 50 && greatest > 20 * Math.max(median, mean / 4, 1e-9)) return true
  if (isWhole && greatest <= mostNames) return false
  const skew = skewness(numbers, (x) => x)
  return skew > skewed && Math.abs(skewness(numbers, Math.log1p)) < skew / 2
}

const number = (column: ColumnProfile, guess: Guess, rows: number, numbers: Float64Array | undefined): Found => {
  const { blanks } = column
  const isLong = hasTail(column, numbers)
  const marks = marksOf(guess)
  const value = mapOf([
    ["type", "number"],
    ...marks,
    blanks === 0 ? undefined : ["missing", blanks > rows / 20 ? "indicator" : "median"],
    isLong ? ["transform", "log1p"] : undefined,
    ["scale", "standard"],
  ])
  const reasons = [marks.length > 0 ? guess.reason : "", isLong ? "some values are much larger than the others" : ""]
  return { value, why: reasons.filter((reason) => reason !== "").join("; "), part: "table" }
}

const date = ({ blanks }: ColumnProfile, { dates }: Guess): Found => {
  const { format = "iso", hasDays = true, hasTimes = false, other } = dates ?? {}
  return {
    value: mapOf([
      ["type", "date"],
      format === "iso" ? undefined : ["format", format.startsWith("unix") ? format : quoted(format)],
      ["parts", !hasDays ? "[hour, minute]" : hasTimes ? "[month, weekday, hour]" : "[year, month, weekday]"],
      ["cyclic", "true"],
      blanks === 0 ? undefined : ["missing", "indicator"],
    ]),
    why: other === undefined ? "dates" : `dates, or ${other}: no row tells the day from the month`,
    part: "table",
  }
}

const text = ({ blanks }: ColumnProfile): Found => ({
  value: mapOf([
    ["type", "text"],
    ["tokens", "{ words: 5000 }"],
    ["lower", "true"],
    ["length", "95%"],
    blanks === 0 ? undefined : ["missing", "empty"],
  ]),
  why: "text",
  part: "text",
})

const category = ({ blanks, distinct }: ColumnProfile, why = ""): Found => {
  const isLong = distinct > mostNames
  return {
    value: mapOf([
      ["type", "category"],
      isLong ? ["rare", "1%"] : undefined,
      blanks === 0 ? undefined : ["missing", "category"],
      ["unknown", isLong ? "other" : "zeros"],
    ]),
    why: isLong ? `${distinct} names: rare ones count as one` : why,
    part: "table",
  }
}

/** Names in fewer rows than this may be in no training row, so that the file names both. */
const rare = 20

const binary = (names: ColumnProfile["names"], rows: number): string => {
  const isRare = names.some((each) => each.rows < Math.min(rare, rows / 4))
  const both = names.map(({ name }) => quoted(name.replaceAll("$", "$$$$"))).sort()
  return mapOf([["type", "binary"], isRare ? ["names", `[${both.join(", ")}]`] : undefined])
}

const none = (value: string, why: string): Found => ({ value, why, part: "none" })

interface Asked {
  readonly column: ColumnProfile
  readonly guess: NamedGuess
  readonly rows: number
  readonly numbers: Float64Array | undefined
  readonly hasId: boolean
  readonly hasGroup: boolean
  readonly images: Result.Result<ImageForm, DataError> | undefined
}

const image = ({ blanks }: ColumnProfile, found: Result.Result<ImageForm, DataError>): Found =>
  Result.match(found, {
    onFailure: (error) => none("ignore", `paths of images, and one cannot be read: ${error.message}`),
    onSuccess: (form) => ({
      value: mapOf([
        ["type", "image"],
        ["size", `[${form.size.join(", ")}]`],
        ["channels", String(form.channels)],
        blanks === 0 ? undefined : ["missing", "drop"],
      ]),
      why: "paths of images",
      part: "image",
      image: form,
    }),
  })

/** A column with fewer cells than this, or a smaller share of them, is almost only blanks. */
const [leastKnown, leastShare] = [5, 0.03]

/** Several names in a cell; a blank one has none. */
const setOf = ({ separator = "|" }: Guess, blanks: number): ReadonlyArray<readonly [key: string, value: string]> => [
  ["type", "set"],
  ["separator", quoted(separator)],
  ...(blanks === 0 ? [] : [["missing", "empty"] as const]),
]

/** What a column is for, by what it holds alone. */
const held = ({ column, guess, hasGroup, hasId, images, numbers, rows }: Asked): Found => {
  const { blanks, distinct, isWhole, names, spread } = column
  const known = rows - blanks
  if (distinct === 0) return none("ignore", "only blanks")
  if (known < Math.max(leastKnown, leastShare * rows) && known < rows / 2)
    return none("ignore", `almost only blanks: ${known} of ${rows} rows have a value`)
  if (images !== undefined) return image(column, images)
  switch (guess.type) {
    case "empty":
      return none("ignore", "only blanks")
    case "constant":
      return none("ignore", "the same in all rows")
    case "identifier":
      return spread === undefined && !hasId
        ? none("id", "another value in every row; printed with each prediction")
        : none("ignore", spread === undefined ? "another value in every row" : "it numbers the rows")
    case "group":
      return hasGroup
        ? none("ignore", "what rows belong together too")
        : none(blanks === 0 ? "group" : "{ type: group, missing: drop }", "rows with the same value stay in one part")
    case "date":
      return date(column, guess)
    case "set":
      return {
        value: mapOf([...setOf(guess, blanks), ["unknown", "ignore"]]),
        why: "several names in a cell",
        part: "table",
      }
    case "text":
      return text(column)
    case "names":
      return none("ignore", guess.reason.startsWith("dates") ? guess.reason : `${distinct} names, too many to learn from`)
    case "binary":
      return blanks === 0 ? { value: binary(names, rows), why: "", part: "table" } : category(column)
    case "category":
      return category(column)
    case "number": {
      const rarest = names.at(-1)?.rows ?? 0
      const isCategory = isWhole && distinct > 2 && distinct <= 5 && blanks === 0 && rarest >= Math.max(10, rows / 50)
      return isCategory ? category(column, `${distinct} whole numbers`) : number(column, guess, rows, numbers)
    }
  }
}

/** The target as a column of the model file. */
const ofTarget = ({ blanks, name }: ColumnProfile, guess: Guess, { type }: Target): Choice => {
  if (type === "set")
    return {
      name,
      value: mapOf([...setOf(guess, blanks), ["role", "target"]]),
      why: "the target: several names in a cell",
      part: "target",
    }
  const dropped = blanks === 0 ? undefined : (["missing", "drop"] as const)
  const value =
    type === "class"
      ? mapOf([["type", "class"], dropped])
      : mapOf([
          ["type", type],
          ["role", "target"],
          ...(type === "number" ? [...marksOf(guess), ["scale", "standard"] as const] : []),
          dropped,
        ])
  return { name, value, why: "the target", part: "target" }
}

/** Names of columns of times that are numbers. */
const yearly = /^(?:year|time|t|step|timestamp|epoch|period)$/iu

/** The column by which the rows are in order of time. */
const timeOf = (table: Table, guesses: ReadonlyArray<NamedGuess>): Time | undefined => {
  for (const { dates, name } of guesses) {
    if (dates?.order === undefined || !dates.hasDays) continue
    // Rows that stand the other way round are sorted, which needs a date in each.
    const { text } = table.column(table.columns.indexOf(name))
    if (dates.order === "rising" || !allOf(table).some((row) => isBlank(text(row)))) return { column: name, order: dates.order }
  }
  for (const { name, type } of guesses) {
    if (!yearly.test(name) || (type !== "number" && type !== "identifier")) continue
    const numbers = valuesOf(table.column(table.columns.indexOf(name)), allOf(table)).numbers ?? []
    const isRising = numbers.every((at, i) => at >= (numbers[i - 1] ?? at)) && numbers[0] !== numbers.at(-1)
    if (isRising) return { column: name, order: "rising" }
  }
  return undefined
}

const allOf = ({ size }: Table): ReadonlyArray<number> => Array.from({ length: size }, (_, row) => row)

/** What is known of a table beside its cells. */
export interface Beside {
  readonly guesses: ReadonlyArray<NamedGuess>
  readonly images: ImageColumns
}

/** Proposals for the columns of a table, of which each has a guess; `wanted` is the target, if the user names it. */
export const choose = (table: Table, { guesses, images }: Beside, wanted: string | undefined): Choices => {
  const rows = allOf(table)
  const values = table.columns.map((_, index) => valuesOf(table.column(index), rows))
  const summaries = guesses.map((guess, i): Summarized => ({ name: guess.name, guess, ...summarize(values[i] ?? { names: [] }) }))
  const name = wanted ?? likelyTarget(summaries, table.size)
  const own = summaries.find((each) => each.name === name)
  if (own === undefined) throw new RangeError(`there is no column ${name}`)
  const target = targetOf(own, table.size)
  const { columns, suspicions } = profile(table, {
    parts: { train: rows },
    target: { column: name, isQuantity: target.type === "number" },
    inputs: table.columns.filter((each) => each !== name),
  })
  const guessOf = (of: string): NamedGuess => guesses[table.columns.indexOf(of)] as NamedGuess
  const isLeak = (of: string): boolean => suspicions.some((each) => each._tag === "Leak" && each.column === of)
  const numbersOf = (of: string): Float64Array | undefined => values[table.columns.indexOf(of)]?.numbers
  const texts = new Map<string, ReadonlyArray<string>>()
  const namesOf = (of: string): ReadonlyArray<string> => {
    const found = texts.get(of) ?? values[table.columns.indexOf(of)]?.names ?? []
    texts.set(of, found)
    return found
  }
  const twinOf = (column: ColumnProfile, seen: ReadonlyArray<ColumnProfile>): string | undefined =>
    column.distinct < 2 || column.distinct > mostNames
      ? undefined
      : seen.find(
          (other) =>
            other.distinct === column.distinct &&
            other.blanks === column.blanks &&
            cramersV(namesOf(other.name), namesOf(column.name)) > 0.999999,
        )?.name
  const time = timeOf(table, guesses)
  const pixels = pixelsOf(columns.filter((column) => column.name !== name))
  const choicesOf = (withLeaks: boolean): Choices => {
    const seen: Array<ColumnProfile> = []
    let hasId = false
    let group: string | undefined
    const choices = columns.map((column): Choice => {
      if (column.name === name) return ofTarget(column, guessOf(name), target)
      if (pixels !== undefined) return { name: column.name, value: pixels.value, why: "", part: "table" }
      const pictures = images.get(column.name)
      const twin = pictures === undefined ? twinOf(column, seen) : undefined
      const found =
        !withLeaks && isLeak(column.name)
          ? none("ignore", "it alone tells the target: is it known only afterwards?")
          : twin !== undefined
            ? none("ignore", `says the same as ${twin}`)
            : // Rows in order of time are divided by it, and not by what they belong to.
              held({
                column,
                guess: guessOf(column.name),
                numbers: numbersOf(column.name),
                rows: table.size,
                hasId,
                hasGroup: group !== undefined || time !== undefined,
                images: pictures,
              })
      if (found.value === "id") hasId = true
      if (/^(?:group$|\{ type: group)/.test(found.value)) group = column.name
      if (found.part !== "none") seen.push(column)
      return { name: column.name, ...found }
    })
    return {
      target,
      columns: choices,
      ...(time === undefined ? {} : { time }),
      ...(pixels === undefined ? {} : { pixels }),
      ...(group === undefined ? {} : { group }),
    }
  }
  const careful = choicesOf(false)
  // Where only such columns remain as tell the target, they are what there is to learn from.
  return careful.columns.some(({ part }) => part !== "none" && part !== "target") ? careful : choicesOf(true)
}
