/** What each column of a table is for, chosen from what it holds: a proposal with its reasons. */
import * as DateFormat from "@adjoint/core/data/DateFormat"
import { type ColumnProfile, profile } from "@adjoint/core/data/Profile"
import { cramersV } from "@adjoint/core/data/profile/relation"
import { type Summary, summarize, valuesOf } from "@adjoint/core/data/profile/summary"
import type { Table } from "@adjoint/core/data/Table"

/** A proposal for a column: its value in the model file, and why. */
export interface Choice {
  readonly name: string
  /** As the model file has it. */
  readonly value: string
  readonly why: string
  /** Which part of the net reads it. */
  readonly part: "table" | "text" | "none" | "target"
  /** Whether it is a date that never falls from one row to the next. */
  readonly isRising?: boolean
}

/** The same, before it is known of which column. */
type Found = Omit<Choice, "name">

/** What is predicted. */
export interface Target {
  readonly name: string
  readonly type: "binary" | "class" | "number"
  /** The share of the rarest class. */
  readonly rarest?: number
}

/** The proposals for a table. */
export interface Choices {
  readonly target: Target
  readonly columns: ReadonlyArray<Choice>
  /** Whether the rows are in the order of a date. */
  readonly isInOrder: boolean
}

/** Names that targets have, the surest first. */
const targetNames = [
  "target",
  "label",
  "y",
  "outcome",
  "response",
  "survived",
  "churn",
  "churned",
  "attrition",
  "exited",
  "converted",
  "purchased",
  "clicked",
  "readmitted",
  "spam",
  "species",
  "diagnosis",
  "quality",
  "default",
  "defaulted",
  "fraud",
  "is_fraud",
  "is_spam",
  "rating",
  "stars",
  "sentiment",
  "medv",
  "medhouseval",
  "saleprice",
  "price",
  "count",
  "cnt",
  "sales",
  "demand",
  "load",
  "income",
  "class",
]

/** The largest number of a class, and the most classes of a target of numbers. */
const mostClasses = 20

/** What a column holds, with its name. */
interface Summarized extends Summary {
  readonly name: string
}

const isClassLike = ({ blanks, distinct, isWhole, spread }: Summary, rows: number): boolean =>
  spread === undefined
    ? distinct >= 2 && distinct <= 100 && distinct <= (rows - blanks) / 5
    : isWhole &&
      distinct >= 2 &&
      distinct <= mostClasses &&
      spread.least >= -1 &&
      spread.greatest <= mostClasses &&
      distinct <= rows / 5

/** The column that is most likely the target: by its name, or else the last one, or the first if that alone has classes. */
const likelyTarget = (columns: ReadonlyArray<Summarized>, rows: number): string => {
  const named = targetNames
    .map((name) => columns.find((column) => column.name.trim().toLowerCase() === name))
    .find((column) => column !== undefined)
  if (named !== undefined) return named.name
  const [first, last] = [columns[0], columns.at(-1)]
  const isFirst = first !== undefined && last !== undefined && !isClassLike(last, rows) && isClassLike(first, rows)
  return (isFirst ? first : last)?.name ?? ""
}

const targetOf = (column: Summarized, rows: number): Target => {
  const { blanks, distinct, name, names, spread } = column
  if (spread !== undefined && !isClassLike(column, rows)) return { name, type: "number" }
  const counted = names.reduce((sum, each) => sum + each.rows, 0)
  const rarest = distinct <= names.length ? (names.at(-1)?.rows ?? 0) / Math.max(1, counted) : 1 / Math.max(1, rows - blanks)
  return { name, type: distinct === 2 ? "binary" : "class", rarest }
}

const patterns = [
  "iso",
  "YYYY/MM/DD",
  "YYYY/MM/DD HH:mm",
  "YYYY/MM/DD HH:mm:ss",
  "DD/MM/YYYY",
  "MM/DD/YYYY",
  "DD.MM.YYYY",
  "DD-MM-YYYY",
  "DD/MM/YYYY HH:mm",
  "MM/DD/YYYY HH:mm",
  "DD.MM.YYYY HH:mm",
  "DD/MM/YYYY HH:mm:ss",
  "MM/DD/YYYY HH:mm:ss",
  "YYYYMMDD",
] as const

/** The format of a column of dates, and its instants in the order of the rows. */
interface Dates {
  readonly format: string
  readonly hasTimes: boolean
  readonly isRising: boolean
}

const datesOf = (texts: ReadonlyArray<string>): Dates | undefined => {
  const written = texts.filter((text) => text !== "")
  if (written.length === 0 || !/\d{1,4}[-/.]?\d{1,2}[-/.]?\d{1,4}/.test(written[0] ?? "")) return undefined
  for (const format of patterns) {
    const read = DateFormat.readerOf(format)
    if (read === undefined) continue
    const instants = written.map((text) => read(text))
    if (instants.some((instant) => instant === undefined)) continue
    const numbers = instants.map((instant) => instant?.clock ?? 0)
    const isRising = numbers.every((at, i) => at >= (numbers[i - 1] ?? at)) && numbers[0] !== numbers.at(-1)
    return { format, hasTimes: written.some((text) => text.includes(":")), isRising }
  }
  return undefined
}

/** Words of a cell, on average, from which on a column is text. */
const textWords = 4

/** Names of a category, at most. */
const mostNames = 50

const separators = ["|", ";", ","] as const

/** The separator of cells that are sets of a few names. */
const setOf = (texts: ReadonlyArray<string>): string | undefined =>
  separators.find((separator) => {
    const written = texts.filter((text) => text !== "")
    const parts = written.map((text) => text.split(separator).map((part) => part.trim()))
    const names = new Set(parts.flat())
    const several = parts.filter(({ length }) => length > 1).length
    return (
      several > 0.2 * written.length &&
      names.size <= mostNames &&
      names.size < written.length / 5 &&
      [...names].every((name) => !/\s.*\s/.test(name))
    )
  })

const quoted = (text: string): string => JSON.stringify(text)

const mapOf = (entries: ReadonlyArray<readonly [string, string] | undefined>): string => {
  const [type = ["type", ""], ...options] = entries.filter((entry) => entry !== undefined)
  return options.length === 0 ? type[1] : `{ ${[type, ...options].map(([key, value]) => `${key}: ${value}`).join(", ")} }`
}

const number = (
  { blanks, spread }: ColumnProfile,
  rows: number,
  thousands: string | undefined,
): Pick<Choice, "value" | "why"> => {
  const { greatest = 0, least = 0, mean = 0, median = 0 } = spread ?? {}
  const isLong = least >= 0 && greatest > 50 && greatest > 20 * Math.max(median, mean / 4, 1e-9)
  const value = mapOf([
    ["type", "number"],
    thousands === undefined ? undefined : ["thousands", quoted(thousands)],
    blanks === 0 ? undefined : ["missing", blanks > rows / 20 ? "indicator" : "median"],
    isLong ? ["transform", "log1p"] : undefined,
    ["scale", "standard"],
  ])
  return { value, why: isLong ? "a few values are much larger than the others" : "" }
}

const grouped = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/

/** The mark between groups of three digits, if a column of texts is numbers with it. */
const thousandsOf = (texts: ReadonlyArray<string>): string | undefined => {
  const written = texts.filter((text) => text !== "")
  return written.some((text) => grouped.test(text)) &&
    written.every((text) => grouped.test(text) || /^[+-]?\d+(?:\.\d+)?$/.test(text))
    ? ","
    : undefined
}

const words = (texts: ReadonlyArray<string>): number => {
  const written = texts.filter((text) => text !== "")
  return written.reduce((sum, text) => sum + text.split(/\s+/).length, 0) / Math.max(1, written.length)
}

interface Asked {
  readonly column: ColumnProfile
  readonly rows: number
  readonly texts: ReadonlyArray<string>
  readonly hasId: boolean
  readonly suspicion: string | undefined
  readonly twin: string | undefined
}

const none = (value: string, why: string): Found => ({ value, why, part: "none" })

const chosen = ({ column, hasId, rows, suspicion, texts, twin }: Asked): Found => {
  const { blanks, distinct, isWhole, names, spread } = column
  if (distinct === 0) return none("ignore", "only blanks")
  if (suspicion === "Leak") return none("ignore", "it alone tells the target: is it known only afterwards?")
  if (suspicion === "Constant") return none("ignore", "the same in all rows")
  if (twin !== undefined) return none("ignore", `says the same as ${twin}`)
  const dates = spread === undefined ? datesOf(texts) : undefined
  if (dates !== undefined)
    return {
      value: mapOf([
        ["type", "date"],
        dates.format === "iso" ? undefined : ["format", quoted(dates.format)],
        ["parts", dates.hasTimes ? "[month, weekday, hour]" : "[year, month, weekday]"],
        ["cyclic", "true"],
        blanks === 0 ? undefined : ["missing", "indicator"],
      ]),
      why: "dates",
      part: "table",
      isRising: dates.isRising,
    }
  const thousands = spread === undefined ? thousandsOf(texts) : undefined
  if (thousands !== undefined)
    return { ...number(column, rows, thousands), why: "numbers with a comma between thousands", part: "table" }
  if (suspicion === "Identifier")
    return spread === undefined && !hasId && words(texts) < textWords
      ? none("id", "another value in every row; printed with each prediction")
      : spread === undefined && words(texts) >= textWords
        ? text(blanks)
        : none("ignore", spread === undefined ? "another value in every row" : "it numbers the rows")
  if (spread !== undefined) {
    const rarest = names.at(-1)?.rows ?? 0
    const isCategory = isWhole && distinct > 2 && distinct <= 5 && blanks === 0 && rarest >= Math.max(10, rows / 50)
    return isCategory
      ? { value: "{ type: category, unknown: zeros }", why: `${distinct} whole numbers`, part: "table" }
      : { ...number(column, rows, undefined), part: "table" }
  }
  if (distinct === 2 && blanks === 0) return { value: "binary", why: "", part: "table" }
  const separator = setOf(texts)
  if (separator !== undefined)
    return {
      value: mapOf([["type", "set"], ["separator", quoted(separator)], blanks === 0 ? undefined : ["missing", "empty"]]),
      why: "several names in a cell",
      part: "table",
    }
  if (words(texts) >= textWords && distinct > mostNames) return text(blanks)
  if (distinct <= mostNames || distinct <= rows / 5)
    return {
      value: mapOf([
        ["type", "category"],
        distinct > mostNames ? ["rare", "1%"] : undefined,
        blanks === 0 ? undefined : ["missing", "category"],
        ["unknown", distinct > mostNames ? "other" : "zeros"],
      ]),
      why: distinct > mostNames ? `${distinct} names: rare ones count as one` : "",
      part: "table",
    }
  return none("ignore", `${distinct} names, too many to learn from`)
}

const text = (blanks: number): Found => ({
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

/** Proposals for the columns of a table; `wanted` is the target, if the user names it. */
export const choose = (table: Table, wanted: string | undefined): Choices => {
  const rows = Array.from({ length: table.size }, (_, row) => row)
  const values = new Map(table.columns.map((each, index) => [each, valuesOf(table.column(index), rows)] as const))
  const summaries = Array.from(values, ([own, held]): Summarized => ({ name: own, ...summarize(held) }))
  const name = wanted ?? likelyTarget(summaries, table.size)
  const column = summaries.find((each) => each.name === name)
  if (column === undefined) throw new RangeError(`there is no column ${name}`)
  const target = targetOf(column, table.size)
  const { columns, suspicions } = profile(table, {
    parts: { train: rows },
    target: { column: name, isQuantity: target.type === "number" },
    inputs: table.columns.filter((each) => each !== name),
  })
  const suspicionOf = (of: string): string | undefined =>
    suspicions.find(
      (each) => (each._tag === "Leak" || each._tag === "Identifier" || each._tag === "Constant") && each.column === of,
    )?._tag
  const namesOf = (of: string): ReadonlyArray<string> => values.get(of)?.names ?? []
  const twinOf = (own: ColumnProfile, seen: ReadonlyArray<ColumnProfile>): string | undefined =>
    own.distinct < 2 || own.distinct > mostNames
      ? undefined
      : seen.find(
          (other) =>
            other.distinct === own.distinct &&
            other.blanks === own.blanks &&
            cramersV(namesOf(other.name), namesOf(own.name)) > 0.999999,
        )?.name
  const choicesOf = (withLeaks: boolean): Choices => {
    const seen: Array<ColumnProfile> = []
    let hasId = false
    const choices = columns.map((own): Choice => {
      if (own.name === name) {
        const dropped = own.blanks === 0 ? undefined : (["missing", "drop"] as const)
        const value =
          target.type === "class"
            ? mapOf([["type", "class"], dropped])
            : mapOf([
                ["type", target.type],
                ["role", "target"],
                target.type === "number" ? ["scale", "standard"] : undefined,
                dropped,
              ])
        return { name, value, why: "the target", part: "target" }
      }
      const texts = namesOf(own.name)
      const suspected = suspicionOf(own.name)
      const suspicion = withLeaks && suspected === "Leak" ? undefined : suspected
      const found = chosen({ column: own, rows: table.size, texts, hasId, suspicion, twin: twinOf(own, seen) })
      if (found.value === "id") hasId = true
      if (found.part !== "none") seen.push(own)
      return { name: own.name, ...found }
    })
    return { target, columns: choices, isInOrder: choices.some(({ isRising }) => isRising === true) }
  }
  const careful = choicesOf(false)
  // Where only such columns remain as tell the target, they are what there is to learn from.
  return careful.columns.some(({ part }) => part === "table" || part === "text") ? careful : choicesOf(true)
}
