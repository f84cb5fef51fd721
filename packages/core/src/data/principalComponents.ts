/**
 * Principal component analysis of inputs, and whitening: what `Preprocess.fit` learns from the training rows, and how it applies
 * to any rows. The components are eigenvectors of the covariance XᵀX / n = V Λ Vᵀ of the centred training rows X.
 *
 * A sample x becomes x V (PCA), x V (Λ + ε)^-½ (PCA whitening), or x V (Λ + ε)^-½ Vᵀ (ZCA whitening: of all whitenings the one that
 * changes the samples least; Bell and Sejnowski, 1997; Kessy, Lewin and Strimmer, 2018).
 */
import * as Result from "effect/Result"
import { symmetricEigen } from "../reference/symmetricEigen.ts"
import * as Tensor from "../tensor/Tensor.ts"
import * as NDArray from "../types/NDArray.ts"
import type { Moments } from "./covariance.ts"
import { type DataError, dataError } from "./DataError.ts"
import { fill } from "./Field.ts"
import type { FittedPca } from "./Fitted.ts"
import { decode, encode } from "./floats64.ts"
import { onePcaSize, type Pca, pcaFields, shareOf } from "./Pca.ts"

/** The most numbers of a sample: the decomposition takes a minute or two for 3000. */
export const maxWidth = 4096

/** Components whose variance is less than this share of the largest are rounding: the inputs are 32-bit floats. */
const negligible = 2 ** -40

/** The name of the option in errors. */
export const at = "pca"

const refuse = (got: string, wanted: string, hint: string): Result.Result<never, DataError> =>
  Result.fail(dataError({ _tag: "BadSpec", at, got, wanted, hint }))

/** The least number of components, largest first, that have this share of all variance. */
const enough = (variances: ReadonlyArray<number>, total: number, share: number): number => {
  let sum = 0
  for (const [i, variance] of variances.entries()) {
    sum += variance
    if (sum >= share * total * (1 - 2 ** -45)) return i + 1
  }
  return variances.length
}

/** Samples of `width` numbers, with what is learned from their numbers. */
export interface Samples {
  readonly count: number
  readonly width: number
  readonly moments: () => Moments
}

/** What is learned: the means that are subtracted first, and the record of the rest. */
export interface Learned {
  readonly means: Float64Array
  readonly fitted: FittedPca
}

/**
 * Learns from samples. Fails with `BadSpec` for samples of more than `maxWidth` numbers, for more components than numbers, for
 * samples that do not vary, and for options that exclude each other.
 */
export const fit = (options: Pca, samples: Samples): Result.Result<Learned, DataError> => {
  const { components, epsilon, variance, whiten } = fill(pcaFields, options)
  const { count, moments, width } = samples
  if (!onePcaSize.holds(options)) return refuse("both `components` and `variance`", onePcaSize.wanted, "remove one")
  if (width > maxWidth)
    return refuse(`samples of ${width} numbers`, `at most ${maxWidth}`, "use smaller images, or fewer columns")
  const share = variance === undefined ? 1 : shareOf(variance)
  if (!(share > 0 && share <= 1)) return refuse(`\`variance: ${variance}\``, "a share above 0, up to 100%", "`variance: 95%`")
  const most = Math.min(width, count)
  if (components !== undefined && components > most) {
    const why = count < width ? `${count} training rows` : `${width} numbers in a sample`
    return refuse(`${components} components of ${why}`, `at most ${most}`, `\`components: ${most}\``)
  }
  const { covariance, means } = moments()
  const { values, vectors } = symmetricEigen(covariance, width)
  // Largest first; rounding may make the least a little negative.
  const variances = Array.from(values, (value) => Math.max(0, value)).reverse()
  const total = variances.reduce((sum, value) => sum + value, 0)
  if (!Number.isFinite(total)) return refuse("values whose squares overflow", "smaller ones", "scale the inputs first")
  if (total === 0) return refuse("training rows that are all equal", "rows that differ", "remove `pca`")
  const kept = components ?? (variance === undefined ? width : enough(variances, total, share))
  const least = negligible * (variances[0] ?? 0)
  const scales = variances
    .slice(0, kept)
    .map((value) => (whiten === "none" ? 1 : epsilon === 0 && value <= least ? 0 : 1 / Math.sqrt(value + epsilon)))
  const across = whiten === "zca" ? width : kept
  const matrix = new Float64Array(width * across)
  for (const [c, scale] of scales.entries()) {
    const from = (width - 1 - c) * width
    for (let i = 0; i < width; i++) {
      const x = scale * (vectors[from + i] ?? 0)
      if (whiten !== "zca") matrix[i * across + c] = x
      else for (let j = 0; j < width; j++) matrix[i * width + j] = (matrix[i * width + j] ?? 0) + x * (vectors[from + j] ?? 0)
    }
  }
  return Result.succeed({
    means,
    fitted: { whiten, variances: variances.slice(0, kept), total, width, matrix: encode(Float32Array.from(matrix)) },
  })
}

/** How many numbers a sample has afterwards. */
export const widthOf = ({ variances, whiten, width }: FittedPca): number => (whiten === "zca" ? width : variances.length)

/** The names of the numbers afterwards, from those before: `pc1`, `pc2` … for components. */
export const namesOf = (fitted: FittedPca, before: ReadonlyArray<string>): ReadonlyArray<string> =>
  fitted.whiten === "zca" ? before : fitted.variances.map((_, i) => `pc${i + 1}`)

const matrices = new WeakMap<FittedPca, NDArray.NDArray>()

/** The matrix [width, width afterwards], in f32. */
export const matrixOf = (fitted: FittedPca): NDArray.NDArray => {
  const known = matrices.get(fitted)
  if (known !== undefined) return known
  const made = NDArray.make("f32", [fitted.width, widthOf(fitted)], decode(fitted.matrix))
  matrices.set(fitted, made)
  return made
}

/** Centred samples, f32 [rows, width], as tensor operations: [rows, width afterwards]. */
export const trace = (fitted: FittedPca, centred: Tensor.Tensor): Tensor.Tensor => Tensor.matmul(centred, matrixOf(fitted))

/** Rows that are multiplied at once. */
const rowsAtOnce = 4096

/** `trace` of many rows, computed: f32 [rows, width afterwards]. The bits of a row do not depend on the other rows. */
export const apply = (fitted: FittedPca, centred: Float32Array): Float32Array => {
  const { width } = fitted
  const rows = centred.length / width
  const out = new Float32Array(rows * widthOf(fitted))
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - first)
    const part = NDArray.make("f32", [count, width], centred.subarray(first * width, (first + count) * width))
    out.set(Tensor.read(trace(fitted, part)).data, first * widthOf(fitted))
  }
  return out
}
