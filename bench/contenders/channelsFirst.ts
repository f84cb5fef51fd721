/** Weights for channels-first libraries. */
import type { Weights } from "../inputs.ts"
import { type Layer, learning, type Network } from "../network.ts"

type Learning = Exclude<Layer, { readonly kind: "pool" }>

/** [size, size, from, to] as [to, from, size, size]. */
const turned = ({ from, size, to }: Extract<Layer, { readonly kind: "conv" }>, w: Float32Array): Float32Array => {
  const area = size * size
  return Float32Array.from(w, (_, i) => {
    const [at, channel, filter] = [i % area, Math.floor(i / area) % from, Math.floor(i / area / from)]
    return w[(at * from + channel) * to + filter] ?? Number.NaN
  })
}

/** Reorders the rows of a dense layer after images from [height, width, channels] to [channels, height, width]. */
const reordered = (image: ReadonlyArray<number>, columns: number, w: Float32Array): Float32Array => {
  const [height = 1, width = 1, channels = 1] = image
  const area = height * width
  return Float32Array.from(w, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns]
    return w[((row % area) * channels + Math.floor(row / area)) * columns + column] ?? Number.NaN
  })
}

const ofLayer = (layer: Learning, w: Float32Array): Float32Array => {
  if (layer.kind === "conv") return turned(layer, w)
  return layer.image === undefined ? w : reordered(layer.image, layer.columns, w)
}

/** The weights of a network, each in channels-first order. */
export const channelsFirst = (network: Network, weights: ReadonlyArray<Weights>): ReadonlyArray<Weights> =>
  learning(network).map((layer, i) => {
    const { b, w } = weights[i] ?? { b: new Float32Array(), w: new Float32Array() }
    return { w: ofLayer(layer, w), b }
  })
