/**
 * Splits rows into parts without common rows: by shares or counts, stratified by a label, with whole groups together, or into
 * folds. One order of the rows, drawn from the key alone, is cut into parts.
 */
import * as Result from "effect/Result"
import type * as Key from "../tensor/Key.ts"
import { type DataError, dataError, type Reason } from "./DataError.ts"
import * as Order from "./Order.ts"

/** A share of all rows, from 0 to 1, or a number of rows. */
export type Part = { readonly share: number } | { readonly count: number }

/**
 * `labels`: one for each row; every part has them in the same proportions. `groups`: one for each row; the rows of a group
 * stay together. At most one of the two may be given.
 */
export interface Options {
  readonly key: Key.Key
  readonly labels?: ArrayLike<string | number>
  readonly groups?: ArrayLike<string | number>
}

/** Row numbers in increasing order. */
export type Rows = Int32Array

/**
 * The rows of each part, of `n` rows in all. Some rows may be in no part.
 *
 * Fails with `BadSplit` if a part would be empty, or the parts need more rows than there are.
 */
export const parts = <Name extends string>(
  n: number,
  wanted: { readonly [P in Name]: Part },
  options: Options,
): Result.Result<{ readonly [P in Name]: Rows }, DataError> => {
  const names = Object.keys(wanted) as Array<Name>
  const cuts = boundaries(
    n,
    names.map((name) => [name, wanted[name]] as const),
  )
  return Result.flatMap(cuts, (ends) =>
    Result.map(
      cut(n, ends, names, options),
      (rows) => Object.fromEntries(names.map((name, i) => [name, rows[i]])) as { [P in Name]: Rows },
    ),
  )
}

/**
 * The rows of each part in their order: the first part has the first rows, the next those after them. Nothing is random, so a
 * part never has a row of before another part that comes first. Fails as `parts` does.
 *
 * ```ts
 * import { Split } from "@adjoint/core"
 * import { Result } from "effect"
 *
 * const wanted = { train: { share: 0.6 }, val: { share: 0.4 } }
 * Result.getOrThrow(Split.inOrder(5, wanted)).val // => new Int32Array([3, 4])
 * ```
 */
export const inOrder = <Name extends string>(
  n: number,
  wanted: { readonly [P in Name]: Part },
): Result.Result<{ readonly [P in Name]: Rows }, DataError> => {
  const names = Object.keys(wanted) as Array<Name>
  const cuts = boundaries(
    n,
    names.map((name) => [name, wanted[name]] as const),
  )
  return Result.map(cuts, (ends) => {
    const rows = (i: number): Rows => {
      const start = ends[i - 1] ?? 0
      return Int32Array.from({ length: (ends[i] ?? 0) - start }, (_, row) => start + row)
    }
    return Object.fromEntries(names.map((name, i) => [name, rows(i)])) as { [P in Name]: Rows }
  })
}

/** The training and validation rows of each of `k` folds; every row is in the validation rows of exactly one. Fails with `BadSplit`. */
export const folds = (
  n: number,
  k: number,
  options: Options,
): Result.Result<ReadonlyArray<{ readonly train: Rows; readonly val: Rows }>, DataError> => {
  if (!Number.isInteger(k) || k < 2 || k > n)
    return refuse({ part: "folds", got: String(k), wanted: `a whole number from 2 to ${n}, the number of rows`, hint: "" })
  const ends = Array.from({ length: k }, (_, i) => Math.round(((i + 1) * n) / k))
  const names = ends.map((_, i) => `fold ${i + 1}`)
  return Result.map(cut(n, ends, names, options), (vals) => {
    const foldOf = new Int32Array(n)
    for (const [fold, val] of vals.entries()) for (const row of val) foldOf[row] = fold
    const all = Int32Array.from({ length: n }, (_, row) => row)
    return vals.map((val, fold) => ({ train: all.filter((row) => foldOf[row] !== fold), val }))
  })
}

const refuse = (reason: Omit<Extract<Reason, { readonly _tag: "BadSplit" }>, "_tag">): Result.Result<never, DataError> =>
  Result.fail(dataError({ _tag: "BadSplit", ...reason }))

/** Where each part ends in the order of rows. Cumulative shares are rounded, so that shares that add up to 1 leave out no row. */
const boundaries = (
  n: number,
  wanted: ReadonlyArray<readonly [string, Part]>,
): Result.Result<ReadonlyArray<number>, DataError> => {
  const ends: Array<number> = []
  let counted = 0
  let shared = 0
  for (const [part, size] of wanted) {
    if ("count" in size) {
      if (!Number.isInteger(size.count) || size.count < 1)
        return refuse({ part, got: `${size.count} rows`, wanted: "a whole number from 1", hint: "leave the part out" })
      counted += size.count
    } else {
      if (!(size.share > 0 && size.share <= 1))
        return refuse({ part, got: `a share of ${size.share}`, wanted: "more than 0 and at most 1", hint: "" })
      shared += size.share
    }
    const end = counted + Math.round(Math.min(shared, 1) * n)
    if (end > n || shared > 1 + 1e-9)
      return refuse({
        part,
        got: `parts of ${counted + Math.round(shared * n)} rows up to here`,
        wanted: `at most the ${n} rows there are`,
        hint: "make a part smaller",
      })
    if (end === (ends.at(-1) ?? 0))
      return refuse({ part, got: `no row of the ${n}`, wanted: "one or more", hint: "make the part larger" })
    ends.push(end)
  }
  return Result.succeed(ends)
}

const cut = (
  n: number,
  ends: ReadonlyArray<number>,
  names: ReadonlyArray<string>,
  options: Options,
): Result.Result<ReadonlyArray<Rows>, DataError> => {
  const { groups, labels } = options
  for (const [what, list] of [
    ["labels", labels],
    ["groups", groups],
  ] as const)
    if (list !== undefined && list.length !== n)
      return refuse({ part: names[0] ?? "", got: `${list.length} ${what}`, wanted: `one for each of the ${n} rows`, hint: "" })
  if (groups !== undefined && labels !== undefined)
    return refuse({ part: names[0] ?? "", got: "both labels and groups", wanted: "one of them", hint: "leave one out" })
  const lists = groups === undefined ? undefined : grouped(n, groups, options.key)
  const order = lists === undefined ? ordering(n, options) : Int32Array.from(lists.flat())
  const at = lists === undefined ? ends : groupEnds(lists, ends)
  const rows = at.map((end, i) => order.slice(at[i - 1] ?? 0, end).sort())
  const empty = rows.findIndex((part) => part.length === 0)
  return empty < 0
    ? Result.succeed(rows)
    : refuse({ part: names[empty] ?? "", got: "no group", wanted: "one or more", hint: "use fewer or larger parts" })
}

/**
 * A random order of the rows. With labels, the i-th of the m rows of a label is at position (i + ½) / m, so that any section
 * of the order has every label in proportion.
 */
const ordering = (n: number, { key, labels }: Options): Int32Array => {
  const random = Order.drawn(key, n)
  if (labels === undefined) return random
  const totals = new Map<string | number, number>()
  for (const row of random) totals.set(labels[row] ?? "", (totals.get(labels[row] ?? "") ?? 0) + 1)
  const seen = new Map<string | number, number>()
  const place = new Float64Array(n)
  const rank = new Int32Array(n)
  for (const [i, row] of random.entries()) {
    const label = labels[row] ?? ""
    const before = seen.get(label) ?? 0
    seen.set(label, before + 1)
    place[row] = (before + 0.5) / (totals.get(label) ?? 1)
    rank[row] = i
  }
  return random.sort((a, b) => (place[a] ?? 0) - (place[b] ?? 0) || (rank[a] ?? 0) - (rank[b] ?? 0))
}

/** The rows of each group, the groups in random order. */
const grouped = (n: number, groups: ArrayLike<string | number>, key: Key.Key): ReadonlyArray<ReadonlyArray<number>> => {
  const members = new Map<string | number, Array<number>>()
  for (let row = 0; row < n; row++) {
    const group = groups[row] ?? ""
    const rows = members.get(group)
    if (rows === undefined) members.set(group, [row])
    else rows.push(row)
  }
  const lists = [...members.values()]
  return Array.from(Order.drawn(key, lists.length), (i) => lists[i] ?? [])
}

/** The ends of groups that are nearest to the wanted ends. */
const groupEnds = (lists: ReadonlyArray<ReadonlyArray<number>>, ends: ReadonlyArray<number>): ReadonlyArray<number> => {
  let total = 0
  const possible = lists.map((rows) => {
    total += rows.length
    return total
  })
  return ends.map((end) => possible.reduce((best, next) => (Math.abs(next - end) < Math.abs(best - end) ? next : best), 0))
}
