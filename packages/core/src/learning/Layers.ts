/**
 * Layers: the nets that others are built from, and their table for model files. A constructor throws `OptionError` for a
 * number outside the bounds of its entry, and the layer throws `ShapeError` for samples of a wrong shape.
 *
 * `Layers.dropout(2) // => throws dropout got 2 for rate; it wants a number of at least 0 and below 1`
 */
import type { Table, Traits } from "./Entry.ts"
import * as Attention from "./layers/attention.ts"
import * as Augmentation from "./layers/augmentation.ts"
import * as BatchNorm from "./layers/batchNorm.ts"
import * as Convolution from "./layers/convolution.ts"
import * as Dense from "./layers/dense.ts"
import * as Embedding from "./layers/embedding.ts"
import type { AnyTraits } from "./layers/Layer.ts"
import * as Noise from "./layers/noise.ts"
import * as Normalization from "./layers/normalization.ts"
import * as Pooling from "./layers/pooling.ts"
import * as Recurrent from "./layers/recurrent.ts"
import * as Shaping from "./layers/shaping.ts"
import type { Net } from "./Net.ts"

export { type ActivationLike, activation } from "./layers/activation.ts"
export type { AffineOptions, AffineParams, InitializerLike } from "./layers/affine.ts"
export {
  type AttentionOptions,
  type AttentionParams,
  type EncoderOptions,
  multiHeadAttention,
  type PositionsOptions,
  positions,
  transformerEncoder,
} from "./layers/attention.ts"
export {
  type FlipAxes,
  type FlipOptions,
  randomErase,
  randomFlip,
  randomRotate,
  randomShift,
  randomZoom,
} from "./layers/augmentation.ts"
export { type BatchNormOptions, type BatchNormState, batchNorm } from "./layers/batchNorm.ts"
export type { GruParams, LstmState, RecurrentParams } from "./layers/cells.ts"
export { type ConvOptions, type ConvTransposeOptions, conv1d, conv2d, convTranspose2d } from "./layers/convolution.ts"
export { type DenseOptions, type DenseParams, dense, type MaxoutOptions, maxout } from "./layers/dense.ts"
export { type EmbeddingOptions, type EmbeddingParams, embedding } from "./layers/embedding.ts"
export { type AnyTraits, type Role, sizes } from "./layers/Layer.ts"
export { alphaDropout, dropout, gaussianNoise, spatialDropout } from "./layers/noise.ts"
export {
  type GroupNormOptions,
  groupNorm,
  type LayerNormOptions,
  layerNorm,
  type RmsNormParams,
  rmsNorm,
} from "./layers/normalization.ts"
export { avgPool, globalAvgPool, globalMaxPool, maxPool, type PoolingOptions } from "./layers/pooling.ts"
export {
  type GruOptions,
  gru,
  type LstmOptions,
  lstm,
  type RecurrentOptions,
  type SimpleRnnOptions,
  simpleRnn,
} from "./layers/recurrent.ts"
export { flatten, reshape } from "./layers/shaping.ts"
export type { Learned } from "./layers/standardize.ts"

/** Every layer, by its name in a model file. Activations are layers too, under their own names: `activation`. */
export const table = {
  ...Dense.entries,
  ...Convolution.entries,
  ...Pooling.entries,
  ...Shaping.entries,
  ...Embedding.entries,
  ...BatchNorm.entries,
  ...Normalization.entries,
  ...Noise.entries,
  ...Augmentation.entries,
  ...Recurrent.entries,
  ...Attention.entries,
} satisfies Table<Net, Traits<AnyTraits>>

/** The name of a layer. */
export type Name = keyof typeof table
