/** Operations that move elements without changing them. A negative axis counts from the end. */
import { type Tensor, write } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import type { Reshaped, ShapeOf, Transposed } from "./Typed.ts"

/** An axis counted from 0. Throws `ShapeError` if the tensor has no such axis. */
export const axisOf = (operation: string, x: Tensor, axis: number, rank = x.shape.length): number =>
  Shape.axis(axis, rank) ??
  refuse(
    operation,
    [x],
    rank === 0 ? "no axis, since a scalar has none" : `an axis from ${-rank} to ${rank - 1}, not ${axis}`,
    rank === 0 ? "leave the axis out" : "axes are counted from 0, or with -1 from the last",
  )

/** The same elements in row-major order under another shape. One size may be -1, and is computed from the others. Throws `ShapeError`. */
export const reshape = <const S extends Shape.Shape>(x: Tensor, shape: S): Tensor<Reshaped<S>> => {
  const open = shape.indexOf(-1)
  const rest = Shape.size(shape.filter((_, i) => i !== open))
  const left = Shape.size(x.shape) / rest
  if (open >= 0 && !Shape.isValid([rest, left]))
    refuse(
      "reshape",
      [x],
      `a shape that ${Shape.size(x.shape)} elements fill, not ${Shape.print(shape)}`,
      rest < 0 ? "-1 in one place only" : `sizes besides -1 whose product divides ${Shape.size(x.shape)}`,
    )
  const wanted = open < 0 ? shape : shape.map((n, i) => (i === open ? left : n))
  return (Shape.equals(x.shape, wanted) ? x : write("reshape", { shape: wanted }, [x])) as Tensor<Reshaped<S>>
}

/** All elements along one axis. */
export const flatten = (x: Tensor): Tensor<[number]> => reshape(x, [Shape.size(x.shape)])

/** The axes in another order: axis `i` of the result is axis `order[i]` of x; without an order they are reversed. Throws `ShapeError`. */
export const transpose: {
  <X extends Tensor>(x: X): Tensor<Transposed<ShapeOf<X>>>
  (x: Tensor, order: ReadonlyArray<number>): Tensor
} = (x: Tensor, order?: ReadonlyArray<number>): Tensor & Tensor<never> => {
  const wanted = order?.map((axis) => axisOf("transpose", x, axis)) ?? x.shape.map((_, i) => x.shape.length - 1 - i)
  return write("transpose", { order: wanted }, [x]) as Tensor as Tensor & Tensor<never>
}

/** Two axes swapped. */
export const swapAxes = (x: Tensor, a: number, b: number): Tensor => {
  const [from, to] = [axisOf("swapAxes", x, a), axisOf("swapAxes", x, b)]
  return transpose(
    x,
    x.shape.map((_, i) => (i === from ? to : i === to ? from : i)),
  )
}

/** The axis `from` at the position `to`; the others keep their order. `Tensor.moveAxis(Tensor.zeros([2, 3, 4]), 0, -1).shape // => [3, 4, 2]` */
export const moveAxis = (x: Tensor, from: number, to: number): Tensor => {
  const [at, wanted] = [axisOf("moveAxis", x, from), axisOf("moveAxis", x, to)]
  const order = x.shape.flatMap((_, i) => (i === at ? [] : [i]))
  order.splice(wanted, 0, at)
  return at === wanted ? x : transpose(x, order)
}

/** A new axis of size 1 at the given position. */
export const expandAxis = (x: Tensor, axis: number): Tensor => {
  const at = axisOf("expandAxis", x, axis, x.shape.length + 1)
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

/** Removes axes of size 1: all of them, or the given ones. Throws `ShapeError` if a given axis is longer. */
export const squeeze = (x: Tensor, axes?: ReadonlyArray<number>): Tensor => {
  const gone = axes?.map((axis) => axisOf("squeeze", x, axis)) ?? x.shape.flatMap((n, i) => (n === 1 ? [i] : []))
  if (gone.some((axis) => x.shape[axis] !== 1))
    refuse("squeeze", [x], "axes of size 1", "Tensor.at picks one element of a longer axis")
  return reshape(x, Shape.without(x.shape, gone))
}

/** Padding with `value`: `padding[i]` is [before, after] along axis i. */
export const pad = (x: Tensor, padding: ReadonlyArray<readonly [number, number]>, value = 0): Tensor =>
  write(
    "pad",
    { low: padding.map(([low]) => low), high: padding.map(([, high]) => high), interior: padding.map(() => 0), value },
    [x],
  )

/** Concatenates arrays along one of their axes. Throws `ShapeError` if other axes differ. */
export const concat = (xs: ReadonlyArray<Tensor>, axis = 0): Tensor => {
  const first = xs[0] ?? refuse("concat", [], "at least one array", "give it a list that is not empty")
  const at = axisOf("concat", first, axis)
  return xs.length === 1 ? first : write("concat", { axis: at }, xs)
}

/** Stacks arrays of one shape along a new axis. Throws `ShapeError`. */
export const stack = named("stack", (xs: ReadonlyArray<Tensor>, axis = 0): Tensor => {
  if (xs.some(({ shape }) => !Shape.equals(shape, xs[0]?.shape ?? shape)))
    refuse("stack", xs, "arrays of one shape", "Tensor.concat joins along an axis they have")
  return concat(
    xs.map((x) => expandAxis(x, axis)),
    axis,
  )
})

/** The elements in the opposite order along the given axes, or all of them. */
export const flip = (x: Tensor, axes: ReadonlyArray<number> = x.shape.map((_, i) => i)): Tensor =>
  write("reverse", { axes: axes.map((axis) => axisOf("flip", x, axis)) }, [x])

/** The elements from `start` up to but excluding `limit` along every axis, in steps of `stride`; all counted from 0. */
export const slice = (x: Tensor, start: Shape.Shape, limit: Shape.Shape, stride: Shape.Shape = start.map(() => 1)): Tensor =>
  write("slice", { start, limit, stride }, [x])

/** Splits an array along an axis into arrays of the given sizes. */
export const split = (x: Tensor, sizes: ReadonlyArray<number>, axis = 0): ReadonlyArray<Tensor> => {
  const at = axisOf("split", x, axis)
  if (sizes.some((n) => !Number.isInteger(n) || n < 0) || sizes.reduce((sum, n) => sum + n, 0) !== x.shape[at])
    refuse("split", [x], `whole sizes that add up to ${x.shape[at]}, not ${Shape.print(sizes)}`, "check the sizes")
  let from = 0
  return sizes.map((n) => {
    const start = x.shape.map((_, i) => (i === at ? from : 0))
    from += n
    return slice(
      x,
      start,
      x.shape.map((extent, i) => (i === at ? from : extent)),
    )
  })
}
