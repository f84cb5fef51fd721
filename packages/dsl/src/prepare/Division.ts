/** The rows divided into parts as the document asks, by its seed alone. */
import { isBlank } from "@adjoint/core/data/Blank"
import * as Column from "@adjoint/core/data/Column"
import { type DataError, dataError, quote } from "@adjoint/core/data/DataError"
import { isTable, type Rows } from "@adjoint/core/data/Preprocess"
import { all, hasNamedArrays, type TreeRaw } from "@adjoint/core/data/PreprocessTree"
import * as Split from "@adjoint/core/data/Split"
import { groups as groupsOf } from "@adjoint/core/data/TableBeside"
import * as Key from "@adjoint/core/tensor/Key"
import * as Result from "effect/Result"
import type { Amount, Data, Part, PartColumn, Split as Wanted } from "../Document.ts"
import { badCell, type Label, labelsOf } from "./Cells.ts"
import * as Times from "./Times.ts"

type DataResult<A> = Result.Result<A, DataError>

/** The parts of a split, in the order of a split by order. */
const partNames = ["unlabelled", "train", "val", "test"] as const
type PartName = (typeof partNames)[number]

/** The rows of each part that has any, in rising order, and those that only pre-training learns from. */
export type Division = { readonly [P in Part | "unlabelled"]?: Split.Rows }

/** A number of rows, or a share of them, as the splitting has it. `partOf("70%") // => { share: 0.7 }` */
export const partOf = (amount: Amount): Split.Part =>
  typeof amount === "number" ? { count: amount } : { share: Number.parseFloat(amount) / 100 }

/** The column of the type `group`. */
const groupOf = ({ columns = {} }: Data): string | undefined =>
  Object.entries(columns).flatMap(([name, column]) => (Column.roleOf(column) === "group" ? [name] : []))[0]

/** A split, and how the column of its order is written. */
export interface Divided extends Wanted {
  readonly written?: Times.Written
}

/** The split of a document: groups are those of a column of the type `group`, unless it names another one. */
export const splitOf = (data: Data): Divided => {
  const { split } = data
  const { by } = split
  const group = groupOf(data)
  return {
    ...split,
    ...(group === undefined || split.group !== undefined ? {} : { group }),
    ...(typeof by === "object" ? { written: Times.writtenOf(data, by.order) } : {}),
  }
}

const isNone = (amount: Amount): boolean => (typeof amount === "number" ? amount : Number.parseFloat(amount)) === 0

/** The amounts that are more than nothing, as parts. */
const amountsOf = (amounts: { readonly [name: string]: Amount | undefined }): { readonly [name: string]: Split.Part } =>
  Object.fromEntries(
    Object.entries(amounts).flatMap(([name, amount]) =>
      amount === undefined || isNone(amount) ? [] : [[name, partOf(amount)] as const],
    ),
  )

const refuse = (part: string, got: string, wanted: string, hint: string): DataResult<never> =>
  Result.fail(dataError({ _tag: "BadSplit", part, got, wanted, hint }))

/** The names of parts in cells. */
const namesOfParts: { readonly [P in PartName]: ReadonlyArray<string> } = {
  train: ["train", "training"],
  val: ["val", "valid", "validation", "dev"],
  test: ["test", "testing", "holdout"],
  unlabelled: ["unlabelled", "unlabeled"],
}

/** The parts that a column names. With lists of cells, rows with other cells are in no part. */
const byColumn = (raw: TreeRaw, { name, ...lists }: PartColumn, from: Rows): DataResult<Division> =>
  Result.gen(function* () {
    const label = yield* labelsOf(raw, name)
    const isListed = Object.values(lists).some((list) => list !== undefined)
    const partOfCell = new Map<string, PartName>()
    for (const part of partNames)
      for (const cell of (isListed ? lists[part] : namesOfParts[part]) ?? []) {
        const other = partOfCell.get(cell)
        if (other !== undefined)
          return yield* refuse("column", `\`${cell}\` in ${other} and in ${part}`, "each cell in one part", "")
        partOfCell.set(cell, part)
      }
    const rows: { [P in PartName]: Array<number> } = { unlabelled: [], train: [], val: [], test: [] }
    for (let i = 0; i < from.length; i++) {
      const text = String(label(from[i] ?? 0)).trim()
      const part = partOfCell.get(isListed ? text : text.toLowerCase())
      if (part !== undefined) rows[part].push(from[i] ?? 0)
      else if (!isListed)
        return yield* badCell(
          raw,
          from[i] ?? 0,
          name,
          isBlank(text) ? "a blank" : quote(text),
          "`train`, `val` or `test`",
          `list the cells of each part: \`column: { name: ${name}, train: …, test: … }\``,
        )
    }
    const absent = partNames.find((part) => isListed && lists[part] !== undefined && rows[part].length === 0)
    if (absent !== undefined || rows.train.length === 0)
      return yield* refuse("column", `no row of the part ${absent ?? "train"}`, "one or more", `check the cells of \`${name}\``)
    return Object.fromEntries(
      partNames.flatMap((part) => (rows[part].length === 0 ? [] : [[part, Int32Array.from(rows[part])] as const])),
    )
  })

/** How many of `n` rows an amount is. */
const countIn = (n: number, amount: Amount | undefined): number =>
  amount === undefined ? 0 : typeof amount === "number" ? amount : Math.round((Number.parseFloat(amount) / 100) * n)

/** Rows between the validation rows of a fold and the test rows: later ones, which are in no part of it. */
const later = "later"

/** Parts without the rows that are in none. */
export const withoutLater = <A>({ [later]: _, ...parts }: { readonly [part: string]: A }): { readonly [part: string]: A } => parts

/**
 * The parts of a fold in time order: of k + 1 equal sections, fold i is validated on the section after the first i, and learns from
 * these (forward chaining; Tashman, Out-of-sample tests of forecasting accuracy, 2000). Test rows come after all folds.
 */
const partsOfFold = (
  n: number,
  { fold = 1, folds = 1, test, unlabelled }: Wanted,
): DataResult<{ readonly [part: string]: Split.Part }> => {
  const [own, held] = [countIn(n, unlabelled), countIn(n, test)]
  const rest = n - own - held
  if (rest < folds + 1)
    return refuse("folds", String(folds), `at most ${Math.max(0, rest - 1)}, one less than the rows that they divide`, "")
  const end = (section: number) => Math.round((section * rest) / (folds + 1))
  const counts = { unlabelled: own, train: end(fold), val: end(fold + 1) - end(fold), [later]: rest - end(fold + 1), test: held }
  return Result.succeed(amountsOf(counts))
}

/**
 * The parts of `n` rows, or of `n` times, in their order; without `train` that has what the others leave. With folds they are those
 * of the fold that is meant, or of the first, and rows between the parts have a name that `withoutLater` removes. Fails with `BadSplit`.
 */
export const partsInOrder = (n: number, split: Wanted): DataResult<{ readonly [part: string]: Split.Part }> => {
  if (split.folds !== undefined) return partsOfFold(n, split)
  const countOf = (amount: Amount | undefined): number => countIn(n, amount)
  const others = countOf(split.val) + countOf(split.test) + countOf(split.unlabelled)
  if (split.train === undefined && others >= n) return Result.fail(noTrain)
  const wanted = { ...split, train: split.train ?? n - others }
  return Result.succeed(
    Object.fromEntries(
      partNames.flatMap((name) => {
        const amount = wanted[name]
        if (amount === undefined || isNone(amount)) return []
        // Counts leave no row between a part and the rest.
        return [[name, split.train === undefined ? { count: countOf(amount) } : partOf(amount)] as const]
      }),
    ),
  )
}

const noTrain = dataError({
  _tag: "BadSplit",
  part: "train",
  got: "no row, since the other parts take all",
  wanted: "one or more",
  hint: "make another part smaller",
})
/** The labels of rows as numbers, equal ones for equal labels. */
const numbered = (rows: Rows, label: Label): Int32Array => {
  const numbers = new Map<string | number, number>()
  const out = new Int32Array(rows.length)
  for (let i = 0; i < out.length; i++) {
    const cell = label(rows[i] ?? 0)
    // Cells are trimmed, as those of columns are.
    const own = typeof cell === "string" ? cell.trim() : cell
    const known = numbers.get(own)
    out[i] = known ?? numbers.size
    if (known === undefined) numbers.set(own, numbers.size)
  }
  return out
}

/** The places below n that no part has, in rising order. */
const others = (n: number, parts: ReadonlyArray<Split.Rows>): Split.Rows => {
  const isTaken = new Uint8Array(n)
  for (const part of parts) for (const place of part) isTaken[place] = 1
  const rest = new Int32Array(n - parts.reduce((sum, { length }) => sum + length, 0))
  let count = 0
  for (let place = 0; place < n; place++) if (isTaken[place] === 0) rest[count++] = place
  return rest
}

/**
 * Divides the given rows, by default all. `train` has the rest unless the document sets it. Of several folds it is the one that
 * the document means, or the first.
 *
 * Fails as `Split.parts` does, with `NoColumn` for an unknown column, and with `BadCell` for a cell that has no group, no part or no
 * place.
 */
export const divide = (raw: TreeRaw, split: Divided, from: Rows = all(raw)): DataResult<Division> =>
  Result.gen(function* () {
    const { by, column, fold = 1, folds, group, repeat = 1, repeats = 1, seed, stratify, test, train, unlabelled, val } = split
    if (column !== undefined) return yield* byColumn(raw, column, from)
    const n = from.length
    const rowsOf = (places: Split.Rows): Split.Rows => places.map((place) => from[place] ?? 0)
    const inSource = (parts: { readonly [name: string]: Split.Rows }): Division =>
      Object.fromEntries(Object.entries(parts).map(([name, places]) => [name, rowsOf(places)] as const))
    if (by !== undefined) {
      const order = by === "order" ? undefined : yield* Times.timesOf(raw, by.order, from, split.written)
      return inSource(withoutLater(yield* Split.inOrder(n, yield* partsInOrder(n, split), order)))
    }
    const valuesOf = (name: string) => Result.map(labelsOf(raw, name), (label) => numbered(from, label))
    const groupsIn = (name: string) => (!hasNamedArrays(raw) && isTable(raw) ? groupsOf(name, raw, from) : valuesOf(name))
    const labels = stratify === undefined ? undefined : yield* valuesOf(stratify)
    const groups = group === undefined ? undefined : yield* groupsIn(group)
    const among: Pick<Split.Options, "groups" | "labels"> = {
      ...(labels === undefined ? {} : { labels }),
      ...(groups === undefined ? {} : { groups }),
    }
    const key = Key.fold(Key.make(seed), "split")
    const parts = amountsOf(folds === undefined ? { val, test, train, unlabelled } : { test, unlabelled })
    const drawn: { readonly [name: string]: Split.Rows } = yield* Split.parts(n, parts, { key, ...among })
    if (folds === undefined && train !== undefined) return inSource(drawn)
    const rest = others(n, Object.values(drawn))
    if (folds === undefined) return rest.length > 0 ? inSource({ ...drawn, train: rest }) : yield* Result.fail(noTrain)
    const inRest = {
      ...(labels === undefined ? {} : { labels: rest.map((place) => labels[place] ?? 0) }),
      ...(groups === undefined ? {} : { groups: Array.from(rest, (place) => groups[place] ?? 0) }),
    }
    const all = yield* Split.repeatedFolds(rest.length, folds, repeats, { key: Key.fold(key, "folds"), ...inRest })
    const own = all.find((each) => each.fold === fold && each.repeat === repeat)
    if (own === undefined) return yield* refuse("fold", `fold ${fold} of repeat ${repeat}`, "one that there is", "")
    const places = (rows: Split.Rows): Split.Rows => rows.map((place) => rest[place] ?? 0)
    return inSource({ ...drawn, train: places(own.train), val: places(own.val) })
  })
