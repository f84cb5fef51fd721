/** Scores of the probabilities that outputs stand for: whether they are as likely to be right as they say. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { sigmoid, softmax } from "../Activation.ts"
import { binaryCrossEntropy, categoricalCrossEntropy } from "../loss/classes.ts"
import { wantOptions } from "../OptionError.ts"
import { decided, isAnswered, isBinary } from "../Target.ts"
import { add, type Score } from "./Score.ts"

const answers = ["binary", "classes"] as const

/**
 * How surprised the predicted probabilities are by the true class, on average: cross-entropy, whatever the loss is.
 *
 * `Score.of(Score.logLoss, Tensor.make([[0], [0]]), Tensor.make([1, 0])).toFixed(4) // => "0.6931"`
 */
export const logLoss: Score = {
  sums: (output, target) => {
    const loss = isBinary(output) ? binaryCrossEntropy() : categoricalCrossEntropy()
    const each = loss.perExample(output, target)
    return T.stack([T.sum(each), T.scalar(Shape.size(each.shape))])
  },
  merge: add,
  finish: ([sum = 0, count = 0]) => sum / count,
  better: "lower",
  answers,
}

/** How sure an output is of the class it decides for, in the order of the samples; one that is NaN counts as sure, and wrong. */
const confidence = (output: Tensor): Tensor => {
  const sure = isBinary(output) ? sigmoid(T.abs(output)) : T.max(softmax(output), { axes: -1 })
  return T.where(isAnswered(output), T.flatten(sure), 1)
}

/** What belongs to the samples whose confidence falls between two bounds. */
export interface Bin {
  readonly from: number
  readonly to: number
  readonly count: number
  /** The mean of how sure the outputs are. */
  readonly confidence: number
  /** The share that is right. */
  readonly accuracy: number
}

/** The options of what is counted in bins. */
export const binOptions = {
  bins: {
    kind: "integer",
    doc: "How many bins of one width.",
    synonyms: ["n_bins", "num_bins"],
    default: 15,
    minimum: 1,
    maximum: 10_000,
  },
} as const

const binned = <A>(operation: string, bins: number, finish: (bins: ReadonlyArray<Bin>) => A): Score<A> => ({
  sums: (output, target) => {
    const { right } = decided(operation, output, target)
    const sure = confidence(output)
    // Bins are open below and closed above, as in Guo et al.
    const place = T.clamp(T.sub(T.cast(T.ceil(T.mul(sure, bins)), "i32"), 1), 0, bins - 1)
    const columns = [T.onesLike(sure), sure, T.cast(right, "f32")]
    return T.concat(columns.map((column) => T.scatterAdd(place, column, bins)))
  },
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
  answers,
})

/**
 * The reliability of probabilities: the samples by how sure the outputs are of the class they decide for, in bins of one
 * width, each with how sure they are on average and how often they are right. The means of an empty bin are NaN.
 */
export const reliability = (bins = 15): Score<ReadonlyArray<Bin>> => {
  wantOptions("reliability", binOptions, { bins })
  return binned("reliability", bins, (all) => all)
}

/** The expected calibration error: the mean gap between how sure the outputs are and how often they are right, over bins. */
export const calibrationError = (bins = 15): Score => {
  wantOptions("calibrationError", binOptions, { bins })
  return binned("calibration_error", bins, (all) => {
    const filled = all.filter(({ count }) => count > 0)
    const samples = filled.reduce((sum, { count }) => sum + count, 0)
    return filled.reduce((sum, bin) => sum + bin.count * Math.abs(bin.accuracy - bin.confidence), 0) / samples
  })
}
