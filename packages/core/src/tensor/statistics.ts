/** Statistics along axes: truth, products, deviations and quantiles. */
import type { Tensor } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { outer } from "./contractions.ts"
import { full } from "./create.ts"
import { add, broadcastTo, cast, div, equal, mul, not, notEqual, sqrt, sub, where } from "./elementwise.ts"
import { isNaN as areNaN } from "./functions.ts"
import { diagonal } from "./matrices.ts"
import { checkFloats } from "./operands.ts"
import { range as partOf } from "./part.ts"
import { matmul } from "./product.ts"
import { max, mean, min, sum, variance } from "./reduce.ts"
import { axesOf, kept, type Reduce } from "./reducedAxes.ts"
import { sort } from "./select.ts"
import { concat, reshape, transpose } from "./structure.ts"

/** The array with the reduced axes as one, the last. */
const gathered = (x: Tensor, axes: ReadonlyArray<number>): Tensor => {
  const others = x.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]))
  const count = Shape.size(axes.map((axis) => x.shape[axis] ?? 1))
  return reshape(transpose(x, [...others, ...axes]), [...others.map((axis) => x.shape[axis] ?? 1), count])
}

/** The result of a reduction of the last axis of `gathered`, in the shape that was asked for. */
const reduced = (operation: string, x: Tensor, options: Reduce, f: (rows: Tensor) => Tensor): Tensor => {
  const axes = axesOf(operation, x, options.axes)
  if (new Set(axes).size !== axes.length) refuse(operation, [x], "each axis once", "leave out what is twice")
  const out = f(gathered(x, axes))
  return options.keepAxes === true ? reshape(out, kept(x.shape, axes)) : out
}

/**
 * Whether any element along axes is true, or not 0; false without elements.
 *
 * `Tensor.print(Tensor.any(Tensor.make([[true, false], [false, false]]), { axes: 1 })) // => "[true, false]"`
 */
export const any = named("any", (x: Tensor, options: Reduce = {}): Tensor => {
  const found = cast(x.dtype === "bool" ? x : notEqual(x, 0), "i32")
  return notEqual(sum(found, options), 0)
})

/** Whether all elements along axes are true, or not 0; true without elements. */
export const all = named("all", (x: Tensor, options: Reduce = {}): Tensor => {
  const missing = cast(x.dtype === "bool" ? not(x) : equal(x, 0), "i32")
  return equal(sum(missing, options), 0)
})

/**
 * The product of elements; 1 without any. Halves are multiplied with each other until one element is left.
 *
 * `Tensor.toNumber(Tensor.prod(Tensor.make([2, 3, 4]))) // => 24`
 */
export const prod = named(
  "prod",
  (x: Tensor, options: Reduce = {}): Tensor =>
    reduced("prod", x, options, (rows) => {
      const last = rows.shape.length - 1
      const others = rows.shape.slice(0, -1)
      let out = rows
      for (let n = rows.shape[last] ?? 0; n > 1; n = Math.ceil(n / 2)) {
        const half = Math.floor(n / 2)
        const product = mul<Tensor, Tensor>(partOf(out, last, 0, half), partOf(out, last, half, 2 * half))
        out = n % 2 === 0 ? product : concat([product, partOf(out, last, n - 1, n)], last)
      }
      return rows.shape[last] === 0 ? full(others, 1, x.dtype) : reshape(out, others)
    }),
)

/** How many degrees of freedom the estimate of the mean takes: 0 unless given, 1 for the estimate from a sample. */
export interface DeviationOptions extends Reduce {
  readonly correction?: number
}

/** The standard deviation: the root of the variance, divided by n - `correction`. Where it is 0 nothing flows back. */
export const std = named("std", (x: Tensor, { correction = 0, ...over }: DeviationOptions = {}): Tensor => {
  const n = Shape.size(axesOf("std", x, over.axes).map((axis) => x.shape[axis] ?? 1))
  const spread = correction === 0 ? variance(x, over) : mul(variance(x, over), n / Math.max(n - correction, 0))
  const isZero = equal(spread, 0)
  return where(isZero, spread, sqrt(where(isZero, 1, spread)))
})

/** How to choose between two elements: their average by distance, or the lower, the higher or the middle of both. */
export type QuantileMethod = "linear" | "lower" | "higher" | "midpoint"

/** The options of a quantile. */
export interface QuantileOptions extends Reduce {
  readonly method?: QuantileMethod
}

/**
 * The q-quantile along axes, with q from 0 to 1; NaN if an element is NaN or there is none. The result of several q has them in
 * front. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.quantile(Tensor.make([1, 2, 3, 4]), [0.5, 1])) // => "[2.5, 4]"`
 */
export const quantile = named(
  "quantile",
  (x: Tensor, q: number | ReadonlyArray<number>, { method = "linear", ...over }: QuantileOptions = {}): Tensor => {
    const several = typeof q === "number" ? [q] : q
    checkFloats("quantile", [x])
    if (!several.every((one) => one >= 0 && one <= 1))
      refuse("quantile", [x], `shares from 0 to 1, not ${several.join(", ")}`, "Tensor.percentile takes 0 to 100")
    const axes = axesOf("quantile", x, over.axes)
    const rows = sort(gathered(x, axes))
    const [count = 0, others] = [rows.shape.at(-1), rows.shape.slice(0, -1)]
    const shape = over.keepAxes === true ? kept(x.shape, axes) : others
    const hole = any(areNaN(rows), { axes: -1 })
    const found = several.map((one) => {
      if (count === 0) return full(shape, Number.NaN)
      const place = one * (count - 1)
      const [low, high] = [Math.floor(place), Math.ceil(place)]
      const element = (i: number): Tensor => reshape(partOf(rows, others.length, i, i + 1), others)
      const share = { linear: place - low, lower: 0, higher: 1, midpoint: 0.5 }[method]
      const between =
        low === high || share === 0
          ? element(low)
          : share === 1
            ? element(high)
            : add(mul(element(low), 1 - share), mul(element(high), share))
      return reshape(where(hole, Number.NaN, between), shape)
    })
    return typeof q === "number"
      ? (found[0] as Tensor)
      : concat(
          found.map((one) => reshape(one, [1, ...shape])),
          0,
        )
  },
)

/** The q-quantile with q from 0 to 100. */
export const percentile = named(
  "percentile",
  (x: Tensor, q: number | ReadonlyArray<number>, options: QuantileOptions = {}): Tensor =>
    quantile(x, typeof q === "number" ? q / 100 : q.map((one) => one / 100), options),
)

/** The median: the middle element of the sorted ones, or the mean of the two in the middle; NaN if an element is NaN. */
export const median = named("median", (x: Tensor, options: Reduce = {}): Tensor => quantile(x, 0.5, options))

/** The difference of the largest and the smallest element along axes. */
export const peakToPeak = named(
  "peakToPeak",
  (x: Tensor, options: Reduce = {}): Tensor => sub<Tensor, Tensor>(max(x, options), min(x, options)),
)

/** The average of elements, each as often as its weight says; weights [n] of one axis, or of the shape of x. */
export const average = named("average", (x: Tensor, weights: Tensor, options: Reduce = {}): Tensor => {
  const axes = axesOf("average", x, options.axes)
  const [only = 0] = axes
  const across =
    weights.shape.length === 1 && axes.length === 1 && x.shape.length > 1
      ? reshape(
          weights,
          x.shape.map((n, i) => (i === only ? n : 1)),
        )
      : weights
  return div<Tensor, Tensor>(sum(mul<Tensor, Tensor>(x, across), options), sum(broadcastTo(across, x.shape), options))
})

/**
 * The covariance matrix of variables, one in each row of x [variables, samples], divided by samples - `correction` (1 unless
 * given), as NumPy's `cov`. Throws `ShapeError`.
 */
export const cov = named("cov", (x: Tensor, { correction = 1 }: { readonly correction?: number } = {}): Tensor => {
  const samples = x.shape[1] ?? refuse("cov", [x], "a matrix [variables, samples]", "Tensor.stack of the variables")
  const centred = sub<Tensor, Tensor>(x, mean(x, { axes: 1, keepAxes: true }))
  return mul(matmul<Tensor, Tensor>(centred, transpose(centred)), 1 / Math.max(samples - correction, 0))
})

/** The correlation matrix of variables, one in each row of x [variables, samples]. */
export const corrcoef = named("corrcoef", (x: Tensor): Tensor => {
  const of = cov(x)
  const deviations = sqrt(diagonal(of))
  return div<Tensor, Tensor>(of, outer(deviations, deviations))
})
