/** One of several names with an order. */
import * as Result from "effect/Result"
import { isBlank } from "../Blank.ts"
import * as Category from "../Category.ts"
import { type Filled, scaleSynonyms } from "../Field.ts"
import type { FittedOrdinal } from "../Fitted.ts"
import * as Quantity from "../Quantity.ts"
import { type Cells, type DataResult, kind, refuseColumn } from "./Kind.ts"
import { eitherRole, missingOr } from "./options.ts"

const fields = {
  role: eitherRole,
  order: {
    kind: "names",
    doc: "All names, from the lowest to the highest.",
    synonyms: ["categories", "levels", "ranks", "ordering", "names"],
  },
  missing: missingOr("text", ["error", "drop", "most_common", "median", "indicator"]),
  scale: {
    kind: "scale",
    doc: "How places are scaled over the training rows; `minmax` is over the whole order.",
    synonyms: scaleSynonyms,
    default: "minmax",
  },
} as const

type Options = Filled<typeof fields>

/** The place of a name in its order. */
export const ordinal = kind<typeof fields, FittedOrdinal>({
  doc: "One of several names with an order, such as low, medium, high: the place of the name as one number.",
  advice:
    "The steps between names count as equal. As a target it is a class, in this order. Names without an order are a `category`.",
  synonyms: ["ordered", "rank", "ranked", "level", "grade", "likert", "ordinal_encoder"],
  fields,
  role: "input",
  input: {
    width: ({ missing }) => (missing === "indicator" ? 2 : 1),
    fit: (options, cells) => fit(options, cells),
    names: ({ indicator, name }) => [name, ...(indicator ? [`${name} is blank`] : [])],
    write: (fitted, cells, { at, data, width }) =>
      Result.map(places(fitted, cells), (found) => {
        for (let i = 0; i < found.length; i++) {
          data[i * width + at] = ((found[i] ?? 0) - fitted.subtract) / fitted.divide
          if (fitted.indicator) data[i * width + at + 1] = isBlank(cells.text(i)) ? 1 : 0
        }
      }),
  },
  target: "class",
  classes: "order",
})

const blank = (name: string): string =>
  `set what replaces a blank, as in \`${name}: { type: ordinal, missing: median }\`, or drop its row with \`missing: drop\``

const places = ({ fill, name, order }: Pick<FittedOrdinal, "fill" | "name" | "order">, cells: Cells): DataResult<Int32Array> =>
  Category.encode(cells, order, { blank: fill, unknown: "error", hints: { blank: blank(name), unknown: "add it to `order`" } })

/** The lower of the two names in the middle, of an even number of rows. */
const median = (order: ReadonlyArray<string>, known: Category.Counts): string | undefined => {
  const middle = Math.floor((Category.total(known) - 1) / 2)
  let below = 0
  return order.find((name) => {
    below += known.get(name) ?? 0
    return below > middle
  })
}

const fit = ({ missing, order, scale }: Options, cells: Cells): DataResult<FittedOrdinal> =>
  Result.gen(function* () {
    const known = Category.countsIn(cells)
    if (known.size === 0)
      return yield* refuseColumn(cells, { got: "no name in any training row", wanted: "one or more", hint: "ignore the column" })
    const named = order.map((name) => name.trim())
    const fill =
      typeof missing === "object"
        ? missing.constant.trim()
        : missing === "error" || missing === "drop"
          ? null
          : missing === "most_common"
            ? Category.mostCommon(known)
            : (median(named, known) ?? null)
    const found = yield* places({ name: cells.name, order: named, fill }, cells)
    const own = { type: "ordinal", name: cells.name, order: named, fill, indicator: missing === "indicator" } as const
    const values =
      scale === "minmax" || typeof scale === "object" ? Float64Array.of(0, named.length - 1) : Float64Array.from(found)
    return { ...own, ...Quantity.scaleOf(Quantity.summarize(values, scale), scale) }
  })
