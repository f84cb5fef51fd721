/**
 * Batch normalization: normalizes each channel by the mean and variance of the batch in training, and by running statistics in
 * inference. The running statistics are its state, which `apply` returns with the output.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import type { Net } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import { layer, widthOf } from "./Layer.ts"
import { channelsOf, type Learned, learned, scaled } from "./standardize.ts"

/** The options of batch normalization. */
export interface BatchNormOptions {
  /** The weight of the new batch in the running statistics, 0.1 unless given: running ← (1 - momentum) · running + momentum · batch. */
  readonly momentum?: number
  /** Added to the variance, which prevents division by 0: 1e-5 unless given. */
  readonly eps?: number
}

/** The running statistics: the mean and the unbiased variance of each channel. */
export type BatchNormState = { readonly mean: Tensor; readonly variance: Tensor }

/**
 * γ · (x - mean) / √(variance + ε) + β for each channel (the last axis), over the batch and the spatial axes: x
 * [batch, …, channels]. Training uses the mean and biased variance of the batch, and updates the running statistics with its
 * mean and unbiased variance. Inference uses the running statistics and does not change them. γ starts at 1, β at 0, and the
 * running statistics at 0 and 1. Throws `ShapeError`, also for a batch with one element for each channel, which has no variance.
 */
export const batchNorm = ({ eps = 1e-5, momentum = 0.1, ...rest }: BatchNormOptions = {}): Net<Learned, BatchNormState> => {
  checkOptions("batchNorm", batchNormOptions, { ...rest, eps, momentum })
  return {
    kind: "batch_norm",
    shape: (input) => {
      channelsOf("batch_norm", input)
      return input
    },
    init: (_, input) => {
      const shape = [channelsOf("batch_norm", input)]
      return { params: learned(shape), state: { mean: T.zeros(shape), variance: T.ones(shape) } }
    },
    apply: (params, state, x, { mode }) => {
      if (mode === "infer") return { y: scaled(T.sub(x, state.mean), state.variance, eps, params), state }
      const axes = x.shape.slice(0, -1).map((_, i) => i)
      const count = Shape.size(x.shape.slice(0, -1))
      if (count < 2)
        refuse(
          "batch_norm",
          [x],
          "two or more elements for each channel in training",
          "batches of two rows or more, or layer_norm",
        )
      const mean = T.mean(x, { axes })
      const centred = T.sub(x, mean)
      const variance = T.mean(T.square(centred), { axes })
      const updated = (running: Tensor, batch: Tensor): Tensor => T.add(T.mul(running, 1 - momentum), T.mul(batch, momentum))
      return {
        y: scaled(centred, variance, eps, params),
        state: { mean: updated(state.mean, mean), variance: updated(state.variance, T.mul(variance, count / (count - 1))) },
      }
    },
  }
}

/** The options of `batch_norm` in a model file. */
const batchNormOptions = {
  momentum: {
    kind: "number",
    doc: "The weight of the new batch in the running statistics.",
    default: 0.1,
    minimum: 0,
    maximum: 1,
    usual: [0, 0.5],
  },
  eps: {
    kind: "number",
    doc: "Added to the variance.",
    synonyms: ["epsilon"],
    default: 1e-5,
    exclusiveMinimum: 0,
    usual: [1e-12, 0.1],
  },
} as const

/** Batch normalization, by its name in a model file. */
export const entries = {
  batch_norm: layer({
    doc: "Normalizes each channel to mean 0 and variance 1 over the batch, then applies a learned scale and shift.",
    formula: "y = γ · (x - μ) / √(σ² + ε) + β, μ and σ² of the batch; in inference, the running statistics",
    source: "Ioffe and Szegedy, Batch normalization, 2015",
    advice:
      "Put it between a dense or convolution layer without bias and its activation. It allows larger learning rates and depends less on initial weights. Use batches of 16 or more; for smaller ones use group_norm or layer_norm. The momentum is the weight of the new batch, as in PyTorch; in Keras it is that of the old statistics.",
    synonyms: ["BatchNorm1d", "BatchNorm2d", "BatchNormalization", "bn"],
    options: batchNormOptions,
    traits: { role: "normalization", over: "batch", learned: (_, input) => 4 * widthOf(input), between: () => 0 },
    make: (options): Net => batchNorm(options),
  }),
}
