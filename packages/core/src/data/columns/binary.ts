/** One of two names. */
import * as Result from "effect/Result"
import * as Category from "../Category.ts"
import type { FittedBinary } from "../Fitted.ts"
import { type Cells, type DataResult, kind } from "./Kind.ts"
import { eitherRole, missingOr } from "./options.ts"

const fields = {
  role: eitherRole,
  missing: missingOr("text", ["error", "drop", "most_common"]),
  names: {
    kind: "names",
    doc: "The two names: that of 0, then that of 1. Default: the sorted names of the training rows.",
    synonyms: ["classes", "categories", "labels", "class_names", "mapping"],
    optional: true,
  },
} as const

/** 0 for the first name in order, 1 for the second. */
export const binary = kind<typeof fields, FittedBinary>({
  doc: "One of two names: 0 for the first in order, 1 for the second.",
  advice: "As a target it is predicted by one probability. For three names or more use `category` or `class`.",
  synonyms: ["bool", "boolean", "flag", "yes_no"],
  fields,
  rule: { wanted: "two `names`", holds: ({ names }) => names === undefined || names.length === 2 },
  role: "input",
  input: {
    width: () => 1,
    fit: ({ missing, names }, cells) => {
      const known = Category.countsIn(cells)
      const fill =
        typeof missing === "object"
          ? missing.constant.trim()
          : missing === "most_common" && known.size > 0
            ? Category.mostCommon(known)
            : undefined
      return Result.map(namesOf(names, cells, fill ?? null), (categories) => ({
        type: "binary",
        name: cells.name,
        categories,
        ...(fill === undefined ? {} : { fill }),
      }))
    },
    names: ({ categories, name }) => [`${name}=${categories.at(-1)}`],
    write: ({ categories, fill = null }, cells, { at, data, width }) =>
      Result.map(Category.encode(cells, categories, { ...Category.noBlank, blank: fill }), (numbers) => {
        for (let i = 0; i < numbers.length; i++) data[i * width + at] = numbers[i] ?? 0
      }),
  },
  target: "binary",
  classes: "names",
})

/** The given names, if the cells have no others, or else those of the cells. */
const namesOf = (
  given: ReadonlyArray<string> | undefined,
  cells: Cells,
  blank: string | null,
): DataResult<ReadonlyArray<string>> => {
  if (given === undefined) return Category.fitNames("binary", cells, blank)
  const names = given.map((name) => name.trim())
  return Result.map(Category.encode(cells, names, { ...Category.noBlank, blank }), () => names)
}
