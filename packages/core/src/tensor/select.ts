/** Indexing and sorting. */
import { isTensor, type Tensor, write } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { iota, make, range } from "./create.ts"
import { add, and, cast, equal, greaterEqual, less, mul, where } from "./elementwise.ts"
import { opposite } from "./opposite.ts"
import { axisOf, reshape, slice, swapAxes, transpose } from "./structure.ts"

/** Indices along an axis as an i32 tensor. Those of a list are checked, and count from the end if negative. */
export const indicesOf = (operation: string, x: Tensor, which: Tensor | ReadonlyArray<number>, axis: number): Tensor => {
  const n = x.shape[axis] ?? 0
  if (isTensor(which))
    return which.dtype === "i32"
      ? which
      : refuse(operation, [x, which], "i32 indices", 'Tensor.cast(which, "i32"); a bool mask has no fixed size: Tensor.where')
  const counted = which.map(
    (i) =>
      Shape.axis(i, n) ??
      refuse(
        operation,
        [x],
        n === 0 ? `no index on axis ${axis}, which is empty` : `indices from ${-n} to ${n - 1} on axis ${axis}, not ${i}`,
        "check the size first",
      ),
  )
  return make(counted, "i32")
}

/**
 * The elements at indices into several axes together, as with NumPy's integer arrays. The indices broadcast to one shape,
 * which replaces the first of the axes, or comes first if `first` is true. An index outside its axis gives NaN.
 */
export const gatherAt = (x: Tensor, axes: ReadonlyArray<number>, indices: ReadonlyArray<Tensor>, first = false): Tensor => {
  const others = x.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]))
  const sizes = axes.map((axis) => x.shape[axis] ?? 0)
  const before = first ? 0 : others.filter((i) => i < (axes[0] ?? 0)).length
  const order = [...axes, ...others]
  const front = order.every((axis, i) => axis === i) ? x : transpose(x, order)
  const rows = reshape(front, [Shape.size(sizes), ...front.shape.slice(axes.length)])
  const found = write("gather", {}, [rows, flatIndex(indices, sizes)])
  const added = found.shape.length - others.length
  if (before === 0) return found
  const axisAt = (i: number): number => (i < before ? added + i : i < before + added ? i - before : i)
  return transpose(
    found,
    found.shape.map((_, i) => axisAt(i)),
  )
}

/** The index into flattened axes, from an index into each; -1 if any is outside. */
const flatIndex = (indices: ReadonlyArray<Tensor>, sizes: Shape.Shape): Tensor => {
  const [only] = indices
  if (indices.length === 1 && only !== undefined) return only
  const steps = Shape.strides(sizes)
  const offsets = indices.map((index, i) => mul(index, steps[i] ?? 1))
  const inside = indices.map((index, i) => and(greaterEqual(index, 0), less(index, sizes[i] ?? 0)))
  return where(
    inside.reduce((all, one) => and(all, one)),
    offsets.reduce((sum, offset) => add(sum, offset)),
    -1,
  )
}

/**
 * The rows at indices along an axis; the shape of `rows` replaces that axis. Indices of a list count from the end if negative,
 * and are checked. An index of an i32 tensor that is outside gives NaN (0 for integers).
 *
 * `Tensor.print(Tensor.take(Tensor.make([10, 20, 30]), [2, 0])) // => "[30, 10]"`
 */
export const take = (x: Tensor, rows: Tensor | ReadonlyArray<number>, axis = 0): Tensor => {
  const at = axisOf("take", x, axis)
  return gatherAt(x, [at], [indicesOf("take", x, rows, at)])
}

/** One element of each row of the last axis, by index: x [..., n], which [...] gives [...]. An index outside gives NaN. */
export const pick = (x: Tensor, which: Tensor): Tensor => {
  const width = x.shape.at(-1) ?? refuse("pick", [x, which], "a last axis to pick from", "a scalar has none")
  if (!Shape.equals(x.shape.slice(0, -1), which.shape))
    refuse("pick", [x, which], "one index for each row", "indices of the shape without the last axis")
  if (which.dtype !== "i32") refuse("pick", [x, which], "i32 indices second", 'Tensor.cast(which, "i32")')
  const count = Shape.size(which.shape)
  const column = reshape(which, [count])
  // An index past the end of its row would be in the next row.
  const inside = and(greaterEqual(column, 0), less(column, width))
  const flat = where(inside, add(mul(range(count), width), column), -1)
  return reshape(write("gather", {}, [reshape(x, [count * width]), flat]), which.shape)
}

/** 1 where the last axis equals the index (i32), 0 elsewhere: which [...] gives [..., classes] in f32. */
export const oneHot = named(
  "oneHot",
  (which: Tensor, classes: number): Tensor =>
    cast(equal(reshape(which, [...which.shape, 1]), iota([...which.shape, classes], which.shape.length)), "f32"),
)

/** `rows` rows of zeros, with each row of `updates` added at its index in `which` (i32). */
export const scatterAdd = (which: Tensor, updates: Tensor, rows: number): Tensor =>
  write("scatterAdd", { rows }, [which, updates])

/** Which axis to sort along, the last unless given, and whether the largest come first. */
export interface SortOptions {
  readonly axis?: number
  readonly descending?: boolean
}

/** Applies `f` along an axis: the axis is moved to the end and back. `f` keeps the length of rows. */
const alongAxis = (operation: string, x: Tensor, axis: number, f: (rows: Tensor) => Tensor): Tensor => {
  const at = axisOf(operation, x, axis)
  const last = x.shape.length - 1
  return at === last ? f(x) : swapAxes(f(swapAxes(x, at, last)), at, last)
}

/** The indices that sort the last axis. */
const orderOf = (x: Tensor, descending: boolean): Tensor => write("argsort", {}, [descending ? opposite(x) : x])

/**
 * The indices (i32) that sort an axis, ascending unless `descending`, and stable: equal elements keep their order. NaN comes
 * last in both cases. Throws `ShapeError`.
 *
 * `Tensor.toArray(Tensor.argsort(Tensor.make([[3, 1], [2, 5]]), { axis: 0 })) // => [[1, 0], [0, 1]]`
 */
export const argsort = (x: Tensor, { axis = -1, descending = false }: SortOptions = {}): Tensor =>
  alongAxis("argsort", x, axis, (rows) => orderOf(rows, descending))

/**
 * The elements sorted along an axis, in the order of `argsort`. Throws `ShapeError`.
 *
 * `Tensor.toArray(Tensor.sort(Tensor.make([[3, 1], [2, 5]]), { axis: 0 })) // => [[2, 1], [3, 5]]`
 */
export const sort = (x: Tensor, { axis = -1, descending = false }: SortOptions = {}): Tensor =>
  alongAxis("sort", x, axis, (rows) => along(rows, orderOf(rows, descending)))

const along = (x: Tensor, which: Tensor): Tensor => {
  const width = x.shape.at(-1) ?? 1
  const rows = Shape.size(x.shape.slice(0, -1))
  const count = which.shape.at(-1) ?? 1
  const flat = add(mul(iota([rows, count], 0), width), reshape(which, [rows, count]))
  return reshape(write("gather", {}, [reshape(x, [rows * width]), flat]), which.shape)
}

/** The k largest of the last axis, largest first, with their indices. */
export const topK = (x: Tensor, k: number): { readonly values: Tensor; readonly indices: Tensor } => {
  const width = x.shape[axisOf("topK", x, -1)] ?? 0
  if (!(Number.isInteger(k) && k >= 0 && k <= width)) refuse("topK", [x], `k from 0 to ${width}, not ${k}`, "a smaller k")
  const order = orderOf(x, true)
  const first = slice(
    order,
    order.shape.map(() => 0),
    [...order.shape.slice(0, -1), k],
  )
  return { values: along(x, first), indices: first }
}
