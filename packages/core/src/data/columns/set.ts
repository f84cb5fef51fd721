/** Any number of names in one cell. */
import * as Result from "effect/Result"
import { isBlank } from "../Blank.ts"
import * as Category from "../Category.ts"
import type { Filled } from "../Field.ts"
import type { FittedSet } from "../Fitted.ts"
import { type Block, type Cells, type DataResult, kind, refuseCell, refuseColumn } from "./Kind.ts"
import { eitherRole, grouping, missing } from "./options.ts"

const fields = {
  role: eitherRole,
  separator: {
    kind: "text",
    doc: "The text between names. A cell may also be a JSON list.",
    synonyms: ["sep", "delimiter", "split"],
    default: "|",
  },
  missing: missing(["error", "drop", "empty", "indicator"]),
  ...grouping,
  unknown: {
    kind: "choice",
    doc: "What to do with a name that no training row has. `ignore` leaves it out, `other` counts it as that name. Default: `other` with `rare` or `max`, else `error`.",
    of: ["error", "ignore", "other"],
    synonyms: ["handle_unknown", "oov"],
    optional: true,
  },
} as const

type Options = Filled<typeof fields>

/** A 1 at the place of each name of the cell among the sorted names of the training rows. */
export const set = kind<typeof fields, FittedSet>({
  doc: "Any number of names in a cell, such as `red|blue`: a column of 0 and 1 for each name in the training rows.",
  advice:
    "As a target each name is a separate yes or no (multi-label). A blank is an error unless `missing: empty` reads it as the empty set.",
  synonyms: ["multi_label", "tags", "labels", "multi_hot", "multi_category", "list", "genres"],
  fields,
  rule: {
    wanted: "a `separator` of one character or more, and for a target `missing: error`, `drop` or `empty`",
    holds: ({ missing, role, separator }) => separator.trim() !== "" && (role === "input" || missing !== "indicator"),
  },
  role: "input",
  input: {
    width: () => undefined,
    fit: (options, cells) => fit(options, cells),
    names: ({ blank, name, names }) => [
      ...names.map((each) => `${name}=${each}`),
      ...(blank === "indicator" ? [`${name} is blank`] : []),
    ],
    write: (fitted, cells, block) => write(fitted, cells, block),
  },
  target: "labels",
})

/** The names of a cell, each once. `membersOf("b| a|b", "|") // => ["b", "a"]` */
export const membersOf = (text: string, separator: string): ReadonlyArray<string> => {
  const cell = text.trim()
  const names = listed(cell) ?? cell.split(separator)
  return [...new Set(names.map((name) => name.trim()).filter((name) => name !== ""))]
}

/** The items of a JSON list of texts and numbers. */
const listed = (cell: string): ReadonlyArray<string> | undefined => {
  if (!cell.startsWith("[") || !cell.endsWith("]")) return undefined
  try {
    const list: unknown = JSON.parse(cell)
    return Array.isArray(list) && list.every((item) => typeof item === "string" || typeof item === "number")
      ? list.map(String)
      : undefined
  } catch {
    return undefined
  }
}

/** The names of all cells. */
function* membersIn(cells: Cells, separator: string): Generator<string> {
  for (let i = 0; i < cells.size; i++) if (!isBlank(cells.text(i))) yield* membersOf(cells.text(i), separator)
}

const fit = ({ max, missing, rare, separator, unknown: given }: Options, cells: Cells): DataResult<FittedSet> =>
  Result.gen(function* () {
    const rows = cells.size
    const all = Category.countsOf(membersIn(cells, separator))
    if (all.size === 0)
      return yield* refuseColumn(cells, { got: "no name in any training row", wanted: "one or more", hint: "ignore the column" })
    const groups = Category.group(all, rows, { rare, max })
    const unknown = given ?? (rare === undefined && max === undefined ? "error" : "other")
    const names = groups.rare.length > 0 || unknown === "other" ? Category.withOther(groups.kept) : groups.kept
    yield* Category.limited("set", cells, names)
    const fitted: FittedSet = {
      type: "set",
      name: cells.name,
      separator,
      names,
      unknown,
      ...(groups.rare.length > 0 && unknown !== "other" ? { rare: groups.rare } : {}),
      blank: missing === "drop" ? "error" : missing,
    }
    // All cells are read once more, so that a blank is located.
    const width = set.input?.names(fitted).length ?? 0
    yield* write(fitted, cells, { data: new Float32Array(rows * width), width, at: 0 })
    return fitted
  })

const write = (fitted: FittedSet, cells: Cells, { at, data, width }: Block): DataResult<void> => {
  const { blank, name, names, rare, separator, unknown } = fitted
  const numberOf = Category.lookup(names, { rare, unknown: unknown === "ignore" ? "zeros" : unknown })
  for (let i = 0; i < cells.size; i++) {
    const text = cells.text(i)
    const start = i * width + at
    if (isBlank(text)) {
      if (blank === "error")
        return refuseCell(cells, i, {
          got: Category.blankGot(text),
          wanted: `names between ${JSON.stringify(separator)}`,
          hint: `\`${name}: { type: set, missing: empty }\` where it is the empty set, or drop its row with \`missing: drop\``,
        })
      if (blank === "indicator") data[start + names.length] = 1
      continue
    }
    for (const member of membersOf(text, separator)) {
      const number = numberOf(member)
      if (number === undefined) return Category.unknownName(cells, i, { name: member, names, hint: "`unknown: ignore`" })
      if (number >= 0) data[start + number] = 1
    }
  }
  return Result.succeed(undefined)
}
