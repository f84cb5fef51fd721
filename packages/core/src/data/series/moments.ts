/** The times of a series as numbers, and the step between them. */
import * as DateFormat from "../DateFormat.ts"
import * as NumberFormat from "../NumberFormat.ts"

/** A time as it is written: a number, or a date. */
export type Moment = { readonly number: number } | { readonly date: DateFormat.Instant }

/** Reads times: dates of a format, or without one numbers with these marks and dates of ISO 8601. `undefined` for another text. */
export const reader = (format: string | undefined, marks: NumberFormat.Format = {}): ((text: string) => Moment | undefined) => {
  const read = DateFormat.readerOf(format ?? "iso")
  const readNumber = NumberFormat.reader(marks)
  return (text) => {
    const own = text.trim()
    const number = format === undefined ? readNumber(own) : undefined
    if (number !== undefined) return { number }
    const date = read?.(own)
    return date === undefined ? undefined : { date }
  }
}

/** What is wanted of a time. */
export const wanted = (format: string | undefined): string =>
  format === undefined ? "a number, or a date such as 2026-03-01 or 2026-03-01T05:00" : `a date in the format \`${format}\``

/** A time as a number that can be compared with others: that of a date is its milliseconds since 1970. */
export const numberOf = (moment: Moment): number => ("number" in moment ? moment.number : moment.date.clock - moment.date.offset)

const day = 86_400_000

const month = 28 * day

/** Times of rows, all numbers or all dates. */
export interface Moments {
  /** The first one. */
  readonly first: Moment
  /** Each as a number, as `numberOf` gives it. */
  readonly numbers: Float64Array
  /** What the clock shows at each date, in milliseconds. */
  readonly clocks?: Float64Array
}

/** The months of dates, if `comparable` takes them. */
const monthsOf = (dates: Float64Array): Float64Array | undefined => {
  const [first, second] = dates
  if (first === undefined || second === undefined) return undefined
  /** The milliseconds since the month began, or since the one after it does. */
  const within =
    (months: 0 | 1) =>
    (clock: number): number => {
      const date = new Date(clock)
      return clock - Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1)
    }
  const areSame = (place: (clock: number) => number): boolean => dates.every((clock) => place(clock) === place(first))
  const areLast = within(1)(first) >= -day && areSame(within(1))
  if (second - first < month || !(areLast || areSame(within(0)))) return undefined
  return dates.map((clock) => 12 * new Date(clock).getUTCFullYear() + new Date(clock).getUTCMonth())
}

/**
 * Times of some rows, which rise, as numbers whose steps can be compared: months for dates that all have the same day of the month and
 * time of the day, or the last day, if two are a month apart. Their milliseconds are not equal steps.
 */
export const comparable = ({ clocks, numbers }: Moments, rows: ArrayLike<number>): Float64Array => {
  const of = (all: Float64Array): Float64Array => Float64Array.from(rows, (row) => all[row] ?? Number.NaN)
  return (clocks === undefined ? undefined : monthsOf(of(clocks))) ?? of(numbers)
}

/** The most frequent step between neighbours, the smallest of equally frequent ones; `undefined` without two times. */
export const usualStep = (times: Float64Array): number | undefined => {
  const counts = new Map<number, number>()
  for (let i = 1; i < times.length; i++) {
    const step = (times[i] ?? 0) - (times[i - 1] ?? 0)
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || a - b)[0]?.[0]
}

/** Whether two steps are equal, but for the rounding of decimal fractions; `time` is where one of them ends. */
export const isSame = (a: number, b: number, time: number): boolean =>
  Math.abs(a - b) <= Math.max(1e-6 * Math.max(Math.abs(a), Math.abs(b)), 2 ** -50 * Math.abs(time))

/** Units of time in milliseconds. */
const units = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
] as const

/** A step between times such as `moment`, in words. */
export const printStep = (step: number, moment: Moment, isMonths: boolean): string => {
  const [size, name] = isMonths
    ? ([1, "month"] as const)
    : "number" in moment
      ? ([1, ""] as const)
      : (units.find(([each]) => step % each === 0) ?? ([1, "millisecond"] as const))
  const count = Number((step / size).toPrecision(12))
  return name === "" ? String(count) : `${count} ${name}${count === 1 ? "" : "s"}`
}
