/** One of several names, one-hot encoded. */
import * as Result from "effect/Result"
import * as Category from "../Category.ts"
import { dataError } from "../DataError.ts"
import type { FittedCategory } from "../Fitted.ts"
import { grouped } from "../grouped.ts"
import { type Cells, type DataResult, kind } from "./Kind.ts"
import { missingSynonyms } from "./options.ts"

const fields = {
  missing: {
    kind: "choice",
    doc: "What to do with a blank: replace it by the most common name, count it as a separate name (`category`), or drop its row (`drop`). Without it a blank is an error.",
    of: ["most_common", "category", "drop"],
    synonyms: missingSynonyms,
    optional: true,
  },
  unknown: {
    kind: "choice",
    doc: "What to do with a name that no training row has: report an error, or write all zeros.",
    of: ["error", "zeros"],
    synonyms: ["handle_unknown"],
    default: "error",
  },
} as const

/** A one-hot vector: a 1 at the index of the name among the sorted names of the training rows. */
export const category = kind<typeof fields, FittedCategory>({
  doc: "One of several names, one-hot encoded: a column of 0 and 1 for each name in the training rows.",
  advice: `At most ${grouped(Category.maxNames)} names: a column with more is probably an identifier.`,
  synonyms: ["categorical", "string", "str", "object", "nominal", "enum", "one_hot"],
  fields,
  role: "input",
  input: {
    width: () => undefined,
    fit: ({ missing, unknown }, cells) =>
      Result.gen(function* () {
        const names = Category.namesOf(cells)
        const known = names.filter((name) => name !== "")
        if (known.length === 0)
          return yield* Result.fail(
            dataError({
              _tag: "BadSpec",
              at: `column \`${cells.name}\``,
              got: "no name in any training row",
              wanted: "one or more",
              hint: "ignore the column",
            }),
          )
        const fill = missing === "most_common" ? Category.mostCommon(known) : missing === "category" ? "" : null
        const categories = Category.sorted(fill === "" && known.length < names.length ? names : known)
        if (categories.length > Category.maxNames)
          return yield* Result.fail(
            dataError({
              _tag: "TooLarge",
              what: `the category column \`${cells.name}\``,
              got: BigInt(categories.length),
              limit: Category.maxNames,
              unit: "names",
            }),
          )
        const fitted: FittedCategory = { type: "category", name: cells.name, categories, fill, unknown }
        yield* encode(fitted, cells)
        return fitted
      }),
    names: ({ categories, name }) => categories.map((category) => `${name}=${category}`),
    write: (fitted, cells, { at, data, width }) =>
      Result.map(encode(fitted, cells), (numbers) => {
        for (let i = 0; i < numbers.length; i++) {
          const number = numbers[i] ?? -1
          if (number >= 0) data[i * width + at + number] = 1
        }
      }),
  },
})

const encode = ({ categories, fill, name, unknown }: FittedCategory, cells: Cells): DataResult<Int32Array> =>
  Category.encode(cells, categories, {
    blank: fill,
    unknown,
    hints: {
      blank: `set what replaces a blank, as in \`${name}: { type: category, missing: most_common }\`, or drop its row with \`missing: drop\``,
      unknown: "`unknown: zeros`",
    },
  })
