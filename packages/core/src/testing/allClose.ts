/**
 * Compares two arrays within a tolerance. The report has the first and the largest difference, for the message of a failing
 * test.
 */
import { make, type Nested } from "../tensor/create.ts"
import { isTensor, type Tensor } from "../tensor/Tensor.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { printSpec } from "../types/ShapeError.ts"
import { read } from "./doubles.ts"

/** The tolerance. Elements agree if |actual - expected| ≤ atol + rtol · |expected|. */
export interface Tolerance {
  /** Relative to the expected element; 1e-7 unless given, as NumPy's `assert_allclose`. */
  readonly rtol?: number
  /** Absolute; 0 unless given. */
  readonly atol?: number
  /** Whether NaN agrees with NaN; it does unless this is false. An infinity agrees only with itself. */
  readonly equalNaN?: boolean
  /** Whether 0 and -0 differ; they do not unless this is true. */
  readonly signedZero?: boolean
}

/** Two elements that should agree, their index, and their difference. */
export interface Difference {
  readonly index: ReadonlyArray<number>
  readonly actual: number
  readonly expected: number
  /** |actual - expected|; NaN where one of them is. */
  readonly absolute: number
  /** The number of floats between them, of the width the arrays are stored in; NaN where one of them is. */
  readonly ulps: number
}

/** The result of a comparison. `report` describes it; it is empty if the arrays agree. */
export interface Comparison {
  readonly close: boolean
  readonly first: Difference | undefined
  readonly worst: Difference | undefined
  readonly report: string
}

const buffer = new DataView(new ArrayBuffer(8))

/** The rank of a float among all floats of its width, in ascending order; 0 and -0 have the same rank. */
const rankOf = (x: number, single: boolean): bigint => {
  if (single) buffer.setFloat32(0, x)
  else buffer.setFloat64(0, x)
  const bits = single ? BigInt(buffer.getInt32(0)) : buffer.getBigInt64(0)
  return bits >= 0n ? bits : -(bits & (single ? 0x7fffffffn : 0x7fffffffffffffffn))
}

/** The number of floats from `x` to `y`: of 64 bits, or of 32 bits if `single`. `ulpsBetween(1, 1 + 2 ** -52) // => 1` */
export const ulpsBetween = (x: number, y: number, single = false): number => {
  if (Number.isNaN(x) || Number.isNaN(y)) return x === y || (Number.isNaN(x) && Number.isNaN(y)) ? 0 : Number.NaN
  const distance = rankOf(x, single) - rankOf(y, single)
  return Number(distance < 0n ? -distance : distance)
}

const agrees = (actual: number, expected: number, { atol = 0, equalNaN = true, rtol = 1e-7, signedZero = false }: Tolerance) => {
  if (Number.isNaN(actual) || Number.isNaN(expected)) return equalNaN && Number.isNaN(actual) && Number.isNaN(expected)
  if (actual === expected) return !signedZero || Object.is(actual, expected)
  if (!Number.isFinite(actual) || !Number.isFinite(expected)) return false
  return Math.abs(actual - expected) <= atol + rtol * Math.abs(expected)
}

const indexOf = (offset: number, shape: Shape.Shape): ReadonlyArray<number> =>
  Shape.strides(shape).map((stride, axis) => Math.floor(offset / stride) % (shape[axis] ?? 1))

const printElement = (x: number): string => (Object.is(x, -0) ? "-0" : String(x))

const print = ({ absolute, actual, expected, index, ulps }: Difference): string =>
  `at ${Shape.print(index)} got ${printElement(actual)}, wanted ${printElement(expected)} (off by ${absolute}, ${ulps} ulp)`

const arrayOf = (x: Tensor | Nested): NDArray => (isTensor(x) ? read(x) : make(x))

/** The absolute difference; infinite if it is NaN. */
const severity = ({ absolute }: Difference): number => (Number.isNaN(absolute) ? Number.POSITIVE_INFINITY : absolute)

/**
 * Compares two arrays of one shape element by element. Lists are f32; dtypes may differ. Expressions are computed in doubles
 * and stay expressions: the comparison does not change the tensors.
 *
 * `allClose([1, 2], [1, 2.5]).report // => "1 of 2 elements differ; first and worst at [1] got 2, wanted 2.5 (off by 0.5, 1125899906842624 ulp)"`
 */
export const allClose = (actual: Tensor | Nested, expected: Tensor | Nested, tolerance: Tolerance = {}): Comparison => {
  const [a, b] = [arrayOf(actual), arrayOf(expected)]
  if (!Shape.equals(a.shape, b.shape)) {
    const report = `got an array of ${printSpec(a)}, wanted one of ${printSpec(b)}`
    return { close: false, first: undefined, worst: undefined, report }
  }
  const single = a.data instanceof Float32Array || b.data instanceof Float32Array
  let count = 0
  let first: Difference | undefined
  let worst: Difference | undefined
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i] as number, b.data[i] as number]
    if (agrees(x, y, tolerance)) continue
    count++
    const difference: Difference = {
      index: indexOf(i, a.shape),
      actual: x,
      expected: y,
      absolute: Math.abs(x - y),
      ulps: ulpsBetween(x, y, single),
    }
    first ??= difference
    if (worst === undefined || severity(difference) > severity(worst)) worst = difference
  }
  if (first === undefined || worst === undefined) return { close: true, first, worst, report: "" }
  const where = first === worst ? `first and worst ${print(first)}` : `first ${print(first)}; worst ${print(worst)}`
  return { close: false, first, worst, report: `${count} of ${a.data.length} elements differ; ${where}` }
}

/**
 * Throws an `Error` with the report of `allClose` unless the arrays agree.
 *
 * `assertAllClose([0.1 + 0.2], [0.3], { rtol: 1e-12 }) // => undefined`
 */
export const assertAllClose = (actual: Tensor | Nested, expected: Tensor | Nested, tolerance: Tolerance = {}): void => {
  const { close, report } = allClose(actual, expected, tolerance)
  if (!close) throw new Error(report)
}
