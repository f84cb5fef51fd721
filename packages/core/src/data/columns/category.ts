/** One of several names, one-hot encoded. */
import * as Result from "effect/Result"
import { isBlank } from "../Blank.ts"
import * as Category from "../Category.ts"
import type { Filled } from "../Field.ts"
import type { FittedCategory } from "../Fitted.ts"
import { grouped } from "../grouped.ts"
import { type Cells, type DataResult, kind, refuseCell, refuseColumn } from "./Kind.ts"
import { grouping, missingOr } from "./options.ts"

const fields = {
  missing: missingOr("text", ["error", "drop", "most_common", "category"]),
  ...grouping,
  unknown: {
    kind: "choice",
    doc: "What to do with a name that no training row has. `zeros` writes all zeros, `other` counts it as that name. Default: `other` with `rare` or `max`, else `error`.",
    of: ["error", "zeros", "other"],
    synonyms: ["handle_unknown", "oov"],
    optional: true,
  },
  hash: {
    kind: "count",
    doc: "So many columns, whatever the names. A name has its 1 in the column that its hash selects; names may share one.",
    synonyms: ["n_features", "hash_buckets", "num_buckets", "buckets"],
    optional: true,
  },
  encode: {
    kind: "choice",
    doc: "A column of 0 and 1 for each name, or the index of the name as one number, for an `embedding`.",
    of: ["one_hot", "index"],
    synonyms: ["encoding", "encoder", "output_mode"],
    default: "one_hot",
  },
} as const

type Options = Filled<typeof fields>

/** A one-hot vector: a 1 at the index of the name among the sorted names of the training rows. */
export const category = kind<typeof fields, FittedCategory>({
  doc: "One of several names, one-hot encoded: a column of 0 and 1 for each name in the training rows.",
  advice: `At most ${grouped(Category.maxNames)} names: a column with more is probably an identifier. \`rare: 10\` groups names in few rows.`,
  synonyms: ["categorical", "string", "str", "object", "nominal", "enum", "one_hot", "discrete"],
  fields,
  rule: {
    wanted: "`hash` without `rare`, `max` and `unknown`, and for `encode: index` not `unknown: zeros`",
    holds: ({ encode, hash, max, rare, unknown }) =>
      (hash === undefined || (rare === undefined && max === undefined && unknown === undefined)) &&
      !(encode === "index" && unknown === "zeros"),
  },
  role: "input",
  input: {
    width: ({ encode, hash }) => (encode === "index" ? 1 : hash),
    fit: (options, cells) => fit(options, cells),
    names: ({ categories, encode, name }) => (encode === "index" ? [name] : categories.map((category) => `${name}=${category}`)),
    write: (fitted, cells, { at, data, width }) =>
      Result.map(indices(fitted, cells), (numbers) => {
        for (let i = 0; i < numbers.length; i++) {
          const number = numbers[i] ?? -1
          if (fitted.encode === "index") data[i * width + at] = number
          else if (number >= 0) data[i * width + at + number] = 1
        }
      }),
  },
})

/** What replaces a blank; the blank name is one of its own. */
const fillOf = (missing: Options["missing"], known: Category.Counts): string | null => {
  if (typeof missing === "object") return missing.constant.trim()
  return missing === "most_common" ? Category.mostCommon(known) : missing === "category" ? "" : null
}

const fit = (options: Options, cells: Cells): DataResult<FittedCategory> =>
  Result.gen(function* () {
    const { encode, hash, max, missing, rare } = options
    const { name } = cells
    const known = Category.countsIn(cells)
    const rows = cells.size
    if (known.size === 0)
      return yield* refuseColumn(cells, { got: "no name in any training row", wanted: "one or more", hint: "ignore the column" })
    const fill = fillOf(missing, known)
    const index = encode === "index" ? ({ encode } as const) : {}
    if (hash !== undefined) {
      const categories = Array.from({ length: hash }, (_, i) => `#${i}`)
      const fitted: FittedCategory = { type: "category", name, categories, fill, unknown: "zeros", hash, ...index }
      return yield* Result.map(indices(fitted, cells), () => fitted)
    }
    const blanks = rows - Category.total(known)
    const all = fill === null || blanks === 0 ? known : new Map([...known, [fill, (known.get(fill) ?? 0) + blanks]])
    const groups = Category.group(all, rows, { rare, max })
    const unknown = options.unknown ?? (rare === undefined && max === undefined ? "error" : "other")
    const hasOther = groups.rare.length > 0 || unknown === "other"
    const categories = hasOther ? Category.withOther(groups.kept) : groups.kept
    yield* Category.limited("category", cells, categories)
    const own = groups.rare.length > 0 && unknown !== "other" ? { rare: groups.rare } : {}
    const fitted: FittedCategory = { type: "category", name, categories, fill, unknown, ...own, ...index }
    return yield* Result.map(indices(fitted, cells), () => fitted)
  })

const blank = (name: string): string =>
  `set what replaces a blank, as in \`${name}: { type: category, missing: most_common }\`, or drop its row with \`missing: drop\``

/** The index of each cell, -1 for none. */
const indices = (fitted: FittedCategory, cells: Cells): DataResult<Int32Array> => {
  const { categories, fill, hash, name, rare, unknown } = fitted
  if (hash === undefined) {
    const hints = { blank: blank(name), unknown: "`unknown: zeros`" }
    return Category.encode(cells, categories, { blank: fill, unknown, rare, hints })
  }
  const out = new Int32Array(cells.size)
  for (let i = 0; i < out.length; i++) {
    const text = cells.text(i).trim()
    const own = isBlank(text) ? fill : text
    if (own === null) return refuseCell(cells, i, { got: Category.blankGot(text), wanted: "a name", hint: blank(name) })
    out[i] = hashed(own) % hash
  }
  return Result.succeed(out)
}

/** The hash of a name, from 0 to 2³² - 1: FNV-1a of its UTF-8 bytes, mixed so that its low bits depend on all of them. */
const hashed = (name: string): number => {
  let hash = 0x811c9dc5
  for (const byte of encoder.encode(name)) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const encoder = new TextEncoder()
