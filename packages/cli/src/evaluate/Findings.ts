/** The numbers that the pictures and the report of a run show: everything that is computed of the rows that a run is judged on. */
import { DataError, dataError } from "@adjoint/core/data/DataError"
import * as Dataset from "@adjoint/core/data/Dataset"
import { type Arrays, arrayOf, headsOf, inMemory, inputsOf, type RowArrays, restore } from "@adjoint/core/data/PreprocessTree"
import * as StoredArray from "@adjoint/core/data/StoredArray"
import * as TableInput from "@adjoint/core/data/TableInput"
import { leaves } from "@adjoint/core/learning/Params"
import * as Score from "@adjoint/core/learning/Score"
import * as Key from "@adjoint/core/tensor/Key"
import { read } from "@adjoint/core/tensor/read"
import * as T from "@adjoint/core/tensor/Tensor"
import { predictor } from "@adjoint/core/training/Evaluate"
import { type Feature, type Importance, importance } from "@adjoint/core/training/Importance"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import type { BuiltHead } from "@adjoint/dsl/build/Build"
import type { Part, Prepared } from "@adjoint/dsl/prepare/Prepared"
import * as Effect from "effect/Effect"
import type { Trained } from "../run/Trained.ts"
import * as Format from "../terminal/Format.ts"
import { reportOf } from "./ClassReport.ts"
import { type ScoredSlices, scored } from "./Groups.ts"
import * as Judged from "./Judged.ts"

/** A wrong answer with how sure the model was of it. */
export interface Mistake {
  readonly row: number
  readonly truth: string
  readonly answer: string
  /** The probability that the model gave its answer. */
  readonly certainty: number
}

/** What is known of the answers of a head of classes. */
export interface ClassFindings {
  readonly kind: "classes"
  readonly head: string | undefined
  readonly names: ReadonlyArray<string>
  /** Whether the rows have weights, which all but the confusion and the supports count. */
  readonly isWeighted: boolean
  /** Counts of rows, whatever their weights. */
  readonly confusion: Score.Matrix
  readonly report: ReadonlyArray<Score.ClassReport>
  readonly curves: ReadonlyArray<Score.Curve>
  /** Missing for a loss whose outputs are no probabilities. */
  readonly reliability?: ReadonlyArray<Score.Bin>
  /** The most certain mistakes first. */
  readonly mistakes: ReadonlyArray<Mistake>
}

/** The predictions of a column of numbers beside the truth, in the units of the column. */
export interface NumberFindings {
  readonly kind: "numbers"
  readonly head: string | undefined
  readonly column: string
  readonly predicted: ReadonlyArray<number>
  readonly truth: ReadonlyArray<number>
}

export type HeadFindings = ClassFindings | NumberFindings

/** How much worse a score is with the values of a column shuffled. */
export interface Importances {
  readonly score: string
  readonly rows: number
  readonly columns: ReadonlyArray<Importance>
}

export interface Findings {
  readonly part: "train" | "val" | "test"
  readonly rows: number
  readonly scores: { readonly [score: string]: number }
  readonly intervals: Judged.Intervals
  readonly baseline: Judged.Baseline | undefined
  readonly slices: ScoredSlices
  readonly heads: ReadonlyArray<HeadFindings>
  readonly importances: Importances | undefined
}

/** Mistakes that are kept. */
const mostMistakes = 20

/** Losses whose response to outputs is a probability. */
const probabilistic: ReadonlySet<string> = new Set(["categorical_cross_entropy", "binary_cross_entropy"])

const rowsOf = ({ data, shape }: NDArray): ReadonlyArray<ReadonlyArray<number>> => {
  const width = data.length / Math.max(1, shape[0] ?? 1)
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => [...data.subarray(i * width, (i + 1) * width)])
}

const largest = (row: ReadonlyArray<number>): number => row.reduce((best, x, i) => (x > (row[best] ?? 0) ? i : best), 0)

/** Mistakes are sorted when there are so many, and the most certain ones kept. */
const someMistakes = 2 ** 12

const mistakesOf = (
  { response }: BuiltHead,
  names: ReadonlyArray<string>,
  output: NDArray,
  truth: NDArray,
): ReadonlyArray<Mistake> => {
  const { data, shape } = read(response(output))
  const width = data.length / Math.max(1, shape[0] ?? 1)
  const name = (label: number) => names[label] ?? String(label)
  const kept = (all: ReadonlyArray<Mistake>): Array<Mistake> =>
    all.toSorted((a, b) => b.certainty - a.certainty || a.row - b.row).slice(0, mostMistakes)
  let mistakes: Array<Mistake> = []
  for (let i = 0; i < (shape[0] ?? 0); i++) {
    const own = Array.from(data.subarray(i * width, (i + 1) * width))
    const row = own.length === 1 ? [1 - (own[0] ?? 0), own[0] ?? 0] : own
    const [answer, right] = [largest(row), truth.data[i] ?? 0]
    if (answer === right || row.some((p) => Number.isNaN(p))) continue
    mistakes.push({ row: i, truth: name(right), answer: name(answer), certainty: row[answer] ?? 0 })
    if (mistakes.length === someMistakes) mistakes = kept(mistakes)
  }
  return kept(mistakes)
}

/** The outputs of a head with the true values, and the weights of the rows if they have some. */
interface Answers {
  readonly output: NDArray
  readonly truth: NDArray
  readonly weights: NDArray | undefined
}

const ofClasses = (head: BuiltHead, names: ReadonlyArray<string>, { output, truth, weights }: Answers): ClassFindings => {
  const isProbability = probabilistic.has(head.lossName)
  return {
    kind: "classes",
    head: head.name,
    names,
    isWeighted: weights !== undefined,
    confusion: Score.of(Score.confusionMatrix, output, truth),
    report: reportOf(output, truth, weights),
    curves: Score.of(Score.curves, output, truth, weights),
    ...(isProbability ? { reliability: Score.of(Score.reliability(10), output, truth, weights) } : {}),
    mistakes: mistakesOf(head, names, output, truth),
  }
}

/** What is found of a head; several answers of yes and no are one finding each. */
const ofHead = (trained: Trained, head: BuiltHead, { output, truth, weights }: Answers): ReadonlyArray<HeadFindings> => {
  // Sequences of answers have pictures of their own kind, which these are not.
  if (output.shape.length > 2) return []
  const { target } = head
  if (target.type === "labels")
    return target.names.map((column, i) => {
      const at = (x: NDArray) => read(T.slice(x, [0, i], [x.shape[0] ?? 0, i + 1]))
      const own: BuiltHead = { ...head, name: head.name === undefined ? column : `${head.name}.${column}` }
      return ofClasses(own, target.classes?.[i] ?? ["0", "1"], { output: at(output), truth: at(truth), weights })
    })
  if (target.type !== "numbers") {
    const count = output.shape[1] === 1 ? 2 : (output.shape[1] ?? 2)
    const names = Array.from({ length: count }, (_, i) => target.classes?.[i] ?? String(i))
    return [ofClasses(head, names, { output, truth, weights })]
  }
  const fitted = headsOf(trained.run.fitted).find(([name]) => name === (head.name ?? ""))?.[1]
  if (fitted === undefined) return []
  const [predicted, measured] = [rowsOf(restore(fitted, output)), rowsOf(restore(fitted, truth))]
  return target.names.map((column, i) => ({
    kind: "numbers",
    head: head.name,
    column,
    predicted: predicted.map((row) => row[i] ?? Number.NaN),
    truth: measured.map((row) => row[i] ?? Number.NaN),
  }))
}

/** The columns of the inputs as features. */
const featuresOf = ({ run: { fitted } }: Trained): ReadonlyArray<Feature> =>
  inputsOf(fitted).flatMap(([input, own]) => {
    if (own.type !== "columns") return []
    let at = 0
    return own.columns.map((column) => {
      const width = TableInput.columnNames(column).length
      const feature = { name: column.name, input, from: at, to: at + width }
      at += width
      return feature
    })
  })

/** Importance is measured on at most so many rows, with as many shuffles, of at most so many columns. */
const mostRows = 500
const repeats = 5
const mostFeatures = 60

/** Above so many numbers to compute, importance would take longer than the other pictures together. */
const mostWork = 3e8

/** Rows spread evenly over all. */
const some = (rows: number): ReadonlyArray<number> =>
  Array.from({ length: Math.min(rows, mostRows) }, (_, i) => Math.floor((i * rows) / Math.min(rows, mostRows)))

/** The score that a column's importance is measured by: the first metric, and the loss where there is none. */
const importanceScore = (names: ReadonlyArray<string>): string =>
  names.find((name) => !/(^|\.)loss$/u.test(name)) ?? names[0] ?? "loss"

/** Some rows of inputs, in memory. Fails with `DataError` where stored rows cannot be read. */
export const rowsAt = (inputs: RowArrays, rows: ReadonlyArray<number>): Effect.Effect<Arrays, DataError> => {
  const own = inMemory(inputs)
  return own === undefined
    ? Effect.tryPromise({
        try: () => StoredArray.read(inputs, rows) as Promise<Arrays>,
        catch: (error) => (error instanceof DataError ? error : dataError({ _tag: "NotReadable", cause: String(error) })),
      })
    : Effect.succeed(Dataset.takeRows(own, rows) as Arrays)
}

/** How many numbers a tree of parameters has. */
const sizeOf = (params: unknown): number => leaves(params).reduce((sum, { shape }) => sum + Shape.size(shape), 0)

/** The scores of some rows and all that the pictures show of them. */
export const findings = (
  trained: Trained,
  {
    loss,
    part,
    prepared,
    scores,
    split,
  }: {
    readonly part: Part
    readonly split: Findings["part"]
    readonly prepared: Prepared
    readonly loss: Trained["built"]["loss"]
    /** Where they were computed before. */
    readonly scores?: { readonly [score: string]: number }
  },
) =>
  Effect.gen(function* () {
    const { built, run, weights } = trained
    const predict = yield* predictor(built.net, weights)
    const table = Judged.tableOf(built, loss)
    const predictions: Arrays = yield* predict(part.inputs)
    const judged = { predictions, targets: part.targets, weights: part.weights }
    const heads = built.heads.flatMap((head) => {
      const { name = "" } = head
      const [output, truth] = [arrayOf(predictions, name), arrayOf(part.targets, name)]
      return ofHead(trained, head, { output, truth, weights: part.weights })
    })
    const all = scores ?? Judged.scoresOf(table, judged)
    const names = Object.keys(all)
    const score = importanceScore(names)
    const features = featuresOf(trained)
    const rows = Dataset.size(part)
    const places = some(rows)
    const work = places.length * repeats * features.length * sizeOf(weights.params)
    const measured = features.length >= 2 && features.length <= mostFeatures && work <= mostWork
    const own = Object.hasOwn(table, score) ? { [score]: table[score] } : {}
    const isBetterHigher = Format.better(score) === "higher"
    const targets = Dataset.takeRows(part.targets, places) as Arrays
    const rowWeights = part.weights === undefined ? undefined : Dataset.takeRows(part.weights, places)
    const cost = (inputs: Arrays) =>
      Effect.map(predict(inputs), (outputs) => {
        const value =
          Judged.scoresOf(own as typeof table, { predictions: outputs, targets, weights: rowWeights })[score] ?? Number.NaN
        return isBetterHigher ? -value : value
      })
    const columns = measured
      ? yield* importance(yield* rowsAt(part.inputs, places), features, cost, {
          key: Key.fold(Key.make(built.seed), "importance"),
          repeats,
        })
      : []
    return {
      part: split,
      rows,
      scores: all,
      intervals: Judged.intervalsOf(table, judged),
      baseline: Judged.baselineOf(built, table, judged, run.lock.targets),
      slices: scored(table, judged, prepared.slices),
      heads,
      importances: columns.length === 0 ? undefined : { score, rows: places.length, columns },
    } satisfies Findings
  })
