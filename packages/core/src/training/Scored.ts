/** Scores of predictions that are there already, with their confidence intervals: of all rows, or of some of them. */
import * as Dataset from "../data/Dataset.ts"
import { type Interval, jackknife, wilson } from "../learning/Interval.ts"
import * as Score from "../learning/Score.ts"
import * as Key from "../tensor/Key.ts"
import { read } from "../tensor/read.ts"
import type { NDArray } from "../types/NDArray.ts"
import type { ScoreTable } from "./Evaluate.ts"

/** A score and, where the rows allow one, its interval at 95 %. */
export interface Scored {
  readonly value: number
  readonly interval?: Interval
}

/** Predictions and targets, trees of arrays [n, …] of equal numbers of rows. */
export interface Judged<Y, T> {
  readonly predictions: Y
  readonly targets: T
  /** The weight of each row, f32[n], where they have some. */
  readonly weights?: NDArray | undefined
}

/** Rows whose sums are computed at once. */
const chunk = 4096

/** The groups of the jackknife: each row where there are few, and otherwise this many. */
const mostGroups = 50

/** Scores that keep every row are computed once for each group, so large data has fewer of them. */
const fewestGroups = 10
const work = 2_000_000

/** Random groups of rows, of sizes that differ by at most one. */
const groupsOf = (n: number): ReadonlyArray<ReadonlyArray<number>> => {
  const count = Math.min(n, mostGroups, Math.max(fewestGroups, Math.floor(work / n)))
  const order = count === n ? Array.from({ length: n }, (_, i) => i) : read(Key.permutation(Key.make(0), n)).data
  const start = (group: number) => Math.floor((group * n) / count)
  return Array.from({ length: count }, (_, i) => [...order.slice(start(i), start(i + 1))])
}

type Sums = ReadonlyArray<number>

/** The sums of all groups but each one of them. */
const without = (groups: ReadonlyArray<Sums>, merge: Score.Merge): ReadonlyArray<Sums> => {
  if (groups.length < 2) return [[]]
  // Halving needs a logarithm of the merges that one replicate after the other would.
  const half = Math.floor(groups.length / 2)
  const [left, right] = [groups.slice(0, half), groups.slice(half)]
  const all = (some: ReadonlyArray<Sums>): Sums => some.reduce((sums, next) => merge(sums, next), [])
  const [ofLeft, ofRight] = [all(left), all(right)]
  return [
    ...without(left, merge).map((rest) => (left.length === 1 ? ofRight : merge(rest, ofRight))),
    ...without(right, merge).map((rest) => (right.length === 1 ? ofLeft : merge(ofLeft, rest))),
  ]
}

const judgedAt = <Y, T>({ predictions, targets, weights }: Judged<Y, T>, rows: ReadonlyArray<number>): Judged<Y, T> => ({
  predictions: Dataset.takeRows(predictions, rows) as Y,
  targets: Dataset.takeRows(targets, rows) as T,
  ...(weights === undefined ? {} : { weights: Dataset.takeRows(weights, rows) }),
})

/** The rows of these numbers. */
export const take = judgedAt

/**
 * The scores of predictions, each with its interval: Wilson's for a proportion of rows without weights, and otherwise that of the
 * jackknife over random groups of rows, which are the same each time. Without rows a score is NaN. Throws `ShapeError` where a score does.
 *
 * ```ts
 * import { Score, Tensor } from "@adjoint/core"
 * import * as Scored from "@adjoint/core/training/Scored"
 * const predictions = Tensor.make([[2], [-1], [3], [1]])
 * Scored.scores({ accuracy: Score.accuracy }, { predictions, targets: Tensor.make([1, 0, 1, 0], "i32") }).accuracy?.value // => 0.75
 * ```
 */
export const scores = <Y, T, N extends string>(
  table: ScoreTable<Y, T, N>,
  judged: Judged<Y, T>,
  { hasIntervals = true }: { readonly hasIntervals?: boolean } = {},
): { readonly [K in N]?: Scored } => {
  const n = Dataset.rowsIn(judged.targets)
  const groups = hasIntervals && n > 1 ? groupsOf(n) : [Array.from({ length: n }, (_, i) => i)]
  const isWeighted = judged.weights !== undefined
  const parts = groups.map((rows) => rangesOf(rows).map((some) => judgedAt(judged, some)))
  return Object.fromEntries(
    Object.entries<Score.ScoreFunction<Y, T>>(table).map(([name, score]) => {
      const { finish, merge, sums } = Score.accumulated(score)
      const vectors = parts.map((some) =>
        some.reduce<Sums>(
          (all, { predictions, targets, weights }) => merge(all, [...read(sums(predictions, targets, weights)).data]),
          [],
        ),
      )
      const value = n === 0 ? Number.NaN : finish(vectors.reduce<Sums>((all, next) => merge(all, next), []))
      const interval =
        !hasIntervals || n < 2
          ? undefined
          : intervalOf(isWeighted ? { range: unweighted(score.range) } : score, value, n, () =>
              without(vectors, merge).map(finish),
            )
      return [name, interval === undefined ? { value } : { value, interval }]
    }),
  ) as { readonly [K in N]?: Scored }
}

const rangesOf = (rows: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: Math.ceil(rows.length / chunk) }, (_, i) => rows.slice(i * chunk, (i + 1) * chunk))

/** A proportion of weights is a number from 0 to 1 like others. */
const unweighted = (range: Score.Range | undefined): Score.Range | undefined => (range === "proportion" ? "unit" : range)

const intervalOf = (
  { range }: { readonly range?: Score.Range | undefined },
  value: number,
  n: number,
  replicates: () => ReadonlyArray<number>,
): Interval | undefined => {
  if (Number.isNaN(value)) return undefined
  return range === "proportion" ? wilson(value, n) : jackknife(value, replicates(), { isUnit: range === "unit" })
}
