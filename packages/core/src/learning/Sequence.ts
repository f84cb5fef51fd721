/**
 * Sequences of unequal length: padded to one tensor, with the length of each row. Their layers pass { x, length } on, pooling and
 * losses leave the padding out, and each row has the results that it has alone, whatever the padding holds.
 *
 * ```ts
 * const net = Net.sequential([
 *   Sequence.each(Layers.embedding({ tokens: 10, units: 8 })),
 *   Sequence.lstm({ units: 16 }),
 *   Sequence.last,
 *   Layers.dense({ units: 2 }),
 * ])
 * const batch = Sequence.pad([[5, 6, 7], [8]], { dtype: "i32" })
 * Net.infer(net, net.init(Key.make(1), { x: [3], length: [] }), batch).shape // => [2, 2]
 * ```
 */
export {
  type AttentionCache,
  type AttentionOptions,
  attention,
  type CrossAttentionOptions,
  crossAttention,
  type MemoryCache,
} from "./sequence/attention.ts"
export { each, last, max, mean } from "./sequence/each.ts"
export { type EncoderAndDecoder, encoderDecoder, type SourceAndTarget } from "./sequence/encoderDecoder.ts"
export { fromTokens } from "./sequence/fromTokens.ts"
export {
  type Choice,
  type DrawOptions,
  draw,
  type GenerateOptions,
  generate,
  greedy,
  type MemoryOf,
} from "./sequence/generate.ts"
export { loss, type Over, score } from "./sequence/loss.ts"
export { clean, mask, type Padded, type PaddedShape, pad, type WithMemory } from "./sequence/Padded.ts"
export {
  bidirectional,
  type Directions,
  final,
  gru,
  lstm,
  type Recurrent,
  type RecurrentOptions,
  simpleRnn,
  type WithState,
} from "./sequence/recurrent.ts"
export {
  type AnyStepwise,
  type Beginning,
  type InputOfAll,
  residual,
  type Stepped,
  type Stepwise,
  stack,
} from "./sequence/Stepwise.ts"
export {
  type DecoderOptions,
  decoder,
  type TiedParams,
  type TransformerOptions,
  tied,
  transformer,
} from "./sequence/transformer.ts"
