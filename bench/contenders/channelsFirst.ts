/** Weights for channels-first libraries. */
import type { Weights } from "../inputs.ts"
import type { Layer, LayerOf, Network } from "../network.ts"

/** [size, size, from, to] as [to, from, size, size]. */
const turned = ({ from, size, to }: LayerOf<"conv">, w: Float32Array): Float32Array => {
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

const weightsOf = (layer: Layer, w: Float32Array): Float32Array => {
  if (layer.kind === "conv") return turned(layer, w)
  return layer.kind === "dense" && layer.image !== undefined ? reordered(layer.image, layer.columns, w) : w
}

/** The parameters of a network, each in channels-first order. */
export const channelsFirst = ({ layers }: Network, weights: ReadonlyArray<Weights>): ReadonlyArray<Weights> =>
  layers.map((layer, i) => {
    const { w, ...others } = weights[i] ?? {}
    return w === undefined ? others : { w: weightsOf(layer, w), ...others }
  })
