/**
 * Whether two arrays agree within a tolerance, and if not, where they differ first and most: what a numeric test wants
 * to print when it fails.
 */
import { make, type Nested } from "../tensor/create.ts"
import { isTensor, type Tensor } from "../tensor/Tensor.ts"
import type { NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { printSpec } from "../types/ShapeError.ts"
import { read } from "./doubles.ts"

/** What counts as equal. Elements agree when |actual - expected| ≤ atol + rtol · |expected|. */
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

/** Two elements that should agree, where they stand, and how far apart they are. */
export interface Difference {
  readonly index: ReadonlyArray<number>
  readonly actual: number
  readonly expected: number
  /** |actual - expected|; NaN where one of them is. */
  readonly absolute: number
  /** The number of floats between them, of the width the arrays are stored in; NaN where one of them is. */
  readonly ulps: number
}

/** How two arrays compare. `report` says it in words; empty when they agree. */
export interface Comparison {
  readonly close: boolean
  readonly first: Difference | undefined
  readonly worst: Difference | undefined
  readonly report: string
}

const buffer = new DataView(new ArrayBuffer(8))

/** A double's place among all doubles in ascending order; 0 and -0 share one. */
const place = (x: number, single: boolean): bigint => {
  if (single) buffer.setFloat32(0, x)
  else buffer.setFloat64(0, x)
  const bits = single ? BigInt(buffer.getInt32(0)) : buffer.getBigInt64(0)
  return bits >= 0n ? bits : -(bits & (single ? 0x7fffffffn : 0x7fffffffffffffffn))
}

/** How many steps to the next float lead from `x` to `y`: of 64 bits, or of 32 when `single`. `ulpsBetween(1, 1 + 2 ** -52) // => 1` */
export const ulpsBetween = (x: number, y: number, single = false): number => {
  if (Number.isNaN(x) || Number.isNaN(y)) return x === y || (Number.isNaN(x) && Number.isNaN(y)) ? 0 : Number.NaN
  const steps = place(x, single) - place(y, single)
  return Number(steps < 0n ? -steps : steps)
}

const agrees = (actual: number, expected: number, { atol = 0, equalNaN = true, rtol = 1e-7, signedZero = false }: Tolerance) => {
  if (Number.isNaN(actual) || Number.isNaN(expected)) return equalNaN && Number.isNaN(actual) && Number.isNaN(expected)
  if (actual === expected) return !signedZero || Object.is(actual, expected)
  if (!Number.isFinite(actual) || !Number.isFinite(expected)) return false
  return Math.abs(actual - expected) <= atol + rtol * Math.abs(expected)
}

const indexOf = (place: number, shape: Shape.Shape): ReadonlyArray<number> =>
  Shape.strides(shape).map((step, axis) => Math.floor(place / step) % (shape[axis] ?? 1))

const printElement = (x: number): string => (Object.is(x, -0) ? "-0" : String(x))

const print = ({ absolute, actual, expected, index, ulps }: Difference): string =>
  `at ${Shape.print(index)} got ${printElement(actual)}, wanted ${printElement(expected)} (off by ${absolute}, ${ulps} ulp)`

const arrayOf = (x: Tensor | Nested): NDArray => (isTensor(x) ? read(x) : make(x))

/** Farther apart than any finite distance, when one of the two is no finite number. */
const severity = ({ absolute }: Difference): number => (Number.isNaN(absolute) ? Number.POSITIVE_INFINITY : absolute)

/**
 * Compares two arrays of one shape element by element. Lists are taken as f32; the kinds need not be the same. What has not
 * been read is computed in doubles, and stays unread: the comparison changes nothing.
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
