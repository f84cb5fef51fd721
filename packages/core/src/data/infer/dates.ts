/** How dates are written in some cells. */
import { dayLength } from "../Calendar.ts"
import * as DateFormat from "../DateFormat.ts"

/** The format of a column of dates, and the order of its rows. */
export interface InferredDates {
  /** As the option `format` of a column has it. */
  readonly format: string
  /** Another format that reads all dates too, where the day may be the month. */
  readonly other?: string
  readonly hasDays: boolean
  /** Whether some of them have another time than midnight. */
  readonly hasTimes: boolean
  /** Whether the dates never fall from one row to the next (`rising`), or never rise. */
  readonly order?: "rising" | "falling"
}

const clocks = ["", " HH:mm", " HH:mm:ss", " h:mm A"] as const

/** Formats, the likelier first. Where day and month may be either, the day comes first. */
const formats: ReadonlyArray<string> = [
  "iso",
  "YYYYMMDD",
  ...["YYYY/MM/DD", "YYYY.MM.DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "MM-DD-YYYY"].flatMap((date) =>
    clocks.map((clock) => `${date}${clock}`),
  ),
  ...["DD/MM/YY", "MM/DD/YY", "DD.MM.YY", "DD-MM-YY"].flatMap((date) => clocks.slice(0, 2).map((clock) => `${date}${clock}`)),
  ...["D MMM YYYY", "D MMMM YYYY", "MMM D, YYYY", "MMMM D, YYYY", "D-MMM-YYYY", "D-MMM-YY", "MMM YYYY", "MMMM YYYY"].flatMap(
    (date) => clocks.slice(0, 2).map((clock) => `${date}${clock}`),
  ),
  "HH:mm",
  "HH:mm:ss",
  "h:mm A",
]

/** The instants of texts in a format, if all of them are dates there. */
const instantsOf = (names: Iterable<string>, format: string): ReadonlyMap<string, number> | undefined => {
  const read = DateFormat.readerOf(format)
  const instants = new Map<string, number>()
  for (const name of names) {
    const instant = read?.(name)
    if (instant === undefined) return undefined
    instants.set(name, instant.clock)
  }
  return instants
}

/** The order of instants in the rows; undefined if they go up and down, or are all equal. */
const orderOf = (cells: ReadonlyArray<string>, instants: ReadonlyMap<string, number>): InferredDates["order"] => {
  let [rises, falls] = [false, false]
  let before: number | undefined
  for (const cell of cells) {
    const at = instants.get(cell)
    if (at === undefined) continue
    if (before !== undefined && at > before) rises = true
    if (before !== undefined && at < before) falls = true
    before = at
  }
  return rises === falls ? undefined : rises ? "rising" : "falling"
}

/** The format with the day where another one has the month. */
const swapped = (format: string): string =>
  format.startsWith("DD") ? format.replace("DD", "?").replace("MM", "DD").replace("?", "MM") : ""

/** Names of columns of times. */
const timely = /date|time|stamp|epoch|(?:^|_)(?:day|at|on|ts)$|[a-z](?:At|On)$/iu

/** Whether numbers are times: seconds or milliseconds since 1970, from 1990 to 2100, or days as 20240131, in a column that is called so. */
export const isClock = (name: string, numbers: ReadonlyArray<number>): boolean =>
  timely.test(name) && numbers.every((at) => formatOfNumber(at) !== undefined) && new Set(numbers.map(formatOfNumber)).size === 1

const formatOfNumber = (at: number): string | undefined => {
  if (at >= 19_000_101 && at <= 21_001_231 && Number.isInteger(at)) return "YYYYMMDD"
  if (at >= 631_152_000 && at < 4_102_444_800) return "unix"
  return at >= 631_152_000_000 && at < 4_102_444_800_000 ? "unix_ms" : undefined
}

/**
 * How dates are written, if all names are dates. `cells` are those of all rows, in their order. Of two formats that read all
 * dates, the one is taken in which the rows are in the order of time.
 */
export const datesOf = (names: ReadonlyArray<string>, cells: ReadonlyArray<string>, name: string): InferredDates | undefined => {
  const [first = ""] = names
  if (!/\d/u.test(first) || first.length > 40) return undefined
  // A year alone is a number, and so is a number of a column that is not called a time.
  if (names.every((each) => /^\d{1,4}$/u.test(each))) return undefined
  const numeric = /^\d+(?:\.\d+)?$/u.test(first)
  const own = numeric ? formatOfNumber(Number(first)) : undefined
  const candidates = numeric ? (own === undefined || !timely.test(name) ? [] : [own]) : formats
  for (const format of candidates) {
    const instants = instantsOf(names, format)
    if (instants === undefined) continue
    const turned = instantsOf(names, swapped(format))
    const [order, orderTurned] = [orderOf(cells, instants), turned === undefined ? undefined : orderOf(cells, turned)]
    const isTurned = turned !== undefined && order === undefined && orderTurned !== undefined
    const chosen = isTurned ? swapped(format) : format
    const found = isTurned ? orderTurned : order
    return {
      format: chosen,
      ...(turned === undefined || order !== undefined || isTurned ? {} : { other: swapped(format) }),
      hasDays: !/^[Hh]/.test(format),
      hasTimes: [...instants.values()].some((at) => at % dayLength !== 0),
      ...(found === undefined ? {} : { order: found }),
    }
  }
  return undefined
}

/** Whether names are dates that are written in several ways, of which no format reads all. */
export const areMixed = (names: ReadonlyArray<string>): boolean => {
  const readers = formats.map((format) => DateFormat.readerOf(format))
  return names.every((name) => name.length > 4 && /\d/u.test(name) && readers.some((read) => read?.(name) !== undefined))
}
