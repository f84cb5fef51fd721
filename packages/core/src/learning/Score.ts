/**
 * Scores: what a person reads to see how good a net is. A score is taken in two steps, sums over the samples of a batch
 * and a number out of the sums, so that the score of batches is the score of the whole, however it was cut.
 */
import type { Tensor } from "../language/Expr.ts"
import * as T from "../tensor/Tensor.ts"
import * as Shape from "../words/Shape.ts"
import { entry, type Table } from "./Entry.ts"
import { aligned, decided } from "./Target.ts"

/** A score: sums in the tensor language, added up in doubles, and what they come to. */
export interface Score<out A = number> {
  /** From the outputs and targets of a batch to sums over its samples, a vector (i32 where it counts). Throws `ShapeError`. */
  readonly sums: (output: Tensor, target: Tensor) => Tensor
  /** From the sums of all batches added up. NaN of no samples. */
  readonly finish: (sums: ReadonlyArray<number>) => A
  /** Which way it gets better. */
  readonly better: "higher" | "lower"
}

/** The sums of two batches taken together. */
export const merge = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): ReadonlyArray<number> =>
  a.map((x, i) => x + (b[i] ?? 0))

/** A score of one batch alone. */
export const of = <A>(score: Score<A>, output: Tensor, target: Tensor): A =>
  score.finish([...T.read(score.sums(output, target)).data])

const ratio = ([sum = 0, count = 0]: ReadonlyArray<number>): number => sum / count

/**
 * The share of samples whose class is right. One output a sample decides between two classes by its sign (it is a
 * logit); several decide for the largest.
 *
 * `Score.of(Score.accuracy, Tensor.make([[2, 1], [0, 3]]), Tensor.make([0, 0], "i32")) // => 0.5`
 */
export const accuracy: Score = {
  sums: (output, target) => {
    const { said, truth } = decided("accuracy", output, target)
    return T.stack([T.sum(T.cast(T.equal(said, truth), "i32")), T.scalar(Shape.size(truth.shape), "i32")])
  },
  finish: ratio,
  better: "higher",
}

const meanOf = (operation: string, measure: (difference: Tensor) => Tensor): Score => ({
  sums: (output, target) => {
    const each = measure(T.sub(output, aligned(operation, output, target)))
    return T.stack([T.sum(each), T.scalar(Shape.size(each.shape))])
  },
  finish: ratio,
  better: "lower",
})

/** The mean of (ŷ - y)². */
export const meanSquaredError: Score = meanOf("mse", (d) => T.square(d))

/** The mean of |ŷ - y|. */
export const meanAbsoluteError: Score = meanOf("mae", (d) => T.abs(d))

/**
 * How often each class (row) was taken for each class (column). Labels that are no class are left out.
 *
 * `Score.of(Score.confusionMatrix, Tensor.make([[2, 1], [0, 3]]), Tensor.make([0, 0], "i32")) // => [[1, 1], [0, 0]]`
 */
export const confusionMatrix: Score<ReadonlyArray<ReadonlyArray<number>>> = {
  sums: (output, target) => {
    const { classes, said, truth } = decided("confusion_matrix", output, target)
    const cell = T.add(T.mul(truth, classes), said)
    return T.scatterAdd(cell, T.onesLike(cell), classes ** 2)
  },
  finish: (sums) => {
    const classes = Math.sqrt(sums.length)
    return Array.from({ length: classes }, (_, i) => sums.slice(i * classes, (i + 1) * classes))
  },
  better: "higher",
}

/** Every score that is one number, by the name a model file calls it. */
export const table = {
  accuracy: entry({
    doc: "The share of samples whose class is right.",
    formula: "1/n Σ [ŷᵢ = yᵢ]",
    source: "Fisher, The use of multiple measurements in taxonomic problems, 1936",
    advice:
      "For classes of about equal size. Where one class is rare, always guessing the other scores high: compare with the largest class's share, and read the confusion matrix.",
    options: {},
    make: (): Score => accuracy,
  }),
  mse: entry({
    doc: "The mean squared error.",
    formula: "1/n Σ (ŷᵢ - yᵢ)²",
    source: "Gauss, Theoria motus, 1809",
    advice: "In the square of the target's unit; its root is in the unit itself. A few outliers decide it.",
    options: {},
    make: (): Score => meanSquaredError,
  }),
  mae: entry({
    doc: "The mean absolute error.",
    formula: "1/n Σ |ŷᵢ - yᵢ|",
    source: "Laplace, Théorie analytique des probabilités, 1812",
    advice: "In the target's unit: how far off a prediction is on average.",
    options: {},
    make: (): Score => meanAbsoluteError,
  }),
} satisfies Table<Score>

/** Every score that is more than one number. */
export const reports = {
  confusion_matrix: entry({
    doc: "How often each class was taken for each class: truth down, prediction across.",
    formula: "Mᵢⱼ = Σ [y = i, ŷ = j]",
    source: "Pearson, On the theory of contingency, 1904",
    advice: "Read it by rows: where a class's samples went. Large numbers off the diagonal say which two classes are mixed up.",
    options: {},
    make: () => confusionMatrix,
  }),
} satisfies Table<Score<unknown>>

/** The name of a score that is one number. */
export type Name = keyof typeof table
