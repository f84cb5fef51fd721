/** The means and the covariance of samples, in doubles. */
import * as Tensor from "../tensor/Tensor.ts"
import * as NDArray from "../types/NDArray.ts"

/** Samples of `width` numbers: `write` puts the numbers of sample `i` of `count` into an array, from its start. */
export interface Samples {
  readonly count: number
  readonly width: number
  readonly write: (i: number, into: Float64Array) => void
}

/** The means [width], and the covariance [width, width] by rows: XᵀX / n of the n centred samples X. */
export interface Moments {
  readonly means: Float64Array
  readonly covariance: Float64Array
}

/** Samples whose products are added at once: their columns stay in the cache of a core. */
const chunk = 64

const meansOf = ({ count, width, write }: Samples): Float64Array => {
  const sample = new Float64Array(width)
  const means = new Float64Array(width)
  for (let i = 0; i < count; i++) {
    write(i, sample)
    for (let j = 0; j < width; j++) means[j] = (means[j] ?? 0) + (sample[j] ?? 0)
  }
  for (let j = 0; j < width; j++) means[j] = (means[j] ?? 0) / count
  return means
}

/**
 * Adds the products of the columns of a chunk [columns, chunk] to the part of `sums` [width, width] on and below its diagonal. Tiles
 * of two by four columns share the numbers that they load; columns beyond `width` are zeros, and their sums are not kept.
 */
const addProducts = (sums: Float64Array, columns: Float64Array, width: number): void => {
  for (let i = 0; i < width; i += 2)
    for (let j = 0; j <= i + 1 && j < width; j += 4) {
      let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0]
      const [p, q] = [i * chunk, j * chunk]
      for (let k = 0; k < chunk; k++) {
        const x = columns[p + k] as number
        const y = columns[p + chunk + k] as number
        const c0 = columns[q + k] as number
        const c1 = columns[q + chunk + k] as number
        const c2 = columns[q + 2 * chunk + k] as number
        const c3 = columns[q + 3 * chunk + k] as number
        a0 += x * c0
        a1 += x * c1
        a2 += x * c2
        a3 += x * c3
        b0 += y * c0
        b1 += y * c1
        b2 += y * c2
        b3 += y * c3
      }
      const tile = [a0, a1, a2, a3, b0, b1, b2, b3]
      for (let t = 0; t < 8; t++) {
        const [row, column] = [i + (t >> 2), j + (t & 3)]
        if (row < width && column <= row) sums[row * width + column] = (sums[row * width + column] ?? 0) + (tile[t] ?? 0)
      }
    }
}

/**
 * Rows of bytes whose products are added at once by the engine: a sum of 256 products of two numbers from -255 to 255 is less than
 * 2^24, so f32 has it exactly, in whatever order it is added.
 */
const exactRows = 256

/** Some rows of an array: those of `data` with these numbers. */
export interface Block {
  readonly data: ArrayLike<number>
  readonly rows: ArrayLike<number>
}

/**
 * `moments` of `count` rows of bytes [rows, width], which are visited twice, each column divided by its divisor: sums of whole
 * numbers, exact, in a fifth of the time.
 */
export const momentsOfBytes = (blocks: () => Iterable<Block>, count: number, divisors: Float64Array): Moments => {
  const width = divisors.length
  const totals = new Float64Array(width)
  for (const { data, rows } of blocks())
    for (let r = 0; r < rows.length; r++) {
      const start = (rows[r] ?? 0) * width
      for (let j = 0; j < width; j++) totals[j] = (totals[j] ?? 0) + (data[start + j] ?? 0)
    }
  const means = totals.map((total) => total / count)
  const centres = means.map(Math.round)
  const sums = new Float64Array(width * width)
  for (const { data, rows } of blocks())
    for (let first = 0; first < rows.length; first += exactRows) {
      const here = Math.min(exactRows, rows.length - first)
      const centred = new Float32Array(exactRows * width)
      for (let r = 0; r < here; r++) {
        const start = (rows[first + r] ?? 0) * width
        for (let j = 0; j < width; j++) centred[r * width + j] = (data[start + j] ?? 0) - (centres[j] ?? 0)
      }
      const x = NDArray.make("f32", [exactRows, width], centred)
      const products = Tensor.read(Tensor.matmul(Tensor.transpose(x), x)).data
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (products[i] ?? 0)
    }
  const covariance = sums.map((sum, at) => {
    const [i, j] = [Math.floor(at / width), at % width]
    const off = ((means[i] ?? 0) - (centres[i] ?? 0)) * ((means[j] ?? 0) - (centres[j] ?? 0))
    return (sum / count - off) / ((divisors[i] ?? 1) * (divisors[j] ?? 1))
  })
  return { means: means.map((mean, j) => mean / (divisors[j] ?? 1)), covariance }
}

/** The means and the covariance of one or more samples. */
export const moments = (samples: Samples): Moments => {
  const { count, width, write } = samples
  const means = meansOf(samples)
  const covariance = new Float64Array(width * width)
  const sample = new Float64Array(width)
  const columns = new Float64Array((width + 4) * chunk)
  for (let first = 0; first < count; first += chunk) {
    const here = Math.min(chunk, count - first)
    if (here < chunk) columns.fill(0)
    for (let k = 0; k < here; k++) {
      write(first + k, sample)
      for (let j = 0; j < width; j++) columns[j * chunk + k] = (sample[j] ?? 0) - (means[j] ?? 0)
    }
    addProducts(covariance, columns, width)
  }
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      const value = (covariance[i * width + j] ?? 0) / count
      covariance[i * width + j] = value
      covariance[j * width + i] = value
    }
  return { means, covariance }
}
