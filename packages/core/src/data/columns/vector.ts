/** Several numbers in one cell. */
import * as Result from "effect/Result"
import { isBlank } from "../Blank.ts"
import { blankGot } from "../Category.ts"
import { quote } from "../DataError.ts"
import { type Filled, scaleSynonyms } from "../Field.ts"
import type { FittedVector } from "../Fitted.ts"
import { quantile } from "../Quantiles.ts"
import * as Quantity from "../Quantity.ts"
import { type Cells, type DataResult, kind, refuseCell, refuseColumn } from "./Kind.ts"
import { missingOr } from "./options.ts"

const fields = {
  size: {
    kind: "count",
    doc: "How many numbers each cell has. Default: as many as the first cell.",
    synonyms: ["length", "vector_size", "dim", "dimension", "dimensions", "width"],
    optional: true,
  },
  missing: missingOr("number", ["error", "drop", "mean", "median", "indicator"]),
  scale: {
    kind: "scale",
    doc: "How each of the numbers is scaled over the training rows.",
    synonyms: scaleSynonyms,
    optional: true,
  },
} as const

type Options = Filled<typeof fields>

/** The numbers of a cell, each scaled. */
export const vector = kind<typeof fields, FittedVector>({
  doc: "Several numbers in a cell, such as `[0.5, 1, 2]` or `0.5 1 2`: as many in every row.",
  advice: "For numbers that belong together, such as an embedding that another model made.",
  synonyms: ["array", "numbers", "embedding", "point", "coordinates", "features"],
  fields,
  role: "input",
  input: {
    width: ({ missing, size }) => (size === undefined ? undefined : size + (missing === "indicator" ? 1 : 0)),
    fit: (options, cells) => fit(options, cells),
    names: ({ indicator, name, subtract }) => [
      ...subtract.map((_, i) => `${name}[${i}]`),
      ...(indicator ? [`${name} is blank`] : []),
    ],
    write: (fitted, cells, { at, data, width }) =>
      Result.gen(function* () {
        const { divide, fill, indicator, subtract } = fitted
        const size = subtract.length
        for (let i = 0; i < cells.size; i++) {
          const values = (yield* read(cells, i, { size, fill })) ?? []
          const start = i * width + at
          for (let k = 0; k < size; k++) {
            const prepared = Math.fround(((values[k] ?? 0) - (subtract[k] ?? 0)) / (divide[k] ?? 1))
            if (!Number.isFinite(prepared))
              return yield* refuseCell(cells, i, {
                got: quote(cells.text(i)),
                wanted: "values that are finite in 32 bits",
                hint: "",
              })
            data[start + k] = prepared
          }
          if (indicator) data[start + size] = isBlank(cells.text(i)) ? 1 : 0
        }
      }),
  },
})

/** The numbers of a text, with or without brackets, between commas, semicolons or spaces. `numbersOf("[1, 2]") // => [1, 2]` */
export const numbersOf = (text: string): ReadonlyArray<number> | undefined => {
  const [, inner = ""] = /^\s*[[(]?([^[\]()]*)[\])]?\s*$/u.exec(text) ?? []
  const parts = inner.trim().split(/\s*[,;]\s*|\s+/u)
  const numbers = parts.map((part) => (isBlank(part) ? Number.NaN : (Quantity.read(part) ?? Number.NaN)))
  return numbers.every(Number.isFinite) ? numbers : undefined
}

/** The numbers of a cell; `undefined` for a blank where `fill` is too. */
const read = (
  cells: Cells,
  index: number,
  { fill, size }: { readonly size: number | undefined; readonly fill: ReadonlyArray<number> | null | undefined },
): DataResult<ReadonlyArray<number> | undefined> => {
  const text = cells.text(index)
  const counted = size === undefined ? "numbers" : `${size} number${size === 1 ? "" : "s"}`
  if (isBlank(text)) {
    if (fill !== null) return Result.succeed(fill)
    const hint = `set what replaces a blank, as in \`${cells.name}: { type: vector, missing: mean }\`, or drop its row with \`missing: drop\``
    return refuseCell(cells, index, { got: blankGot(text), wanted: counted, hint })
  }
  const numbers = numbersOf(text)
  if (numbers === undefined)
    return refuseCell(cells, index, { got: quote(text), wanted: `${counted}, as in "[1, 2.5]"`, hint: "" })
  if (size !== undefined && numbers.length !== size)
    return refuseCell(cells, index, { got: `${numbers.length} numbers`, wanted: counted, hint: "every row needs as many" })
  return Result.succeed(numbers)
}

const fit = ({ missing, scale, size: given }: Options, cells: Cells): DataResult<FittedVector> =>
  Result.gen(function* () {
    const isNeeded = missing === "error" || missing === "drop"
    const rows: Array<ReadonlyArray<number>> = []
    let size = given
    for (let i = 0; i < cells.size; i++) {
      const numbers = yield* read(cells, i, { size, fill: isNeeded ? null : undefined })
      if (numbers === undefined) continue
      size = numbers.length
      rows.push(numbers)
    }
    if (size === undefined || rows.length === 0)
      return yield* refuseColumn(cells, {
        got: "no number in any training row",
        wanted: "one or more",
        hint: "ignore the column",
      })
    const columns = Array.from({ length: size }, (_, k) => Float64Array.from(rows, (row) => row[k] ?? 0))
    const fill = isNeeded
      ? null
      : columns.map((column) =>
          typeof missing === "number"
            ? missing
            : typeof missing === "object"
              ? missing.constant
              : missing === "mean"
                ? Quantity.mean(column)
                : quantile(column.slice().sort(), 0.5),
        )
    const blanks = cells.size - rows.length
    const scales = columns.map((column, k) => {
      if (scale === undefined) return { subtract: 0, divide: 1 }
      const all = new Float64Array(column.length + blanks).fill(fill?.[k] ?? 0)
      all.set(column)
      return Quantity.scaleOf(Quantity.summarize(all, scale), scale)
    })
    return {
      type: "vector",
      name: cells.name,
      fill,
      indicator: missing === "indicator",
      subtract: scales.map(({ subtract }) => subtract),
      divide: scales.map(({ divide }) => divide),
    }
  })
