/** A net of two sequences: an encoder reads one, and a decoder attends to its output while it predicts the other. */
import { graph, type Net } from "../Net.ts"
import type { Padded, PaddedShape, WithMemory } from "./Padded.ts"
import type { Stepwise } from "./Stepwise.ts"

/** The sequence that is read, and the one that is predicted: as input, its tokens so far. */
export type SourceAndTarget = { readonly source: Padded; readonly target: Padded }

type TargetAndMemory = { readonly target: Padded; readonly memory: Padded }

/** One value for each part. */
export type EncoderAndDecoder<E, D> = { readonly encoder: E; readonly decoder: D }

const withoutMemory = <A extends { readonly memory: unknown }>({ memory: _, ...rest }: A): Omit<A, "memory"> => rest

/** A decoder whose memory is beside its sequences. */
const beside = <P, S, C>(decoder: Stepwise<P, S, C, WithMemory>): Net<P, S, TargetAndMemory, Padded> => {
  const together = ({ memory, target }: { readonly target: PaddedShape; readonly memory: PaddedShape }) => ({ ...target, memory })
  return {
    kind: decoder.kind,
    shape: (input) => withoutMemory(decoder.shape(together(input))) as PaddedShape,
    init: (key, input) => decoder.init(key, together(input)),
    apply: (params, state, { memory, target }, context) => {
      const applied = decoder.apply(params, state, { ...target, memory }, context)
      return { y: withoutMemory(applied.y) as Padded, state: applied.state }
    },
    ...(decoder.children === undefined ? {} : { children: (input) => decoder.children?.(together(input)) ?? [] }),
  }
}

/**
 * An encoder of the source, and a decoder of the target that attends to the encoder's output: { source, target } gives what the
 * decoder gives. To generate, compute the encoder's output once and give it as `memory`. Throws `ShapeError`.
 *
 * ```ts
 * const tokens = { tokens: 9, units: 4 }
 * const encoder = Sequence.stack([Sequence.each(Layers.embedding(tokens)), Sequence.transformer({ heads: 2 })])
 * const decoder = Sequence.tied(tokens, Sequence.decoder({ heads: 2 }))
 * const net = Sequence.encoderDecoder(encoder, decoder)
 * const weights = net.init(Key.make(1), { source: { x: [7], length: [] }, target: { x: [5], length: [] } })
 *
 * const source = Sequence.pad([[3, 1, 4, 1, 5], [2, 7]], { dtype: "i32" })
 * const memory = Net.infer(encoder, Net.part(weights, "encoder"), source)
 * const prompt = Sequence.pad([[0], [0]], { dtype: "i32" })
 * Sequence.generate(decoder, Net.part(weights, "decoder"), { prompt, memory, count: 6, key: Key.make(2) }).x.shape // => [2, 7]
 * ```
 */
export const encoderDecoder = <EP, ES, DP, DS, C>(
  encoder: Net<EP, ES, Padded, Padded>,
  decoder: Stepwise<DP, DS, C, WithMemory>,
): Net<EncoderAndDecoder<EP, DP>, EncoderAndDecoder<ES, DS>, SourceAndTarget, Padded> => {
  const net = graph(
    [
      ["encoder", { net: encoder as Net<never, never, Padded, Padded>, from: "source" }],
      [
        "decoder",
        { net: beside(decoder) as Net<never, never, TargetAndMemory, Padded>, from: { target: "target", memory: "encoder" } },
      ],
    ],
    { inputs: ["source", "target"] },
  )
  return { ...net, kind: "encoder_decoder" } as unknown as Net<
    EncoderAndDecoder<EP, DP>,
    EncoderAndDecoder<ES, DS>,
    SourceAndTarget,
    Padded
  >
}
