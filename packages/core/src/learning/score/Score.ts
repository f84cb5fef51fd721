/**
 * The type of a score: sums over the samples of a batch, and a number from the merged sums, so that the score does not depend
 * on how rows are divided into batches. Scores that rank samples, such as the area under a curve, keep a row for each sample
 * instead of sums.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import type { TargetType } from "../Target.ts"
import type { Unit } from "./Unit.ts"

/** A score: sums of batches as tensors, merged in doubles, and a result. */
export interface Score<out A = number> {
  /** From the outputs and targets of a batch to sums over its samples, a vector (i32 where it counts). Throws `ShapeError`. */
  readonly sums: (output: Tensor, target: Tensor) => Tensor
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
  /** Its unit as a power of the target's: 1 for an absolute error, 2 for a squared one. Absent for scores without a unit. */
  readonly power?: 1 | 2
  /** The same score in the original units of the targets, one for each column. Absent where targets are not numbers. */
  readonly measured?: (units: ReadonlyArray<Unit>) => Score<A>
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

/** The score of a single batch. */
export const of = <A>(score: Score<A>, output: Tensor, target: Tensor): A =>
  score.finish([...T.read(score.sums(output, target)).data])

/** Rows [n, width] as a vector in which every row starts with its width, so that `rowsOf` can divide it again. */
export const rows = (columns: Tensor): Tensor => {
  const [n = 0, width = 0] = columns.shape
  return T.flatten(T.concat([T.full([n, 1], width), columns], 1))
}

/** The rows of all batches, from the concatenated vectors of `rows`. */
export const rowsOf = (vector: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> => {
  const width = (vector[0] ?? 0) + 1
  return Array.from({ length: vector.length / width }, (_, i) => vector.slice(i * width + 1, (i + 1) * width))
}
