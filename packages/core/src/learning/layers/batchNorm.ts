/**
 * Batch normalization: each channel with the mean and variance of the batch taken out while training, and those of the
 * past when inferring. What it remembers of the past is its state, which comes back beside the result.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import * as Shape from "../../types/Shape.ts"
import { refuse } from "../../types/ShapeError.ts"
import type { Net } from "../Net.ts"
import { wantOptions } from "../OptionError.ts"
import { layer, widthOf } from "./Layer.ts"
import { channelsOf, type Learned, learned, scaled } from "./standardize.ts"

/** How a batch normalization is built. */
export interface BatchNormOptions {
  /** The share of the new batch in the running statistics, 0.1 unless given: running ← (1 - momentum) · running + momentum · batch. */
  readonly momentum?: number
  /** Added to the variance, so that a constant channel does not divide by 0: 1e-5 unless given. */
  readonly eps?: number
}

/** What it remembers of past batches: the mean and the unbiased variance of each channel. */
export type BatchNormState = { readonly mean: Tensor; readonly variance: Tensor }

/**
 * γ · (x - mean) / √(variance + ε) + β for each channel, the last axis, over the batch and all space: x [batch, …, channels].
 * Training takes the batch's mean and biased variance, and moves the running ones towards its mean and unbiased variance;
 * inferring takes the running ones and leaves them. γ starts at 1, β at 0, and the running statistics at 0 and 1.
 * Throws `ShapeError`, as for a batch with one number a channel, which has no variance.
 */
export const batchNorm = ({ eps = 1e-5, momentum = 0.1 }: BatchNormOptions = {}): Net<Learned, BatchNormState> => {
  wantOptions("batchNorm", entries.batch_norm.options, { eps, momentum })
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
          "two numbers or more for each channel to train on",
          "batches of two rows or more, or layer_norm",
        )
      const mean = T.mean(x, { axes })
      const centred = T.sub(x, mean)
      const variance = T.mean(T.square(centred), { axes })
      const moved = (past: Tensor, now: Tensor): Tensor => T.add(T.mul(past, 1 - momentum), T.mul(now, momentum))
      return {
        y: scaled(centred, variance, eps, params),
        state: { mean: moved(state.mean, mean), variance: moved(state.variance, T.mul(variance, count / (count - 1))) },
      }
    },
  }
}

/** Batch normalization by the name a model file calls it. */
export const entries = {
  batch_norm: layer({
    doc: "Each channel shifted and scaled to mean 0 and variance 1 over the batch, then to a learned mean and scale.",
    formula: "y = γ · (x - μ) / √(σ² + ε) + β, μ and σ² of the batch; when not training, of the running statistics",
    source: "Ioffe and Szegedy, Batch normalization, 2015",
    advice:
      "Between a dense or convolution layer without bias and its activation: larger learning rates, less care about initial weights. It wants batches of 16 or more; for small ones group_norm or layer_norm. The momentum is the share of the new batch, as in PyTorch; Keras counts the share of the old.",
    synonyms: ["BatchNorm1d", "BatchNorm2d", "BatchNormalization", "bn"],
    options: {
      momentum: {
        kind: "number",
        doc: "The share of the new batch in the running statistics.",
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
    },
    traits: { role: "normalization", over: "batch", learned: (_, input) => 4 * widthOf(input), between: () => 0 },
    make: (options): Net => batchNorm(options),
  }),
}
