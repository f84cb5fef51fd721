/**
 * Dates and times as texts: ISO 8601, seconds and milliseconds since 1970, or a pattern such as `DD/MM/YYYY`. Nothing depends on
 * the time zone or the language of the machine.
 */

import * as Calendar from "./Calendar.ts"

/** A date and time: the clock as it was written, and the offset of that clock from UTC; both in milliseconds. */
export interface Instant {
  /** The time on the clock, as if it were in UTC: milliseconds since 1970. */
  readonly clock: number
  readonly offset: number
}

/** A reader of dates; `undefined` for a text that is none. */
export type Reader = (text: string) => Instant | undefined

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** The milliseconds of a day; `undefined` for a day that does not exist. */
const dayOf = (year: number, month: number, day: number): number | undefined =>
  Calendar.exists({ year, month, day }) ? Calendar.numberOf({ year, month, day }) * Calendar.dayLength : undefined

/** The milliseconds of a time of day; `undefined` for one that does not exist. 24:00 is the end of a day, and a leap second counts. */
const timeOf = (hours: number, minutes: number, seconds: number): number | undefined => {
  if (minutes > 59 || seconds >= 61 || hours > 24 || (hours === 24 && (minutes > 0 || seconds > 0))) return undefined
  return hours * hour + minutes * minute + Math.round(seconds * second)
}

/** The milliseconds of an offset such as `+05:30`, `-0800` or `Z`. */
const offsetOf = (text: string): number | undefined => {
  if (/^z$/iu.test(text)) return 0
  const [, sign, hours = "", minutes = "0"] = /^([+-])(\d\d)(?::?(\d\d))?$/u.exec(text) ?? []
  if (sign === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined
  return (sign === "-" ? -1 : 1) * (Number(hours) * hour + Number(minutes) * minute)
}

const isoForm =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d))?|(\d\d)(\d\d))?(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d(?:[.,]\d{1,9})?))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/iu

const iso: Reader = (text) => {
  const found = isoForm.exec(text)
  if (found === null) return undefined
  const [, year, month, day, month8, day8, hours = "0", minutes = "0", seconds = "0", zone = "Z"] = found
  // A time needs a whole date.
  if (found[6] !== undefined && day === undefined && day8 === undefined) return undefined
  const date = dayOf(Number(year), Number(month ?? month8 ?? 1), Number(day ?? day8 ?? 1))
  const time = timeOf(Number(hours), Number(minutes), Number(seconds.replace(",", ".")))
  const offset = offsetOf(zone)
  return date === undefined || time === undefined || offset === undefined ? undefined : { clock: date + time, offset }
}

/** More milliseconds are no date that `Date` can hold. */
const limit = 8.64e15

const epoch =
  (unit: number): Reader =>
  (text) => {
    if (!/^[+-]?\d+(?:\.\d+)?$/u.test(text)) return undefined
    const clock = Math.round(Number(text) * unit)
    return Math.abs(clock) <= limit ? { clock, offset: 0 } : undefined
  }

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

/** The fields of a pattern. */
interface Fields {
  year?: number
  month?: number
  day?: number
  hour?: number
  minute?: number
  second?: number
  fraction?: number
  isAfternoon?: boolean
  offset?: number
}

/** A token of a pattern: the text that it matches, and what that sets. `false` for a text that means nothing. */
interface Token {
  readonly form: string
  readonly set: (fields: Fields, text: string) => boolean
}

const numeric = (form: string, name: "year" | "month" | "day" | "hour" | "minute" | "second"): Token => ({
  form,
  set: (fields, text) => {
    fields[name] = Number(text)
    return true
  },
})

const named: Token["set"] = (fields, text) => {
  const at = months.indexOf(text.slice(0, 3).toLowerCase())
  fields.month = at + 1
  return at >= 0
}

/** The tokens of Moment and Day.js, longer ones first. */
const tokens: { readonly [token: string]: Token } = {
  YYYY: numeric("[0-9]{4}", "year"),
  YY: {
    form: "[0-9]{2}",
    // As POSIX and Python have it: 69 is 1969, and 68 is 2068.
    set: (fields, text) => {
      fields.year = Number(text) + (Number(text) < 69 ? 2000 : 1900)
      return true
    },
  },
  MMMM: { form: "[A-Za-z]{3,9}", set: named },
  MMM: { form: "[A-Za-z]{3}", set: named },
  MM: numeric("[0-9]{2}", "month"),
  M: numeric("[0-9]{1,2}", "month"),
  DD: numeric("[0-9]{2}", "day"),
  D: numeric("[0-9]{1,2}", "day"),
  HH: numeric("[0-9]{2}", "hour"),
  H: numeric("[0-9]{1,2}", "hour"),
  hh: numeric("[0-9]{2}", "hour"),
  h: numeric("[0-9]{1,2}", "hour"),
  mm: numeric("[0-9]{2}", "minute"),
  m: numeric("[0-9]{1,2}", "minute"),
  ss: numeric("[0-9]{2}", "second"),
  s: numeric("[0-9]{1,2}", "second"),
  SSS: {
    form: "[0-9]{1,9}",
    set: (fields, text) => {
      fields.fraction = Number(`0.${text}`)
      return true
    },
  },
  A: {
    form: "[AaPp]\\.?[Mm]\\.?",
    set: (fields, text) => {
      fields.isAfternoon = /^p/iu.test(text)
      return true
    },
  },
  Z: {
    form: "(?:Z|[+-][0-9][0-9](?::?[0-9][0-9])?)",
    set: (fields, text) => {
      const offset = offsetOf(text)
      if (offset === undefined) return false
      fields.offset = offset
      return true
    },
  },
}

const tokenForm = new RegExp(Object.keys(tokens).join("|"), "gu")

/** The hour of a day, from one with AM or PM. */
const hourOf = ({ hour: given = 0, isAfternoon }: Fields): number | undefined => {
  if (isAfternoon === undefined) return given
  return given < 1 || given > 12 ? undefined : (given % 12) + (isAfternoon ? 12 : 0)
}

const instantOf = (fields: Fields): Instant | undefined => {
  const { day = 1, fraction = 0, minute: minutes = 0, month = 1, offset = 0, second: seconds = 0, year = 1970 } = fields
  const hours = hourOf(fields)
  const date = dayOf(year, month, day)
  const time = hours === undefined ? undefined : timeOf(hours, minutes, seconds + fraction)
  return date === undefined || time === undefined ? undefined : { clock: date + time, offset }
}

/** A reader of a pattern; `undefined` for a pattern without tokens, or with one of them twice. */
const pattern = (format: string): Reader | undefined => {
  const found = [...format.matchAll(tokenForm)].map(([token]) => token)
  if (found.length === 0 || new Set(found).size < found.length) return undefined
  const between = format.split(tokenForm)
  const forms = found.map((token, i) => {
    const own = tokens[token]?.form ?? ""
    // Two digits may be one, as in 1/2/2024, unless the next part follows at once, as in YYYYMMDD.
    const isApart = (i === 0 || between[i] !== "") && (i === found.length - 1 || between[i + 1] !== "")
    return isApart && token !== "YY" ? own.replace("{2}", "{1,2}") : own
  })
  const form = forms.map((own, i) => `${literal(between[i] ?? "")}(${own})`).join("")
  const whole = new RegExp(`^${form}${literal(between.at(-1) ?? "")}$`, "u")
  return (text) => {
    const parts = whole.exec(text)
    if (parts === null) return undefined
    const fields: Fields = {}
    return found.every((token, i) => tokens[token]?.set(fields, parts[i + 1] ?? "") === true) ? instantOf(fields) : undefined
  }
}

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, "\\$&")

/** The formats with a name. */
const readers: { readonly [name: string]: Reader } = { iso, unix: epoch(second), unix_ms: epoch(1) }

/**
 * The reader of a format: `iso`, `unix` (seconds since 1970), `unix_ms` (milliseconds), or a pattern of `YYYY` `YY` `MMMM` `MMM`
 * `MM` `M` `DD` `D` `HH` `H` `hh` `h` `mm` `m` `ss` `s` `SSS` `A` (AM or PM) and `Z` (the offset from UTC), each once; other
 * characters stand for themselves. Parts of two digits may have one where no other part follows at once. `undefined` for a
 * pattern that is none.
 *
 * `readerOf("DD/MM/YYYY")?.("24/12/2023") // => { clock: 1703376000000, offset: 0 }`
 */
export const readerOf = (format: string): Reader | undefined =>
  Object.hasOwn(readers, format) ? readers[format] : pattern(format)

/** Formats that read a text which `iso` does not, for a hint. */
export const guesses = (text: string): ReadonlyArray<string> => {
  if (/^\d{13}$/u.test(text)) return ["unix_ms"]
  if (/^\d{9,10}$/u.test(text)) return ["unix"]
  const times = ["", " HH:mm", " HH:mm:ss", " h:mm A"]
  const dates = ["DD/MM/YYYY", "MM/DD/YYYY", "YYYY/MM/DD", "DD/MM/YY", "MM/DD/YY"]
  const marks = ["/", ".", "-"]
  const all = dates.flatMap((date) => marks.flatMap((mark) => times.map((time) => `${date.replaceAll("/", mark)}${time}`)))
  const named = ["D MMM YYYY", "MMM D, YYYY", "D-MMM-YYYY", "D-MMM-YY", "HH:mm", "HH:mm:ss"]
  return [...all, ...named].filter((format) => readerOf(format)?.(text) !== undefined).slice(0, 2)
}
