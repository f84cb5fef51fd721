/**
 * What a score is: sums over the samples of a batch and a number out of the sums, so that the score of batches is the
 * score of the whole, however it was cut. What goes by rank, such as the area under a curve, keeps a row for each sample
 * in place of sums.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import type { TargetType } from "../Target.ts"
import type { Unit } from "./Unit.ts"

/** A score: sums in the tensor language, added up in doubles, and what they come to. */
export interface Score<out A = number> {
  /** From the outputs and targets of a batch to sums over its samples, a vector (i32 where it counts). Throws `ShapeError`. */
  readonly sums: (output: Tensor, target: Tensor) => Tensor
  /** What becomes of the vectors of several batches: one sum, or all of them one after another. */
  readonly merge: Merge
  /** From the merged vectors of all batches. NaN where it is not defined, as it is of no samples. */
  readonly finish: (sums: ReadonlyArray<number>) => A
  /** Which way it gets better. */
  readonly better: "higher" | "lower"
  /** The targets it can be taken of. */
  readonly targetTypes: ReadonlyArray<TargetType>
  /** The power of the targets' unit that it is in: 1 of an absolute error, 2 of a squared one. Missing where it has no unit. */
  readonly power?: 1 | 2
  /** The same score of what outputs and targets were measured as, column by column. Missing where targets are not numbers. */
  readonly measured?: (units: ReadonlyArray<Unit>) => Score<A>
}

/** How what was gathered of earlier batches and a later one's vector become one. */
export type Merge = (accumulated: ReadonlyArray<number>, batch: ReadonlyArray<number>) => ReadonlyArray<number>

/** Adds up, element by element. Nothing gathered yet is zeros. */
export const add: Merge = (accumulated, batch) => batch.map((x, i) => x + (accumulated[i] ?? 0))

/** Puts one after another. */
export const append: Merge = (accumulated, batch) => accumulated.concat(batch)

/**
 * A score in the units that the targets were measured in, one for each column, where a net learns other numbers.
 *
 * ```ts
 * const dollars = { scale: 1000, shift: 0, curve: "none" } as const
 * Score.of(Score.inUnits(Score.meanAbsoluteError, [dollars]), Tensor.make([[1], [2]]), Tensor.make([[1], [5]])) // => 1500
 * ```
 */
export const inUnits = <A>(score: Score<A>, units: ReadonlyArray<Unit>): Score<A> => score.measured?.(units) ?? score

/** A score of one batch alone. */
export const of = <A>(score: Score<A>, output: Tensor, target: Tensor): A =>
  score.finish([...T.read(score.sums(output, target)).data])

/** What a score keeps of a batch, one row for each sample: [n, width] under its width, since lists do not know theirs. */
export const rows = (columns: Tensor): Tensor => {
  const [n = 0, width = 0] = columns.shape
  return T.flatten(T.concat([T.full([n, 1], width), columns], 1))
}

/** The rows that `rows` made, of all batches. */
export const rowsOf = (gathered: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> => {
  const width = (gathered[0] ?? 0) + 1
  return Array.from({ length: gathered.length / width }, (_, i) => gathered.slice(i * width + 1, (i + 1) * width))
}
