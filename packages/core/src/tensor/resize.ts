/** Images of other sizes: each element is read between those of the input, along one axis of space after the other. */
import type { Tensor } from "../language/Expr.ts"
import { make as makeArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { add, mul } from "./elementwise.ts"
import type { Sizes } from "./images.ts"
import { take } from "./select.ts"

/** The options of `resize`. */
export interface ResizeOptions {
  /** Of the nearest element, of the two around in proportion, or of four by a cubic polynomial (Keys, 1981); `linear` unless given. */
  readonly method?: "nearest" | "linear" | "cubic"
  /**
   * Where element i of the result is in the input, with r = the input's size / the result's: at (i + 0.5) · r - 0.5 (`halfPixel`, unless
   * given), at i · r (`asymmetric`), or so that the first and the last elements are at those of the input (`corners`).
   */
  readonly align?: "halfPixel" | "asymmetric" | "corners"
  /** Which element is the nearest to a place between two; `halfUp` unless given. */
  readonly rounding?: "halfUp" | "halfDown" | "floor" | "ceil"
  /** The coefficient a of the cubic polynomial: -0.75 unless given, as in PyTorch and ONNX. */
  readonly coefficient?: number
  /** The result's size / the input's, where the product was rounded to the size; exactly that ratio unless given. */
  readonly scale?: Sizes
}

const round = {
  halfUp: (x: number) => Math.floor(x + 0.5),
  halfDown: (x: number) => Math.ceil(x - 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
} as const

/** An element of the input for each element of the result, and its weight. */
interface Tap {
  readonly rows: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number> | undefined
}

/** The weight of an element in the distance t, by the kernel of Keys (Cubic convolution interpolation, 1981). */
const cubic = (t: number, a: number): number =>
  t <= 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : ((a * t - 5 * a) * t + 8 * a) * t - 4 * a

/** The places of elements of the result among those of an axis of n elements. */
const placesOf = (n: number, size: number, length: number, align: ResizeOptions["align"]): ReadonlyArray<number> =>
  Array.from({ length: size }, (_, i) => {
    if (align === "asymmetric") return (i * n) / length
    if (align === "corners") return size === 1 ? 0 : (i * (n - 1)) / (length - 1)
    return ((i + 0.5) * n) / length - 0.5
  })

/** The taps of an axis of n elements; places outside are as the element at the edge. */
const tapsOf = (
  n: number,
  places: ReadonlyArray<number>,
  { coefficient = -0.75, method = "linear", rounding = "halfUp" }: ResizeOptions,
): ReadonlyArray<Tap> => {
  const inside = (row: number): number => Math.max(0, Math.min(n - 1, row))
  if (method === "nearest") return [{ rows: places.map((place) => inside(round[rounding](place))), weights: undefined }]
  const offsets = method === "linear" ? [0, 1] : [-1, 0, 1, 2]
  return offsets.map((offset) => ({
    rows: places.map((place) => inside(Math.floor(place) + offset)),
    weights: places.map((place) => {
      const distance = Math.abs(Math.floor(place) + offset - place)
      return method === "linear" ? 1 - distance : cubic(distance, coefficient)
    }),
  }))
}

const along = (x: Tensor, taps: ReadonlyArray<Tap>, axis: number): Tensor => {
  const column = x.shape.map((_, i) => (i === axis ? -1 : 1))
  const terms = taps.map(({ rows, weights }) => {
    const found = take(x, rows, axis)
    if (weights === undefined) return found
    const shape = column.map((n) => (n < 0 ? weights.length : 1))
    return mul(found, makeArray("f32", shape, Float32Array.from(weights)))
  })
  return terms.reduce((sum, term) => add(sum, term))
}

/**
 * Images x [batch, …space, channels] with other sizes of the axes of space, as PyTorch's `interpolate` and ONNX's `Resize`. Elements
 * outside are those at the edge. A smaller image is made of the elements nearest to each place alone, without a blur. Throws
 * `ShapeError`.
 *
 * ```ts
 * const x = Tensor.make([[[0], [4]]])
 * Tensor.toArray(Tensor.flatten(Tensor.resize(x, 4))) // => [0, 1, 3, 4]
 * Tensor.toArray(Tensor.flatten(Tensor.resize(x, 5, { align: "corners" }))) // => [0, 1, 2, 3, 4]
 * Tensor.toArray(Tensor.flatten(Tensor.resize(x, 4, { method: "nearest" }))) // => [0, 0, 4, 4]
 * ```
 */
export const resize = named("resize", (x: Tensor, size: Sizes, options: ResizeOptions = {}): Tensor => {
  if (x.dtype !== "f32") refuse("resize", [x], "an f32 tensor", 'Tensor.cast(x, "f32")')
  if (x.shape.length < 3)
    refuse("resize", [x], "[batch, …space, channels], with at least one spatial axis", "reshape to add the axis that is missing")
  const space = x.shape.slice(1, -1)
  const spread = (sizes: Sizes): ReadonlyArray<number> => (typeof sizes === "number" ? space.map(() => sizes) : sizes)
  const sizes = spread(size)
  const scales = options.scale === undefined ? undefined : spread(options.scale)
  if (sizes.length !== space.length || sizes.some((n) => !Number.isInteger(n) || n < 1))
    refuse("resize", [x], `${space.length} sizes, whole numbers above 0, not ${Shape.print(sizes)}`, "one for each spatial axis")
  if (scales !== undefined && (scales.length !== space.length || scales.some((s) => !(s > 0 && s < Infinity))))
    refuse("resize", [x], `${space.length} scales above 0, not ${Shape.print(scales)}`, "one for each spatial axis, or none")
  if (space.includes(0)) refuse("resize", [x], "at least one element along each spatial axis", "another image")
  return space.reduce<Tensor>((image, n, i) => {
    const to = sizes[i] ?? n
    const length = scales === undefined ? to : n * (scales[i] ?? 1)
    const places = placesOf(n, to, length, options.align)
    const isSame = to === n && places.every((place, row) => place === row)
    return isSame ? image : along(image, tapsOf(n, places, options), i + 1)
  }, x)
})
