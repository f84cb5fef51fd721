/** The measured networks as nets of Adjoint. */
import * as Layers from "@adjoint/core/learning/Layers"
import * as Net from "@adjoint/core/learning/Net"
import type { Layer, LayerOf, Network } from "../network.ts"

const nets: { readonly [K in Layer["kind"]]: (layer: LayerOf<K>) => ReadonlyArray<Net.Net> } = {
  dense: ({ activation, columns, image }) => [
    ...(image === undefined ? [] : [Layers.flatten]),
    Layers.dense({ units: columns, activation }),
  ],
  conv: ({ bias, pad, size, to }) => [
    Layers.conv2d({ filters: to, kernel: size, pad, bias, activation: bias ? "relu" : "identity" }),
  ],
  batchNorm: () => [Layers.batchNorm(), Layers.activation("relu")],
  pool: ({ size }) => [Layers.maxPool({ window: size })],
  embedding: ({ tokens, units }) => [Layers.embedding({ tokens, units })],
  positions: () => [Layers.positions({ kind: "learned" })],
  transformer: ({ heads }) => [Layers.transformerEncoder({ heads, causal: true, dropout: 0 })],
  layerNorm: () => [Layers.layerNorm()],
  lstm: ({ units }) => [Layers.lstm({ units })],
  mean: () => [Layers.globalAvgPool],
}

/** The net of a network. Each layer's nets are named after its number and their kind: `0 dense`. */
export const netOf = ({ layers }: Network): Net.Net =>
  Net.sequential(
    Object.fromEntries(
      layers.flatMap((layer, i) =>
        (nets[layer.kind] as (layer: Layer) => ReadonlyArray<Net.Net>)(layer).map((net) => [`${i} ${net.kind}`, net]),
      ),
    ),
  )
