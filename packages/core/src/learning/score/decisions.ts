/**
 * Scores of the class that outputs decide for. All but `topK` are read off the counts of the confusion matrix. A sample
 * whose output is NaN has no answer, and counts as wrong in each of them.
 */
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import { wantOptions } from "../OptionError.ts"
import { decided, isAnswered, isBinary, oneHot } from "../Target.ts"
import { add, type Score } from "./Score.ts"

const answers = ["binary", "classes"] as const

const ratio = ([sum = 0, count = 0]: ReadonlyArray<number>): number => sum / count

/**
 * The share of samples whose class is right. One output a sample decides between two classes by its sign (it is a
 * logit); several decide for the largest.
 *
 * `Score.of(Score.accuracy, Tensor.make([[2, 1], [0, 3]]), Tensor.make([0, 0], "i32")) // => 0.5`
 */
export const accuracy: Score = {
  sums: (output, target) => {
    const { right, truth } = decided("accuracy", output, target)
    return T.stack([T.sum(T.cast(right, "i32")), T.scalar(Shape.size(truth.shape), "i32")])
  },
  merge: add,
  finish: ratio,
  better: "higher",
  answers,
}

/** The options of the score of k guesses. */
export const topKOptions = { k: { kind: "integer", doc: "How many guesses.", synonyms: ["n"], default: 5, minimum: 1 } } as const

/**
 * The share of samples whose class is among the k with the largest outputs; of equal outputs the first counts as larger,
 * so that the first of all is accuracy. Takes an output for each class. Throws `ShapeError`.
 *
 * `Score.of(Score.topK(2), Tensor.make([[3, 2, 1], [3, 2, 1]]), Tensor.make([1, 2], "i32")) // => 0.5`
 */
export const topK = (k: number): Score => {
  wantOptions("topK", topKOptions, { k })
  return {
    sums: (output, target) => {
      if (isBinary(output)) refuse("top_k", [output, target], "an output for each of several classes", "accuracy")
      const isOwn = T.greater(oneHot("top_k", output, target), 0)
      const own = T.sum(T.where(isOwn, output, 0), { axes: -1, keepAxes: true })
      const place = T.iota(output.shape, -1)
      const ownPlace = T.sum(T.where(isOwn, place, 0), { axes: -1, keepAxes: true })
      const ahead = T.or(T.greater(output, own), T.and(T.equal(output, own), T.less(place, ownPlace)))
      const known = T.max(T.cast(isOwn, "i32"), { axes: -1 })
      const among = T.flatten(T.and(T.less(T.sum(T.cast(ahead, "i32"), { axes: -1 }), k), T.equal(known, 1)))
      const right = T.and(among, isAnswered(output))
      return T.stack([T.sum(T.cast(right, "i32")), T.scalar(Shape.size(right.shape), "i32")])
    },
    merge: add,
    finish: ratio,
    better: "higher",
    answers: ["classes"],
  }
}

/** Counts by truth (row) and prediction (column). */
export type Matrix = ReadonlyArray<ReadonlyArray<number>>

/** The counts of a class's samples by what was said of them: first that nothing was, then each class. */
type Said = readonly [nothing: number, ...classes: ReadonlyArray<number>]

/** Rows of counts, from a list of classes · (classes + 1) of them. */
const rowsOf = (counts: ReadonlyArray<number>): ReadonlyArray<Said> => {
  const classes = Math.floor(Math.sqrt(counts.length))
  return Array.from({ length: classes }, (_, i) => {
    const [nothing = 0, ...said] = counts.slice(i * (classes + 1), (i + 1) * (classes + 1))
    return [nothing, ...said] as const
  })
}

/** A score that is read off the counts of what was said of the samples of each class. */
const ofCounts = <A>(operation: string, read: (rows: ReadonlyArray<Said>) => A): Score<A> => ({
  sums: (output, target) => {
    const { classes, said, truth } = decided(operation, output, target)
    // Nothing said is -1, and stands first in its row.
    const cell = T.add(T.mul(truth, classes + 1), T.add(said, 1))
    return T.scatterAdd(cell, T.onesLike(cell), classes * (classes + 1))
  },
  merge: add,
  finish: (counts) => read(rowsOf(counts)),
  better: "higher",
  answers,
})

/**
 * How often each class (row) was taken for each class (column). Labels that are no class are left out, and so are samples
 * without an answer, those whose output is NaN; `classReport` counts them in the support of their class.
 *
 * `Score.of(Score.confusionMatrix, Tensor.make([[2, 1], [0, 3]]), Tensor.make([0, 0], "i32")) // => [[1, 1], [0, 0]]`
 */
export const confusionMatrix: Score<Matrix> = ofCounts("confusion_matrix", (rows) => rows.map(([, ...said]) => said))

/** How a class fares. */
export interface ClassReport {
  /** Of the samples it was given to, the share that are of it; 0 when it was given to none. */
  readonly precision: number
  /** Of its samples, the share that were found; 0 when it has none. */
  readonly recall: number
  /** The harmonic mean of the two; 0 when both are. */
  readonly f1: number
  /** How many samples are of it. */
  readonly support: number
}

interface Counts {
  readonly right: number
  readonly said: number
  readonly support: number
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

const reportOf = ({ right, said, support }: Counts): ClassReport => ({
  precision: share(right, said),
  recall: share(right, support),
  f1: share(2 * right, said + support),
  support,
})

const countsOf = (rows: ReadonlyArray<Said>): ReadonlyArray<Counts> =>
  rows.map((row, k) => ({
    right: row[k + 1] ?? 0,
    said: rows.reduce((sum, other) => sum + (other[k + 1] ?? 0), 0),
    support: row.reduce((sum, n) => sum + n, 0),
  }))

/**
 * Precision, recall and F1 of each class.
 *
 * `Score.of(Score.classReport, Tensor.make([1, -1]), Tensor.make([1, 1])) // => [{ precision: 0, recall: 0, f1: 0, support: 0 }, { precision: 1, recall: 0.5, f1: 0.6666666666666666, support: 2 }]`
 */
export const classReport: Score<ReadonlyArray<ClassReport>> = ofCounts("class_report", (rows) => countsOf(rows).map(reportOf))

/**
 * How one number is made of those of the classes: `positive` takes the second of two classes; `macro` is the mean over
 * the classes that occur (as a truth or as a prediction); `weighted` counts a class as often as it has samples; `micro`
 * adds the counts of all classes first. `auto` is `positive` of two classes and `macro` of more.
 */
export type Average = "auto" | "positive" | "macro" | "weighted" | "micro"

/** The option of every score that is averaged over classes. */
export const averageOptions = {
  average: {
    kind: "choice",
    doc: "How the classes' numbers become one: `positive` is the second of two classes, `macro` the mean of those that occur, `weighted` counts them by their samples, `micro` adds their counts first; `auto` is positive of two classes and macro of more.",
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
    const occurring = counts.filter(({ said, support }) => said + support > 0)
    return occurring.reduce((sum, each) => sum + measure(each), 0) / occurring.length
  },
  weighted: (counts, measure) => {
    const samples = counts.reduce((sum, { support }) => sum + support, 0)
    return counts.reduce((sum, each) => sum + measure(each) * each.support, 0) / samples
  },
  micro: (counts, measure) => {
    const all = (field: keyof Counts): number => counts.reduce((sum, each) => sum + each[field], 0)
    return all("support") === 0 ? Number.NaN : measure({ right: all("right"), said: all("said"), support: all("support") })
  },
}

const averaged =
  (measure: Measure) =>
  (average: Average = "auto"): Score => {
    wantOptions(measure, averageOptions, { average })
    return ofCounts(measure, (rows) => averages[average](countsOf(rows), (counts) => reportOf(counts)[measure]))
  }

/** Of the samples a class was given to, the share that are of it. `Score.of(Score.precision(), Tensor.make([1, 2, -1]), Tensor.make([1, 0, 0])) // => 0.5` */
export const precision = averaged("precision")

/** Of the samples of a class, the share that were found. `Score.of(Score.recall(), Tensor.make([1, -2, -1]), Tensor.make([1, 1, 0])) // => 0.5` */
export const recall = averaged("recall")

/** The harmonic mean of precision and recall. `Score.of(Score.f1(), Tensor.make([1, 2, -1]), Tensor.make([1, 0, 0])) // => 0.6666666666666666` */
export const f1 = averaged("f1")
