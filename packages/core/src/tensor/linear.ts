/** Products of matrices, convolutions and the windows of pooling. Images are channels-last: [batch, …space, channels]. */
import { type Tensor, write } from "../language/Expr.ts"
import type { Padding } from "../language/Primitive.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { ones } from "./create.ts"
import { broadcastTo, div } from "./elementwise.ts"
import { reshape } from "./structure.ts"
import type { Multiplies, Product, ShapeOf } from "./Typed.ts"

/**
 * The matrix product, as NumPy's `matmul`: x [..., m, k] with y [..., k, n] gives [..., m, n]; the axes before the last
 * two stretch to one shape, and a vector stands for a matrix of one row (left) or column (right). Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.matmul(Tensor.make([[1, 2]]), Tensor.make([[3], [4]]))) // => "[[11]]"`
 */
export const matmul = <X extends Tensor, Y extends Tensor>(
  x: X,
  y: Y & Multiplies<ShapeOf<X>, ShapeOf<Y>>,
): Tensor<Product<ShapeOf<X>, ShapeOf<Y>>> => product(x, y) as Tensor<Product<ShapeOf<X>, ShapeOf<Y>>>

const product = (x: Tensor, y: Tensor): Tensor => {
  if (x.shape.length === 0 || y.shape.length === 0)
    refuse("matmul", [x, y], "vectors or matrices", "Tensor.mul multiplies by a scalar")
  const left = x.shape.length === 1 ? reshape(x, [1, ...x.shape]) : x
  const right = y.shape.length === 1 ? reshape(y, [...y.shape, 1]) : y
  const batch =
    Shape.broadcast(left.shape.slice(0, -2), right.shape.slice(0, -2)) ??
    refuse("matmul", [x, y], "batch axes that stretch to one shape", "make sizes before the last two equal or 1")
  const out = write("dot", {}, [
    broadcastTo(left, [...batch, ...left.shape.slice(-2)]),
    broadcastTo(right, [...batch, ...right.shape.slice(-2)]),
  ])
  const matrix = out.shape.slice(batch.length)
  return reshape(out, [
    ...batch,
    ...(x.shape.length === 1 ? [] : matrix.slice(0, 1)),
    ...(y.shape.length === 1 ? [] : matrix.slice(1)),
  ])
}

/** One number for each spatial axis, or one for all. */
export type Sizes = number | ReadonlyArray<number>

/**
 * `valid` pads nothing; `same` pads so that a stride of 1 keeps the size (the odd element at the end); a number pads both
 * ends of every axis by as much, a list of numbers both ends of each, and a list of pairs is [before, after] for each.
 */
export type Pad = "valid" | "same" | Sizes | Padding

const spread = (sizes: Sizes, rank: number): ReadonlyArray<number> =>
  typeof sizes === "number" ? Array<number>(rank).fill(sizes) : sizes

const padding = (pad: Pad, space: Shape.Shape, reach: ReadonlyArray<number>, strides: ReadonlyArray<number>): Padding => {
  if (typeof pad === "number") return space.map(() => [pad, pad])
  if (typeof pad !== "string") return pad.map((ends) => (typeof ends === "number" ? [ends, ends] : ends))
  return space.map((n, i) => {
    if (pad === "valid") return [0, 0]
    const [size = 1, stride = 1] = [reach[i], strides[i]]
    const total = Math.max(0, (Math.ceil(n / stride) - 1) * stride + size - n)
    return [Math.floor(total / 2), Math.ceil(total / 2)]
  })
}

/** How a convolution moves. */
export interface ConvOptions {
  readonly strides?: Sizes
  readonly pad?: Pad
  readonly dilation?: Sizes
  readonly groups?: number
}

const spaceOf = (x: Tensor): Shape.Shape => x.shape.slice(1, -1)

/** How far each axis of a kernel [...window, _, _] reaches, its gaps counted. */
const reachOf = (kernel: Tensor, gaps: ReadonlyArray<number>): ReadonlyArray<number> =>
  kernel.shape.slice(0, -2).map((size, i) => (size - 1) * (gaps[i] ?? 1) + 1)

/** The convolution (cross-correlation) of x [batch, …space, channels] with a kernel [...window, channels / groups, filters]. Throws `ShapeError`. */
export const conv = (
  x: Tensor,
  kernel: Tensor,
  { dilation = 1, groups = 1, pad = "valid", strides = 1 }: ConvOptions = {},
): Tensor => {
  const rank = Math.max(0, x.shape.length - 2)
  const steps = spread(strides, rank)
  const gaps = spread(dilation, rank)
  const pads = padding(pad, spaceOf(x), reachOf(kernel, gaps), steps)
  return write("conv", { strides: steps, padding: pads, dilation: gaps, groups }, [x, kernel])
}

/** How a transposed convolution moves: as the convolution that it is the way back of. */
export interface ConvTransposeOptions extends ConvOptions {
  /** How much longer the result is at its end, where several lengths would be shortened to one by the strides. */
  readonly outputPadding?: Sizes
}

/** Refuses what the shape rule of the convolution on the way back would describe in that convolution's words. */
const wantTransposable = (x: Tensor, kernel: Tensor, groups: number): void => {
  const operation = "convTranspose"
  if (x.shape.length < 3)
    refuse(operation, [x, kernel], "[batch, …space, channels], with at least one spatial axis", "reshape to add the axis")
  if (kernel.shape.length !== x.shape.length)
    refuse(operation, [x, kernel], "a kernel [...window, filters / groups, channels] of the input's rank", "reshape it first")
  const [channels = 0, own = 0] = [x.shape.at(-1), kernel.shape.at(-1)]
  if (channels !== own)
    refuse(
      operation,
      [x, kernel],
      `a kernel for ${channels} channels, not ${own}`,
      `a kernel of ${Shape.print([...kernel.shape.slice(0, -1), channels])}: channels come last, filters before them`,
    )
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    refuse(operation, [x, kernel], `channels in ${groups} equal groups, not ${channels}`, "groups that divide the channels, or 1")
}

/**
 * The transposed convolution of x [batch, …space, channels] with a kernel [...window, filters / groups, channels]: the
 * gradient, for its input, of the convolution with that kernel, as a function of its own. Each axis comes to
 * (n - 1) · stride + reach - padding + outputPadding elements; with `same`, to n · stride. Throws `ShapeError`.
 *
 * `Tensor.convTranspose(Tensor.ones([1, 3, 2]), Tensor.ones([2, 5, 2]), { strides: 2 }).shape // => [1, 6, 5]`
 */
export const convTranspose = named(
  "convTranspose",
  (
    x: Tensor,
    kernel: Tensor,
    { dilation = 1, groups = 1, outputPadding = 0, pad = "valid", strides = 1 }: ConvTransposeOptions = {},
  ): Tensor => {
    wantTransposable(x, kernel, groups)
    const rank = x.shape.length - 2
    const steps = spread(strides, rank)
    const gaps = spread(dilation, rank)
    const extra = spread(outputPadding, rank)
    const reach = reachOf(kernel, gaps)
    if (extra.some((n, i) => !(Number.isInteger(n) && n >= 0 && n < (steps[i] ?? 1))))
      refuse("convTranspose", [x, kernel], `an output padding below the strides ${Shape.print(steps)}`, "0, or larger strides")
    const stretched = spaceOf(x).map((n, i) => n * (steps[i] ?? 1))
    const pads = padding(pad, stretched, reach, steps)
    const space =
      pad === "same"
        ? stretched
        : stretched.map((n, i) => {
            const [low, high] = pads[i] ?? [0, 0]
            return n - (steps[i] ?? 1) + (reach[i] ?? 1) - low - high + (extra[i] ?? 0)
          })
    return write("convInputGrad", { strides: steps, padding: pads, dilation: gaps, groups, space }, [x, kernel])
  },
)

/** How a pooling window moves; the strides are the window's size unless given. */
export interface PoolOptions {
  readonly window: Sizes
  readonly strides?: Sizes
  readonly pad?: Pad
}

const windowParams = (x: Tensor, { pad = "valid", window, strides = window }: PoolOptions) => {
  const rank = Math.max(0, x.shape.length - 2)
  const sizes = spread(window, rank)
  const steps = spread(strides, rank)
  return { window: sizes, strides: steps, padding: padding(pad, spaceOf(x), sizes, steps) }
}

/** The largest of each window of x [batch, …space, channels]. */
export const maxPool = (x: Tensor, options: PoolOptions): Tensor => write("windowMax", windowParams(x, options), [x])

/** The sum of each window of x [batch, …space, channels]. */
export const sumPool = (x: Tensor, options: PoolOptions): Tensor => write("windowSum", windowParams(x, options), [x])

/** The mean of each window of x [batch, …space, channels]; padding does not count. */
export const avgPool = named(
  "avgPool",
  (x: Tensor, options: PoolOptions): Tensor => div(sumPool(x, options), sumPool(ones([1, ...spaceOf(x), 1]), options)),
)
