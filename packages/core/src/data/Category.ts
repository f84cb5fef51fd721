/** A column of names: the sorted names of its training rows, and the number of each. */
import * as Result from "effect/Result"
import { isBlank } from "./Blank.ts"
import { type Cells, type DataResult, refuseCell, refuseColumn } from "./columns/Kind.ts"
import { dataError, quote } from "./DataError.ts"
import type { Amount } from "./Field.ts"
import { nearest } from "./Nearest.ts"

/** A column with more names is refused: it is probably an identifier. */
export const maxNames = 1000

/** Distinct names in order: as numbers when every one is a number, by code unit otherwise. `sorted(["10", "9", "10"]) // => ["9", "10"]` */
export const sorted = (names: Iterable<string>): ReadonlyArray<string> => {
  const distinct = [...new Set(names)]
  const numeric = distinct.every((name) => name !== "" && Number.isFinite(Number(name)))
  return numeric ? distinct.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1)) : distinct.sort()
}

/** How many rows have each name. */
export type Counts = ReadonlyMap<string, number>

/** The most frequent name, the first in order among equals. `mostCommon(new Map([["b", 2], ["a", 1]])) // => "b"` */
export const mostCommon = (counts: Counts): string =>
  sorted(counts.keys()).reduce((best, name) => ((counts.get(name) ?? 0) > (counts.get(best) ?? 0) ? name : best))

/** How often each name occurs. `countsOf(["b", "a", "b"]).get("b") // => 2` */
export const countsOf = (names: Iterable<string>): Counts => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** How many cells of a column have each name, without its blanks. */
export const countsIn = (cells: Cells): Counts => countsOf(namesIn(cells))

function* namesIn(cells: Cells): Generator<string> {
  for (let i = 0; i < cells.size; i++) {
    const name = cells.text(i).trim()
    if (!isBlank(name)) yield name
  }
}

/** The sum of counts. */
export const total = (counts: Counts): number => [...counts.values()].reduce((sum, count) => sum + count, 0)

/** The name that rare names count as. */
export const other = "other"

/** Which names are kept: those in enough training rows, and at most so many. */
export interface Grouping {
  readonly rare: Amount | undefined
  readonly max: number | undefined
}

/** Names that are kept, sorted, and those that count as `other`. */
export interface Grouped {
  readonly kept: ReadonlyArray<string>
  readonly rare: ReadonlyArray<string>
}

/**
 * The names that are kept and the rare ones, in so many rows. `max` counts without `other`; of equally common names
 * those first in order are kept.
 *
 * `group(new Map([["a", 1], ["b", 2], ["c", 1]]), 4, { rare: 2, max: undefined }) // => { kept: ["b"], rare: ["a", "c"] }`
 */
export const group = (counts: Counts, rows: number, { max, rare }: Grouping): Grouped => {
  const all = sorted(counts.keys())
  const least = rare === undefined ? 0 : typeof rare === "number" ? rare : (Number.parseFloat(rare) / 100) * rows
  const common = all.filter((name) => (counts.get(name) ?? 0) >= least)
  const ranked = common
    .map((name, i) => ({ name, i, count: counts.get(name) ?? 0 }))
    .sort((a, b) => b.count - a.count || a.i - b.i)
    .slice(0, max)
  const isKept = new Set(ranked.map(({ name }) => name))
  return { kept: all.filter((name) => isKept.has(name)), rare: all.filter((name) => !isKept.has(name)) }
}

/** The names with `other` at the end, unless it is one of them. */
export const withOther = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.includes(other) ? names : [...names, other]

/** Fails with `TooLarge` for a column of more names than `maxNames`. */
export const limited = (kind: string, { name }: Pick<Cells, "name">, names: ReadonlyArray<string>): DataResult<void> =>
  names.length <= maxNames
    ? Result.succeed(undefined)
    : Result.fail(
        dataError({
          _tag: "TooLarge",
          what: `the ${kind} column \`${name}\``,
          got: BigInt(names.length),
          limit: maxNames,
          unit: "names",
        }),
      )

/**
 * The sorted names of a column of classes: two for a binary column, two or more for others. Fails with `BadSpec` for another
 * number of names, and `BadCell` for a blank.
 */
export const fitNames = (
  type: "class" | "binary",
  cells: Cells,
  fill: string | null = null,
): DataResult<ReadonlyArray<string>> => {
  const names = sorted([...countsIn(cells).keys(), ...(fill === null ? [] : [fill])])
  if (names.length < 2 || (type === "binary" && names.length > 2))
    return refuseColumn(cells, {
      got: `${names.length} name${names.length === 1 ? "" : "s"} in the training rows: ${names.slice(0, 5).map(quote).join(", ")}${names.length > 5 ? ", …" : ""}`,
      wanted: type === "binary" ? "two names" : "two names or more",
      hint: type === "binary" && names.length > 2 ? "`class`, or `number` where the cells are quantities" : "",
    })
  return Result.map(encode(cells, names, { ...noBlank, blank: fill }), () => names)
}

/** How the cells of a class are read: blanks and unknown names are errors. */
export const noBlank: Reading = {
  blank: null,
  unknown: "error",
  hints: { blank: "`missing: drop` leaves out rows with a blank", unknown: "" },
}

/** How the cells of a column of names are read. */
export interface Reading {
  /** The name that replaces a blank cell. With `null` a blank fails with `BadCell`. */
  readonly blank: string | null
  /** Whether an unknown name is an error, none of the names, or the name `other`. */
  readonly unknown: "error" | "zeros" | "other"
  /** Names that count as `other`. */
  readonly rare?: ReadonlyArray<string> | undefined
  readonly hints: { readonly blank: string; readonly unknown: string }
}

/** The number of a name, from 0, -1 for an unknown name that is allowed; `undefined` for one that is not. */
export const lookup = (
  names: ReadonlyArray<string>,
  { rare = [], unknown }: Pick<Reading, "rare" | "unknown">,
): ((name: string) => number | undefined) => {
  const numbers = new Map(names.map((name, i) => [name, i]))
  const otherwise = unknown === "error" ? undefined : unknown === "zeros" ? -1 : numbers.get(other)
  for (const name of rare) numbers.set(name, numbers.get(other) ?? -1)
  return (name) => numbers.get(name) ?? otherwise
}

/** Fails with `BadCell` for a name that no training row has. */
export const unknownName = (
  cells: Cells,
  index: number,
  { hint, name, names }: { readonly name: string; readonly names: ReadonlyArray<string>; readonly hint: string },
): DataResult<never> => {
  const [near] = nearest(name, names)
  const said = near === undefined ? hint : `${quote(near)}${hint === "" ? "" : `, or ${hint}`}`
  return refuseCell(cells, index, { got: quote(name), wanted: oneOf(names), hint: said })
}

/** What an error says about a blank. `blankGot("NA") // => "\"NA\", which counts as a blank"` */
export const blankGot = (text: string): string =>
  text.trim() === "" ? "a blank" : `${quote(text.trim())}, which counts as a blank`

/** The index of each cell among the names, -1 for an unknown name. Fails with `BadCell` for a blank or an unknown name that is not allowed. */
export const encode = (cells: Cells, names: ReadonlyArray<string>, reading: Reading): DataResult<Int32Array> => {
  const { blank, hints } = reading
  const numberOf = lookup(names, reading)
  const out = new Int32Array(cells.size)
  for (let i = 0; i < out.length; i++) {
    const text = cells.text(i).trim()
    const name = isBlank(text) ? blank : text
    if (name === null) return refuseCell(cells, i, { got: blankGot(text), wanted: oneOf(names), hint: hints.blank })
    const number = numberOf(name)
    if (number === undefined) return unknownName(cells, i, { name, names, hint: hints.unknown })
    out[i] = number
  }
  return Result.succeed(out)
}

/** Names in an error message. */
export const oneOf = (names: ReadonlyArray<string>): string =>
  names.length > 8 ? `one of the ${names.length} names of the training rows` : `one of ${names.map(quote).join(", ")}`
