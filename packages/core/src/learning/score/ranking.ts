/**
 * Scores of how outputs rank samples: whether those of a class come before the others, wherever one would draw the line.
 * One output ranks the samples by itself; of an output for each class, every class is ranked by its probability against
 * all others, and those that have samples and are not all of them are averaged. A sample whose output is NaN counts as
 * ranked as wrongly as can be: of the class it comes behind all others, and of another before them.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { softmax } from "../Activation.ts"
import { decided, isBinary } from "../Target.ts"
import { append, rows, rowsOf, type Score } from "./Score.ts"

const answers = ["binary", "classes"] as const

/** What is known when all samples of at least a threshold are taken for the class. */
interface Cut {
  readonly threshold: number
  /** Samples taken for the class that are of it, and that are not. */
  readonly hits: number
  readonly falseAlarms: number
}

/** The samples of one class against all others. */
interface Ranking {
  /** By falling threshold, one for each value that occurs. */
  readonly cuts: ReadonlyArray<Cut>
  readonly positives: number
  readonly negatives: number
}

type Sample = readonly [score: number, isOfIt: boolean]

const rank = (samples: ReadonlyArray<Sample>): Ranking => {
  const cuts: Array<Cut> = []
  let [hits, falseAlarms] = [0, 0]
  const answered = samples.filter(([score]) => !Number.isNaN(score))
  const silent = (isOfIt: boolean): ReadonlyArray<Sample> => samples.filter(([score, is]) => Number.isNaN(score) && is === isOfIt)
  const cut = (threshold: number, next: ReadonlyArray<Sample>): void => {
    for (const [, isOfIt] of next) {
      if (isOfIt) hits++
      else falseAlarms++
    }
    if (next.length > 0) cuts.push({ threshold, hits, falseAlarms })
  }
  cut(Number.POSITIVE_INFINITY, silent(false))
  const sorted = answered.sort(([a], [b]) => (a === b ? 0 : b - a))
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    const threshold = sorted[from]?.[0] ?? 0
    while (sorted[to]?.[0] === threshold) to++
    cut(threshold, sorted.slice(from, to))
  }
  cut(Number.NEGATIVE_INFINITY, silent(true))
  return { cuts, positives: hits, negatives: falseAlarms }
}

/** Each class's ranking: of one output that of the second of two classes alone. */
const rankingsOf = (gathered: ReadonlyArray<number>): ReadonlyArray<Ranking> => {
  const all = rowsOf(gathered)
  const outputs = (all[0]?.length ?? 0) - 1
  return Array.from({ length: outputs }, (_, k) =>
    rank(all.map(([truth, ...scores]) => [scores[k] ?? Number.NaN, truth === (outputs === 1 ? 1 : k)])),
  )
}

const sums = (operation: string) => (output: Tensor, target: Tensor) => {
  const { truth } = decided(operation, output, target)
  const samples = Shape.size(truth.shape)
  const scores = isBinary(output)
    ? T.reshape(output, [samples, 1])
    : T.reshape(softmax(output), [samples, output.shape.at(-1) ?? 0])
  return rows(T.concat([T.expandAxis(T.cast(truth, "f32"), -1), scores], 1))
}

const meanOver = (operation: string, area: (ranking: Ranking) => number): Score => ({
  sums: sums(operation),
  merge: append,
  finish: (gathered) => {
    const defined = rankingsOf(gathered).filter(({ negatives, positives }) => positives > 0 && negatives > 0)
    return defined.reduce((total, ranking) => total + area(ranking), 0) / defined.length
  },
  better: "higher",
  answers,
})

/** The area under the curve of hits against false alarms, by trapezoids: equal scores count half. */
const areaUnderRoc = ({ cuts, negatives, positives }: Ranking): number => {
  let area = 0
  let before = { hits: 0, falseAlarms: 0 }
  for (const cut of cuts) {
    area += ((cut.falseAlarms - before.falseAlarms) * (cut.hits + before.hits)) / 2
    before = cut
  }
  return area / (positives * negatives)
}

/** The mean of the precision at each hit: Σ (Rᵢ - Rᵢ₋₁) Pᵢ. */
const averagePrecision = ({ cuts, positives }: Ranking): number => {
  let [total, before] = [0, 0]
  for (const { falseAlarms, hits } of cuts) {
    total += ((hits - before) * hits) / (hits + falseAlarms)
    before = hits
  }
  return total / positives
}

/**
 * The area under the receiver operating characteristic: how likely a sample of the class ranks before one that is not.
 * ½ is chance, 1 a perfect order. Not defined (NaN) unless there are samples of both kinds.
 *
 * `Score.of(Score.auroc, Tensor.make([0.1, 0.4, 0.35, 0.8]), Tensor.make([0, 0, 1, 1])) // => 0.75`
 */
export const auroc: Score = meanOver("auroc", areaUnderRoc)

/**
 * The area under the curve of precision against recall, as average precision. Chance is the share of the class. Not
 * defined (NaN) unless there are samples of both kinds.
 *
 * `Score.of(Score.auprc, Tensor.make([0.1, 0.4, 0.35, 0.8]), Tensor.make([0, 0, 1, 1])).toFixed(4) // => "0.8333"`
 */
export const auprc: Score = meanOver("auprc", averagePrecision)

/** A place on both curves: what holds when samples of at least the threshold are taken for the class. */
export interface CurvePoint {
  readonly threshold: number
  /** Of the samples that are not of the class, the share taken for it. */
  readonly falseAlarms: number
  /** Of the samples of the class, the share that is found: the hits, or recall. */
  readonly recall: number
  /** Of the samples taken for the class, the share that are of it. */
  readonly precision: number
}

/** A class's curves, and the areas under them. */
export interface Curve {
  readonly points: ReadonlyArray<CurvePoint>
  readonly auroc: number
  readonly auprc: number
}

/** The curves of hits against false alarms (ROC) and of precision against recall, for each class against all others. */
export const curves: Score<ReadonlyArray<Curve>> = {
  sums: sums("curves"),
  merge: append,
  finish: (gathered) =>
    rankingsOf(gathered).map((ranking) => ({
      points: ranking.cuts.map(({ falseAlarms, hits, threshold }) => ({
        threshold,
        falseAlarms: falseAlarms / ranking.negatives,
        recall: hits / ranking.positives,
        precision: hits / (hits + falseAlarms),
      })),
      auroc: areaUnderRoc(ranking),
      auprc: averagePrecision(ranking),
    })),
  better: "higher",
  answers,
}
