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
import { append, type Counted, make, placesOf, rows, type Score } from "./Score.ts"

const targetTypes = ["binary", "classes"] as const

/** The samples of one class against all others: at each threshold the counts when samples with at least this score are predicted as the class. */
interface Ranking {
  /** By falling threshold, one for each score that occurs. */
  readonly thresholds: Float64Array
  /** True positives at each. */
  readonly hits: Float64Array
  /** False positives at each. */
  readonly falseAlarms: Float64Array
  readonly positives: number
  readonly negatives: number
}

/** Samples, a number of each in every list: millions of them take some bytes each. */
interface Samples {
  readonly truth: Float64Array
  /** The scores of each output. */
  readonly scores: ReadonlyArray<Float64Array>
  readonly weights: Float64Array
}

const samplesOf = (gathered: ReadonlyArray<number>): Samples => {
  let [count, outputs] = [0, 0]
  for (const { end, start } of placesOf(gathered)) {
    outputs = end - start - 1
    count++
  }
  const [truth, weights] = [new Float64Array(count), new Float64Array(count)]
  const scores = Array.from({ length: Math.max(0, outputs) }, () => new Float64Array(count))
  let i = 0
  for (const { start, weight } of placesOf(gathered)) {
    truth[i] = gathered[start] ?? 0
    weights[i] = weight
    for (const [k, own] of scores.entries()) own[i] = gathered[start + 1 + k] ?? Number.NaN
    i++
  }
  return { truth, scores, weights }
}

const rank = (scores: Float64Array, truth: Float64Array, weights: Float64Array, positive: number): Ranking => {
  const scoreOf = (i: number): number => scores[i] as number
  const isPositive = (i: number): boolean => truth[i] === positive
  const all = Int32Array.from(scores, (_, i) => i)
  const sorted = all
    .filter((i) => !Number.isNaN(scoreOf(i)))
    .sort((i, j) => (scoreOf(i) === scoreOf(j) ? i - j : scoreOf(j) > scoreOf(i) ? 1 : -1))
  const invalid = (positives: boolean): Int32Array => all.filter((i) => Number.isNaN(scoreOf(i)) && isPositive(i) === positives)
  const room = sorted.length + 2
  const [thresholds, hits, falseAlarms] = [new Float64Array(room), new Float64Array(room), new Float64Array(room)]
  let [cuts, hit, falseAlarm] = [0, 0, 0]
  const cut = (threshold: number, next: Int32Array): void => {
    for (const i of next) {
      if (isPositive(i)) hit += weights[i] as number
      else falseAlarm += weights[i] as number
    }
    if (next.length === 0) return
    thresholds[cuts] = threshold
    hits[cuts] = hit
    falseAlarms[cuts] = falseAlarm
    cuts++
  }
  cut(Number.POSITIVE_INFINITY, invalid(false))
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    const threshold = scoreOf(sorted[from] ?? 0)
    while (to < sorted.length && scoreOf(sorted[to] ?? 0) === threshold) to++
    cut(threshold, sorted.subarray(from, to))
  }
  cut(Number.NEGATIVE_INFINITY, invalid(true))
  return {
    thresholds: thresholds.subarray(0, cuts),
    hits: hits.subarray(0, cuts),
    falseAlarms: falseAlarms.subarray(0, cuts),
    positives: hit,
    negatives: falseAlarm,
  }
}

/** The ranking of each class; for a single output, that of the second of two classes. */
const rankingsOf = (gathered: ReadonlyArray<number>): ReadonlyArray<Ranking> => {
  const { scores, truth, weights } = samplesOf(gathered)
  return scores.map((own, k) => rank(own, truth, weights, scores.length === 1 ? 1 : k))
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
const areaUnderRoc = ({ falseAlarms, hits, negatives, positives }: Ranking): number => {
  let area = 0
  let [hitsBefore, alarmsBefore] = [0, 0]
  for (const [i, alarms] of falseAlarms.entries()) {
    const own = hits[i] as number
    area += ((alarms - alarmsBefore) * (own + hitsBefore)) / 2
    hitsBefore = own
    alarmsBefore = alarms
  }
  return area / (positives * negatives)
}

/** The mean precision over the true positives: Σ (Rᵢ - Rᵢ₋₁) Pᵢ. */
const averagePrecision = ({ falseAlarms, hits, positives }: Ranking): number => {
  let [total, before] = [0, 0]
  for (const [i, own] of hits.entries()) {
    total += ((own - before) * own) / (own + (falseAlarms[i] as number))
    before = own
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
  /** By falling threshold, one for each score that occurs; of more than 16,384 as many, evenly spaced, with the last. */
  readonly points: ReadonlyArray<CurvePoint>
  readonly auroc: number
  readonly auprc: number
}

/** The most points of a curve. */
const mostPoints = 2 ** 14

/** The indices below a count; of more than there may be points evenly spaced ones, with the last. */
const evenly = (count: number): ReadonlyArray<number> => {
  const points = Math.min(count, mostPoints)
  return Array.from({ length: points }, (_, i) => (points === count ? i : Math.floor(((i + 1) * count) / points) - 1))
}

/** The ROC curve and the precision-recall curve of each class against all others. */
export const curves: Score<ReadonlyArray<Curve>> = make(sums("curves"), {
  merge: append,
  finish: (gathered) =>
    rankingsOf(gathered).map((ranking) => ({
      points: evenly(ranking.thresholds.length).map((i) => {
        const threshold = ranking.thresholds[i] as number
        const [hits, falseAlarms] = [ranking.hits[i] as number, ranking.falseAlarms[i] as number]
        return {
          threshold,
          falseAlarms: falseAlarms / ranking.negatives,
          recall: hits / ranking.positives,
          precision: hits / (hits + falseAlarms),
        }
      }),
      auroc: areaUnderRoc(ranking),
      auprc: averagePrecision(ranking),
    })),
  better: "higher",
  targetTypes,
})
