/** Counting and searching: places in sorted arrays, bins, and (outside programs) the values and the places that occur. */
import type { Tensor } from "../language/Expr.ts"
import { make as makeArray, type NDArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { full, make } from "./create.ts"
import { add, and, greaterEqual, less, lessEqual, or, where } from "./elementwise.ts"
import { isNaN as areNaN } from "./functions.ts"
import { checkFloats } from "./operands.ts"
import { read } from "./read.ts"
import { gatherAt, scatterAdd, take } from "./select.ts"
import { reshape } from "./structure.ts"

/** On which side of equal elements a place is. */
export interface SearchOptions {
  readonly side?: "left" | "right"
}

/**
 * The place (i32) of each value in a sorted vector: how many of its elements are smaller, or with `side: "right"` smaller or equal;
 * NaN is after all. Found by halving. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.searchSorted(Tensor.make([1, 2, 2, 3]), Tensor.make([2, 9]))) // => "[1, 4]"`
 */
export const searchSorted = named(
  "searchSorted",
  (sorted: Tensor, values: Tensor, { side = "left" }: SearchOptions = {}): Tensor => {
    if (sorted.shape.length !== 1 || sorted.dtype !== values.dtype)
      refuse("searchSorted", [sorted, values], "a sorted vector, and values of its dtype", "Tensor.sort(Tensor.flatten(x))")
    const n = sorted.shape[0] ?? 0
    const isBefore = (x: Tensor): Tensor => {
      const before = side === "left" ? less<Tensor, Tensor>(x, values) : lessEqual<Tensor, Tensor>(x, values)
      return values.dtype === "f32" ? or(before, areNaN(values)) : before
    }
    let place: Tensor = full(values.shape, 0, "i32")
    for (let step = 2 ** Math.floor(Math.log2(Math.max(n, 1))); step >= 1; step /= 2) {
      const next = add(place, step)
      // Beyond the end the index reads NaN or 0, so that the comparison alone does not decide.
      const isInside = lessEqual(next, n)
      place = where(and(isInside, isBefore(take(sorted, add(next, -1)))), next, place)
    }
    return place
  },
)

/**
 * How often each number from 0 to `length` - 1 occurs in x (i32), or the sum of the weights of its occurrences; others are
 * dropped. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.binCount(Tensor.make([0, 1, 1, 3], "i32"), 4)) // => "[1, 2, 0, 1]"`
 */
export const binCount = named("binCount", (x: Tensor, length: number, weights?: Tensor): Tensor => {
  if (x.dtype !== "i32") refuse("binCount", [x], "i32 elements", 'Tensor.cast(x, "i32")')
  if (weights !== undefined && !Shape.equals(weights.shape, x.shape))
    refuse("binCount", [x, weights], "a weight for each element", "weights of the same shape")
  const flat = (of: Tensor): Tensor => reshape(of, [Shape.size(of.shape)])
  return scatterAdd(flat(x), flat(weights ?? full(x.shape, 1, "i32")), length)
})

/** How many bins and between which limits, or their edges; and weights. */
export interface HistogramOptions {
  readonly bins?: number | ReadonlyArray<number>
  /** The lowest and the highest edge, [0, 1] unless given. A program has no values to find them from. */
  readonly range?: readonly [number, number]
  readonly weights?: Tensor
}

/** The counts of a histogram, and the edges of its bins, one more. */
export interface Histogram {
  readonly counts: Tensor
  readonly edges: Tensor
}

/**
 * How many elements are in each bin, as NumPy's `histogram`: a bin includes its lower edge, the last one both. Elements outside, and
 * NaN, are not counted. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.histogram(Tensor.make([0, 0.2, 0.9, 1]), { bins: 2 }).counts) // => "[2, 2]"`
 */
export const histogram = (x: Tensor, { bins = 10, range = [0, 1], weights }: HistogramOptions = {}): Histogram => {
  checkFloats("histogram", [x])
  const [low, high] = range
  if (typeof bins === "number" && !(Number.isInteger(bins) && bins > 0 && low < high))
    refuse("histogram", [x], `a positive number of bins, not ${bins}, and a range upwards`, "{ bins: 10, range: [0, 1] }")
  const list =
    typeof bins === "number"
      ? Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + ((high - low) * i) / bins))
      : bins
  if (list.length < 2 || list.some((edge, i) => !(edge > (list[i - 1] ?? Number.NEGATIVE_INFINITY))))
    refuse("histogram", [x], "two edges or more, each above the one before", "bins: [0, 0.5, 1]")
  const edges = make(list)
  const count = list.length - 1
  const place = add(searchSorted(edges, x, { side: "right" }), -1)
  const isLast = and(greaterEqual(x, edges.data[count] as number), lessEqual(x, edges.data[count] as number))
  return { counts: binCount(where(isLast, count - 1, place), count, weights), edges }
}

/** The values of an array that differ, ascending, how often each occurs, where it occurs first, and for each element which it is. */
export interface Unique {
  readonly values: NDArray
  readonly counts: NDArray
  readonly indices: NDArray
  readonly inverse: NDArray
}

/**
 * The values that occur in an array, as NumPy's `unique`; every NaN counts as one value, the last. How many there are depends on the
 * values, so x is computed now, and a traced function cannot use it. Throws `ShapeError` inside one.
 *
 * `Tensor.print(Tensor.unique(Tensor.make([3, 1, 3])).values) // => "[1, 3]"`
 */
export const unique = named("unique", (x: Tensor): Unique => {
  const { data, dtype, shape } = read(x)
  const rank = (value: number): number => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value)
  const order = Array.from(data, (_, i) => i).sort((a, b) => {
    const [p, q] = [data[a] as number, data[b] as number]
    return rank(p) - rank(q) || Number(Number.isNaN(p)) - Number(Number.isNaN(q)) || a - b
  })
  const values: Array<number> = []
  const counts: Array<number> = []
  const indices: Array<number> = []
  const inverse = new Int32Array(data.length)
  for (const i of order) {
    const value = data[i] as number
    const last = values.at(-1)
    if (last === undefined || !(value === last || (Number.isNaN(value) && Number.isNaN(last)))) {
      values.push(value)
      counts.push(0)
      indices.push(i)
    }
    counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1
    inverse[i] = values.length - 1
  }
  const integers = (list: ReadonlyArray<number>): NDArray => makeArray("i32", [list.length], Int32Array.from(list))
  return {
    values: make(values, dtype) as NDArray,
    counts: integers(counts),
    indices: integers(indices),
    inverse: makeArray("i32", shape, inverse),
  }
})

/** The places where a mask of a shape is true, in row-major order: one list of indices for each axis. */
const placesOf = (operation: string, mask: Tensor): ReadonlyArray<NDArray> => {
  const { data, shape } = read(mask)
  const found: Array<number> = []
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) found.push(i)
  if (shape.length === 0) refuse(operation, [mask], "an axis at least", "Tensor.where chooses by a scalar")
  const strides = Shape.strides(shape)
  return shape.map((n, axis) =>
    makeArray(
      "i32",
      [found.length],
      Int32Array.from(found, (i) => Math.floor(i / (strides[axis] ?? 1)) % Math.max(n, 1)),
    ),
  )
}

/**
 * The places of the elements that are not 0, in row-major order, as NumPy's `nonzero`: one list of indices for each axis, which
 * `Tensor.at` takes. x is computed now, and a traced function cannot use it. Throws `ShapeError` inside one.
 *
 * `Tensor.nonzero(Tensor.make([[0, 5], [7, 0]])).map((axis) => Tensor.print(axis)) // => ["[0, 1]", "[1, 0]"]`
 */
export const nonzero = named("nonzero", (x: Tensor): ReadonlyArray<NDArray> => placesOf("nonzero", x))

/**
 * The elements where a mask (bool, of the first axes of x) is true, as NumPy's `x[mask]`. How many there are depends on the mask, so
 * it is computed now; x may be part of a program. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.compress(Tensor.make([1, 2, 3]), Tensor.make([true, false, true]))) // => "[1, 3]"`
 */
export const compress = named("compress", (x: Tensor, mask: Tensor): Tensor => {
  if (mask.dtype !== "bool" || !Shape.equals(mask.shape, x.shape.slice(0, mask.shape.length)))
    refuse("compress", [x, mask], "a bool mask of the first axes", "Tensor.greater and its like make masks")
  const places = placesOf("compress", mask)
  return gatherAt(
    x,
    places.map((_, axis) => axis),
    places,
  )
})
