/** The parts of a date and time as numbers, with the period of those that repeat. */
import * as Calendar from "./Calendar.ts"
import type { Instant } from "./DateFormat.ts"
import type { DatePart } from "./Field.ts"

/** A moment of the calendar: its day, the number of that, the milliseconds since its midnight, and those since 1970 in UTC. */
export interface Moment extends Calendar.Day {
  readonly number: number
  readonly time: number
  readonly instant: number
}

/** The moment of a clock. */
export const momentOf = ({ clock, offset }: Instant): Moment => {
  const number = Math.floor(clock / Calendar.dayLength)
  const { day, month, year } = Calendar.dayOf(number)
  return { year, month, day, number, time: clock - number * Calendar.dayLength, instant: clock - offset }
}

const startOfYear = (year: number): number => Calendar.numberOf({ year, month: 1, day: 1 })

/** From Monday, 0, to Sunday, 6. The first day of 1970 was a Thursday. */
const weekdayOf = ({ number }: Moment): number => (((number + 3) % 7) + 7) % 7

/** The number of the week by ISO 8601: weeks begin on Monday, and the first has the first Thursday of the year. */
const weekOf = (moment: Moment): number => {
  const thursday = moment.number + 3 - weekdayOf(moment)
  return Math.floor((thursday - startOfYear(Calendar.dayOf(thursday).year)) / 7) + 1
}

/** A part: its number, and for parts that repeat the first number and how many there are. */
interface Part {
  readonly of: (moment: Moment, since: number) => number
  readonly cycle?: readonly [first: number, length: number]
}

const parts: { readonly [P in DatePart]: Part } = {
  year: { of: ({ year }) => year },
  quarter: { of: ({ month }) => Math.ceil(month / 3), cycle: [1, 4] },
  month: { of: ({ month }) => month, cycle: [1, 12] },
  week: { of: weekOf, cycle: [1, 53] },
  day: { of: ({ day }) => day, cycle: [1, 31] },
  weekday: { of: weekdayOf, cycle: [0, 7] },
  day_of_year: { of: ({ number, year }) => number - startOfYear(year) + 1, cycle: [1, 366] },
  hour: { of: ({ time }) => Math.floor(time / 3_600_000), cycle: [0, 24] },
  minute: { of: ({ time }) => Math.floor(time / 60_000) % 60, cycle: [0, 60] },
  second: { of: ({ time }) => Math.floor(time / 1000) % 60, cycle: [0, 60] },
  elapsed: { of: ({ instant }, since) => (instant - since) / Calendar.dayLength },
}

/**
 * A part of a date and time: months and days from 1, weekdays from Monday, 0; `elapsed` are days since `since`, in milliseconds
 * since 1970, between the instants and not between the clocks.
 *
 * `partOf("weekday", momentOf({ clock: 0, offset: 0 }), 0) // => 3`
 */
export const partOf = (part: DatePart, moment: Moment, since: number): number => parts[part].of(moment, since)

/** Whether a part repeats. */
export const isCyclic = (part: DatePart): boolean => parts[part].cycle !== undefined

/** The angle of a part that repeats: 0 for its first number, and a whole turn after its last. */
export const angleOf = (part: DatePart, value: number): number => {
  const [first, length] = parts[part].cycle ?? [0, 1]
  return (2 * Math.PI * (value - first)) / length
}
