/**
 * Data augmentation: random flips, shifts, rotations, zooms and erasures of images [height, width, channels], different for
 * each image and each training step. In inference images do not change.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { type Net, pure } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { layer, light } from "./Layer.ts"
import { checkAxes } from "./sample.ts"

/** A layer that changes images in training only. */
const augmenting = (kind: string, alter: (images: Tensor, key: Key.Key) => Tensor): Net<None, None> =>
  pure(
    kind,
    (x, context) => {
      checkAxes(kind, 2, x.shape.slice(1))
      return context.mode === "infer" ? x : alter(x, context.key)
    },
    (input) => {
      checkAxes(kind, 2, input)
      return input
    },
  )

/** The sizes of images [n, height, width, channels]. */
const sizesOf = ({ shape: [n = 0, height = 0, width = 0, channels = 0] }: Tensor) => ({ n, height, width, channels })

/** Random integers from `low` to `high`, both included: i32 [n, 1, 1]. */
const integers = (key: Key.Key, n: number, low: number, high: number): Tensor =>
  T.add(T.cast(T.floor(T.mul(Key.uniform(key, [n, 1, 1]), high - low + 1)), "i32"), low)

/** Random numbers from -limit to limit: f32 [n, 1, 1]. */
const symmetric = (key: Key.Key, n: number, limit: number): Tensor => Key.uniform(key, [n, 1, 1], { low: -limit, high: limit })

/** The pixels [n, height, width, channels] at the given rows and columns (i32, broadcast to [n, height, width]), 0 outside the image. */
const pixels = (images: Tensor, row: Tensor, column: Tensor): Tensor => {
  const { channels, height, n, width } = sizesOf(images)
  const inside = T.and(
    T.and(T.greaterEqual(row, 0), T.less(row, height)),
    T.and(T.greaterEqual(column, 0), T.less(column, width)),
  )
  const image = T.mul(T.iota([n, 1, 1]), height * width)
  const index = T.where(inside, T.add(T.add(image, T.mul(row, width)), column), 0)
  const values = T.take(T.reshape(images, [n * height * width, channels]), index)
  return T.where(T.expandAxis(inside, -1), values, 0)
}

/** Bilinear interpolation at fractional rows and columns, f32 [n, height, width]. */
const interpolate = (images: Tensor, row: Tensor, column: Tensor): Tensor => {
  const [top, left] = [T.floor(row), T.floor(column)]
  const [down, across] = [T.sub(row, top), T.sub(column, left)]
  const corner = (i: 0 | 1, j: 0 | 1): Tensor => {
    const weight = T.mul(i === 0 ? T.sub(1, down) : down, j === 0 ? T.sub(1, across) : across)
    const values = pixels(images, T.add(T.cast(top, "i32"), i), T.add(T.cast(left, "i32"), j))
    return T.mul(values, T.expandAxis(weight, -1))
  }
  return T.add(T.add(corner(0, 0), corner(0, 1)), T.add(corner(1, 0), corner(1, 1)))
}

/** Geometrically transformed images: the pixel at (y, x), relative to the center, comes from the position `from(y, x)`. */
const mapped = (images: Tensor, from: (y: Tensor, x: Tensor) => { readonly y: Tensor; readonly x: Tensor }): Tensor => {
  const { height, width } = sizesOf(images)
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2]
  const source = from(T.sub(T.iota([1, height, 1], 1, "f32"), middleRow), T.sub(T.iota([1, 1, width], 2, "f32"), middleColumn))
  return interpolate(images, T.add(source.y, middleRow), T.add(source.x, middleColumn))
}

/** The direction of flips: left to right, top to bottom, or both independently. */
export type FlipAxes = "horizontal" | "vertical" | "both"

const flipped = { horizontal: [2], vertical: [1], both: [2, 1] } as const satisfies {
  readonly [A in FlipAxes]: ReadonlyArray<number>
}

/** The options of `randomFlip`. */
export interface FlipOptions {
  readonly axes?: FlipAxes
  /** The probability for each image: 0.5 unless given. */
  readonly probability?: number
}

/** In training, flips each image with a probability, left to right unless `axes` says otherwise. */
export const randomFlip = ({ axes = "horizontal", probability = 0.5, ...rest }: FlipOptions = {}): Net<None, None> => {
  checkOptions("randomFlip", randomFlipOptions, { axes, probability, ...rest })
  return augmenting("random_flip", (images, key) =>
    flipped[axes].reduce<Tensor>(
      (x, axis) => T.where(Key.bernoulli(Key.fold(key, axis), probability, [sizesOf(images).n, 1, 1, 1]), T.flip(x, [axis]), x),
      images,
    ),
  )
}

/** In training, shifts each image by up to `limit` whole pixels along both axes. New pixels are 0. */
export const randomShift = (limit: number): Net<None, None> => {
  checkOptions("randomShift", randomShiftOptions, { most: limit })
  return augmenting("random_shift", (images, key) => {
    const { height, n, width } = sizesOf(images)
    const down = integers(Key.fold(key, "down"), n, -limit, limit)
    const across = integers(Key.fold(key, "across"), n, -limit, limit)
    return pixels(images, T.sub(T.iota([1, height, 1], 1), down), T.sub(T.iota([1, 1, width], 2), across))
  })
}

/** In training, rotates each image about its center by a random angle of up to `degrees` in both directions. New pixels are 0. */
export const randomRotate = (degrees: number): Net<None, None> => {
  checkOptions("randomRotate", randomRotateOptions, { degrees })
  return augmenting("random_rotate", (images, key) => {
    const angle = symmetric(key, sizesOf(images).n, (degrees * Math.PI) / 180)
    const [sin, cos] = [T.sin(angle), T.cos(angle)]
    return mapped(images, (y, x) => ({
      y: T.sub(T.mul(cos, y), T.mul(sin, x)),
      x: T.add(T.mul(sin, y), T.mul(cos, x)),
    }))
  })
}

/** In training, zooms each image about its center by a random factor from 1 - amount to 1 + amount. */
export const randomZoom = (amount: number): Net<None, None> => {
  checkOptions("randomZoom", randomZoomOptions, { amount })
  return augmenting("random_zoom", (images, key) => {
    const size = T.add(symmetric(key, sizesOf(images).n, amount), 1)
    return mapped(images, (y, x) => ({ y: T.div(y, size), x: T.div(x, size) }))
  })
}

/** In training, sets a square of `size` pixels a side to 0 in all channels. Its center is a random pixel of the image. */
export const randomErase = (size: number): Net<None, None> => {
  checkOptions("randomErase", randomEraseOptions, { size })
  return augmenting("random_erase", (images, key) => {
    const { height, n, width } = sizesOf(images)
    const start = (direction: string, extent: number): Tensor =>
      T.sub(integers(Key.fold(key, direction), n, 0, extent - 1), Math.floor(size / 2))
    const covers = (from: Tensor, index: Tensor): Tensor => T.and(T.greaterEqual(index, from), T.less(index, T.add(from, size)))
    const covered = T.and(
      covers(start("down", height), T.iota([1, height, 1], 1)),
      covers(start("across", width), T.iota([1, 1, width], 2)),
    )
    return T.where(T.expandAxis(covered, -1), 0, images)
  })
}

const placement = "Put it among the first layers of a net for images, before any with parameters."

/** The options of `random_flip` in a model file. */
const randomFlipOptions = {
  axes: {
    kind: "choice",
    doc: "Left to right (`horizontal`), top to bottom (`vertical`), or `both` independently.",
    synonyms: ["mode", "direction"],
    of: ["horizontal", "vertical", "both"],
    default: "horizontal",
  },
  probability: {
    kind: "number",
    doc: "The probability for each image.",
    synonyms: ["p", "prob"],
    default: 0.5,
    minimum: 0,
    maximum: 1,
  },
} as const

/** The options of `random_shift` in a model file. */
const randomShiftOptions = {
  most: {
    kind: "integer",
    doc: "The largest shift along each axis, in pixels.",
    synonyms: ["pixels", "shift"],
    default: 2,
    minimum: 0,
    maximum: 65_536,
  },
} as const

/** The options of `random_rotate` in a model file. */
const randomRotateOptions = {
  degrees: {
    kind: "number",
    doc: "The largest angle in both directions.",
    synonyms: ["angle"],
    default: 10,
    minimum: 0,
    maximum: 180,
  },
} as const

/** The options of `random_zoom` in a model file. */
const randomZoomOptions = {
  amount: {
    kind: "number",
    doc: "The largest change of the size, as a fraction.",
    synonyms: ["scale"],
    default: 0.1,
    minimum: 0,
    exclusiveMaximum: 1,
  },
} as const

/** The options of `random_erase` in a model file. */
const randomEraseOptions = {
  size: {
    kind: "integer",
    doc: "The side of the square, in pixels.",
    synonyms: ["length", "side"],
    default: 8,
    minimum: 0,
    maximum: 65_536,
  },
} as const

/** Augmentation layers, by their names in a model file. */
export const entries = {
  random_flip: layer({
    doc: "In training, flips each image with a given probability.",
    formula: "yᵢⱼ = xᵢ,₍w₋₁₋ⱼ₎ with the given probability, else xᵢⱼ; in inference y = x",
    source: "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional networks, 2012",
    advice: `${placement} Only where a flipped image means the same: photographs yes, digits and letters no.`,
    synonyms: ["RandomHorizontalFlip", "horizontal_flip", "flip"],
    options: randomFlipOptions,
    main: "axes",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomFlip(options),
  }),
  random_shift: layer({
    doc: "In training, shifts each image by a few whole pixels. New pixels are 0.",
    formula: "yᵢⱼ = xᵢ₋ₐ,ⱼ₋ᵦ, a and b integers from -most to most; in inference y = x",
    source: "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998",
    advice: `${placement} A tenth of the image's side or less: the object must stay visible. 0 should be the background, so scale pixels to 0…1 where the background is black.`,
    synonyms: ["RandomTranslation", "random_translate", "translate", "shift"],
    options: randomShiftOptions,
    main: "most",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomShift(options.most),
  }),
  random_rotate: layer({
    doc: "In training, rotates each image about its center by a random angle, with bilinear interpolation. New pixels are 0.",
    formula: "y(p) = x(R(θ)p), p relative to the center, θ ~ U(-degrees, degrees); in inference y = x",
    source:
      "Simard, Steinkraus and Platt, Best practices for convolutional neural networks applied to visual document analysis, 2003",
    advice: `${placement} 10 to 15 degrees for digits and photographs, 180 for images without an up direction, such as cells under a microscope.`,
    synonyms: ["RandomRotation", "rotation", "rotate"],
    options: randomRotateOptions,
    main: "degrees",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomRotate(options.degrees),
  }),
  random_zoom: layer({
    doc: "In training, zooms each image about its center by a random factor, with bilinear interpolation. New pixels are 0.",
    formula: "y(p) = x(p / s), p relative to the center, s ~ U(1 - amount, 1 + amount); in inference y = x",
    source:
      "Simard, Steinkraus and Platt, Best practices for convolutional neural networks applied to visual document analysis, 2003",
    advice: `${placement} 0.1 to 0.2 where objects have different sizes.`,
    synonyms: ["zoom", "random_scale"],
    options: randomZoomOptions,
    main: "amount",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomZoom(options.amount),
  }),
  random_erase: layer({
    doc: "In training, sets a square at a random position of each image to 0.",
    formula: "yᵢⱼ = 0 for |i - a| and |j - b| within half of size, else xᵢⱼ; in inference y = x",
    source: "DeVries and Taylor, Improved regularization of convolutional neural networks with cutout, 2017",
    advice: `${placement} A quarter to half of the image's side, so that the net does not depend on a single region. With standardized pixels the square has the mean color.`,
    synonyms: ["RandomErasing", "RandomErasing2d", "cutout", "erase"],
    options: randomEraseOptions,
    main: "size",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomErase(options.size),
  }),
}
