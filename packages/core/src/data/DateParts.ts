/** The parts of a date and time as numbers, with the period of those that repeat. */
import type { Instant } from "./DateFormat.ts"
import type { DatePart } from "./Field.ts"

const day = 86_400_000

/** Days from a date to another, both in milliseconds. */
const daysBetween = (from: number, to: number): number => Math.floor((to - from) / day)

const startOfYear = (year: number): number => {
  const date = new Date(0)
  date.setUTCFullYear(year, 0, 1)
  return date.getTime()
}

/** The number of the week by ISO 8601: weeks begin on Monday, and the first has the first Thursday of the year. */
const weekOf = (clock: number): number => {
  const start = Math.floor(clock / day) * day
  const thursday = start + (3 - weekdayOf(clock)) * day
  return Math.floor(daysBetween(startOfYear(new Date(thursday).getUTCFullYear()), thursday) / 7) + 1
}

/** From Monday, 0, to Sunday, 6. The first day of 1970 was a Thursday. */
const weekdayOf = (clock: number): number => (((Math.floor(clock / day) + 3) % 7) + 7) % 7

/** A part: its number, and for parts that repeat the first number and how many there are. */
interface Part {
  readonly of: (clock: number, elapsed: number) => number
  readonly cycle?: readonly [first: number, length: number]
}

const parts: { readonly [P in DatePart]: Part } = {
  year: { of: (clock) => new Date(clock).getUTCFullYear() },
  quarter: { of: (clock) => Math.floor(new Date(clock).getUTCMonth() / 3) + 1, cycle: [1, 4] },
  month: { of: (clock) => new Date(clock).getUTCMonth() + 1, cycle: [1, 12] },
  week: { of: weekOf, cycle: [1, 53] },
  day: { of: (clock) => new Date(clock).getUTCDate(), cycle: [1, 31] },
  weekday: { of: weekdayOf, cycle: [0, 7] },
  day_of_year: {
    of: (clock) => daysBetween(startOfYear(new Date(clock).getUTCFullYear()), clock) + 1,
    cycle: [1, 366],
  },
  hour: { of: (clock) => new Date(clock).getUTCHours(), cycle: [0, 24] },
  minute: { of: (clock) => new Date(clock).getUTCMinutes(), cycle: [0, 60] },
  second: { of: (clock) => new Date(clock).getUTCSeconds(), cycle: [0, 60] },
  elapsed: { of: (_, elapsed) => elapsed / day },
}

/**
 * A part of a date and time: months and days from 1, weekdays from Monday, 0; `elapsed` are days since `since`, in milliseconds
 * since 1970, between the instants and not between the clocks.
 *
 * `partOf("weekday", { clock: 0, offset: 0 }, 0) // => 3`
 */
export const partOf = (part: DatePart, { clock, offset }: Instant, since: number): number =>
  parts[part].of(clock, clock - offset - since)

/** Whether a part repeats. */
export const isCyclic = (part: DatePart): boolean => parts[part].cycle !== undefined

/** The angle of a part that repeats: 0 for its first number, and a whole turn after its last. */
export const angleOf = (part: DatePart, value: number): number => {
  const [first, length] = parts[part].cycle ?? [0, 1]
  return (2 * Math.PI * (value - first)) / length
}
