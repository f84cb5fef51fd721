/**
 * Images of another size by a triangle filter that covers every pixel when an image shrinks (antialiasing), in whole numbers: the
 * bits are those of Pillow's `resize(size, BILINEAR)`, on every machine.
 */
import type { Pixels } from "./Pixels.ts"

/** Bits after the point of the weights. */
const bits = 22

/** For each output place the first input place, and the weights of the places from there on. */
interface Weights {
  readonly first: Int32Array
  readonly count: Int32Array
  readonly weights: Float64Array
  /** Weights are at `i * longest`. */
  readonly longest: number
}

const weightsOf = (from: number, to: number): Weights => {
  const scale = from / to
  const support = Math.max(1, scale)
  const longest = Math.ceil(support) * 2 + 1
  const [first, count, weights] = [new Int32Array(to), new Int32Array(to), new Float64Array(to * longest)]
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale
    const low = Math.max(0, Math.trunc(center - support + 0.5))
    const high = Math.min(from, Math.trunc(center + support + 0.5))
    let sum = 0
    for (let x = low; x < high; x++) {
      const weight = Math.max(0, 1 - Math.abs((x - center + 0.5) / support))
      weights[i * longest + x - low] = weight
      sum += weight
    }
    first[i] = low
    count[i] = high - low
    for (let k = 0; k < high - low; k++)
      weights[i * longest + k] = Math.trunc(0.5 + ((weights[i * longest + k] as number) / sum) * 2 ** bits)
  }
  return { first, count, weights, longest }
}

/** Resizes the middle axis of [outer, from, inner] to `to`. */
const along = (data: Uint8Array, outer: number, from: number, inner: number, to: number): Uint8Array => {
  if (from === to) return data
  const { count, first, longest, weights } = weightsOf(from, to)
  const out = new Uint8Array(outer * to * inner)
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < to; i++) {
      const start = (o * from + (first[i] as number)) * inner
      for (let k = 0; k < inner; k++) {
        let sum = 2 ** (bits - 1)
        for (let n = 0; n < (count[i] as number); n++)
          sum += (data[start + n * inner + k] as number) * (weights[i * longest + n] as number)
        out[(o * to + i) * inner + k] = Math.min(255, Math.floor(sum / 2 ** bits))
      }
    }
  return out
}

/** The image in another size; its sides are stretched separately. */
export const resize = (image: Pixels, height: number, width: number): Pixels => {
  const { channels } = image
  const wide = along(image.data, image.height, image.width, channels, width)
  return { height, width, channels, data: along(wide, 1, image.height, width * channels, height) }
}
