/**
 * What the columns of a table probably hold, with the reason: a guess from cells, to be proposed and never to be used silently.
 */
import { isBlank } from "./Blank.ts"
import { areMixed, datesOf, type InferredDates, isClock } from "./infer/dates.ts"
import { absent, blankWords, numbersOf } from "./infer/numbers.ts"
import type * as NumberFormat from "./NumberFormat.ts"
import type { Table } from "./Table.ts"
import type { TableColumn } from "./TableColumn.ts"

/**
 * What a column probably holds. `identifier`: another value in every row. `group`: what rows belong together, such as a customer.
 * `names`: too many different names for a category. `constant`: the same in every row. `empty`: blanks alone.
 */
export type Type =
  | "number"
  | "binary"
  | "category"
  | "set"
  | "date"
  | "identifier"
  | "group"
  | "text"
  | "names"
  | "constant"
  | "empty"

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
  /** How dates are written, and in which order their rows are. */
  readonly dates?: InferredDates
  /** What is between the names of a set. */
  readonly separator?: string
}

/** A guess about a column of a table. */
export interface NamedGuess extends Guess {
  readonly name: string
}

/** Cells that are looked at unless the caller wants others: all of a small table, evenly spaced ones of a large one. */
const usual = 10_000

/** Names that identifiers have. */
const identifying = /(?:^|[_\s.-])(?:[Ii][Dd]|uuid|UUID|guid|GUID|[Kk]ey|[Ii]ndex|[Nn]o|[Nn]r)$|(?:Id|ID)$|^Unnamed: 0$/u

/** Names of what several rows belong to. */
const owning =
  /^(?:patient|subject|participant|customer|client|user|member|person|household|family|session|student|animal|device)(?:s?[_\s.-]?(?:id|no|nr|key|number|name|code))?$/iu

/** More different names than this are hardly a category. */
const mostNames = 100

/** Fewer rows say nothing about identifiers, groups and sets. */
const leastRows = 20

/** More words in a cell than this, on average, are a text. */
const wordsOfText = 3

/** More rows than this with one value, on average, are a category and not a group. */
const rowsOfGroup = 20

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`

const shown = (names: Iterable<string>): string => {
  const [a, b, c] = [...names].slice(0, 3).map((name) => JSON.stringify(name.length > 20 ? `${name.slice(0, 19)}…` : name))
  return [a, b, c].filter((name) => name !== undefined).join(", ")
}

const describe = ({ decimal, thousands, unit }: NumberFormat.Format): string =>
  [
    ...(decimal === undefined ? [] : [`decimals after ${JSON.stringify(decimal)}`]),
    ...(thousands === undefined ? [] : [`thousands between ${JSON.stringify(thousands)}`]),
    ...(unit === undefined ? [] : [`the unit ${JSON.stringify(unit)}`]),
  ].join(" and ")

/** Names that stand for blanks, where all others are numbers, or dates. */
const wordsOf = (counts: ReadonlyMap<string, number>, ofFile: NumberFormat.Format, name: string): ReadonlyArray<string> => {
  const words = blankWords(counts, ofFile)
  if (words.length > 0) return words
  const names = [...counts.keys()]
  const odd = names.filter((each) => absent.test(each))
  const rest = names.filter((each) => !absent.test(each))
  return odd.length > 0 && datesOf(rest, rest, name) !== undefined ? odd : []
}

/** The cells that are looked at, in the order of their rows, blanks as empty texts; and the number of each distinct one. */
const cellsOf = ({ size, text }: TableColumn, most: number) => {
  const cells: Array<string> = []
  const counts = new Map<string, number>()
  const step = Math.max(1, size / most)
  for (let i = 0; i * step < size; i++) {
    const cell = text(Math.floor(i * step)).trim()
    cells.push(isBlank(cell) ? "" : cell)
    if (!isBlank(cell)) counts.set(cell, (counts.get(cell) ?? 0) + 1)
  }
  return { cells, counts }
}

const separators = ["|", ";", ","] as const

/** The separator of cells that are sets of a few names, each without inner spaces but one. */
const separatorOf = (names: ReadonlyArray<string>, counts: ReadonlyMap<string, number>, known: number): string | undefined =>
  separators.find((separator) => {
    const parts = new Set(names.flatMap((name) => name.split(separator).map((part) => part.trim())))
    const several = names.reduce((sum, name) => sum + (name.includes(separator) ? (counts.get(name) ?? 0) : 0), 0)
    return (
      several > 0.2 * known &&
      parts.size <= mostNames / 2 &&
      parts.size < known / 5 &&
      [...parts].every((part) => !/\s.*\s/u.test(part))
    )
  })

/** Whether every row has another value, as identifiers have: names, whole numbers in the range of the rows, or those of a column that is called so. */
const identifies = (name: string, rows: number, numbers?: { readonly isWhole: boolean; readonly range: number }): boolean => {
  if (identifying.test(name)) return numbers?.isWhole !== false && rows > 1
  return rows >= leastRows && (numbers === undefined || (numbers.isWhole && numbers.range < 2 * rows))
}

/** Whether rows belong together by a column that is called so: several rows have one value, and many values are there. */
const groups = (name: string, distinct: number, rows: number): boolean =>
  (owning.test(name) || identifying.test(name)) &&
  rows >= leastRows &&
  distinct >= leastRows / 2 &&
  distinct <= 0.9 * rows &&
  distinct * rowsOfGroup >= rows

/**
 * What a column probably holds. Of more than `most` rows, 10,000 unless given, it looks at as many, evenly spaced.
 *
 * `Infer.column(TableColumn.ofTexts(["1,5", "2,25", "NA"])).type // => "number"`
 */
export const column = (column: TableColumn, name = "", most = usual): Guess => {
  const { cells, counts } = cellsOf(column, most)
  const { format: ofFile = {} } = column
  const words = wordsOf(counts, ofFile, name)
  const names = [...counts.keys()].filter((each) => !words.includes(each))
  const known = names.reduce((sum, each) => sum + (counts.get(each) ?? 0), 0)
  const of = (type: Type, reason: string, more: Partial<Guess> = {}): Guess => ({
    type,
    reason,
    isWhole: false,
    blanks: cells.length - known,
    words,
    ...more,
  })
  if (names.length === 0) return of("empty", "every cell is blank")
  const written = cells.map((cell) => (words.includes(cell) ? "" : cell))
  const found = numbersOf(names, ofFile)
  if (found !== undefined) {
    const { format, numbers } = found
    const clock = isClock(name, numbers) ? datesOf(names, written, name) : undefined
    if (clock !== undefined) return of("date", `dates or times, such as ${shown(names)}`, { dates: clock })
    const isWhole = numbers.every(Number.isInteger)
    const [least, greatest] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))]
    const more = { isWhole, ...(format === ofFile ? {} : { format }) }
    const isOther = names.length === known
    if (names.length === 1 && known === cells.length && known > 1)
      return of("constant", `the same in ${counted(known, "row")}`, more)
    const isFlag = names.length === 2 && (known >= leastRows || numbers.every((number) => number >= -1 && number <= 2))
    if (isWhole && isFlag) return of("binary", `two different numbers, ${shown(names)}`, more)
    const areYears = /^year$/iu.test(name) && least >= 1000 && greatest < 3000
    if (isOther && !areYears && identifies(name, known, { isWhole, range: greatest - least }))
      return of("identifier", `${counted(known, "row")} with as many different whole numbers`, more)
    if (isWhole && groups(name, names.length, known))
      return of("group", `${counted(known, "row")} with ${names.length} different numbers`, more)
    const marks = format === ofFile ? "" : describe(format)
    const what = isWhole ? "whole numbers" : "numbers"
    return of("number", `${what} from ${least} to ${greatest}${marks === "" ? "" : `, with ${marks}`}`, more)
  }
  const dates = datesOf(names, written, name)
  if (dates !== undefined) return of("date", `dates or times, such as ${shown(names)}`, { dates })
  if (names.length === 1 && known === cells.length && known > 1) return of("constant", `the same in ${counted(known, "row")}`)
  if (names.length > 2 && areMixed(names)) return of("names", `dates in several forms, such as ${shown(names)}: write all in one`)
  if (names.length === 2) return of("binary", `two different names, ${shown(names)}`)
  const separator = known >= leastRows ? separatorOf(names, counts, known) : undefined
  if (separator !== undefined) return of("set", `several names in a cell, such as ${shown(names)}`, { separator })
  const length = names.reduce((sum, each) => sum + each.split(/\s+/u).length, 0) / names.length
  const isRepeated = names.length <= known / 2
  if (length > wordsOfText && !(isRepeated && names.length <= mostNames))
    return of("text", `texts of ${Math.round(length)} words on average, such as ${shown(names)}`)
  const different = `${counted(names.length, "different name")}`
  if (names.length === known && identifies(name, known))
    return of("identifier", `${counted(known, "row")} with as many different names`)
  if (groups(name, names.length, known)) return of("group", `${counted(known, "row")} with ${different}`)
  if (names.length <= mostNames || isRepeated) return of("category", `${different}, such as ${shown(names)}`)
  return of("names", `${different} in ${counted(known, "row")}, such as ${shown(names)}`)
}

/**
 * What each column of a table probably holds. Of more than `most` rows, 10,000 unless given, it looks at as many.
 *
 * `Infer.table(Table.make(["x", "kind"], [["1", "a"], ["2.5", "b"]])).map(({ type }) => type) // => ["number", "binary"]`
 */
export const table = (rows: Table, most = usual): ReadonlyArray<NamedGuess> =>
  rows.columns.map((name, index) => ({ name, ...column(rows.column(index), name, most) }))
