/** Evaluation of a net on a dataset, batch by batch. The sums over the batches give the scores of the whole dataset. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Loss } from "../learning/Loss.ts"
import type { Net } from "../learning/Net.ts"
import * as Score from "../learning/Score.ts"
import { mul } from "../tensor/elementwise.ts"
import { read } from "../tensor/read.ts"
import { reshape } from "../tensor/structure.ts"
import { allocate } from "../types/DType.ts"
import { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import { runInBursts } from "./bursts.ts"
import type { ConfigError } from "./ConfigError.ts"
import * as Check from "./checkData.ts"
import type { Scores } from "./Progress.ts"

/** The parameters and the state of a net. */
export interface Weights<P, S> {
  readonly params: P
  readonly state: S
}

/** The scores to compute, by name. */
export type ScoreTable = { readonly [name: string]: Score.Score }

/** Sums over rows, by the name of the score, and the number of rows. */
export interface Sums {
  readonly rows: number
  readonly of: { readonly [name: string]: ReadonlyArray<number> }
}

/** The sums of no rows. */
export const emptySums: Sums = { rows: 0, of: {} }

/** The name of the loss among the scores. */
const lossName = "loss"

/** The sums of one batch, for each score and for the loss. */
export const sumsOf = (
  loss: Tensor,
  scores: ScoreTable,
  prediction: Tensor,
  target: Tensor,
): { readonly [name: string]: Tensor } => ({
  [lossName]: reshape(mul(loss, target.shape[0] ?? 1), [1]),
  ...Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, reshape(score.sums(prediction, target), [-1])])),
})

/** Many times as fast as the spread operator, which matters where a step takes microseconds. */
const numbersOf = (x: Tensor): ReadonlyArray<number> => {
  const { data } = read(x)
  const numbers: Array<number> = []
  for (let i = 0; i < data.length; i++) numbers.push(data[i] as number)
  return numbers
}

/**
 * Sums that batches are added to. For each name it holds pieces; merged in order they are the sums. Each piece is longer than
 * the next one, so scores that keep a value for every row copy it a few times in all and not once per batch. Sums of a fixed
 * length are always one piece.
 */
export interface Accumulator {
  readonly rows: number
  readonly of: { readonly [name: string]: ReadonlyArray<ReadonlyArray<number>> }
}

/** An accumulator that starts from these sums. */
export const accumulatorOf = ({ of, rows }: Sums): Accumulator => ({
  rows,
  of: Object.fromEntries(Object.entries(of).map(([name, sums]) => [name, [sums]])),
})

const mergeOf = (scores: ScoreTable, name: string): Score.Merge =>
  name === lossName ? Score.add : (scores[name]?.merge ?? Score.add)

/** Appends a vector to pieces, and merges the pieces that are not longer than their successor. */
const append = (merge: Score.Merge, pieces: ReadonlyArray<ReadonlyArray<number>>, vector: ReadonlyArray<number>) => {
  let last = merge([], vector)
  let kept = pieces.length
  for (let piece = pieces[kept - 1]; piece !== undefined && piece.length <= last.length; piece = pieces[kept - 1]) {
    last = merge(piece, last)
    kept--
  }
  return [...pieces.slice(0, kept), last]
}

/** Adds the sums of batches, in order. `rows` is the number of their rows. */
export const accumulate = (
  accumulator: Accumulator,
  scores: ScoreTable,
  batches: ReadonlyArray<{ readonly [name: string]: Tensor }>,
  rows: number,
): Accumulator => ({
  rows: accumulator.rows + rows,
  of: Object.fromEntries(
    [lossName, ...Object.keys(scores)].map((name) => {
      const merge = mergeOf(scores, name)
      const vectors = batches.flatMap(({ [name]: sum }) => (sum === undefined ? [] : [numbersOf(sum)]))
      return [name, vectors.reduce((pieces, vector) => append(merge, pieces, vector), accumulator.of[name] ?? [])]
    }),
  ),
})

/** The sums of an accumulator. */
export const totals = ({ of, rows }: Accumulator, scores: ScoreTable): Sums => ({
  rows,
  of: Object.fromEntries(
    Object.entries(of).map(([name, pieces]) => {
      const merge = mergeOf(scores, name)
      // Merging the shortest pieces first copies least.
      return [name, pieces.slice(0, -1).reduceRight((later, piece) => merge(piece, later), pieces.at(-1) ?? [])]
    }),
  ),
})

/** The scores that sums over rows give. A score that is undefined for these rows, such as an area under a curve with one class, is NaN. */
export const finish = ({ of, rows }: Sums, scores: ScoreTable): Scores => ({
  loss: (of[lossName]?.[0] ?? 0) / rows,
  ...Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score.finish(of[name] ?? [])] as const)),
})

/** The batch size of scoring. */
export const scoringBatch = 256

/** The row ranges of the scoring batches. */
export const rangesOf = (rows: number): ReadonlyArray<readonly [start: number, end: number]> =>
  Array.from({ length: Math.ceil(rows / scoringBatch) }, (_, i) => [i * scoringBatch, Math.min(rows, (i + 1) * scoringBatch)])

/** Computes the loss and the scores of a dataset for given weights. */
export type Evaluator<P, S> = (
  weights: Weights<P, S>,
  dataset: Dataset.Dataset,
) => Effect.Effect<Scores, EngineError | ShapeError>

/** The weights of a value that has more fields, such as the last event of a run. */
const weightsOnly = <P, S>({ params, state }: Weights<P, S>): Weights<P, S> => ({ params, state })

/** Compiles the evaluation of a net; `like` gives the weights' shapes. The scope releases the engine's memory. */
export const evaluator = <P, S>(
  net: Net<P, S>,
  loss: Loss,
  scores: ScoreTable,
  like: Weights<P, S>,
): Effect.Effect<Evaluator<P, S>, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.map(
    Compile.step((weights: Weights<P, S>, { x, y }: { readonly x: Tensor; readonly y: Tensor }) => {
      const { y: prediction } = net.apply(weights.params, weights.state, x, { mode: "infer" })
      return { state: weights, output: sumsOf(loss(prediction, y), scores, prediction, y) }
    }, weightsOnly(like)),
    (step) =>
      Effect.fnUntraced(function* (weights, dataset) {
        yield* step.load(weightsOnly(weights))
        let accumulator = accumulatorOf(emptySums)
        yield* runInBursts(rangesOf(Dataset.size(dataset)), (ranges) =>
          Effect.map(
            step.run(
              ranges.map(([start, end]) => ({
                x: Dataset.slice(dataset.inputs, start, end),
                y: Dataset.slice(dataset.targets, start, end),
              })),
            ),
            (outputs) => {
              accumulator = accumulate(accumulator, scores, outputs, (ranges.at(-1)?.[1] ?? 0) - (ranges[0]?.[0] ?? 0))
            },
          ),
        )
        return finish(totals(accumulator, scores), scores)
      }),
  )

/**
 * The loss and the scores of a net on a dataset, with weights such as those of `Train.finished`. Fails with `ConfigError`
 * for a dataset without rows or with another number of targets than inputs.
 */
export const evaluate = <P, S>(
  net: Net<P, S>,
  weights: Weights<P, S>,
  { data, loss, scores = {} }: { readonly data: Dataset.Dataset; readonly loss: Loss; readonly scores?: ScoreTable },
): Effect.Effect<Scores, ConfigError | EngineError | ShapeError, Engine> =>
  Effect.scoped(
    Effect.gen(function* () {
      const problem = Check.dataset("data", data) ?? Check.scoreTable(scores)
      if (problem !== undefined) return yield* problem
      const score = yield* evaluator(net, loss, scores, weights)
      return yield* score(weights, data)
    }),
  )

/** The next power of two, so that batches of all sizes need few programs. */
const rounded = (rows: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, rows)))

/** An array padded with rows of zeros to `rows` rows. */
const padded = (array: NDArray, rows: number): NDArray => {
  const { data, dtype, shape } = array
  if (shape[0] === rows) return array
  const sample = shape.slice(1)
  const all = allocate(dtype, rows * Shape.size(sample))
  all.set(data)
  return new NDArray(dtype, [rows, ...sample], all)
}

/** The predictions [n, …] for inputs [n, …sample], in order. Fails with `ConfigError` for inputs without rows. */
export type Predictor = (inputs: NDArray) => Effect.Effect<NDArray, ConfigError | EngineError | ShapeError>

/** Compiles the predictions of a net, for inputs that arrive in several arrays. The scope releases the engine's memory. */
export const predictor = <P, S>(
  net: Net<P, S>,
  { params, state }: Weights<P, S>,
): Effect.Effect<Predictor, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.map(
    Compile.step(
      (weights: Weights<P, S>, x: Tensor) => ({
        state: weights,
        output: net.apply(weights.params, weights.state, x, { mode: "infer" }).y,
      }),
      { params, state },
    ),
    (step) =>
      Effect.fnUntraced(function* (inputs) {
        const problem = Check.rows("inputs", inputs)
        if (problem !== undefined) return yield* problem
        const parts: Array<NDArray> = []
        yield* runInBursts(rangesOf(inputs.shape[0] ?? 0), (ranges) =>
          Effect.map(
            step.run(ranges.map(([start, end]) => padded(Dataset.slice(inputs, start, end), rounded(end - start)))),
            (outputs) => {
              for (const [i, y] of outputs.entries()) {
                const [start = 0, end = 0] = ranges[i] ?? []
                parts.push(Dataset.slice(read(y), 0, end - start))
              }
            },
          ),
        )
        return yield* Compile.checkShapes(() => Dataset.concatRows(parts))
      }),
  )

/** The predictions [n, …] of a net for inputs [n, …sample], in order. Fails with `ConfigError` for inputs without rows. */
export const predict = <P, S>(
  net: Net<P, S>,
  weights: Weights<P, S>,
  inputs: NDArray,
): Effect.Effect<NDArray, ConfigError | EngineError | ShapeError, Engine> =>
  Effect.scoped(Effect.flatMap(predictor(net, weights), (run) => run(inputs)))
