/** Convolutions and pooling. Images are channels-last: [batch, …space, channels]. */
import { provideImages } from "../backend/images.ts"
import { type Tensor, write } from "../language/Expr.ts"
import type { Padding } from "../language/Primitive.ts"
import { imageRules } from "../language/ShapeRule.ts"
import { windows } from "../language/shapes/windows.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { ones } from "./create.ts"
import { div } from "./elementwise.ts"

imageRules.provide(windows)
provideImages()

/** One number for each spatial axis, or one for all. */
export type Sizes = number | ReadonlyArray<number>

/**
 * `valid` is no padding; `same` pads so that a stride of 1 keeps the size (an odd element comes at the end); a number pads both
 * ends of every axis, a list of numbers both ends of each axis, and a list of pairs is [before, after] for each axis.
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

/** The options of a convolution. */
export interface ConvOptions {
  readonly stride?: Sizes
  readonly pad?: Pad
  readonly dilation?: Sizes
  readonly groups?: number
}

const spaceOf = (x: Tensor): Shape.Shape => x.shape.slice(1, -1)

/** The extent of a dilated kernel [...window, _, _] along each axis. */
const reachOf = (kernel: Tensor, gaps: ReadonlyArray<number>): ReadonlyArray<number> =>
  kernel.shape.slice(0, -2).map((size, i) => (size - 1) * (gaps[i] ?? 1) + 1)

/** The convolution (cross-correlation) of x [batch, …space, channels] with a kernel [...window, channels / groups, filters]. Throws `ShapeError`. */
export const conv = (
  x: Tensor,
  kernel: Tensor,
  { dilation = 1, groups = 1, pad = "valid", stride = 1 }: ConvOptions = {},
): Tensor => {
  const rank = Math.max(0, x.shape.length - 2)
  const steps = spread(stride, rank)
  const gaps = spread(dilation, rank)
  const pads = padding(pad, spaceOf(x), reachOf(kernel, gaps), steps)
  return write("conv", { stride: steps, padding: pads, dilation: gaps, groups }, [x, kernel])
}

/** The options of a transposed convolution: those of the corresponding convolution, and output padding. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Additional elements at the end of the result, fewer than the stride: several input sizes of the convolution give one output size. */
  readonly outputPadding?: Sizes
}

/** Checks arguments first, since errors of the convolution's shape rule would describe that convolution. */
const checkTransposable = (x: Tensor, kernel: Tensor, groups: number): void => {
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
 * The transposed convolution of x [batch, …space, channels] with a kernel [...window, filters / groups, channels]: the gradient
 * of the convolution with that kernel for its input. The size of each axis is
 * (n - 1) · stride + reach - padding + outputPadding; with `same` it is n · stride. Throws `ShapeError`.
 *
 * `Tensor.convTranspose(Tensor.ones([1, 3, 2]), Tensor.ones([2, 5, 2]), { stride: 2 }).shape // => [1, 6, 5]`
 */
export const convTranspose = named(
  "convTranspose",
  (
    x: Tensor,
    kernel: Tensor,
    { dilation = 1, groups = 1, outputPadding = 0, pad = "valid", stride = 1 }: ConvTransposeOptions = {},
  ): Tensor => {
    checkTransposable(x, kernel, groups)
    const rank = x.shape.length - 2
    const steps = spread(stride, rank)
    const gaps = spread(dilation, rank)
    const extra = spread(outputPadding, rank)
    const reach = reachOf(kernel, gaps)
    if (extra.some((n, i) => !(Number.isInteger(n) && n >= 0 && n < (steps[i] ?? 1))))
      refuse("convTranspose", [x, kernel], `an output padding below the stride ${Shape.print(steps)}`, "0, or a larger stride")
    const stretched = spaceOf(x).map((n, i) => n * (steps[i] ?? 1))
    const pads = padding(pad, stretched, reach, steps)
    const space =
      pad === "same"
        ? stretched
        : stretched.map((n, i) => {
            const [low, high] = pads[i] ?? [0, 0]
            return n - (steps[i] ?? 1) + (reach[i] ?? 1) - low - high + (extra[i] ?? 0)
          })
    return write("convInputGrad", { stride: steps, padding: pads, dilation: gaps, groups, space }, [x, kernel])
  },
)

/** The options of pooling; the stride is the window's size unless given. */
export interface PoolOptions {
  readonly window: Sizes
  readonly stride?: Sizes
  readonly pad?: Pad
  /** How far apart the elements of a window are. Default: 1. */
  readonly dilation?: Sizes
  /** Whether a last window that begins inside counts though it ends outside. Default: false. */
  readonly ceil?: boolean
}

/** The padding with the elements that the last window lacks, where it begins inside. */
const ceiled = (pads: Padding, space: Shape.Shape, reach: ReadonlyArray<number>, strides: ReadonlyArray<number>): Padding =>
  pads.map(([low, high], i) => {
    const [n = 0, size = 1, stride = 1] = [space[i], reach[i], strides[i]]
    const room = n + low + high - size
    const last = Math.ceil(room / stride) * stride
    return [low, room < 0 || last >= n + low ? high : high + last - room]
  })

const windowParams = (x: Tensor, { ceil = false, dilation = 1, pad = "valid", window, stride = window }: PoolOptions) => {
  const rank = Math.max(0, x.shape.length - 2)
  const [sizes, steps, gaps] = [spread(window, rank), spread(stride, rank), spread(dilation, rank)]
  const reach = sizes.map((size, i) => (size - 1) * (gaps[i] ?? 1) + 1)
  const pads = padding(pad, spaceOf(x), reach, steps)
  return { window: sizes, stride: steps, padding: ceil ? ceiled(pads, spaceOf(x), reach, steps) : pads, dilation: gaps }
}

/**
 * The maximum of each window of x [batch, …space, channels]; padding does not count. Throws `ShapeError`.
 *
 * ```ts
 * const x = Tensor.make([[[0], [1], [2], [3], [4]]])
 * Tensor.toArray(Tensor.flatten(Tensor.maxPool(x, { window: 2, dilation: 2, stride: 1 }))) // => [2, 3, 4]
 * Tensor.toArray(Tensor.flatten(Tensor.maxPool(x, { window: 2, ceil: true }))) // => [1, 3, 4]
 * ```
 */
export const maxPool = (x: Tensor, options: PoolOptions): Tensor => write("windowMax", windowParams(x, options), [x])

/** The sum of each window of x [batch, …space, channels]. */
export const sumPool = (x: Tensor, options: PoolOptions): Tensor => write("windowSum", windowParams(x, options), [x])

/** The options of a mean over windows. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether zeros of the padding count, as in PyTorch; those that `ceil` adds never do. Default: false. */
  readonly countPadding?: boolean
}

/**
 * The mean of each window of x [batch, …space, channels]; padding does not count unless wanted. Throws `ShapeError`.
 *
 * ```ts
 * const x = Tensor.ones([1, 3, 1])
 * Tensor.toArray(Tensor.flatten(Tensor.avgPool(x, { window: 2, pad: 1, stride: 2 }))) // => [1, 1]
 * Tensor.toArray(Tensor.flatten(Tensor.avgPool(x, { window: 2, pad: 1, stride: 2, countPadding: true }))) // => [0.5, 1]
 * ```
 */
export const avgPool = named("avgPool", (x: Tensor, { countPadding = false, ...options }: AvgPoolOptions): Tensor => {
  const params = windowParams(x, options)
  const whole = windowParams(x, { ...options, ceil: false }).padding
  const counted = countPadding ? spaceOf(x).map((n, i) => n + (whole[i]?.[0] ?? 0) + (whole[i]?.[1] ?? 0)) : spaceOf(x)
  const rest: Padding = params.padding.map(([, high], i) => [0, high - (whole[i]?.[1] ?? 0)])
  const counts = write("windowSum", countPadding ? { ...params, padding: rest } : params, [ones([1, ...counted, 1])])
  return div(write("windowSum", params, [x]), counts)
})
