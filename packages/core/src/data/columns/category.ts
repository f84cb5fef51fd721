/** One of several names, as one column of 0 and 1 for each. */
import * as Result from "effect/Result"
import { isBlank } from "../Blank.ts"
import * as Category from "../Category.ts"
import { dataError } from "../DataError.ts"
import type { FittedCategory } from "../Fitted.ts"
import { type Answer, type Cells, kind } from "./Kind.ts"
import { missingSynonyms } from "./options.ts"

const fields = {
  missing: {
    kind: "choice",
    doc: "How missing values are handled: `most_common`, `category` or `drop`. The first replaces them by the most common name, the second makes them a separate category, the last removes the row. If not set, a missing value is an error.",
    of: ["most_common", "category", "drop"],
    synonyms: missingSynonyms,
    optional: true,
  },
  unknown: {
    kind: "choice",
    doc: "How a name that is not in the training rows is handled: as an error, or as all zeros.",
    of: ["error", "zeros"],
    synonyms: ["handle_unknown"],
    default: "error",
  },
} as const

/** A row of 0 with a 1 at the name's place among the sorted names of the training rows. */
export const category = kind<typeof fields, FittedCategory>({
  doc: "One of several names, one-hot encoded: one input of 0 or 1 for each name in the training rows.",
  advice: `At most ${Category.most.toLocaleString("en")} names: a column with more is probably an identifier.`,
  synonyms: ["categorical", "string", "str", "object", "nominal", "enum", "one_hot"],
  fields,
  role: "input",
  input: {
    width: () => undefined,
    fit: ({ missing, unknown }, cells) =>
      Result.gen(function* () {
        const names = cells.texts.map((cell) => (isBlank(cell) ? "" : cell.trim()))
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
        if (categories.length > Category.most)
          return yield* Result.fail(
            dataError({
              _tag: "TooLarge",
              what: `the category column \`${cells.name}\``,
              got: BigInt(categories.length),
              limit: Category.most,
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

const encode = ({ categories, fill, name, unknown }: FittedCategory, { place, texts }: Cells): Answer<Int32Array> =>
  Category.encode(texts, categories, place, {
    blank: fill,
    unknown,
    hints: {
      blank: `set how missing values are handled, as in \`${name}: { type: category, missing: most_common }\`, or remove the rows with \`missing: drop\``,
      unknown: "`unknown: zeros`",
    },
  })
