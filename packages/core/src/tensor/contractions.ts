/** Products that sum over axes: those of vectors, and of any axes of two arrays. */
import type { Tensor } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { abs, div, equal, mul, notEqual, pow, sqrt, square, sub, where } from "./elementwise.ts"
import { checkFloats } from "./operands.ts"
import { matmul } from "./product.ts"
import { max, min, type Reduce, sum } from "./reduce.ts"
import { take } from "./select.ts"
import { axisOf, reshape, transpose } from "./structure.ts"

/**
 * The sum of products over axes of two arrays, as NumPy's `tensordot`: the last `axes` of x with the first of y, or the listed
 * ones of each in pairs. The result has the other axes of x, then those of y. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.tensordot(Tensor.make([[1, 2], [3, 4]]), Tensor.make([10, 1]), 1)) // => "[12, 34]"`
 */
export const tensordot = named(
  "tensordot",
  (x: Tensor, y: Tensor, axes: number | readonly [ReadonlyArray<number>, ReadonlyArray<number>] = 2): Tensor => {
    const count = typeof axes === "number" ? axes : axes[0].length
    if (!(Number.isInteger(count) && count >= 0 && count <= Math.min(x.shape.length, y.shape.length)))
      refuse("tensordot", [x, y], `a number of axes that both have, not ${count}`, "axes: 1 is a product of matrices")
    const [of, by] =
      typeof axes === "number"
        ? [
            x.shape.slice(x.shape.length - count).map((_, i) => x.shape.length - count + i),
            y.shape.slice(0, count).map((_, i) => i),
          ]
        : [axes[0].map((axis) => axisOf("tensordot", x, axis)), axes[1].map((axis) => axisOf("tensordot", y, axis))]
    const sizes = of.map((axis) => x.shape[axis] ?? 1)
    if (of.length !== by.length || by.some((axis, i) => y.shape[axis] !== sizes[i]))
      refuse("tensordot", [x, y], "axes of equal sizes in pairs", "axes: [[-1], [0]]")
    if (new Set(of).size !== of.length || new Set(by).size !== by.length)
      refuse("tensordot", [x, y], "each axis once", "axes: [[-1], [0]]")
    const [rows, columns] = [x, y].map((array, i) =>
      array.shape.flatMap((_, axis) => ((i === 0 ? of : by).includes(axis) ? [] : [axis])),
    ) as [Array<number>, Array<number>]
    const left = reshape(transpose(x, [...rows, ...of]), [Shape.size(rows.map((axis) => x.shape[axis] ?? 1)), Shape.size(sizes)])
    const right = reshape(transpose(y, [...by, ...columns]), [
      Shape.size(sizes),
      Shape.size(columns.map((axis) => y.shape[axis] ?? 1)),
    ])
    return reshape(matmul<Tensor, Tensor>(left, right), [
      ...rows.map((axis) => x.shape[axis] ?? 1),
      ...columns.map((axis) => y.shape[axis] ?? 1),
    ])
  },
)

/**
 * The dot product, as NumPy's `dot`: of vectors their sum of products, else over the last axis of x and the last but one of y (or
 * its only one). `matmul` broadcasts the other axes, `dot` combines them all. Throws `ShapeError`.
 *
 * `Tensor.toNumber(Tensor.dot(Tensor.make([1, 2]), Tensor.make([3, 4]))) // => 11`
 */
export const dot = named(
  "dot",
  (x: Tensor, y: Tensor): Tensor =>
    x.shape.length === 0 || y.shape.length === 0
      ? mul<Tensor, Tensor>(x, y)
      : tensordot(x, y, [[-1], [y.shape.length === 1 ? 0 : -2]]),
)

/** Every element of x with every one of y: of vectors [m] and [n] a matrix [m, n], of other arrays that of their elements. */
export const outer = named(
  "outer",
  (x: Tensor, y: Tensor): Tensor =>
    mul<Tensor, Tensor>(reshape(x, [Shape.size(x.shape), 1]), reshape(y, [1, Shape.size(y.shape)])),
)

/**
 * The Kronecker product: every element of x times all of y, in blocks. The shorter shape gets axes of size 1 in front.
 *
 * `Tensor.print(Tensor.kron(Tensor.make([1, 2]), Tensor.make([1, 10]))) // => "[1, 10, 2, 20]"`
 */
export const kron = named("kron", (x: Tensor, y: Tensor): Tensor => {
  const rank = Math.max(x.shape.length, y.shape.length)
  const [a, b] = [x, y].map(({ shape }) => [...Array<number>(rank - shape.length).fill(1), ...shape]) as [
    Array<number>,
    Array<number>,
  ]
  const apart = mul<Tensor, Tensor>(
    reshape(
      x,
      a.flatMap((n) => [n, 1]),
    ),
    reshape(
      y,
      b.flatMap((n) => [1, n]),
    ),
  )
  return reshape(
    apart,
    a.map((n, i) => n * (b[i] ?? 1)),
  )
})

/** Which norm: 2 unless given, 1, 0 (how many are not 0), any other positive power, Infinity or -Infinity. */
export interface NormOptions extends Reduce {
  readonly ord?: number
}

/**
 * The norm of the vectors along axes, or of all elements: (Σ |x|ᵖ)^(1/p) for `ord` p. At a vector of zeros nothing flows back.
 * Throws `ShapeError`.
 *
 * `Tensor.toNumber(Tensor.norm(Tensor.make([3, 4]))) // => 5`
 */
export const norm = named("norm", (x: Tensor, { ord = 2, ...over }: NormOptions = {}): Tensor => {
  checkFloats("norm", [x])
  if (Number.isNaN(ord) || (ord < 0 && ord !== Number.NEGATIVE_INFINITY))
    refuse("norm", [x], `the order of a norm, not ${ord}`, "ord: 2, 1 or Infinity")
  const options: Reduce = over
  if (ord === Number.POSITIVE_INFINITY) return max(abs(x), options)
  if (ord === Number.NEGATIVE_INFINITY) return min(abs(x), options)
  if (ord === 0) return sum(where(notEqual(x, 0), 1, mul(x, 0)), options)
  if (ord === 1) return sum(abs(x), options)
  const total = ord === 2 ? sum(square(x), options) : sum(pow(abs(x), ord), options)
  const isZero = equal(total, 0)
  const safe = where(isZero, 1, total)
  return where(isZero, total, ord === 2 ? sqrt(safe) : pow(safe, 1 / ord))
})

/** x divided by its norm along axes; zeros stay zeros. */
export const normalize = named("normalize", (x: Tensor, options: NormOptions = {}): Tensor => {
  const length = norm(x, { ...options, keepAxes: true })
  return div<Tensor, Tensor>(x, where(equal(length, 0), 1, length))
})

/** The sum of products along the last axis of two arrays that broadcast, as the array API's `vecdot`. */
export const vecdot = named("vecdot", (x: Tensor, y: Tensor): Tensor => sum(mul<Tensor, Tensor>(x, y), { axes: -1 }))

/** The cross product of vectors of three elements along the last axis. `Tensor.print(Tensor.cross(Tensor.make([1, 0, 0]), Tensor.make([0, 1, 0]))) // => "[0, 0, 1]"` */
export const cross = named("cross", (x: Tensor, y: Tensor): Tensor => {
  if (x.shape.at(-1) !== 3 || y.shape.at(-1) !== 3)
    refuse("cross", [x, y], "vectors of three elements", "the last axis has size 3")
  const turned = (of: Tensor, by: number): Tensor =>
    take(
      of,
      [0, 1, 2].map((i) => (i + by) % 3),
      -1,
    )
  return sub(mul<Tensor, Tensor>(turned(x, 1), turned(y, 2)), mul<Tensor, Tensor>(turned(x, 2), turned(y, 1)))
})
