/**
 * The Gregorian calendar as arithmetic on whole numbers, for any year: faster than `Date`, and without a time zone. Days count from
 * 1 January 1970, and years are those of four months from March on, so that a leap day is the last of its year (Howard Hinnant,
 * "chrono-compatible low-level date algorithms", 2013).
 */

/** The milliseconds of a day. */
export const dayLength = 86_400_000

/** A day of the calendar; months and days count from 1. */
export interface Day {
  readonly year: number
  readonly month: number
  readonly day: number
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Whether there is such a day. `exists({ year: 2023, month: 2, day: 29 }) // => false` */
export const exists = ({ day, month, year }: Day): boolean =>
  day >= 1 && day <= (month === 2 && isLeap(year) ? 29 : (lengths[month - 1] ?? 0))

/** The number of a day. `numberOf({ year: 1970, month: 1, day: 2 }) // => 1` */
export const numberOf = ({ day, month, year }: Day): number => {
  const own = month <= 2 ? year - 1 : year
  const era = Math.floor(own / 400)
  const yearOfEra = own - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const padded = (n: number, length: number): string => String(Math.abs(n)).padStart(length, "0")

/**
 * A clock in milliseconds as text in ISO 8601: the day, and the time of day unless that is midnight.
 *
 * `printClock(-86_400_000) // => "1969-12-31"`
 * `printClock(5_400_000) // => "1970-01-01 01:30"`
 */
export const printClock = (clock: number): string => {
  const number = Math.floor(clock / dayLength)
  const time = clock - number * dayLength
  const { day, month, year } = dayOf(number)
  const date = `${year < 0 ? "-" : ""}${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`
  if (time === 0) return date
  const [hours, minutes, seconds] = [3_600_000, 60_000, 1000].map((unit, i) => Math.floor(time / unit) % (i === 0 ? 24 : 60))
  const minute = `${date} ${padded(hours ?? 0, 2)}:${padded(minutes ?? 0, 2)}`
  return time % 60_000 === 0 ? minute : `${minute}:${padded(seconds ?? 0, 2)}`
}

/** The day of a number. `dayOf(-1) // => { year: 1969, month: 12, day: 31 }` */
export const dayOf = (number: number): Day => {
  const shifted = number + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch + (monthFromMarch < 10 ? 3 : -9)
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  }
}
