/** Scores of predicted probabilities: log loss and calibration. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { sigmoid, softmax } from "../Activation.ts"
import { binaryCrossEntropy, categoricalCrossEntropy } from "../loss/classes.ts"
import { checkOptions } from "../OptionError.ts"
import { decisions, hasPrediction, isBinary } from "../Target.ts"
import { add, countedOf, make, numberOf, type Range, type Score } from "./Score.ts"

const targetTypes = ["binary", "classes"] as const

/**
 * The mean negative log-probability of the true class: cross-entropy, independent of the loss.
 *
 * `Score.of(Score.logLoss, Tensor.make([[0], [0]]), Tensor.make([1, 0])).toFixed(4) // => "0.6931"`
 */
export const logLoss: Score = make(
  (output, target, counted) => {
    const loss = isBinary(output) ? binaryCrossEntropy() : categoricalCrossEntropy()
    const each = loss.perExample(output, target)
    return T.stack([T.sum(countedOf(each, counted)), numberOf(each, counted, "f32")])
  },
  { merge: add, finish: ([sum = 0, count = 0]) => sum / count, better: "lower", targetTypes },
)

/** The probability of the predicted class of each sample; 1 for an output of NaN, which counts as confident and wrong. */
const confidence = (output: Tensor): Tensor => {
  const sure = isBinary(output) ? sigmoid(T.abs(output)) : T.max(softmax(output), { axes: -1 })
  return T.where(hasPrediction(output), T.flatten(sure), 1)
}

/** The samples whose confidence is between two bounds. */
export interface Bin {
  readonly from: number
  readonly to: number
  readonly count: number
  /** The mean confidence. */
  readonly confidence: number
  /** The fraction of correct predictions. */
  readonly accuracy: number
}

/** The options of scores with bins. */
export const binOptions = {
  bins: {
    kind: "integer",
    doc: "The number of bins of equal width.",
    synonyms: ["n_bins", "num_bins"],
    default: 15,
    minimum: 1,
    maximum: 10_000,
  },
} as const

const binned = <A>(
  operation: string,
  bins: number,
  finish: (bins: ReadonlyArray<Bin>) => A,
  facts: { readonly range?: Range } = {},
): Score<A> =>
  make(
    (output, target, counted) => {
      const { correct } = decisions(operation, output, target)
      const sure = confidence(output)
      // Bins are open below and closed above, as in Guo et al.
      const bin = T.clamp(T.sub(T.cast(T.ceil(T.mul(sure, bins)), "i32"), 1), 0, bins - 1)
      const columns = [T.onesLike(sure), sure, T.cast(correct, "f32")]
      return T.concat(columns.map((column) => T.scatterAdd(bin, countedOf(column, counted), bins)))
    },
    {
      merge: add,
      finish: (sums) =>
        finish(
          Array.from({ length: sums.length / 3 }, (_, i) => {
            const count = sums[i] ?? 0
            return {
              from: i / bins,
              to: (i + 1) / bins,
              count,
              confidence: (sums[bins + i] ?? 0) / count,
              accuracy: (sums[2 * bins + i] ?? 0) / count,
            }
          }),
        ),
      better: "lower",
      targetTypes,
      ...facts,
    },
  )

/**
 * The reliability diagram: samples in bins of equal width by confidence, each with its mean confidence and its accuracy. Both
 * are NaN for an empty bin.
 */
export const reliability = (bins = 15): Score<ReadonlyArray<Bin>> => {
  checkOptions("reliability", binOptions, { bins })
  return binned("reliability", bins, (all) => all)
}

/** The expected calibration error: the mean difference between confidence and accuracy, over bins. */
export const calibrationError = (bins = 15): Score => {
  checkOptions("calibrationError", binOptions, { bins })
  const mean = (all: ReadonlyArray<Bin>): number => {
    const filled = all.filter(({ count }) => count > 0)
    const samples = filled.reduce((sum, { count }) => sum + count, 0)
    return filled.reduce((sum, bin) => sum + bin.count * Math.abs(bin.accuracy - bin.confidence), 0) / samples
  }
  return binned("calibration_error", bins, mean, { range: "unit" })
}
