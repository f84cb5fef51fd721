/**
 * What the columns of a table probably hold, with the reason: a guess from cells, to be proposed and never to be used silently.
 */
import { isBlank } from "./Blank.ts"
import * as NumberFormat from "./NumberFormat.ts"
import type { Table } from "./Table.ts"
import type { TableColumn } from "./TableColumn.ts"

/** What a column probably holds. `identifier`: another value in every row. `empty`: blanks alone. */
export type Type = "number" | "binary" | "category" | "date" | "identifier" | "text" | "empty"

/** A guess about a column. */
export interface Guess {
  readonly type: Type
  /** One sentence, such as "2 different names". */
  readonly reason: string
  /** Whether the cells are whole numbers. */
  readonly isWhole: boolean
  /** Blank cells among those that were looked at. */
  readonly blanks: number
  /** Words that probably stand for blanks, and are none of the usual ones. */
  readonly words: ReadonlyArray<string>
  /** How numbers are written, if not as the file is said to write them. */
  readonly format?: NumberFormat.Format
}

/** A guess about a column of a table. */
export interface NamedGuess extends Guess {
  readonly name: string
}

/** Cells that are looked at: all of a small table, evenly spaced ones of a large one. */
const most = 10_000

/** Ways of writing numbers, the likelier first. */
const formats: ReadonlyArray<NumberFormat.Format> = [
  {},
  { decimal: "," },
  { thousands: "," },
  { decimal: ",", thousands: "." },
  { thousands: " " },
  { decimal: ",", thousands: " " },
  { thousands: "'" },
]

/** Words that stand for blanks, besides those that always do. */
const absent = /^(?:-+|\.+|\*+|none|nil|unknown|unk|undefined|missing|not available|n\.a\.?|k\.a\.?|#\w+!?|\(blank\)|\(null\))$/iu

/** Numbers that stand for blanks where all others are 0 or more. */
const sentinel = /^-9{2,}(?:\.0+)?$/u

/** Dates, with or without a time. */
const dates: ReadonlyArray<RegExp> = [
  /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/u,
  /^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?: \d{1,2}:\d{2}(?::\d{2})?)?$/u,
  /^\d{1,2}:\d{2}(?::\d{2})?$/u,
]

/** Names that identifiers have. */
const identifying = /(?:^|[_\s.-])(?:id|uuid|guid|key|index|no|nr)$|(?:Id|ID)$|^(?:id|index|unnamed: 0)$/u

/** More different names than this are hardly a category. */
const mostNames = 100

/** Fewer rows say nothing about identifiers. */
const leastRows = 20

/** More words in a cell than this, on average, are a text. */
const wordsOfText = 3

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`

const shown = (names: Iterable<string>): string => {
  const [a, b, c] = [...names].slice(0, 3).map((name) => JSON.stringify(name.length > 20 ? `${name.slice(0, 19)}…` : name))
  return [a, b, c].filter((name) => name !== undefined).join(", ")
}

/** The numbers of names, in the first format that reads them all; `ofFile` is the one that the file is said to have. */
const numbersOf = (
  names: ReadonlyArray<string>,
  ofFile: NumberFormat.Format,
): { readonly numbers: ReadonlyArray<number>; readonly format: NumberFormat.Format } | undefined => {
  for (const format of [ofFile, ...formats]) {
    const read = NumberFormat.reader(format)
    const numbers: Array<number> = []
    for (const name of names) {
      const number = read(name)
      if (number === undefined) break
      numbers.push(number)
    }
    if (numbers.length === names.length) return { numbers, format }
  }
  return undefined
}

const describe = ({ decimal, thousands }: NumberFormat.Format): string =>
  [
    ...(decimal === undefined ? [] : [`decimals after ${JSON.stringify(decimal)}`]),
    ...(thousands === undefined ? [] : [`thousands between ${JSON.stringify(thousands)}`]),
  ].join(" and ")

/** The distinct names in the cells that are looked at, with the number of each, and the number of blanks. */
const cellsOf = ({ size, text }: TableColumn) => {
  const counts = new Map<string, number>()
  const step = Math.max(1, size / most)
  let blanks = 0
  let rows = 0
  for (let i = 0; i * step < size; i++) {
    const cell = text(Math.floor(i * step)).trim()
    rows += 1
    if (isBlank(cell)) blanks += 1
    else counts.set(cell, (counts.get(cell) ?? 0) + 1)
  }
  return { counts, blanks, rows }
}

/** Words among names that stand for blanks, if all others are numbers. */
const wordsOf = (names: ReadonlyArray<string>, ofFile: NumberFormat.Format): ReadonlyArray<string> => {
  const words = names.filter((name) => absent.test(name))
  const sentinels = names.filter((name) => sentinel.test(name))
  const rest = names.filter((name) => !words.includes(name) && !sentinels.includes(name))
  if (rest.length === 0) return words
  const found = numbersOf(rest, ofFile)
  if (found === undefined) return []
  return sentinels.length > 0 && found.numbers.every((number) => number >= 0) ? [...words, ...sentinels] : words
}

/**
 * What a column probably holds. Of more than 10,000 rows it looks at 10,000, evenly spaced.
 *
 * `Infer.column(TableColumn.ofTexts(["1,5", "2,25", "NA"])).type // => "number"`
 */
export const column = (cells: TableColumn, name = ""): Guess => {
  const { blanks, counts, rows } = cellsOf(cells)
  const { format: ofFile = {} } = cells
  const words = wordsOf([...counts.keys()], ofFile)
  const names = [...counts.keys()].filter((each) => !words.includes(each))
  const missing = blanks + words.reduce((sum, word) => sum + (counts.get(word) ?? 0), 0)
  const known = rows - missing
  const of = (type: Type, reason: string, more: Partial<Guess> = {}): Guess => ({
    type,
    reason,
    isWhole: false,
    blanks: missing,
    words,
    ...more,
  })
  if (names.length === 0) return of("empty", "every cell is blank")
  const found = numbersOf(names, ofFile)
  if (found !== undefined) {
    const { format, numbers } = found
    const isWhole = numbers.every(Number.isInteger)
    const [least, greatest] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))]
    const marks = format === ofFile ? {} : { format }
    const more = { isWhole, ...marks }
    const isFlag = names.length === 2 && (known >= leastRows || numbers.every((number) => number >= -1 && number <= 2))
    if (isWhole && isFlag) return of("binary", `two different numbers, ${shown(names)}`, more)
    // A count of rows, or a column that is called so.
    const isOther = isWhole && names.length === known
    const isCount = isOther && greatest - least === known - 1 && known >= leastRows
    if (isCount || (isOther && identifying.test(name)))
      return of("identifier", `${counted(known, "row")} with as many different whole numbers`, more)
    const written = format === ofFile ? "" : describe(format)
    const what = isWhole ? "whole numbers" : "numbers"
    return of("number", `${what} from ${least} to ${greatest}${written === "" ? "" : `, with ${written}`}`, more)
  }
  if (dates.some((form) => names.every((each) => form.test(each)))) return of("date", `dates or times, such as ${shown(names)}`)
  if (names.length === 2) return of("binary", `two different names, ${shown(names)}`)
  const length = names.reduce((sum, each) => sum + each.split(/\s+/u).length, 0) / names.length
  const isRepeated = names.length <= known / 2
  if (length > wordsOfText && !(isRepeated && names.length <= mostNames))
    return of("text", `texts of ${Math.round(length)} words on average, such as ${shown(names)}`)
  if (names.length === known && (known >= leastRows || identifying.test(name)))
    return of("identifier", `${counted(known, "row")} with as many different names`)
  if (names.length <= mostNames || isRepeated)
    return of("category", `${counted(names.length, "different name")}, such as ${shown(names)}`)
  return of("text", `${counted(names.length, "different name")} in ${counted(known, "row")}, such as ${shown(names)}`)
}

/**
 * What each column of a table probably holds.
 *
 * `Infer.table(Table.make(["x", "kind"], [["1", "a"], ["2.5", "b"]])).map(({ type }) => type) // => ["number", "binary"]`
 */
export const table = (rows: Table): ReadonlyArray<NamedGuess> =>
  rows.columns.map((name, index) => ({ name, ...column(rows.column(index), name) }))
