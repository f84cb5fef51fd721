/** A column of names: the sorted names of its training rows, and the number of each. */
import * as Result from "effect/Result"
import { isBlank } from "./Blank.ts"
import type { Cells } from "./columns/Kind.ts"
import { type DataError, dataError, quote } from "./DataError.ts"
import { nearest } from "./Nearest.ts"

/** A column with more names is refused: it is probably an identifier. */
export const maxNames = 1000

/** Distinct names in order: as numbers when every one is a number, by code unit otherwise. `sorted(["10", "9", "10"]) // => ["9", "10"]` */
export const sorted = (names: Iterable<string>): ReadonlyArray<string> => {
  const distinct = [...new Set(names)]
  const numeric = distinct.every((name) => name !== "" && Number.isFinite(Number(name)))
  return numeric ? distinct.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1)) : distinct.sort()
}

/** The most frequent name, the first in order among equals. `mostCommon(["b", "a", "b"]) // => "b"` */
export const mostCommon = (names: Iterable<string>): string => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return sorted(counts.keys()).reduce((best, name) => ((counts.get(name) ?? 0) > (counts.get(best) ?? 0) ? name : best))
}

/** The names in the cells of a column, without blanks at their ends; a blank has the name "". */
export const namesOf = ({ size, text }: Cells): ReadonlyArray<string> =>
  Array.from({ length: size }, (_, i) => {
    const name = text(i).trim()
    return isBlank(name) ? "" : name
  })

/**
 * The sorted names of a column of classes: two for a binary column, two or more for others. Fails with `BadSpec` for another
 * number of names, and `BadCell` for a blank.
 */
export const fitNames = (type: "class" | "binary", cells: Cells): Result.Result<ReadonlyArray<string>, DataError> => {
  const names = sorted(namesOf(cells).filter((name) => name !== ""))
  if (names.length < 2 || (type === "binary" && names.length > 2))
    return Result.fail(
      dataError({
        _tag: "BadSpec",
        at: `column \`${cells.name}\``,
        got: `${names.length} name${names.length === 1 ? "" : "s"} in the training rows: ${names.slice(0, 5).map(quote).join(", ")}${names.length > 5 ? ", …" : ""}`,
        wanted: type === "binary" ? "two names" : "two names or more",
        hint: type === "binary" && names.length > 2 ? "`class`, or `number` where the cells are quantities" : "",
      }),
    )
  return Result.map(encode(cells, names, noBlank), () => names)
}

/** How the cells of a class are read: blanks and unknown names are errors. */
export const noBlank = {
  blank: null,
  unknown: "error",
  hints: { blank: "`missing: drop` leaves out rows with a blank", unknown: "" },
} as const

/**
 * The index of each cell among the names, -1 for an unknown name.
 *
 * `blank` is the name that replaces a blank cell. With `null` a blank fails with `BadCell`. An unknown name fails too, unless `unknown` is `zeros`.
 */
export const encode = (
  cells: Cells,
  names: ReadonlyArray<string>,
  {
    blank,
    unknown,
    hints,
  }: {
    readonly blank: string | null
    readonly unknown: "error" | "zeros"
    readonly hints: { readonly blank: string; readonly unknown: string }
  },
): Result.Result<Int32Array, DataError> => {
  const numbers = new Map(names.map((name, i) => [name, i]))
  const out = new Int32Array(cells.size)
  for (let i = 0; i < cells.size; i++) {
    const text = cells.text(i).trim()
    const name = isBlank(text) ? blank : text
    if (name === null) {
      const got = text === "" ? "a blank" : `${quote(text)}, which counts as a blank`
      return Result.fail(dataError({ _tag: "BadCell", ...cells.place(i), got, wanted: oneOf(names), hint: hints.blank }))
    }
    const number = numbers.get(name)
    if (number === undefined && unknown === "error") {
      const [near] = nearest(name, names)
      const hint = near === undefined ? hints.unknown : `${quote(near)}${hints.unknown === "" ? "" : `, or ${hints.unknown}`}`
      return Result.fail(dataError({ _tag: "BadCell", ...cells.place(i), got: quote(name), wanted: oneOf(names), hint }))
    }
    out[i] = number ?? -1
  }
  return Result.succeed(out)
}

const oneOf = (names: ReadonlyArray<string>): string =>
  names.length > 8 ? `one of the ${names.length} names of the training rows` : `one of ${names.map(quote).join(", ")}`
