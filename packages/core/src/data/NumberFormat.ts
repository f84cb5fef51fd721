/** How numbers are written in cells: the decimal mark, the mark between groups of three digits, and a unit. */
import { isBlank } from "./Blank.ts"

/** The marks in numbers: by default a point, none between groups, and no unit such as `%` or `$` before or after a number. */
export interface Format {
  readonly decimal?: "." | ","
  readonly thousands?: string
  readonly unit?: string
}

/** The number of a text with `.` as decimal mark and no separators; `undefined` for other text. */
const plain = (text: string): number | undefined => {
  const value = Number(text)
  // Number also accepts 0x1F, 0b1, 0o7 and an empty text
  return Number.isFinite(value) && text !== "" && !/^[+-]?0[a-z]/i.test(text) ? value : undefined
}

const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&")

/** The text of a number without its unit: `$ -5`, `-$5` and `-5 $` are all `-5`. */
const bare = (text: string, unit: string): string => {
  if (text.endsWith(unit)) return text.slice(0, -unit.length).trimEnd()
  const [sign = ""] = /^[+-]/.exec(text) ?? []
  const rest = text.slice(sign.length)
  return rest.startsWith(unit) ? `${sign}${rest.slice(unit.length).trimStart()}` : text
}

/** The text between parentheses, in which bookkeepers write what is negative; `undefined` for other texts. */
const between = (text: string): string | undefined => /^\((.+)\)$/u.exec(text)?.[1]?.trim()

/**
 * A reader of numbers in a format: of texts without blanks at their ends. A number may lack the unit. One in parentheses is negative:
 * `(1.50)` is -1.5.
 */
export const reader = ({ unit, ...marks }: Format): ((text: string) => number | undefined) => {
  const number = readerOf(marks)
  const measured = (text: string): number | undefined => number(unit === undefined ? text : bare(text, unit))
  return (text) => {
    const inner = between(unit === undefined ? text : bare(text, unit))
    if (inner === undefined) return measured(text)
    const value = /^[+-]/.test(inner) ? undefined : measured(inner)
    return value === undefined ? undefined : 0 - value
  }
}

const readerOf = ({ decimal = ".", thousands }: Format): ((text: string) => number | undefined) => {
  if (thousands === undefined && decimal === ".") return plain
  const mark = escaped(decimal)
  const between = thousands === undefined ? undefined : escaped(thousands)
  const digits = between === undefined ? "\\d*" : `(?:\\d{1,3}(?:${between}\\d{3})+|\\d*)`
  const form = new RegExp(`^[+-]?${digits}(?:${mark}\\d*)?(?:e[+-]?\\d+)?$`, "iu")
  return (text) => {
    if (!form.test(text)) return undefined
    const joined = thousands === undefined ? text : text.replaceAll(thousands, "")
    return plain(joined.replace(decimal, "."))
  }
}

/** A number between a currency and a unit, of which it usually has one: `$1,200`, `5%`, `12 kg`. */
const measured =
  /^[+-]?\s*((?:[A-Z]{2,3}|[A-Z]{0,2}[$€£¥₹₽₩])\s*)?[+-]?\d[\d.,' ]*?(\s*(?:[%‰°$€£¥₹₽₩µ]\p{L}?|\p{L}{1,8}[²³23]?))?$/u

/**
 * The unit that a number in a cell probably has. A single capital letter right after digits is rather a part of a name.
 * `[unitOf("$1,200"), unitOf("36 months"), unitOf("7B")] // => ["$", "months", undefined]`
 */
export const unitOf = (cell: string): string | undefined => {
  const [, before, after] = measured.exec(between(cell) ?? cell) ?? []
  if ((before === undefined) === (after === undefined) || /^(?:\p{Lu}|e)$/u.test(after ?? "")) return undefined
  return (before ?? after)?.trim()
}

/**
 * The number in a cell: NaN for a blank, `undefined` if it is not a finite number in this format.
 * `read(" 2.5 ") // => 2.5`
 * `read("1.234,5", { decimal: ",", thousands: "." }) // => 1234.5`
 * `read("5 %", { unit: "%" }) // => 5`
 * `read("(1.50)") // => -1.5`
 */
export const read = (cell: string, format: Format = {}): number | undefined =>
  isBlank(cell) ? Number.NaN : reader(format)(cell.trim())

/** Whether a format has marks of its own. `isMarked({}) // => false` */
export const isMarked = ({ decimal, thousands, unit }: Format): boolean =>
  decimal !== undefined || thousands !== undefined || unit !== undefined

/** A number as a cell in this format, without its unit. `print(1234.5, { decimal: "," }) // => "1234,5"` */
export const print = (value: number, { decimal = "." }: Format = {}): string => String(value).replace(".", decimal)
