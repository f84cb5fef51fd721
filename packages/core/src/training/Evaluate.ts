/** Evaluation of a net on a dataset, batch by batch. The sums over the batches give the scores of the whole dataset. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Dataset from "../data/Dataset.ts"
import * as Compile from "../engines/Compile.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import { spanned } from "../engines/observe.ts"
import { inTurns } from "../engines/turns.ts"
import type { Tensor } from "../language/Expr.ts"
import type { Tensors } from "../language/TensorTree.ts"
import * as Loss from "../learning/Loss.ts"
import { infer, type Net } from "../learning/Net.ts"
import * as Score from "../learning/Score.ts"
import { mul } from "../tensor/elementwise.ts"
import { read as readTensor } from "../tensor/read.ts"
import { sum } from "../tensor/reduce.ts"
import { concat, reshape } from "../tensor/structure.ts"
import { allocate } from "../types/DType.ts"
import { NDArray } from "../types/NDArray.ts"
import { piecesOf } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import { runInBursts } from "./bursts.ts"
import type { ConfigError } from "./ConfigError.ts"
import * as Check from "./checkData.ts"
import { classNumbers } from "./checkLabels.ts"
import type { Scores } from "./Progress.ts"
import { type DatasetOf, partsOf, type Range, type ReadError, readLimit, rowsOfRanges, type Samples } from "./Samples.ts"

/** The parameters and the state of a net. */
export interface Weights<P, S> {
  readonly params: P
  readonly state: S
}

/** The scores to compute, by name: functions of predictions `Y` and targets `T`. */
export type ScoreTable<Y = Tensor, T = Tensor, N extends string = string> = { readonly [K in N]: Score.ScoreFunction<Y, T> }

/** Scores of any predictions and targets. */
type AnyScores = ScoreTable<never, never>

/** Sums over rows, by the name of the score, and the number of rows. */
export interface Sums {
  readonly rows: number
  readonly of: { readonly [name: string]: ReadonlyArray<number> }
}

/** The sums of no rows. */
export const emptySums: Sums = { rows: 0, of: {} }

/** The name of the loss among the scores. */
const lossName = "loss"

/** The name of the loss of a head. */
const headLossName = (head: string): string => `${head}.${lossName}`

/** The names under which a run reports its loss: `loss`, and `kind.loss` for each head. */
export const lossNames = ({ heads = [] }: Pick<Loss.LossFunction<never, never, string>, "heads">): ReadonlyArray<string> => [
  lossName,
  ...heads.map(({ name }) => headLossName(name)),
]

/** Means over the rows of a batch, as sums. With weights of the rows, their sum `weight` comes second. */
export const sumsOfMeans = (means: { readonly [name: string]: Tensor }, rows: number | Tensor, weight?: Tensor): BatchSums => {
  const total = weight === undefined ? [] : [reshape(weight, [1])]
  return Object.fromEntries(
    Object.entries(means).map(([name, mean]) => {
      const own = reshape(mul(mean, rows), [1])
      return [name, total.length === 0 ? own : concat([own, ...total])]
    }),
  )
}

/** The sums of one batch for the loss and for that of each head; `weight` is the sum of the weights of its rows. */
export const lossSums = ({ heads, value }: Loss.LossValues, rows: number | Tensor, weight?: Tensor): BatchSums => {
  const losses = Object.fromEntries(heads.map(([name, mean]) => [headLossName(name), mean]))
  return sumsOfMeans({ [lossName]: value, ...losses }, rows, weight)
}

/** The sums of one batch for each score. */
export const scoreSums = <X, Y, T>(scores: ScoreTable<Y, T> | undefined, prediction: Y, { w, y }: Samples<X, T>): BatchSums =>
  Object.fromEntries(
    Object.entries<Score.ScoreFunction<Y, T>>(scores ?? {}).map(([name, score]) => [
      name,
      reshape(Score.accumulated(score).sums(prediction, y, w), [-1]),
    ]),
  )

/** The sums of one batch, for each score, for the loss and for that of each head. */
export const sumsOf = <X, Y, T>(
  losses: Loss.LossValues,
  scores: ScoreTable<Y, T> | undefined,
  prediction: Y,
  samples: Samples<X, T>,
): BatchSums => ({
  ...lossSums(losses, Dataset.rowsIn(samples.x), samples.w === undefined ? undefined : sum(samples.w)),
  ...scoreSums(scores, prediction, samples),
})

/** Many times as fast as the spread operator, which matters where a step takes microseconds. */
const numbersOf = (x: Tensor): ReadonlyArray<number> => {
  const { data } = readTensor(x)
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

const mergeOf = (scores: AnyScores, name: string): Score.Merge =>
  (Object.hasOwn(scores, name) ? scores[name]?.merge : undefined) ?? Score.add

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
  scores: AnyScores,
  batches: ReadonlyArray<BatchSums>,
  rows: number,
): Accumulator => ({
  rows: accumulator.rows + rows,
  of: Object.fromEntries(
    [...new Set([...Object.keys(batches[0] ?? accumulator.of), ...Object.keys(scores)])].map((name) => {
      const merge = mergeOf(scores, name)
      const vectors = batches.flatMap(({ [name]: sum }) => (sum === undefined ? [] : [numbersOf(sum)]))
      return [name, vectors.reduce((pieces, vector) => append(merge, pieces, vector), accumulator.of[name] ?? [])]
    }),
  ),
})

/** The sums of an accumulator. */
export const totals = ({ of, rows }: Accumulator, scores: AnyScores): Sums => ({
  rows,
  of: Object.fromEntries(
    Object.entries(of).map(([name, pieces]) => {
      const merge = mergeOf(scores, name)
      // Merging the shortest pieces first copies least.
      return [name, pieces.slice(0, -1).reduceRight((later, piece) => merge(piece, later), pieces.at(-1) ?? [])]
    }),
  ),
})

/** The scores that sums over rows give: means, and the values of `scores`. A score that is undefined for these rows, such as an area under a curve with one class, is NaN. */
export const finish = ({ of, rows }: Sums, scores: AnyScores): Scores => {
  const means = Object.keys(of).filter((name) => !Object.hasOwn(scores, name))
  return {
    ...Object.fromEntries(means.map((name) => [name, (of[name]?.[0] ?? 0) / (of[name]?.[1] ?? rows)])),
    ...Object.fromEntries(
      Object.entries(scores).map(([name, score]) => [name, Score.accumulated(score).finish(of[name] ?? [])] as const),
    ),
  }
}

/** The batch size of scoring. */
export const scoringBatch = 256

/** The row ranges of the scoring batches, or of those from one number to another (exclusive). */
export const rangesOf = (rows: number, from = 0, to = batchesOf(rows)): ReadonlyArray<Range> =>
  Array.from({ length: to - from }, (_, i) => [(from + i) * scoringBatch, Math.min(rows, (from + i + 1) * scoringBatch)])

/** How many scoring batches rows have. */
const batchesOf = (rows: number): number => Math.ceil(rows / scoringBatch)

/** Computes the loss and the scores of a dataset for given weights. */
export type Evaluator<P, S, X = NDArray, T = NDArray> = (
  weights: Weights<P, S>,
  dataset: Dataset.Dataset<X, T>,
) => Effect.Effect<Scores, EngineError | ReadError>

/** The weights of a value that has more fields, such as the last event of a run. */
const weightsOnly = <P, S>({ params, state }: Weights<P, S>): Weights<P, S> => ({ params, state })

/** The sums of one batch, by name. */
export type BatchSums = { readonly [name: string]: Tensor }

/** What is summed over the rows of data `D`, for weights `W`. */
export interface Scoring<W, B, D> {
  /** The sums over the rows of a batch; those that `scores` does not name become means. */
  readonly sums: (weights: W, batch: B) => BatchSums
  readonly scores?: AnyScores
  /** Weights of the shapes that will be scored. */
  readonly like: W
  readonly size: (data: D) => number
  /** The tree of arrays whose rows are scored, in memory or stored. */
  readonly rows: (data: D) => unknown
  /** The batch of some rows of that tree. */
  readonly batch: (rows: unknown) => B
}

/** Compiles the scoring of data, batch by batch. The scope releases the engine's memory. */
export const scorer = <W, B, D>({
  batch,
  like,
  rows,
  scores = {},
  size,
  sums,
}: Scoring<W, B, D>): Effect.Effect<
  (weights: W, data: D) => Effect.Effect<Scores, EngineError | ReadError>,
  EngineError | ShapeError,
  Engine | Scope.Scope
> =>
  Effect.map(
    Compile.step((weights: W, batch: B) => ({ state: weights, output: sums(weights, batch) }), like),
    (step) =>
      Effect.fnUntraced(function* (weights, data) {
        yield* step.load(weights)
        const [tree, count] = [rows(data), size(data)]
        const read = (from: number, to: number) => rowsOfRanges(tree, rangesOf(count, from, to))
        let accumulator = accumulatorOf(emptySums)
        yield* runInBursts<ReadonlyArray<unknown>, EngineError | ReadError, never>(
          { count: batchesOf(count), limit: readLimit(tree, scoringBatch), read },
          (batches, from, to) =>
            Effect.map(step.run(batches.map(batch)), (outputs) => {
              accumulator = accumulate(accumulator, scores, outputs, Math.min(count, to * scoringBatch) - from * scoringBatch)
            }),
        )
        return finish(totals(accumulator, scores), scores)
      }),
  )

/** Compiles the evaluation of a net; `like` gives the weights' shapes. The scope releases the engine's memory. */
export const evaluator = <P, S, X, Y, T>(
  net: Net<P, S, X, Y>,
  loss: Loss.LossFunction<Y, Tensors<T>, string>,
  scores: ScoreTable<Y, Tensors<T>>,
  like: Weights<P, S>,
): Effect.Effect<Evaluator<P, S, Dataset.Rows<X>, T>, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.map(
    scorer({
      sums: (weights: Weights<P, S>, samples: Samples<X, Tensors<T>>) => {
        const prediction = infer(net, weights, samples.x)
        return sumsOf(Loss.values(loss, prediction, samples.y, samples.w), scores, prediction, samples)
      },
      scores,
      like: weightsOnly(like),
      size: (dataset: DatasetOf<X, T>) => Dataset.size(dataset),
      rows: partsOf<X, T>,
      batch: (samples) => samples as Samples<X, Tensors<T>>,
    }),
    (score) => (weights, dataset) => score(weightsOnly(weights), dataset),
  )

/** What a net is evaluated on: data, a loss and scores, which are functions of predictions `Y` and targets `T`. */
export interface Evaluation<X, Y, T> {
  readonly data: DatasetOf<X, T>
  readonly loss: Loss.LossFunction<Y, Tensors<T>, string>
  readonly scores?: ScoreTable<Y, Tensors<T>>
}

/**
 * The loss and the scores of a net on a dataset, with weights such as those of `Train.finished`. Fails with `ConfigError`
 * for a dataset without rows, or with arrays of different numbers of rows, and with `DataError` where stored rows cannot be read.
 */
export const evaluate = <P, S, X, Y, T>(
  net: Net<P, S, X, Y>,
  weights: Weights<P, S>,
  { data, loss, scores = {} }: Evaluation<X, Y, T>,
): Effect.Effect<Scores, ConfigError | EngineError | ReadError, Engine> =>
  spanned(
    Effect.scoped(
      Effect.gen(function* () {
        const problem =
          Check.dataset("data", data) ?? Check.scoreTable(scores, lossNames(loss)) ?? classNumbers("data", net, loss, data)
        if (problem !== undefined) return yield* problem
        const score = yield* evaluator<P, S, X, Y, T>(net, loss, scores, weights)
        return yield* score(weights, data)
      }),
    ),
    "Evaluate.evaluate",
    () => ({ "adjoint.rows": Dataset.size(data) }),
    (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [`adjoint.score.${name}`, value])),
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
export type Predictor<X = Tensor, Y = Tensor> = (
  inputs: Dataset.Rows<X>,
) => Effect.Effect<Dataset.Arrays<Y>, ConfigError | EngineError | ReadError>

/** Compiles the predictions of a net, for inputs that arrive in several arrays. The scope releases the engine's memory. */
export const predictor = <P, S, X, Y>(
  net: Net<P, S, X, Y>,
  { params, state }: Weights<P, S>,
): Effect.Effect<Predictor<X, Y>, EngineError | ShapeError, Engine | Scope.Scope> =>
  Effect.map(
    Compile.step(
      (weights: Weights<P, S>, x: X) => ({
        state: weights,
        output: infer(net, weights, x),
      }),
      { params, state },
    ),
    (step) => {
      const run = Effect.fnUntraced(function* (inputs: Dataset.Rows<X>) {
        const problem = Check.inputs("inputs", inputs)
        if (problem !== undefined) return yield* problem
        const count = Dataset.rowsIn(inputs)
        const read = (from: number, to: number) => rowsOfRanges<unknown>(inputs, rangesOf(count, from, to))
        const parts: Array<unknown> = []
        yield* runInBursts<ReadonlyArray<unknown>, EngineError | ReadError, never>(
          { count: batchesOf(count), limit: readLimit(inputs, scoringBatch), read },
          (batches) => {
            const sizes = batches.map(Dataset.rowsIn)
            const whole = batches.map(
              (batch, i) => Tree.map(batch, (array: NDArray) => padded(array, rounded(sizes[i] ?? 0))) as X,
            )
            return Effect.map(step.run(whole), (outputs) => {
              for (const [i, y] of outputs.entries())
                parts.push(Tree.map(y as unknown, (tensor) => Dataset.slice(readTensor(tensor), 0, sizes[i] ?? 0)))
            })
          },
        )
        return (yield* inTurns(piecesOf(Dataset.concatRows<unknown>, parts))) as Dataset.Arrays<Y>
      })
      return (inputs) =>
        spanned(
          run(inputs),
          "Evaluate.predict",
          () => ({}),
          (y) => ({ "adjoint.rows": Dataset.rowsIn(y) }),
        )
    },
  )

/** The predictions [n, …] of a net for inputs [n, …sample], in order. Fails with `ConfigError` for inputs without rows. */
export const predict = <P, S, X, Y>(
  net: Net<P, S, X, Y>,
  weights: Weights<P, S>,
  inputs: NoInfer<Dataset.Rows<X>>,
): Effect.Effect<Dataset.Arrays<Y>, ConfigError | EngineError | ReadError, Engine> =>
  Effect.scoped(Effect.flatMap(predictor(net, weights), (run) => run(inputs)))
