/** Reading and writing at indices along an axis. */
import type { Tensor } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { associativeScan } from "./accumulate.ts"
import { full, iota, range } from "./create.ts"
import { add, and, broadcastTo, equal, greater, greaterEqual, less, maximum, minimum, notEqual, where } from "./elementwise.ts"
import { range as partOf } from "./part.ts"
import { argsort, gatherAt, indicesOf, scatterAdd, take } from "./select.ts"
import { axisOf, concat, moveAxis, reshape } from "./structure.ts"

/**
 * Elements by indices of the same rank: element [i, j] of the result is x[which[i, j], j] along axis 0, as NumPy's `take_along_axis`.
 * The other axes broadcast. Negative indices count from the end; one outside gives NaN (0 for integers). Throws `ShapeError`.
 *
 * ```ts
 * import { Tensor } from "@adjoint/core"
 *
 * const x = Tensor.make([[3, 1], [2, 5]])
 * Tensor.print(Tensor.takeAlongAxis(x, Tensor.argsort(x), -1)) // => "[[1, 3],\n [2, 5]]"
 * ```
 */
export const takeAlongAxis = named("takeAlongAxis", (x: Tensor, which: Tensor, axis = -1): Tensor => {
  const at = axisOf("takeAlongAxis", x, axis)
  if (which.dtype !== "i32" || which.shape.length !== x.shape.length)
    refuse("takeAlongAxis", [x, which], "i32 indices of the same rank", 'Tensor.cast(which, "i32")')
  const others = (shape: Shape.Shape): Shape.Shape => shape.map((n, i) => (i === at ? 1 : n))
  const wide =
    Shape.broadcast(others(x.shape), others(which.shape)) ??
    refuse("takeAlongAxis", [x, which], "other axes that stretch to one shape", "make sizes equal or 1")
  const shape = wide.map((n, i) => (i === at ? (which.shape[at] ?? 0) : n))
  const source = broadcastTo(
    x,
    wide.map((n, i) => (i === at ? (x.shape[at] ?? 0) : n)),
  )
  const indices = broadcastTo(which, shape)
  const n = x.shape[at] ?? 0
  const counted = where(less(indices, 0), add(indices, n), indices)
  const all = shape.map((_, i) => i)
  return gatherAt(
    source,
    all,
    all.map((i) => (i === at ? counted : iota(shape, i))),
  )
})

/** What becomes of an element and of what is written to its place. */
export type ScatterMode = "set" | "add" | "max" | "min"

/** The axis of the indices, the first unless given, and what is done there: `set` unless given. */
export interface ScatterOptions {
  readonly axis?: number
  readonly mode?: ScatterMode
}

/** The updates that belong to one row, combined: sorted by row, in running results, of which the last of each row is taken. */
const combinedByRow = (
  which: Tensor,
  updates: Tensor,
  rows: number,
  f: (x: Tensor, y: Tensor) => Tensor,
): { readonly values: Tensor; readonly isWritten: Tensor } => {
  const n = which.shape[0] ?? 0
  const order = argsort(which)
  const sorted = take(which, order)
  const wide = (row: Tensor): Tensor =>
    broadcastTo(reshape(row, [row.shape[0] ?? 0, ...updates.shape.slice(1).map(() => 1)]), [
      row.shape[0] ?? 0,
      ...updates.shape.slice(1),
    ])
  const [, values] = associativeScan(
    ([row, value], [nextRow, next]) => [nextRow, where(equal<Tensor, Tensor>(wide(row), wide(nextRow)), f(value, next), next)],
    [sorted, take(updates, order)],
    { axis: 0 },
  )
  const isLast =
    n === 0
      ? full([0], 0, "bool")
      : concat([notEqual<Tensor, Tensor>(partOf(sorted, 0, 0, n - 1), partOf(sorted, 0, 1, n)), full([1], 1, "bool")])
  // The place of the last update of each row among the sorted ones, counted from 1; 0 where there is none.
  const place = scatterAdd(where(isLast, sorted, -1), add(range(n), 1), rows)
  return { values: take(values, add(place, -1)), isWritten: wide(greater(place, 0)) }
}

/**
 * x with rows written at indices along an axis, as JAX's `x.at[which].set(updates)`: `set`, `add`, `max` or `min` with what is there.
 * `updates` has the shape of x with the indices' length in place of that axis. Of several updates to one row `set` keeps the last.
 * Indices of a list count from the end if negative, and are checked; one of a tensor that is outside is dropped. Throws
 * `ShapeError`.
 *
 * ```ts
 * import { Tensor } from "@adjoint/core"
 *
 * Tensor.print(Tensor.scatter(Tensor.make([1, 2, 3]), [0, -1], Tensor.make([10, 30]))) // => "[10, 2, 30]"
 * ```
 */
export const scatter = named(
  "scatter",
  (
    x: Tensor,
    which: Tensor | ReadonlyArray<number>,
    updates: Tensor,
    { axis = 0, mode = "set" }: ScatterOptions = {},
  ): Tensor => {
    const at = axisOf("scatter", x, axis)
    const indices = indicesOf("scatter", x, which, at)
    const rows = x.shape[at] ?? 0
    const [count] = indices.shape
    const wanted = x.shape.map((n, i) => (i === at ? (count ?? 0) : n))
    if (indices.shape.length !== 1 || updates.dtype !== x.dtype || !Shape.equals(updates.shape, wanted))
      refuse(
        "scatter",
        [x, indices, updates],
        `updates of ${x.dtype}${Shape.print(wanted)}`,
        "a list of indices, and a row for each",
      )
    const [target, given] = [moveAxis(x, at, 0), moveAxis(updates, at, 0)]
    const isInside = and(greaterEqual(indices, 0), less(indices, rows))
    const places = where(isInside, indices, -1)
    const out = (): Tensor => {
      if (mode === "add") return add<Tensor, Tensor>(target, scatterAdd(places, given, rows))
      const combine = { set: (_: Tensor, next: Tensor) => next, max: maximum, min: minimum }[mode] as (
        x: Tensor,
        y: Tensor,
      ) => Tensor
      const { isWritten, values } = combinedByRow(places, given, rows, combine)
      const written = mode === "set" ? values : combine(target, where(isWritten, values, target))
      return where(isWritten, written, target)
    }
    return moveAxis(out(), 0, at)
  },
)
