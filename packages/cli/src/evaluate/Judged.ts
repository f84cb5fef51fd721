/** The scores of a run's model on some rows, with their intervals, and those of the answer that looks at no input. */
import { rowsIn } from "@adjoint/core/data/Dataset"
import { type Arrays, arrayOf } from "@adjoint/core/data/PreprocessTree"
import type { Interval } from "@adjoint/core/learning/Interval"
import * as Loss from "@adjoint/core/learning/Loss"
import { add, type ScoreFunction } from "@adjoint/core/learning/Score"
import * as T from "@adjoint/core/tensor/Tensor"
import { lossNames } from "@adjoint/core/training/Evaluate"
import type { Scores } from "@adjoint/core/training/Progress"
import * as Scored from "@adjoint/core/training/Scored"
import { NDArray } from "@adjoint/core/types/NDArray"
import type { Built } from "@adjoint/dsl/build/Build"
import * as Constant from "@adjoint/dsl/prepare/Constant"

/** Intervals at 95 %, by score; a score whose rows do not allow one is left out. */
export type Intervals = { readonly [score: string]: Interval }

/** The answer that looks at no input, in words by head (the one head has no name), and its scores. */
export interface Baseline {
  readonly answer: string | ReadonlyArray<number> | { readonly [head: string]: string | ReadonlyArray<number> }
  readonly scores: Scores
}

/** A loss that stands among the scores: that of all heads, and that of each. */
const losses = (loss: Built["loss"]): Built["scores"] =>
  Object.fromEntries(
    lossNames(loss).map((name, i): readonly [string, ScoreFunction<never, never>] => [
      name,
      Object.assign(
        (prediction: never, target: never, weights?: T.Tensor) => {
          const { heads, value } = Loss.values(loss, prediction, target, weights)
          const rows = T.scalar(rowsIn(target))
          const all = weights === undefined ? rows : T.sum(weights)
          return T.stack([T.mul(i === 0 ? value : (heads[i - 1]?.[1] ?? value), rows), all])
        },
        { merge: add, finish: ([sum = 0, count = 0]: ReadonlyArray<number>) => sum / count },
      ),
    ]),
  ) as Built["scores"]

/** The scores of a model with its loss, as a table. */
export const tableOf = ({ scores }: Pick<Built, "scores">, loss: Built["loss"]): Built["scores"] => ({
  ...losses(loss),
  ...scores,
})

type Judged = Scored.Judged<Arrays, Arrays>

/** The intervals of all scores. */
export const intervalsOf = (table: Built["scores"], judged: Judged): Intervals =>
  Object.fromEntries(
    Object.entries(Scored.scores(table, judged)).flatMap(([name, scored]) =>
      scored?.interval === undefined ? [] : [[name, scored.interval] as const],
    ),
  )

/** Scores without intervals. */
export const scoresOf = (table: Built["scores"], judged: Judged): Scores =>
  Object.fromEntries(
    Object.entries(Scored.scores(table, judged, { hasIntervals: false })).map(([name, scored]) => [
      name,
      scored?.value ?? Number.NaN,
    ]),
  )

const repeated = ({ shape }: NDArray, row: ReadonlyArray<number>): NDArray => {
  const [rows = 0] = shape
  return new NDArray(
    "f32",
    [rows, row.length],
    Float32Array.from({ length: rows * row.length }, (_, i) => row[i % row.length] ?? 0),
  )
}

/** The answer that looks at no input on the same rows; `undefined` for runs that did not record it. */
export const baselineOf = (
  { heads }: Pick<Built, "heads">,
  table: Built["scores"],
  { predictions, targets, weights }: Judged,
  records: Constant.TargetRecords | undefined,
): Baseline | undefined => {
  if (records === undefined) return undefined
  const each = heads.flatMap((head) => {
    const { name = "" } = head
    const record = Object.hasOwn(records, name) ? records[name] : undefined
    const output = arrayOf(predictions, name)
    // Outputs of sequences have more axes: there the answer would depend on the place.
    if (record === undefined || output.shape.length > 2) return []
    const width = output.shape[1] ?? 1
    const constant = repeated(output, Constant.outputsOf(head, record, width))
    return [{ name, answer: Constant.answerOf(head, record), constant }]
  })
  const [only] = each
  if (only === undefined || each.length !== heads.length) return undefined
  const isOne = heads[0]?.name === undefined
  const outputs: Arrays = isOne ? only.constant : Object.fromEntries(each.map(({ constant, name }) => [name, constant]))
  const answer = isOne ? only.answer : Object.fromEntries(each.map(({ answer, name }) => [name, answer]))
  return { answer, scores: scoresOf(table, { predictions: outputs, targets, weights }) }
}
