/** The rows divided into parts as the document asks, by its seed alone. */
import * as Column from "@adjoint/core/data/Column"
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import { nearest } from "@adjoint/core/data/Nearest"
import { arrayLabel, isTable, type Rows } from "@adjoint/core/data/Preprocess"
import { all, hasNamedArrays, type TreeRaw } from "@adjoint/core/data/PreprocessTree"
import * as Split from "@adjoint/core/data/Split"
import { find } from "@adjoint/core/data/Table"
import { groups as groupsOf } from "@adjoint/core/data/TableInput"
import * as Key from "@adjoint/core/tensor/Key"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Result from "effect/Result"
import type { Amount, Data, Part, Split as Wanted } from "../Document.ts"

/** The rows of each part that has any, in rising order, and those that only pre-training learns from. */
export type Division = { readonly [P in Part | "unlabelled"]?: Split.Rows }

/** A number of rows, or a share of them, as the splitting has it. `partOf("70%") // => { share: 0.7 }` */
export const partOf = (amount: Amount): Split.Part =>
  typeof amount === "number" ? { count: amount } : { share: Number.parseFloat(amount) / 100 }

/** The column of the type `group`. */
const groupOf = ({ columns = {} }: Data): string | undefined =>
  Object.entries(columns).flatMap(([name, column]) => (Column.roleOf(column) === "group" ? [name] : []))[0]

/** The split of a document: groups are those of a column of the type `group`, unless it names another one. */
export const splitOf = (data: Data): Wanted => {
  const { split } = data
  const group = groupOf(data)
  return group === undefined || split.group !== undefined ? split : { ...split, group }
}

const isNone = (amount: Amount): boolean => (typeof amount === "number" ? amount : Number.parseFloat(amount)) === 0

/** The label of a row, by its number. */
type Label = (row: number) => string | number

const labelsOf = (raw: TreeRaw, name: string): Result.Result<Label, DataError> => {
  const of =
    ({ data }: NDArray): Label =>
    (row) =>
      data[row] ?? ""
  if (hasNamedArrays(raw)) {
    const flat = Object.entries(raw.arrays).flatMap(([own, { array }]) => (array.data.length === array.shape[0] ? [own] : []))
    const found = flat.includes(name) ? raw.arrays[name] : undefined
    return found === undefined
      ? Result.fail(dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, flat), columns: flat }))
      : Result.succeed(of(found.array))
  }
  if (isTable(raw)) return Result.map(find(raw, name), ({ text }) => text)
  if (name === arrayLabel && raw.targets !== undefined) return Result.succeed(of(raw.targets))
  const columns = [arrayLabel]
  return Result.fail(dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, columns), columns }))
}

/** The parts that have rows, in the order of a split by order. */
const inOrder = ["unlabelled", "train", "val", "test"] as const

/** The parts of `n` rows, or of `n` times, in their order; without `train` that has what the others leave. Fails with `BadSplit`. */
export const partsInOrder = (n: number, split: Wanted): Result.Result<{ readonly [part: string]: Split.Part }, DataError> => {
  const countOf = (amount: Amount | undefined): number =>
    amount === undefined ? 0 : typeof amount === "number" ? amount : Math.round((Number.parseFloat(amount) / 100) * n)
  const others = countOf(split.val) + countOf(split.test) + countOf(split.unlabelled)
  if (split.train === undefined && others >= n) return Result.fail(noTrain)
  const wanted = { ...split, train: split.train ?? n - others }
  return Result.succeed(
    Object.fromEntries(
      inOrder.flatMap((name) => {
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
    const own = label(rows[i] ?? 0)
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

/** Divides the given rows, by default all. `train` has the rest unless the document sets it. Fails as `Split.parts` does, and with `NoColumn` for an unknown column of `stratify` or `group`. */
export const divide = (raw: TreeRaw, split: Wanted, from: Rows = all(raw)): Result.Result<Division, DataError> =>
  Result.gen(function* () {
    const n = from.length
    const { group, seed, stratify, test, train, unlabelled, val } = split
    if (split.by === "order") {
      const ordered: { readonly [name: string]: Split.Rows } = yield* Split.inOrder(n, yield* partsInOrder(n, split))
      return Object.fromEntries(Object.entries(ordered).map(([name, places]) => [name, places.map((place) => from[place] ?? 0)]))
    }
    const asked = { val, test, train, unlabelled }
    const parts = Object.fromEntries(
      Object.entries(asked).flatMap(([name, amount]) =>
        amount === undefined || isNone(amount) ? [] : [[name, partOf(amount)] as const],
      ),
    )
    const valuesOf = (name: string) => Result.map(labelsOf(raw, name), (label) => numbered(from, label))
    const labels = stratify === undefined ? {} : { labels: yield* valuesOf(stratify) }
    const groupsIn = (name: string) => (!hasNamedArrays(raw) && isTable(raw) ? groupsOf(name, raw, from) : valuesOf(name))
    const groups = group === undefined ? {} : { groups: yield* groupsIn(group) }
    const key = Key.fold(Key.make(seed), "split")
    const drawn: { readonly [name: string]: Split.Rows } = yield* Split.parts(n, parts, { key, ...labels, ...groups })
    const rowsOf = (places: Split.Rows): Split.Rows => places.map((place) => from[place] ?? 0)
    const rows = Object.fromEntries(Object.entries(drawn).map(([name, places]) => [name, rowsOf(places)] as const))
    if (train !== undefined) return rows
    const rest = rowsOf(others(n, Object.values(drawn)))
    if (rest.length > 0) return { ...rows, train: rest }
    return yield* Result.fail(noTrain)
  })
