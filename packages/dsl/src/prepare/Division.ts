/** The rows divided into parts as the document asks, by its seed alone. */
import { type DataError, dataError } from "@adjoint/core/data/DataError"
import { nearest } from "@adjoint/core/data/Nearest"
import { arrayLabel, isTable, type Rows } from "@adjoint/core/data/Preprocess"
import { all, hasNamedArrays, type TreeRaw } from "@adjoint/core/data/PreprocessTree"
import * as Split from "@adjoint/core/data/Split"
import { column } from "@adjoint/core/data/Table"
import * as Key from "@adjoint/core/tensor/Key"
import * as Result from "effect/Result"
import type { Amount, Part, Split as Wanted } from "../Document.ts"

/** The rows of each part that has any, in rising order, and those that only pre-training learns from. */
export type Division = { readonly [P in Part | "unlabelled"]?: Split.Rows }

/** A number of rows, or a share of them, as the splitting has it. `partOf("70%") // => { share: 0.7 }` */
export const partOf = (amount: Amount): Split.Part =>
  typeof amount === "number" ? { count: amount } : { share: Number.parseFloat(amount) / 100 }

const isNone = (amount: Amount): boolean => (typeof amount === "number" ? amount : Number.parseFloat(amount)) === 0

const labelsOf = (raw: TreeRaw, name: string): Result.Result<ArrayLike<string | number>, DataError> => {
  if (hasNamedArrays(raw)) {
    const flat = Object.entries(raw.arrays).flatMap(([own, { array }]) => (array.data.length === array.shape[0] ? [own] : []))
    const found = flat.includes(name) ? raw.arrays[name] : undefined
    return found === undefined
      ? Result.fail(dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, flat), columns: flat }))
      : Result.succeed(found.array.data)
  }
  if (isTable(raw)) return column(raw, name)
  if (name === arrayLabel && raw.targets !== undefined) return Result.succeed(raw.targets.data)
  const columns = [arrayLabel]
  return Result.fail(dataError({ _tag: "NoColumn", column: name, nearest: nearest(name, columns), columns }))
}

/** Divides the given rows, by default all. `train` has the rest unless the document sets it. Fails as `Split.parts` does, and with `NoColumn` for an unknown `stratify` column. */
export const divide = (
  raw: TreeRaw,
  { seed, stratify, test, train, unlabelled, val }: Wanted,
  from: Rows = all(raw),
): Result.Result<Division, DataError> =>
  Result.gen(function* () {
    const n = from.length
    const asked = { val, test, train, unlabelled }
    const parts = Object.fromEntries(
      Object.entries(asked).flatMap(([name, amount]) =>
        amount === undefined || isNone(amount) ? [] : [[name, partOf(amount)] as const],
      ),
    )
    const all = stratify === undefined ? undefined : yield* labelsOf(raw, stratify)
    const labels = all === undefined ? {} : { labels: Array.from({ length: n }, (_, i) => all[from[i] ?? 0] ?? "") }
    const key = Key.fold(Key.make(seed), "split")
    const drawn: { readonly [name: string]: Split.Rows } = yield* Split.parts(n, parts, { key, ...labels })
    const rowsOf = (places: Split.Rows): Split.Rows => places.map((place) => from[place] ?? 0)
    const rows = Object.fromEntries(Object.entries(drawn).map(([name, places]) => [name, rowsOf(places)] as const))
    if (train !== undefined) return rows
    const isTaken = new Uint8Array(n)
    for (const part of Object.values(drawn)) for (const place of part) isTaken[place] = 1
    const rest = rowsOf(Int32Array.from({ length: n }, (_, place) => place).filter((place) => isTaken[place] === 0))
    if (rest.length > 0) return { ...rows, train: rest }
    const [got, wanted] = ["no row, since the other parts take all", "one or more"]
    return yield* Result.fail(dataError({ _tag: "BadSplit", part: "train", got, wanted, hint: "make another part smaller" }))
  })
