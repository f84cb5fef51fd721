/** Copies and moves of elements: repetition, rotation, and padding with the elements themselves. */
import type { Tensor } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { broadcastTo } from "./elementwise.ts"
import { range as partOf } from "./part.ts"
import { take } from "./select.ts"
import { axisOf, concat, reshape, transpose } from "./structure.ts"

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 0

/**
 * The array repeated as a whole, as NumPy's `tile`: `counts[i]` times along axis i, aligned at the last axis. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.tile(Tensor.make([1, 2]), 2)) // => "[1, 2, 1, 2]"`
 */
export const tile = named("tile", (x: Tensor, counts: number | ReadonlyArray<number>): Tensor => {
  const times = typeof counts === "number" ? [counts] : counts
  if (!times.every(isCount)) refuse("tile", [x], `whole counts, not ${Shape.print(times)}`, "0 or more for each axis")
  const rank = Math.max(times.length, x.shape.length)
  const fill = (list: ReadonlyArray<number>): ReadonlyArray<number> => [...Array<number>(rank - list.length).fill(1), ...list]
  const [shape, by] = [fill(x.shape), fill(times)]
  const apart = shape.flatMap((n, i) => [by[i] ?? 1, n])
  return reshape(
    broadcastTo(
      reshape(
        x,
        shape.flatMap((n) => [1, n]),
      ),
      apart,
    ),
    shape.map((n, i) => n * (by[i] ?? 1)),
  )
})

/**
 * Each element along an axis repeated in its place, as NumPy's `repeat`: `counts` times, or a count for each. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.repeat(Tensor.make([1, 2]), 2)) // => "[1, 1, 2, 2]"`
 */
export const repeat = named("repeat", (x: Tensor, counts: number | ReadonlyArray<number>, axis = -1): Tensor => {
  const at = axisOf("repeat", x, axis)
  const n = x.shape[at] ?? 0
  const times = typeof counts === "number" ? [counts] : counts
  if (!times.every(isCount) || (typeof counts !== "number" && counts.length !== n))
    refuse("repeat", [x], `a whole count, or ${n} of them, not ${Shape.print(times)}`, "one count for all elements")
  if (typeof counts !== "number")
    return take(
      x,
      counts.flatMap((count, i) => Array<number>(count).fill(i)),
      at,
    )
  const [before, after] = [x.shape.slice(0, at), x.shape.slice(at + 1)]
  const apart = broadcastTo(reshape(x, [...before, n, 1, ...after]), [...before, n, counts, ...after])
  return reshape(apart, [...before, n * counts, ...after])
})

/**
 * The elements moved along an axis by a number of places; those that leave one end come in at the other. Without an axis
 * they move through the whole array in its order. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.roll(Tensor.make([1, 2, 3]), 1)) // => "[3, 1, 2]"`
 */
export const roll = named("roll", (x: Tensor, shift: number, axis?: number): Tensor => {
  if (!Number.isInteger(shift)) refuse("roll", [x], `a whole shift, not ${shift}`, "a positive one moves to higher indices")
  if (axis === undefined) return reshape(roll(reshape(x, [Shape.size(x.shape)]), shift, 0), x.shape)
  const at = axisOf("roll", x, axis)
  const n = x.shape[at] ?? 0
  const by = n === 0 ? 0 : ((shift % n) + n) % n
  return by === 0 ? x : concat([partOf(x, at, n - by, n), partOf(x, at, 0, n - by)], at)
})

/** What stands around the elements: the last one on and on, the elements mirrored without or with the last, or from the other end. */
export type PadMode = "edge" | "reflect" | "symmetric" | "wrap"

/** For each mode, the element that stands at place i, which may be negative or n and more, of n elements. */
const sources: { readonly [M in PadMode]: (i: number, n: number) => number } = {
  edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
  reflect: (i, n) => {
    const period = Math.max(2 * n - 2, 1)
    const place = ((i % period) + period) % period
    return place < n ? place : period - place
  },
  symmetric: (i, n) => {
    const place = ((i % (2 * n)) + 2 * n) % (2 * n)
    return place < n ? place : 2 * n - 1 - place
  },
  wrap: (i, n) => ((i % n) + n) % n,
}

/**
 * Padding with elements of the array, as NumPy's `pad` with a mode: `padding[i]` is [before, after] along axis i. `Tensor.pad` pads
 * with a number. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.padWith(Tensor.make([1, 2, 3]), [[2, 1]], "reflect")) // => "[3, 2, 1, 2, 3, 2]"`
 */
export const padWith = named("padWith", (x: Tensor, padding: ReadonlyArray<readonly [number, number]>, mode: PadMode): Tensor => {
  if (!Object.hasOwn(sources, mode))
    refuse("padWith", [x], `a mode of ${Object.keys(sources).join(", ")}, not ${mode}`, "Tensor.pad pads with a number")
  if (padding.length !== x.shape.length || !padding.flat().every(isCount))
    refuse("padWith", [x], `[before, after] for each of ${x.shape.length} axes`, "0 or more at each end")
  let out = x
  padding.forEach(([before, after], axis) => {
    const n = x.shape[axis] ?? 0
    if (before + after === 0) return
    if (n === 0) refuse("padWith", [x], `elements along axis ${axis}`, "Tensor.pad pads with a number")
    out = take(
      out,
      Array.from({ length: before + n + after }, (_, i) => sources[mode](i - before, n)),
      axis,
    )
  })
  return out
})

/** The divisor of an axis. */
const blockOf = (operation: string, x: Tensor, block: number): number =>
  x.shape.length === 4 && Number.isInteger(block) && block > 0
    ? block
    : refuse(operation, [x], `images [batch, rows, columns, channels] and a block of 1 or more, not ${block}`, "block: 2")

/** Channels spread over space: [n, h, w, b² c] to [n, b h, b w, c], as TensorFlow's `depth_to_space`; PyTorch's `pixel_shuffle` orders channels [c, b, b]. Throws `ShapeError`. */
export const depthToSpace = named("depthToSpace", (x: Tensor, block: number): Tensor => {
  const b = blockOf("depthToSpace", x, block)
  const [n = 0, h = 0, w = 0, channels = 0] = x.shape
  if (channels % (b * b) !== 0) refuse("depthToSpace", [x], `channels divisible by ${b * b}`, "another block")
  const c = channels / (b * b)
  return reshape(transpose(reshape(x, [n, h, w, b, b, c]), [0, 1, 3, 2, 4, 5]), [n, h * b, w * b, c])
})

/** Blocks of space gathered in channels: [n, b h, b w, c] to [n, h, w, b² c], the opposite of `depthToSpace`. Throws `ShapeError`. */
export const spaceToDepth = named("spaceToDepth", (x: Tensor, block: number): Tensor => {
  const b = blockOf("spaceToDepth", x, block)
  const [n = 0, height = 0, width = 0, c = 0] = x.shape
  if (height % b !== 0 || width % b !== 0) refuse("spaceToDepth", [x], `rows and columns divisible by ${b}`, "another block")
  const [h, w] = [height / b, width / b]
  return reshape(transpose(reshape(x, [n, h, b, w, b, c]), [0, 1, 3, 2, 4, 5]), [n, h, w, b * b * c])
})
