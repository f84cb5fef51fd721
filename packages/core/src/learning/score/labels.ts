/** Scores of several labels: yes or no for each, the mean over all. */
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import { make, type Score } from "./Score.ts"

/** A vector in as many parts of equal length. */
const parts = (vector: ReadonlyArray<number>, count: number): ReadonlyArray<ReadonlyArray<number>> => {
  const size = vector.length / count
  return Array.from({ length: count }, (_, i) => vector.slice(i * size, (i + 1) * size))
}

/**
 * The score of `count` labels, a score of yes or no for each: the mean over the labels for which it is defined. Takes logits and
 * targets [n, count]; the score may be any that takes one output for each sample. Throws `ShapeError` for another number of labels.
 *
 * `Score.of(Score.labels(Score.accuracy, 2), Tensor.make([[2, -1], [1, 3]]), Tensor.make([[1, 1], [1, 1]])) // => 0.75`
 */
export const labels = (score: Score, count: number): Score => {
  const { finish, measured: _, merge, range, ...facts } = score
  return make(
    (output, target, counted) => {
      if (output.shape.length !== 2 || output.shape[1] !== count || !Shape.equals(output.shape, target.shape))
        refuse("Score.labels", [output, target], `outputs and targets [n, ${count}]`, "one output for each label")
      const column = (x: T.Tensor, i: number): T.Tensor => T.slice(x, [0, i], [x.shape[0] ?? 0, i + 1])
      return T.concat(Array.from({ length: count }, (_, i) => score(column(output, i), column(target, i), counted)))
    },
    {
      ...facts,
      targetTypes: ["labels"],
      // The mean over labels of a sample is no yes or no any more.
      ...(range === undefined ? {} : { range: "unit" }),
      merge: (accumulated, batch) => {
        const [before, after] = [parts(accumulated, count), parts(batch, count)]
        return after.flatMap((part, i) => merge(before[i] ?? [], part))
      },
      finish: (sums) => {
        const scores = parts(sums, count).map(finish)
        const defined = scores.filter((value) => !Number.isNaN(value))
        return defined.reduce((sum, value) => sum + value, 0) / defined.length
      },
    },
  )
}
