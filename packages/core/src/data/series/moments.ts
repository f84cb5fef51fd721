/** The times of a series as numbers, and the step between them. */
import { quote } from "../DataError.ts"

/** A time as it is written: a number, or a date of ISO 8601. */
export type Moment = { readonly number: number } | { readonly date: Date }

const iso = /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3})\d*)?)?(Z|[+-]\d{2}:?\d{2})?)?)?$/

/** A date without a zone counts as one of UTC. A day or a month that does not exist is no date. */
const dateOf = (text: string): Date | undefined => {
  const found = iso.exec(text)
  if (found === null) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)))
  const fraction = Number((found[7] ?? "0").padEnd(3, "0"))
  const zone = found[8]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 24 || minute > 59 || second > 60) return undefined
  date.setUTCHours(hour, minute, second, fraction)
  if (zone === undefined || zone === "Z") return date
  const minutes = 60 * Number(zone.slice(1, 3)) + Number(zone.slice(-2))
  return new Date(date.getTime() - (zone.startsWith("-") ? -1 : 1) * minutes * 60_000)
}

/** The time that a text is; `undefined` for another text. `momentOf("2026-03-01T05:00")` */
export const momentOf = (text: string): Moment | undefined => {
  const own = text.trim()
  const number = own === "" ? Number.NaN : Number(own)
  if (Number.isFinite(number)) return { number }
  const date = dateOf(own)
  return date === undefined ? undefined : { date }
}

/** What is wanted of a time. */
export const wanted = `a number, or a date such as ${quote("2026-03-01")} or ${quote("2026-03-01T05:00")}`

/** A time as a number that can be compared with others: that of a date is its milliseconds since 1970. */
export const numberOf = (moment: Moment): number => ("number" in moment ? moment.number : moment.date.getTime())

const month = 28 * 86_400_000

/** The months of dates that all have the same day and the same time of the day, if any two are a month apart; their steps are equal where milliseconds are not. */
const monthsOf = (moments: ReadonlyArray<Moment>): ReadonlyArray<number> | undefined => {
  const dates = moments.flatMap((moment) => ("date" in moment ? [moment.date] : []))
  const [first, second] = dates
  if (first === undefined || second === undefined || dates.length < moments.length) return undefined
  const ofMonth = (date: Date): number =>
    date.getTime() - Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  if (second.getTime() - first.getTime() < month || dates.some((date) => ofMonth(date) !== ofMonth(first))) return undefined
  return dates.map((date) => 12 * date.getUTCFullYear() + date.getUTCMonth())
}

/** Times that rise as numbers whose steps can be compared. */
export const comparable = (moments: ReadonlyArray<Moment>): ReadonlyArray<number> => monthsOf(moments) ?? moments.map(numberOf)

/** The most frequent step between neighbours, the smallest of equally frequent ones; `undefined` without two times. */
export const usualStep = (times: ReadonlyArray<number>): number | undefined => {
  const counts = new Map<number, number>()
  for (let i = 1; i < times.length; i++) {
    const step = (times[i] ?? 0) - (times[i - 1] ?? 0)
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  return [...counts].sort(([a, n], [b, m]) => m - n || a - b)[0]?.[0]
}

/** Whether two steps are equal, but for the rounding of decimal fractions. */
export const isSame = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b))

/** A step of milliseconds in words. */
const units = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
] as const

/** A step in words: that of `moment` is a number or of a date. */
export const printStep = (step: number, moment: Moment, isMonths: boolean): string => {
  const [size, name] = isMonths
    ? ([1, "month"] as const)
    : "number" in moment
      ? ([1, ""] as const)
      : (units.find(([each]) => step % each === 0) ?? ([1, "millisecond"] as const))
  const count = Number((step / size).toPrecision(12))
  return name === "" ? String(count) : `${count} ${name}${count === 1 ? "" : "s"}`
}
