/** How numbers are written in some cells, and which of them stand for blanks. */
import * as NumberFormat from "../NumberFormat.ts"

/** Ways of writing numbers, the likelier first. A comma before three digits in every number is rather one between groups. */
const formats: ReadonlyArray<NumberFormat.Format> = [
  {},
  { thousands: "," },
  { decimal: "," },
  { decimal: ",", thousands: "." },
  { thousands: " " },
  { decimal: ",", thousands: " " },
  { thousands: "'" },
]

/** The numbers of names in a format, if all of them are numbers there. */
const read = (names: ReadonlyArray<string>, format: NumberFormat.Format): ReadonlyArray<number> | undefined => {
  const reader = NumberFormat.reader(format)
  const numbers: Array<number> = []
  for (const name of names) {
    const number = reader(name)
    if (number === undefined) return undefined
    numbers.push(number)
  }
  return numbers
}

/** The unit of names that are numbers with one: all of them have it, zeros aside. */
const unitOf = (names: ReadonlyArray<string>): string | undefined => {
  const units = new Set<string | undefined>()
  for (const name of names) {
    if (!/^[+-]?0+$/.test(name)) units.add(NumberFormat.unitOf(name))
    if (units.size > 1) return undefined
  }
  return units.values().next().value
}

/** The numbers of names, in the first format that reads them all; `ofFile` is the one that the file is said to have. */
export const numbersOf = (
  names: ReadonlyArray<string>,
  ofFile: NumberFormat.Format,
): { readonly numbers: ReadonlyArray<number>; readonly format: NumberFormat.Format } | undefined => {
  const unit = unitOf(names)
  // No group of digits begins with 0, so 0,125 has a decimal comma.
  const hasZero = names.some((name) => /^\D*0,/u.test(name))
  for (const marks of [ofFile, ...formats]) {
    if (hasZero && marks.thousands === "," && marks !== ofFile) continue
    const format = unit === undefined ? marks : { ...marks, unit }
    const numbers = read(names, format)
    if (numbers !== undefined) return { numbers, format }
  }
  return undefined
}

/** Words that stand for blanks, besides those that always do. */
export const absent =
  /^(?:-+|\.+|\*+|none|nil|unknown|unk|undefined|missing|not available|n\.a\.?|k\.a\.?|#\w+!?|\(blank\)|\(null\))$/iu

/** Numbers that stand for blanks, where all others are far from them. */
const sentinel = /^-?9{2,}(?:\.0+)?$/u

/** Other words among numbers stand for blanks too: at most so many, where the others are at least this share of the cells. */
const [mostWords, leastNumbers] = [2, 0.8]

/**
 * Whether a number is a sentinel beside others: it has more digits than they, and either none of them has its sign or it is
 * there more than once.
 */
const isSentinel = (name: string, rows: number, others: ReadonlyArray<number>): boolean => {
  const value = Number(name)
  const greatest = others.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
  if (value < 0 && others.every((other) => other >= 0)) return true
  return rows > 1 && Math.abs(value) >= 999 && greatest < Math.abs(value) / 5
}

/** Names that stand for blanks, if all others are numbers. `counts`: how many rows have each name. */
export const blankWords = (counts: ReadonlyMap<string, number>, ofFile: NumberFormat.Format): ReadonlyArray<string> => {
  const names = [...counts.keys()]
  const words = names.filter((name) => absent.test(name))
  const sentinels = names.filter((name) => sentinel.test(name))
  const rest = names.filter((name) => !words.includes(name) && !sentinels.includes(name))
  if (rest.length === 0) return words
  const found = numbersOf(rest, ofFile)
  if (found === undefined) return words.length === 0 ? strangers(counts, ofFile) : []
  return [...words, ...sentinels.filter((name) => isSentinel(name, counts.get(name) ?? 0, found.numbers))]
}

/** One or two words without digits among many numbers. */
const strangers = (counts: ReadonlyMap<string, number>, ofFile: NumberFormat.Format): ReadonlyArray<string> => {
  const words: Array<string> = []
  let [rows, others] = [0, 0]
  for (const [name, count] of counts) {
    rows += count
    if (/\d/u.test(name)) continue
    others += count
    if (words.push(name) > mostWords) return []
  }
  const rest = [...counts.keys()].filter((name) => !words.includes(name))
  const isFew = rest.length > 0 && others <= (1 - leastNumbers) * rows
  return words.length > 0 && isFew && numbersOf(rest, ofFile) !== undefined ? words : []
}
