/** How numbers are written in cells: the decimal mark, and the mark between groups of three digits. */
import { isBlank } from "./Blank.ts"

/** The marks in numbers; by default a point, and none between groups. */
export interface Format {
  readonly decimal?: "." | ","
  readonly thousands?: string
}

/** The number of a text with `.` as decimal mark and no separators; `undefined` for other text. */
const plain = (text: string): number | undefined => {
  const value = Number(text)
  // Number also accepts 0x1F, 0b1, 0o7 and an empty text
  return Number.isFinite(value) && text !== "" && !/^[+-]?0[a-z]/i.test(text) ? value : undefined
}

const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&")

/** A reader of numbers in a format: of texts without blanks at their ends. */
export const reader = ({ decimal = ".", thousands }: Format): ((text: string) => number | undefined) => {
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

/**
 * The number in a cell: NaN for a blank, `undefined` if it is not a finite number in this format.
 * `read(" 2.5 ") // => 2.5`
 * `read("1.234,5", { decimal: ",", thousands: "." }) // => 1234.5`
 */
export const read = (cell: string, format: Format = {}): number | undefined =>
  isBlank(cell) ? Number.NaN : reader(format)(cell.trim())

/** A number as a cell in this format. `print(1234.5, { decimal: "," }) // => "1234,5"` */
export const print = (value: number, { decimal = "." }: Format = {}): string => String(value).replace(".", decimal)
