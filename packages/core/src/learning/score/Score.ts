/**
 * The types of scores. A score is any function of predictions and targets. Those of the table give sums over the samples of a
 * batch, and a number from the merged sums, so that the score does not depend on how rows are divided into batches. Scores that
 * rank samples, such as the area under a curve, keep a row for each sample instead of sums.
 */
import type { Tensor } from "../../language/Expr.ts"
import { tensors } from "../../language/TensorTree.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import type { TargetType } from "../Target.ts"
import type { Unit } from "./Unit.ts"

/**
 * Any function of predictions `Y` and targets `T`, trees of tensors. Without facts, it gives the mean of a batch f32[] or a
 * value for each row [n], and the score of a dataset is the mean over its rows; `bool` counts as 0 and 1.
 */
export interface ScoreFunction<in Y = Tensor, in T = Tensor> {
  (prediction: Y, target: T, counted?: Counted): Tensor
  readonly merge?: Merge
  readonly finish?: (sums: ReadonlyArray<number>) => number
  readonly range?: Range
}

/** How a score is bounded: a `proportion` is the fraction of samples for which a yes-or-no holds, a `unit` another number from 0 to 1. */
export type Range = "proportion" | "unit"

/** How the sums of batches become a score, and what it means. */
export interface ScoreFacts<out A = number> {
  /** Merges the vectors of batches: by addition, or by concatenation. */
  readonly merge: Merge
  /** From the merged vectors of all batches to the score. NaN where it is not defined, for example without samples. */
  readonly finish: (sums: ReadonlyArray<number>) => A
  /** The direction of better scores. */
  readonly better: "higher" | "lower"
  /** The types of targets that it accepts. */
  readonly targetTypes: ReadonlyArray<TargetType>
  /** Whether `metrics: auto` of a model file chooses it for its types of targets. */
  readonly isDefault?: true
  /** Whether it is shown as a percentage. */
  readonly isPercentage?: true
  /** How it is bounded; absent for scores that are not. */
  readonly range?: Range
  /** Its unit as a power of the target's: 1 for an absolute error, 2 for a squared one. Absent for scores without a unit. */
  readonly power?: 1 | 2
  /** The same score in the original units of the targets, one for each column. Absent where targets are not numbers. */
  readonly measured?: (units: ReadonlyArray<Unit>) => Score<A>
}

/**
 * A score: from the outputs and targets of a batch to sums over its samples, a vector (i32 where it counts), with the facts that
 * turn these into a number. Throws `ShapeError`.
 */
export interface Score<out A = number> extends ScoreFacts<A> {
  (output: Tensor, target: Tensor, counted?: Counted): Tensor
}

/**
 * Which samples count, bool[samples], such as those that are not the padding of sequences; or the weight of each, f32[samples],
 * where a sample of weight 2 counts as two. All of them count once unless given.
 */
export type Counted = Tensor | undefined

/**
 * A score from its sums over a batch and its facts. Sums that take `counted` leave out the samples that do not count, so the score
 * can be one of sequences (`Sequence.score`).
 */
export const make = <A>(sums: (output: Tensor, target: Tensor, counted?: Counted) => Tensor, facts: ScoreFacts<A>): Score<A> =>
  Object.assign(
    sums.length < 3
      ? (output: Tensor, target: Tensor) => sums(output, target)
      : (output: Tensor, target: Tensor, counted?: Counted) => sums(output, target, counted),
    facts,
  )

/** One number for each sample, in the rank of values for each sample [samples, …]. */
const inRank = (counted: Tensor, each: Tensor): Tensor =>
  T.reshape(counted, [counted.shape[0] ?? 0, ...each.shape.slice(1).map(() => 1)])

/** Values for each sample [samples, …], with 0 for the samples that do not count, and multiplied by weights. */
export const countedOf = (each: Tensor, counted: Counted): Tensor => {
  if (counted === undefined) return each
  const own = inRank(counted, each)
  if (counted.dtype === "bool") return T.where(own, each, 0)
  // A sample of weight 0 does not count, even if its value is not finite.
  return T.where(T.equal(own, 0), 0, T.mul(T.cast(each, "f32"), own))
}

/** The number of values of the samples that count, of values for each sample [samples, …]; with weights their sum, f32. */
export const numberOf = (each: Tensor, counted: Counted, dtype: "f32" | "i32"): Tensor => {
  if (counted === undefined) return T.scalar(Shape.size(each.shape), dtype)
  const width = Shape.size(each.shape.slice(1))
  if (counted.dtype !== "bool") return T.mul(T.sum(counted), width)
  return T.cast(T.mul(T.sum(T.cast(counted, "i32")), T.scalar(width, "i32")), dtype)
}

/** Merges the accumulated vector of earlier batches with the vector of the next one. */
export type Merge = (accumulated: ReadonlyArray<number>, batch: ReadonlyArray<number>) => ReadonlyArray<number>

/** Elementwise addition. An empty accumulated vector counts as zeros. */
export const add: Merge = (accumulated, batch) => batch.map((x, i) => x + (accumulated[i] ?? 0))

/** Concatenation. */
export const append: Merge = (accumulated, batch) => accumulated.concat(batch)

/**
 * A score in the original units of the targets, one for each column, for a net that learns scaled targets.
 *
 * ```ts
 * const dollars = { scale: 1000, shift: 0, curve: "none" } as const
 * Score.of(Score.inUnits(Score.meanAbsoluteError, [dollars]), Tensor.make([[1], [2]]), Tensor.make([[1], [5]])) // => 1500
 * ```
 */
export const inUnits = <A>(score: Score<A>, units: ReadonlyArray<Unit>): Score<A> => score.measured?.(units) ?? score

/** A score that is accumulated over batches: the vector of a batch, and how vectors become the score. */
export interface Accumulated<in Y = Tensor, in T = Tensor, out A = number> {
  readonly sums: (prediction: Y, target: T, weights?: Tensor) => Tensor
  readonly merge: Merge
  readonly finish: (sums: ReadonlyArray<number>) => A
}

/**
 * How a score is accumulated. A plain function is a mean: the sum over rows, and their number. Weights of the rows multiply
 * values for each row; a function that gives one number for a batch has no use for them. Its sums throw `ShapeError` for a result
 * that is neither one number nor a value for each row.
 */
export const accumulated = <Y, Target>(score: ScoreFunction<Y, Target>): Accumulated<Y, Target> => {
  const { finish, merge = add } = score
  if (finish !== undefined) return { sums: score, merge, finish }
  return {
    sums: (prediction, target, weights) => {
      const value = score(prediction, target)
      const rows = tensors([prediction, target])[0]?.shape[0] ?? 1
      if (value.shape.length > 0 && value.shape[0] !== rows)
        refuse("a score", [value], `one number, or a value for each of ${rows} rows`, "Tensor.mean of it")
      if (weights !== undefined && value.shape.length > 0)
        return T.stack([T.sum(countedOf(T.cast(value, "f32"), weights)), numberOf(value, weights, "f32")])
      return T.stack([T.mul(T.mean(T.cast(value, "f32")), rows), T.scalar(rows)])
    },
    merge,
    finish: ([sum = 0, rows = 0]) => sum / rows,
  }
}

/**
 * The score of a single batch, with a weight for each row if they have some: a row of weight 2 counts as two rows.
 * `Score.of((y, t) => Tensor.equal(y, t), Tensor.make([1, 2]), Tensor.make([1, 3])) // => 0.5`
 */
export const of: {
  <A>(score: Score<A>, output: Tensor, target: Tensor, weights?: Tensor): A
  <Y, Target>(score: ScoreFunction<Y, Target>, prediction: Y, target: Target, weights?: Tensor): number
} = <Y, Target>(score: ScoreFunction<Y, Target>, prediction: Y, target: Target, weights?: Tensor): number => {
  const { finish, sums } = accumulated(score)
  return finish([...T.read(sums(prediction, target, weights)).data])
}

/**
 * Rows [n, width] as a vector in which every row starts with its width, so that `rowsOf` can divide it again. The rows of samples
 * that do not count start with its negative. With weights, a row has one more number, its weight, and starts with the width and
 * a half.
 */
export const rows = (columns: Tensor, counted?: Counted): Tensor => {
  const [n = 0, width = 0] = columns.shape
  const starts = T.full([n, 1], width)
  if (counted === undefined) return T.flatten(T.concat([starts, columns], 1))
  const own = T.expandAxis(counted, -1)
  return counted.dtype === "bool"
    ? T.flatten(T.concat([T.where(own, starts, -width), columns], 1))
    : T.flatten(T.concat([T.add(starts, 0.5), columns, own], 1))
}

/** A row that counts, and how often. */
export interface Row {
  readonly values: ReadonlyArray<number>
  readonly weight: number
}

/** Where the values of a row begin and end in a vector, and its weight. */
export interface Place {
  readonly start: number
  readonly end: number
  readonly weight: number
}

/** The places of the rows of a vector whose weight is above 0. */
export function* placesOf(vector: ReadonlyArray<number>): Generator<Place> {
  for (let at = 0; at < vector.length; ) {
    const start = vector[at] ?? 0
    const width = Math.floor(Math.abs(start))
    const isWeighted = width < Math.abs(start)
    const weight = isWeighted ? (vector[at + width + 1] ?? 0) : start > 0 ? 1 : 0
    if (weight > 0) yield { start: at + 1, end: at + width + 1, weight }
    at += width + (isWeighted ? 2 : 1)
  }
}

/** The rows of all batches that count, from the concatenated vectors of `rows`. */
export const rowsOf = (vector: ReadonlyArray<number>): ReadonlyArray<Row> =>
  Array.from(placesOf(vector), ({ end, start, weight }) => ({ values: vector.slice(start, end), weight }))
