/**
 * Scores of predicted classes. All but `topK` are computed from the counts of the confusion matrix. A sample with an output of
 * NaN has no prediction, and counts as wrong.
 */
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { checkOptions } from "../OptionError.ts"
import { decisions, hasPrediction, isBinary, oneHot } from "../Target.ts"
import { add, countedOf, make, numberOf, type Range, type Score } from "./Score.ts"

const targetTypes = ["binary", "classes"] as const

const ratio = ([sum = 0, count = 0]: ReadonlyArray<number>): number => sum / count

/**
 * The fraction of samples whose class is predicted correctly. One output for each sample decides between two classes by its
 * sign (it is a logit); among several the largest decides.
 *
 * `Score.of(Score.accuracy, Tensor.make([[2, 1], [0, 3]]), Tensor.make([0, 0], "i32")) // => 0.5`
 */
export const accuracy: Score = make(
  (output, target, counted) => {
    const { correct } = decisions("accuracy", output, target)
    return T.stack([T.sum(countedOf(T.cast(correct, "i32"), counted)), numberOf(correct, counted, "i32")])
  },
  { merge: add, finish: ratio, better: "higher", targetTypes, isDefault: true, isPercentage: true, range: "proportion" },
)

/** The options of the score of k guesses. */
export const topKOptions = {
  k: {
    kind: "integer",
    doc: "The number of most likely classes that count as correct.",
    synonyms: ["n"],
    default: 5,
    minimum: 1,
  },
} as const

/**
 * The fraction of samples whose class is among the k with the largest outputs. Among equal outputs the first counts as larger,
 * so `topK(1)` is accuracy. Takes an output for each class. Throws `ShapeError`.
 *
 * `Score.of(Score.topK(2), Tensor.make([[3, 2, 1], [3, 2, 1]]), Tensor.make([1, 2], "i32")) // => 0.5`
 */
export const topK = (k: number): Score => {
  checkOptions("topK", topKOptions, { k })
  return make(
    (output, target, counted) => {
      if (isBinary(output)) refuse("top_k", [output, target], "an output for each of several classes", "accuracy")
      const isOwn = T.greater(oneHot("top_k", output, target), 0)
      const own = T.sum(T.where(isOwn, output, 0), { axes: -1, keepAxes: true })
      const index = T.iota(output.shape, -1)
      const ownIndex = T.sum(T.where(isOwn, index, 0), { axes: -1, keepAxes: true })
      const ahead = T.or(T.greater(output, own), T.and(T.equal(output, own), T.less(index, ownIndex)))
      const known = T.max(T.cast(isOwn, "i32"), { axes: -1 })
      const among = T.flatten(T.and(T.less(T.sum(T.cast(ahead, "i32"), { axes: -1 }), k), T.equal(known, 1)))
      const correct = T.and(among, hasPrediction(output))
      return T.stack([T.sum(countedOf(T.cast(correct, "i32"), counted)), numberOf(correct, counted, "i32")])
    },
    { merge: add, finish: ratio, better: "higher", targetTypes: ["classes"], range: "proportion" },
  )
}

/** Counts by truth (row) and prediction (column). */
export type Matrix = ReadonlyArray<ReadonlyArray<number>>

/** The counts of a class's samples by prediction: first those without one, then each class. */
type CountsByPrediction = readonly [none: number, ...classes: ReadonlyArray<number>]

/** Rows of counts, from a list of classes · (classes + 1) counts. */
const rowsOf = (counts: ReadonlyArray<number>): ReadonlyArray<CountsByPrediction> => {
  const classes = Math.floor(Math.sqrt(counts.length))
  return Array.from({ length: classes }, (_, i) => {
    const [none = 0, ...predicted] = counts.slice(i * (classes + 1), (i + 1) * (classes + 1))
    return [none, ...predicted] as const
  })
}

/** A score from the counts of predictions for the samples of each class. */
const ofCounts = <A>(
  operation: string,
  read: (rows: ReadonlyArray<CountsByPrediction>) => A,
  facts: { readonly range?: Range } = {},
): Score<A> =>
  make(
    (output, target, counted) => {
      const { classes, predicted, truth } = decisions(operation, output, target)
      // The class -1, which is no prediction, comes first in its row.
      const cell = T.add(T.mul(truth, classes + 1), T.add(predicted, 1))
      return T.scatterAdd(cell, countedOf(T.onesLike(cell), counted), classes * (classes + 1))
    },
    { merge: add, finish: (counts) => read(rowsOf(counts)), better: "higher", targetTypes, ...facts },
  )

/**
 * The number of samples for each true class (row) and predicted class (column). Labels out of range are left out, and so are
 * samples with an output of NaN, which have no prediction; `classReport` counts these in the support of their class.
 *
 * `Score.of(Score.confusionMatrix, Tensor.make([[2, 1], [0, 3]]), Tensor.make([0, 0], "i32")) // => [[1, 1], [0, 0]]`
 */
export const confusionMatrix: Score<Matrix> = ofCounts("confusion_matrix", (rows) => rows.map(([, ...predicted]) => predicted))

/** The scores of one class. */
export interface ClassReport {
  /** The fraction of samples predicted as the class that belong to it; 0 if none is predicted. */
  readonly precision: number
  /** The fraction of samples of the class that are predicted as it; 0 if it has none. */
  readonly recall: number
  /** The harmonic mean of both; 0 if both are 0. */
  readonly f1: number
  /** The number of samples of the class. */
  readonly support: number
}

interface Counts {
  readonly correct: number
  readonly predicted: number
  readonly support: number
}

const fraction = (count: number, total: number): number => (total === 0 ? 0 : count / total)

const reportOf = ({ correct, predicted, support }: Counts): ClassReport => ({
  precision: fraction(correct, predicted),
  recall: fraction(correct, support),
  f1: fraction(2 * correct, predicted + support),
  support,
})

const countsOf = (rows: ReadonlyArray<CountsByPrediction>): ReadonlyArray<Counts> =>
  rows.map((row, k) => ({
    correct: row[k + 1] ?? 0,
    predicted: rows.reduce((sum, other) => sum + (other[k + 1] ?? 0), 0),
    support: row.reduce((sum, n) => sum + n, 0),
  }))

/**
 * Precision, recall and F1 of each class.
 *
 * `Score.of(Score.classReport, Tensor.make([1, -1]), Tensor.make([1, 1])) // => [{ precision: 0, recall: 0, f1: 0, support: 0 }, { precision: 1, recall: 0.5, f1: 0.6666666666666666, support: 2 }]`
 */
export const classReport: Score<ReadonlyArray<ClassReport>> = ofCounts("class_report", (rows) => countsOf(rows).map(reportOf))

/**
 * How to average the scores of classes: `positive` is the score of the second of two classes; `macro` is the mean over the
 * classes that occur (as a label or as a prediction); `weighted` weights classes by their number of samples; `micro` adds the
 * counts of all classes first. `auto` is `positive` for two classes and `macro` for more.
 */
export type Average = "auto" | "positive" | "macro" | "weighted" | "micro"

/** The option of every score that is averaged over classes. */
export const averageOptions = {
  average: {
    kind: "choice",
    doc: "How to average over classes: `positive` is the score of the second of two classes, `macro` the mean over classes that occur, `weighted` weights them by their samples, `micro` adds their counts first; `auto` is positive for two classes and macro for more.",
    of: ["auto", "positive", "macro", "weighted", "micro"],
    default: "auto",
  },
} as const

type Measure = keyof Omit<ClassReport, "support">

const averages: {
  readonly [A in Average]: (counts: ReadonlyArray<Counts>, measure: (counts: Counts) => number) => number
} = {
  auto: (counts, measure) => averages[counts.length === 2 ? "positive" : "macro"](counts, measure),
  positive: (counts, measure) => {
    const [, positive] = counts
    return counts.length === 2 && positive !== undefined ? measure(positive) : Number.NaN
  },
  macro: (counts, measure) => {
    const occurring = counts.filter(({ predicted, support }) => predicted + support > 0)
    return occurring.reduce((sum, each) => sum + measure(each), 0) / occurring.length
  },
  weighted: (counts, measure) => {
    const samples = counts.reduce((sum, { support }) => sum + support, 0)
    return counts.reduce((sum, each) => sum + measure(each) * each.support, 0) / samples
  },
  micro: (counts, measure) => {
    const all = (field: keyof Counts): number => counts.reduce((sum, each) => sum + each[field], 0)
    return all("support") === 0
      ? Number.NaN
      : measure({ correct: all("correct"), predicted: all("predicted"), support: all("support") })
  },
}

const averaged =
  (measure: Measure) =>
  (average: Average = "auto"): Score => {
    checkOptions(measure, averageOptions, { average })
    const read = (rows: ReadonlyArray<CountsByPrediction>) =>
      averages[average](countsOf(rows), (counts) => reportOf(counts)[measure])
    return ofCounts(measure, read, { range: "unit" })
  }

/** The fraction of samples predicted as a class that belong to it. `Score.of(Score.precision(), Tensor.make([1, 2, -1]), Tensor.make([1, 0, 0])) // => 0.5` */
export const precision = averaged("precision")

/** The fraction of samples of a class that are predicted as it. `Score.of(Score.recall(), Tensor.make([1, -2, -1]), Tensor.make([1, 1, 0])) // => 0.5` */
export const recall = averaged("recall")

/** The harmonic mean of precision and recall. `Score.of(Score.f1(), Tensor.make([1, 2, -1]), Tensor.make([1, 0, 0])) // => 0.6666666666666666` */
export const f1 = averaged("f1")
