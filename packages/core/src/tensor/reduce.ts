/** Reductions: they combine the elements along some axes, or all elements. */
import { type Tensor, write } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { full } from "./create.ts"
import { add, cast, div, equal, exp, log, square, stopGradient, sub, where } from "./elementwise.ts"
import { opposite } from "./opposite.ts"
import { axesOf, kept, type Reduce } from "./reducedAxes.ts"
import { axisOf, reshape } from "./structure.ts"

export type { Reduce }

interface Reducer {
  (x: Tensor): Tensor<[]>
  (x: Tensor, options: Reduce): Tensor
}

const reducer = (operation: string, primitive: "reduceSum" | "reduceMax" | "reduceMin"): Reducer =>
  ((x: Tensor, { axes, keepAxes = false }: Reduce = {}): Tensor => {
    const gone = axesOf(operation, x, axes)
    const out = gone.length === 0 ? x : write(primitive, { axes: gone }, [x])
    return keepAxes ? reshape(out, kept(x.shape, gone)) : out
  }) as Reducer

/** The sum. `Tensor.print(Tensor.sum(Tensor.make([[1, 2], [3, 4]]), { axes: 0 })) // => "[4, 6]"` */
export const sum = reducer("sum", "reduceSum")
/** The maximum; NaN if an element is NaN. */
export const max = reducer("max", "reduceMax")
/** The minimum; NaN if an element is NaN. */
export const min = reducer("min", "reduceMin")

/** The arithmetic mean of f32 elements; NaN without elements. */
export const mean: Reducer = named("mean", (x: Tensor, options: Reduce = {}): Tensor => {
  if (x.dtype !== "f32") refuse("mean", [x], "f32 elements", 'Tensor.mean(Tensor.cast(x, "f32"))')
  const count = Shape.size(axesOf("mean", x, options.axes).map((axis) => x.shape[axis] ?? 1))
  return div(sum(x, options), count)
}) as Reducer

/** The variance: the mean squared distance from the mean (divided by n, not n - 1). */
export const variance: Reducer = named(
  "variance",
  (x: Tensor, options: Reduce = {}): Tensor => mean(square(sub(x, mean(x, { ...options, keepAxes: true }))), options),
) as Reducer

/** The shift of x: its maximum, or 0 if there are no elements, or if the maximum is infinite, which would give Inf - Inf. */
const shiftOf = (x: Tensor, axes: ReadonlyArray<number>): Tensor => {
  if (axes.some((axis) => x.shape[axis] === 0)) return full(kept(x.shape, axes), 0)
  const largest = stopGradient(max(x, { axes, keepAxes: true }))
  return where(equal(sub(largest, largest), 0), largest, 0)
}

/**
 * log Σ eˣ, shifted by the maximum, so that nothing overflows; without elements -Infinity, the logarithm of 0.
 *
 * `Tensor.toNumber(Tensor.logSumExp(Tensor.zeros([0]))) // => -Infinity`
 */
export const logSumExp: Reducer = named("logSumExp", (x: Tensor, options: Reduce = {}): Tensor => {
  const shift = shiftOf(x, axesOf("logSumExp", x, options.axes))
  const total = log(sum(exp(sub(x, shift)), { ...options, keepAxes: true }))
  const out = add(total, shift)
  return options.keepAxes === true ? out : reshape(out, Shape.without(x.shape, axesOf("logSumExp", x, options.axes)))
}) as Reducer

/** The index (i32) of the first largest element along an axis. `Tensor.print(Tensor.argMax(Tensor.make([[1, 9], [7, 3]]))) // => "[1, 0]"` */
export const argMax = (x: Tensor, axis = -1): Tensor =>
  write("argMax", { axes: [axisOf("argMax", x, axis)] }, [x.dtype === "f32" ? x : cast(x, "i32")])

/** The index (i32) of the first smallest element along an axis. */
export const argMin = named("argMin", (x: Tensor, axis = -1): Tensor => argMax(opposite(x), axis))
