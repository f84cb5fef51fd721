/**
 * Scores of rankings: whether samples of a class come before the others, for every threshold. A single output ranks the
 * samples directly. With an output for each class, each class is ranked by its probability against all others, and the scores
 * are averaged over the classes with samples both in and outside of them. A sample with an output of NaN is ranked as badly as
 * possible: last if it is of the class, first otherwise.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { softmax } from "../Activation.ts"
import { decisions, isBinary } from "../Target.ts"
import { append, type Counted, make, rows, rowsOf, type Score } from "./Score.ts"

const targetTypes = ["binary", "classes"] as const

/** The counts when all samples with at least this score are predicted as the class. */
interface Cut {
  readonly threshold: number
  /** True positives. */
  readonly hits: number
  /** False positives. */
  readonly falseAlarms: number
}

/** The samples of one class against all others. */
interface Ranking {
  /** By falling threshold, one for each score that occurs. */
  readonly cuts: ReadonlyArray<Cut>
  readonly positives: number
  readonly negatives: number
}

type Sample = readonly [score: number, isPositive: boolean, weight: number]

const rank = (samples: ReadonlyArray<Sample>): Ranking => {
  const cuts: Array<Cut> = []
  let [hits, falseAlarms] = [0, 0]
  const valid = samples.filter(([score]) => !Number.isNaN(score))
  const invalid = (positive: boolean): ReadonlyArray<Sample> =>
    samples.filter(([score, isPositive]) => Number.isNaN(score) && isPositive === positive)
  const cut = (threshold: number, next: ReadonlyArray<Sample>): void => {
    for (const [, isPositive, weight] of next) {
      if (isPositive) hits += weight
      else falseAlarms += weight
    }
    if (next.length > 0) cuts.push({ threshold, hits, falseAlarms })
  }
  cut(Number.POSITIVE_INFINITY, invalid(false))
  const sorted = valid.sort(([a], [b]) => (a === b ? 0 : b - a))
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    const threshold = sorted[from]?.[0] ?? 0
    while (sorted[to]?.[0] === threshold) to++
    cut(threshold, sorted.slice(from, to))
  }
  cut(Number.NEGATIVE_INFINITY, invalid(true))
  return { cuts, positives: hits, negatives: falseAlarms }
}

/** The ranking of each class; for a single output, that of the second of two classes. */
const rankingsOf = (gathered: ReadonlyArray<number>): ReadonlyArray<Ranking> => {
  const all = rowsOf(gathered)
  const outputs = (all[0]?.values.length ?? 0) - 1
  return Array.from({ length: outputs }, (_, k) =>
    rank(
      all.map(({ values: [truth, ...scores], weight }) => [scores[k] ?? Number.NaN, truth === (outputs === 1 ? 1 : k), weight]),
    ),
  )
}

const sums = (operation: string) => (output: Tensor, target: Tensor, counted?: Counted) => {
  const { truth } = decisions(operation, output, target)
  const samples = Shape.size(truth.shape)
  const scores = isBinary(output)
    ? T.reshape(output, [samples, 1])
    : T.reshape(softmax(output), [samples, output.shape.at(-1) ?? 0])
  return rows(T.concat([T.expandAxis(T.cast(truth, "f32"), -1), scores], 1), counted)
}

const meanOver = (operation: string, area: (ranking: Ranking) => number): Score =>
  make(sums(operation), {
    merge: append,
    finish: (gathered) => {
      const defined = rankingsOf(gathered).filter(({ negatives, positives }) => positives > 0 && negatives > 0)
      return defined.reduce((total, ranking) => total + area(ranking), 0) / defined.length
    },
    better: "higher",
    targetTypes,
    range: "unit",
  })

/** The area under the ROC curve by the trapezoidal rule: ties count half. */
const areaUnderRoc = ({ cuts, negatives, positives }: Ranking): number => {
  let area = 0
  let before = { hits: 0, falseAlarms: 0 }
  for (const cut of cuts) {
    area += ((cut.falseAlarms - before.falseAlarms) * (cut.hits + before.hits)) / 2
    before = cut
  }
  return area / (positives * negatives)
}

/** The mean precision over the true positives: Σ (Rᵢ - Rᵢ₋₁) Pᵢ. */
const averagePrecision = ({ cuts, positives }: Ranking): number => {
  let [total, before] = [0, 0]
  for (const { falseAlarms, hits } of cuts) {
    total += ((hits - before) * hits) / (hits + falseAlarms)
    before = hits
  }
  return total / positives
}

/**
 * The area under the ROC curve: the probability that a sample of the class is ranked above one that is not. ½ is chance, 1 a
 * perfect ranking. Not defined (NaN) unless there are both positive and negative samples.
 *
 * `Score.of(Score.auroc, Tensor.make([0.1, 0.4, 0.35, 0.8]), Tensor.make([0, 0, 1, 1])) // => 0.75`
 */
export const auroc: Score = meanOver("auroc", areaUnderRoc)

/**
 * The area under the precision-recall curve, as average precision. Chance is the fraction of the class. Not defined (NaN)
 * unless there are both positive and negative samples.
 *
 * `Score.of(Score.auprc, Tensor.make([0.1, 0.4, 0.35, 0.8]), Tensor.make([0, 0, 1, 1])).toFixed(4) // => "0.8333"`
 */
export const auprc: Score = meanOver("auprc", averagePrecision)

/** A point on both curves: the rates when samples with at least this score are predicted as the class. */
export interface CurvePoint {
  readonly threshold: number
  /** The false positive rate: the fraction of samples outside the class that are predicted as it. */
  readonly falseAlarms: number
  /** The true positive rate, or recall: the fraction of samples of the class that are predicted as it. */
  readonly recall: number
  /** The fraction of samples predicted as the class that belong to it. */
  readonly precision: number
}

/** A class's curves, and the areas under them. */
export interface Curve {
  readonly points: ReadonlyArray<CurvePoint>
  readonly auroc: number
  readonly auprc: number
}

/** The ROC curve and the precision-recall curve of each class against all others. */
export const curves: Score<ReadonlyArray<Curve>> = make(sums("curves"), {
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
  targetTypes,
})
