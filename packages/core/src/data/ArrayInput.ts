/** Preprocessing of arrays of samples (images, vectors): the numbers to subtract and to divide by, learned from the training rows. */
import * as Result from "effect/Result"
import * as Tensor from "../tensor/Tensor.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { type Moments, moments, momentsOfBytes } from "./covariance.ts"
import { type DataError, dataError } from "./DataError.ts"
import { fill } from "./Field.ts"
import * as Finite from "./Finite.ts"
import type { FittedArray } from "./Fitted.ts"
import { imageFields } from "./imageFields.ts"
import type { TablePca } from "./Pca.ts"
import * as Components from "./principalComponents.ts"
import { isConstant, quartilesOf, type Summary, scaleOf } from "./Quantity.ts"
import { blocks, inOrder, type RawArray } from "./RawArray.ts"
import * as SequenceArray from "./SequenceArray.ts"
import { type Image, imageShape, type Spec } from "./Spec.ts"

/** Learns from the given rows of `inputs` [rows, ...sample]. Fails with `BadShape` for images of another size than `spec` has and for samples without numbers, `BadCell` for a non-finite number. */
export const fit = (spec: Spec, inputs: RawArray, rows: ArrayLike<number>): Result.Result<FittedArray, DataError> =>
  Result.gen(function* () {
    yield* Finite.check("inputs", inputs, rows)
    const scaled = yield* spec.image === undefined ? fitVector(spec, inputs, rows) : fitImage(spec.image, inputs, rows)
    return spec.pca === undefined ? scaled : yield* fitPca(spec.pca, scaled, inputs, rows)
  })

/** The same with PCA of the scaled numbers. Its means take the place of what was subtracted before: (x - s) / d - m is (x - s - d m) / d. */
const fitPca = (
  pca: TablePca,
  { divide, ...scaled }: FittedArray,
  inputs: RawArray,
  rows: ArrayLike<number>,
): Result.Result<FittedArray, DataError> => {
  const width = Shape.size(scaled.shape)
  if (pca.columns !== undefined)
    return Result.fail(
      dataError({ _tag: "BadSpec", at: "pca", got: "`columns` of arrays", wanted: "a table", hint: "remove `columns`" }),
    )
  const divisors = Float64Array.from({ length: width }, (_, i) => divide[i % divide.length] ?? 1)
  const numbersOf = inOrder(inputs, rows)
  const write = (i: number, into: Float64Array): void => {
    const { data, start } = numbersOf(i)
    for (let j = 0; j < width; j++) into[j] = (data[start + j] ?? 0) / (divisors[j] ?? 1)
  }
  const learned = (): Moments =>
    inputs.dtype === "u8" || inputs.dtype === "bool"
      ? momentsOfBytes(() => blocks(inputs, rows), rows.length, divisors)
      : moments({ count: rows.length, width, write })
  return Result.map(Components.fit(pca, { count: rows.length, width, moments: learned }), ({ fitted, means }) => ({
    ...scaled,
    subtract: Array.from(means, (mean, i) => mean * (divisors[i] ?? 1)),
    divide,
    pca: fitted,
  }))
}

/** The bytes of columns that are held at once for their quartiles. */
const quartileBytes = 2 ** 27

/** The quartiles of each of `width` numbers of the given rows. Of an array in a file as many columns as fit are read at once. */
const quartilesOfEach = (
  inputs: RawArray,
  rows: ArrayLike<number>,
  width: number,
): ReadonlyArray<ReturnType<typeof quartilesOf>> => {
  const found: Array<ReturnType<typeof quartilesOf>> = []
  const together = Math.min(width, Math.max(1, Math.floor(quartileBytes / (8 * rows.length))))
  for (let from = 0; from < width; from += together) {
    const columns = Array.from({ length: Math.min(together, width - from) }, () => new Float64Array(rows.length))
    for (const { data, first, rows: own } of blocks(inputs, rows))
      for (let r = 0; r < own.length; r++)
        for (const [k, column] of columns.entries()) column[first + r] = data[(own[r] ?? 0) * width + from + k] ?? 0
    for (const column of columns) found.push(quartilesOf(column))
  }
  return found
}

const fitVector = ({ scale }: Spec, inputs: RawArray, rows: ArrayLike<number>): Result.Result<FittedArray, DataError> => {
  const sample = inputs.shape.slice(1)
  const shape = sample.length === 0 ? [1] : sample
  const width = Shape.size(shape)
  if (width === 0)
    return Result.fail(
      dataError({ _tag: "BadShape", what: "a sample", got: shape, wanted: "one number in each sample, or more" }),
    )
  if (scale === undefined) return Result.succeed({ type: "array", shape, subtract: [0], divide: [1] })
  const quartiles = scale === "robust" ? quartilesOfEach(inputs, rows, width) : []
  const fitted = summarizeEach(inputs, rows, width).map((spread, i) => {
    const own = quartiles[i]
    return scaleOf(own === undefined ? spread : { ...spread, quartiles: own }, scale)
  })
  return Result.succeed({ type: "array", shape, subtract: fitted.map((f) => f.subtract), divide: fitted.map((f) => f.divide) })
}

const fitImage = (image: Image, inputs: RawArray, rows: ArrayLike<number>): Result.Result<FittedArray, DataError> => {
  const { channels, normalize, scale, size } = fill(imageFields, image)
  const shape = imageShape(image)
  const sample = inputs.shape.slice(1)
  const allowed = [shape, [Shape.size(shape)], ...(channels === 1 ? [size] : [])]
  if (!allowed.some((shape) => Shape.equals(shape, sample)))
    return Result.fail(
      dataError({ _tag: "BadShape", what: "an image", got: sample, wanted: allowed.map(Shape.print).join(" or ") }),
    )
  const white = scale === "unit" ? 255 : scale === "none" ? 1 : scale.max
  if (normalize === "none") return Result.succeed({ type: "array", shape, subtract: [0], divide: [white] })
  const period = normalize === "mean_image" ? Shape.size(shape) : channels
  const summaries = summarizeEach(inputs, rows, period)
  const fitted = summaries.map((spread) => scaleOf(spread, normalize === "auto" ? "standard" : "center"))
  // (x / white - mean / white) / (std / white) is (x - mean) / std
  // A constant channel is divided by 1 once white is 1.
  const divide =
    normalize === "auto" ? summaries.map((spread, i) => (isConstant(spread) ? white : (fitted[i]?.divide ?? 1))) : [white]
  return Result.succeed({ type: "array", shape, subtract: fitted.map((f) => f.subtract), divide })
}

/** Summaries of the numbers of the given rows, one for each index modulo `period`, in two passes over them. */
const summarizeEach = (inputs: RawArray, rows: ArrayLike<number>, period: number): ReadonlyArray<Summary> => {
  const width = Shape.size(inputs.shape.slice(1))
  const n = (rows.length * width) / period
  const min = new Float64Array(period).fill(Number.POSITIVE_INFINITY)
  const max = new Float64Array(period).fill(Number.NEGATIVE_INFINITY)
  const sums = new Float64Array(period)
  // Plain loops: calling a function for each number would take four times as long.
  for (const { data, rows: own } of blocks(inputs, rows))
    for (let r = 0; r < own.length; r++) {
      const start = (own[r] ?? 0) * width
      for (let at = 0, i = 0; at < width; at++) {
        const x = data[start + at] ?? 0
        sums[i] = (sums[i] ?? 0) + x
        if (!(x >= (min[i] ?? x))) min[i] = x
        if (!(x <= (max[i] ?? x))) max[i] = x
        if (++i === period) i = 0
      }
    }
  const means = sums.map((sum) => sum / n)
  const squares = new Float64Array(period)
  for (const { data, rows: own } of blocks(inputs, rows))
    for (let r = 0; r < own.length; r++) {
      const start = (own[r] ?? 0) * width
      for (let at = 0, i = 0; at < width; at++) {
        squares[i] = (squares[i] ?? 0) + ((data[start + at] ?? 0) - (means[i] ?? 0)) ** 2
        if (++i === period) i = 0
      }
    }
  return Array.from(means, (mean, i) => ({
    mean,
    variance: (squares[i] ?? 0) / n,
    min: min[i] ?? mean,
    max: max[i] ?? mean,
  }))
}

/**
 * The inputs in the fitted shape, [rows, ...shape], sharing their storage.
 *
 * Fails with `BadShape` for samples of another size than the fitted ones.
 */
export const shaped = (fitted: FittedArray, inputs: NDArray.NDArray): Result.Result<NDArray.NDArray, DataError> => {
  const sample = inputs.shape.slice(1)
  return Shape.size(sample) === Shape.size(fitted.shape)
    ? Result.succeed(new NDArray.NDArray(inputs.dtype, [inputs.shape[0] ?? 1, ...fitted.shape], inputs.data))
    : Result.fail(
        dataError({ _tag: "BadShape", what: "a sample", got: sample, wanted: `${Shape.print(fitted.shape)}, as in training` }),
      )
}

/** With a larger mean, in standard deviations, differences from the mean would lose too many bits in 32-bit floats. */
const maxExactMean = 2 ** 10

/**
 * The preprocessed inputs, as `f32` [rows, ...shape]. Each operation is rounded to 32 bits, as an engine does. Doubles whose
 * mean is large compared with their deviation, such as times, are rounded once, at the end.
 *
 * Fails with `BadShape` for samples of another size than the fitted ones.
 */
export const apply = (fitted: FittedArray, inputs: NDArray.NDArray): Result.Result<NDArray.NDArray, DataError> =>
  Result.map(shaped(fitted, inputs), ({ shape, data: raw }) => {
    const width = Shape.size(fitted.shape)
    const data = new Float32Array(raw)
    const subtract = repeat(fitted.subtract, width)
    const divide = repeat(fitted.divide, width)
    for (let start = 0; start < data.length; start += width)
      for (let i = 0; i < width; i++)
        data[start + i] = Math.fround((data[start + i] ?? 0) - (subtract[i] ?? 0)) / (divide[i] ?? 1)
    if (raw instanceof Float64Array) prepareFar(fitted, raw, data)
    if (fitted.pca === undefined) return NDArray.make("f32", shape, data)
    return NDArray.make("f32", [shape[0] ?? 0, ...sample(fitted)], Components.apply(fitted.pca, data))
  })

/** The shape of a preprocessed sample. */
export const sample = (fitted: FittedArray): Shape.Shape =>
  fitted.sequence === undefined ? withoutSequence(fitted) : SequenceArray.sample(fitted)

const withoutSequence = ({ pca, shape }: FittedArray): Shape.Shape =>
  pca === undefined || pca.whiten === "zca" ? shape : [Components.widthOf(pca)]

/** Computes again, in doubles, the numbers whose mean is large compared with their deviation. */
const prepareFar = ({ divide, shape, subtract }: FittedArray, raw: Float64Array, data: Float32Array): void => {
  const width = Shape.size(shape)
  for (let i = 0; i < width; i++) {
    const [by, mean] = [divide[i % divide.length] ?? 1, subtract[i % subtract.length] ?? 0]
    if (Math.abs(mean) < maxExactMean * Math.abs(by)) continue
    for (let at = i; at < raw.length; at += width) data[at] = ((raw[at] ?? 0) - mean) / by
  }
}

const repeat = (list: ReadonlyArray<number>, width: number): Float32Array =>
  Float32Array.from({ length: width }, (_, i) => list[i % list.length] ?? 0)

/** `apply` as tensor operations on a batch, so that images can stay bytes until a program runs. */
export const trace = (fitted: FittedArray, batch: Tensor.Tensor): Tensor.Tensor => {
  const x = Tensor.reshape(Tensor.cast(batch, "f32"), [batch.shape[0] ?? 1, ...fitted.shape])
  // x - 0 and x / 1 are x, to the bit.
  const moved = isAll(fitted.subtract, 0) ? x : Tensor.sub(x, constant(fitted, "subtract"))
  const scaled = isAll(fitted.divide, 1) ? moved : Tensor.div(moved, constant(fitted, "divide"))
  if (fitted.pca === undefined) return scaled
  const [rows = 1] = scaled.shape
  return Tensor.reshape(Components.trace(fitted.pca, Tensor.reshape(scaled, [rows, fitted.pca.width])), [rows, ...sample(fitted)])
}

const isAll = (list: ReadonlyArray<number>, value: number): boolean => list.every((x) => x === value)

/** A list of `fitted` in a shape that broadcasts along a batch: a scalar, one number a channel, or one for each of a sample. */
const constant = (fitted: FittedArray, list: "subtract" | "divide"): NDArray.NDArray => {
  const { length } = fitted[list]
  const shape = length === 1 ? [] : length === Shape.size(fitted.shape) ? fitted.shape : [length]
  return NDArray.make("f32", shape, Float32Array.from(fitted[list]))
}
