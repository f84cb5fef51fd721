/**
 * Splits rows into parts without common rows: by shares or counts, stratified by a label, with whole groups together, in the
 * order of time, or into folds. One order of the rows, drawn from the key alone or given, is cut into parts.
 */
import * as Result from "effect/Result"
import * as Key from "../tensor/Key.ts"
import { type DataError, dataError, type Reason } from "./DataError.ts"
import * as Order from "./Order.ts"

/** A share of all rows, from 0 to 1, or a number of rows. */
export type Part = { readonly share: number } | { readonly count: number }

/**
 * `labels`: one for each row; every part has them in the same proportions, as far as groups allow. `groups`: one for each row; the
 * rows of a group stay together.
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
 * part never has a row of before another part that comes first. With `order`, a number or a text for each row such as a time, that
 * is their order; rows of equal places stay as they stand. Fails as `parts` does.
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
  order?: ArrayLike<string | number>,
): Result.Result<{ readonly [P in Name]: Rows }, DataError> => {
  const names = Object.keys(wanted) as Array<Name>
  const cuts = boundaries(
    n,
    names.map((name) => [name, wanted[name]] as const),
  )
  if (order !== undefined && order.length !== n)
    return refuse({ part: names[0] ?? "", got: `${order.length} places`, wanted: `one for each of the ${n} rows`, hint: "" })
  const sorted = order === undefined ? undefined : sortedBy(order)
  return Result.map(cuts, (ends) => {
    const rows = (i: number): Rows => {
      const start = ends[i - 1] ?? 0
      const end = ends[i] ?? 0
      if (sorted !== undefined) return sorted.slice(start, end).sort()
      return Int32Array.from({ length: end - start }, (_, row) => start + row)
    }
    return Object.fromEntries(names.map((name, i) => [name, rows(i)])) as { [P in Name]: Rows }
  })
}

/** The rows in a given order, rows of equal places as they stand: by numbers if all places are, otherwise by text. */
const sortedBy = (order: ArrayLike<string | number>): Int32Array => {
  const rows = Int32Array.from({ length: order.length }, (_, row) => row)
  const numbers = Float64Array.from(rows, (row) => Number(order[row] === "" ? Number.NaN : order[row]))
  if (!numbers.some(Number.isNaN)) return rows.sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0) || a - b)
  const text = (row: number): string => String(order[row] ?? "")
  return rows.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : a - b))
}

/** The rows of one fold. */
export interface Fold {
  readonly train: Rows
  readonly val: Rows
}

/** A fold of a repeated cross-validation; both numbers count from 1. */
export interface RepeatedFold extends Fold {
  readonly repeat: number
  readonly fold: number
}

/**
 * The folds of `repeats` divisions into `k` folds, each drawn by another key. The folds of a repeat do not depend on how many
 * repeats there are. Fails with `BadSplit`.
 */
export const repeatedFolds = (
  n: number,
  k: number,
  repeats: number,
  options: Options,
): Result.Result<ReadonlyArray<RepeatedFold>, DataError> => {
  if (!Number.isInteger(repeats) || repeats < 1)
    return refuse({ part: "repeats", got: String(repeats), wanted: "a whole number from 1", hint: "" })
  const numbers = Array.from({ length: repeats }, (_, i) => i + 1)
  return Result.map(Result.all(numbers.map((repeat) => folds(n, k, { ...options, key: Key.fold(options.key, repeat) }))), (all) =>
    all.flatMap((each, i) => each.map((fold, j) => ({ repeat: i + 1, fold: j + 1, ...fold }))),
  )
}

/** The training and validation rows of each of `k` folds; every row is in the validation rows of exactly one. Fails with `BadSplit`. */
export const folds = (n: number, k: number, options: Options): Result.Result<ReadonlyArray<Fold>, DataError> => {
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
  if (groups !== undefined && labels !== undefined) return stratifyGroups(n, ends, names, { groups, labels, key: options.key })
  const lists = groups === undefined ? undefined : grouped(n, groups, options.key)
  const order = lists === undefined ? ordering(n, options) : Int32Array.from(lists.flat())
  const at = lists === undefined ? ends : groupEnds(lists, ends)
  return nonEmpty(
    at.map((end, i) => order.slice(at[i - 1] ?? 0, end).sort()),
    names,
  )
}

const nonEmpty = (rows: ReadonlyArray<Rows>, names: ReadonlyArray<string>): Result.Result<ReadonlyArray<Rows>, DataError> => {
  const empty = rows.findIndex((part) => part.length === 0)
  return empty < 0
    ? Result.succeed(rows)
    : refuse({ part: names[empty] ?? "", got: "no group", wanted: "one or more", hint: "use fewer or larger parts" })
}

/** Counts of labels, by their numbers. */
type Counts = Float64Array

/**
 * Whole groups, so that every part has the labels in about the proportions of all rows. The groups are placed one after the other,
 * the largest first, those of one size in random order; each goes where it takes the counts of its labels nearest to their shares
 * (as scikit-learn's StratifiedGroupKFold). Rows in no part are a part of their own.
 */
const stratifyGroups = (
  n: number,
  ends: ReadonlyArray<number>,
  names: ReadonlyArray<string>,
  { groups, key, labels }: Required<Pick<Options, "groups" | "key" | "labels">>,
): Result.Result<ReadonlyArray<Rows>, DataError> => {
  const numbers = new Map<string | number, number>()
  const labelOf = Int32Array.from({ length: n }, (_, row) => {
    const label = labels[row] ?? ""
    const known = numbers.get(label) ?? numbers.size
    numbers.set(label, known)
    return known
  })
  const totals: Counts = new Float64Array(numbers.size)
  for (const label of labelOf) totals[label] = (totals[label] ?? 0) + 1
  const all = [...ends, n]
  const shares = all.map((end, i) => (end - (all[i - 1] ?? 0)) / n)
  const counts = shares.map((): Counts => new Float64Array(numbers.size))
  const parts = shares.map((): Array<number> => [])
  const random = grouped(n, groups, key)
  const order = random.map((_, i) => i).sort((a, b) => (random[b]?.length ?? 0) - (random[a]?.length ?? 0) || a - b)
  for (const i of order) {
    const rows = random[i] ?? []
    const own = new Map<number, number>()
    for (const row of rows) own.set(labelOf[row] ?? 0, (own.get(labelOf[row] ?? 0) ?? 0) + 1)
    let [best, least] = [0, Number.POSITIVE_INFINITY]
    for (const [part, share] of shares.entries()) {
      if (share === 0) continue
      // How much this part's squared distances from its shares grow, in units of the share.
      let cost = 0
      for (const [label, count] of own) {
        const total = totals[label] ?? 1
        const off = (counts[part]?.[label] ?? 0) - share * total
        cost += ((off + count) ** 2 - off ** 2) / (total * share)
      }
      if (cost < least) [best, least] = [part, cost]
    }
    for (const [label, count] of own) {
      const part = counts[best]
      if (part !== undefined) part[label] = (part[label] ?? 0) + count
    }
    parts[best]?.push(...rows)
  }
  return nonEmpty(
    parts.slice(0, ends.length).map((rows) => Int32Array.from(rows).sort()),
    names,
  )
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
