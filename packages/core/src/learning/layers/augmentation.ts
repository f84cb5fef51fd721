/**
 * Data augmentation: images [height, width, channels] flipped, moved, turned, resized or covered in part, each by a chance
 * of its own that the key draws anew at every step of training. When inferring, an image is left as it is.
 */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { type Net, pure } from "../Net.ts"
import { wantOptions } from "../OptionError.ts"
import type { None } from "../Params.ts"
import { layer, light } from "./Layer.ts"
import { wantAxes } from "./sample.ts"

/** A layer that alters images while training, and only then. */
const augmenting = (kind: string, alter: (images: Tensor, key: Key.Key) => Tensor): Net<None, None> =>
  pure(
    kind,
    (x, context) => {
      wantAxes(kind, 2, x.shape.slice(1))
      return context.mode === "infer" ? x : alter(x, context.key)
    },
    (input) => {
      wantAxes(kind, 2, input)
      return input
    },
  )

/** The sizes of images [n, height, width, channels]. */
const sizesOf = ({ shape: [n = 0, height = 0, width = 0, channels = 0] }: Tensor) => ({ n, height, width, channels })

/** Whole numbers from `low` to `high`, both among them: i32 [n, 1, 1]. */
const integers = (key: Key.Key, n: number, low: number, high: number): Tensor =>
  T.add(T.cast(T.floor(T.mul(Key.uniform(key, [n, 1, 1]), high - low + 1)), "i32"), low)

/** Numbers from -most to most: f32 [n, 1, 1]. */
const around = (key: Key.Key, n: number, most: number): Tensor => Key.uniform(key, [n, 1, 1], { low: -most, high: most })

/** The pixels [n, height, width, channels] that a row and a column (i32 [n, height, width] together) name in each image, 0 outside it. */
const pixels = (images: Tensor, row: Tensor, column: Tensor): Tensor => {
  const { channels, height, n, width } = sizesOf(images)
  const inside = T.and(
    T.and(T.greaterEqual(row, 0), T.less(row, height)),
    T.and(T.greaterEqual(column, 0), T.less(column, width)),
  )
  const image = T.mul(T.iota([n, 1, 1]), height * width)
  const place = T.where(inside, T.add(T.add(image, T.mul(row, width)), column), 0)
  const found = T.take(T.reshape(images, [n * height * width, channels]), place)
  return T.where(T.expandAxis(inside, -1), found, 0)
}

/** What lies at rows and columns (f32 [n, height, width]) between the pixels, as the four around them say it by their nearness. */
const between = (images: Tensor, row: Tensor, column: Tensor): Tensor => {
  const [top, left] = [T.floor(row), T.floor(column)]
  const [down, across] = [T.sub(row, top), T.sub(column, left)]
  const corner = (i: 0 | 1, j: 0 | 1): Tensor => {
    const share = T.mul(i === 0 ? T.sub(1, down) : down, j === 0 ? T.sub(1, across) : across)
    const found = pixels(images, T.add(T.cast(top, "i32"), i), T.add(T.cast(left, "i32"), j))
    return T.mul(found, T.expandAxis(share, -1))
  }
  return T.add(T.add(corner(0, 0), corner(0, 1)), T.add(corner(1, 0), corner(1, 1)))
}

/** Images whose place (y, x), counted from the middle, shows what was at the place `from` makes of it. */
const mapped = (images: Tensor, from: (y: Tensor, x: Tensor) => { readonly y: Tensor; readonly x: Tensor }): Tensor => {
  const { height, width } = sizesOf(images)
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2]
  const source = from(T.sub(T.iota([1, height, 1], 1, "f32"), middleRow), T.sub(T.iota([1, 1, width], 2, "f32"), middleColumn))
  return between(images, T.add(source.y, middleRow), T.add(source.x, middleColumn))
}

/** Which way images are mirrored: left to right, top to bottom, or either by a chance of its own. */
export type FlipAxes = "horizontal" | "vertical" | "both"

const flipped = { horizontal: [2], vertical: [1], both: [2, 1] } as const satisfies {
  readonly [A in FlipAxes]: ReadonlyArray<number>
}

/** How images are mirrored. */
export interface FlipOptions {
  readonly axes?: FlipAxes
  /** The chance of each image; 0.5 unless given. */
  readonly probability?: number
}

/** While training, each image is mirrored by a chance, left to right unless `axes` says otherwise. */
export const randomFlip = ({ axes = "horizontal", probability = 0.5 }: FlipOptions = {}): Net<None, None> => {
  wantOptions("randomFlip", entries.random_flip.options, { axes, probability })
  return augmenting("random_flip", (images, key) =>
    flipped[axes].reduce<Tensor>(
      (x, axis) => T.where(Key.bernoulli(Key.fold(key, axis), probability, [sizesOf(images).n, 1, 1, 1]), T.flip(x, [axis]), x),
      images,
    ),
  )
}

/** While training, each image is moved by up to so many whole pixels down or up and across; 0 comes in. */
export const randomShift = (most: number): Net<None, None> => {
  wantOptions("randomShift", entries.random_shift.options, { most })
  return augmenting("random_shift", (images, key) => {
    const { height, n, width } = sizesOf(images)
    const down = integers(Key.fold(key, "down"), n, -most, most)
    const across = integers(Key.fold(key, "across"), n, -most, most)
    return pixels(images, T.sub(T.iota([1, height, 1], 1), down), T.sub(T.iota([1, 1, width], 2), across))
  })
}

/** While training, each image is turned about its middle by up to so many degrees either way; 0 comes in at the corners. */
export const randomRotate = (degrees: number): Net<None, None> => {
  wantOptions("randomRotate", entries.random_rotate.options, { degrees })
  return augmenting("random_rotate", (images, key) => {
    const angle = around(key, sizesOf(images).n, (degrees * Math.PI) / 180)
    const [sin, cos] = [T.sin(angle), T.cos(angle)]
    return mapped(images, (y, x) => ({
      y: T.sub(T.mul(cos, y), T.mul(sin, x)),
      x: T.add(T.mul(sin, y), T.mul(cos, x)),
    }))
  })
}

/** While training, each image is made larger or smaller about its middle, to between 1 - amount and 1 + amount of its size. */
export const randomZoom = (amount: number): Net<None, None> => {
  wantOptions("randomZoom", entries.random_zoom.options, { amount })
  return augmenting("random_zoom", (images, key) => {
    const size = T.add(around(key, sizesOf(images).n, amount), 1)
    return mapped(images, (y, x) => ({ y: T.div(y, size), x: T.div(x, size) }))
  })
}

/** While training, a square of so many pixels a side, whose middle lies anywhere in the image, is 0 in all channels. */
export const randomErase = (size: number): Net<None, None> => {
  wantOptions("randomErase", entries.random_erase.options, { size })
  return augmenting("random_erase", (images, key) => {
    const { height, n, width } = sizesOf(images)
    const start = (way: string, extent: number): Tensor =>
      T.sub(integers(Key.fold(key, way), n, 0, extent - 1), Math.floor(size / 2))
    const covers = (from: Tensor, place: Tensor): Tensor => T.and(T.greaterEqual(place, from), T.less(place, T.add(from, size)))
    const covered = T.and(
      covers(start("down", height), T.iota([1, height, 1], 1)),
      covers(start("across", width), T.iota([1, 1, width], 2)),
    )
    return T.where(T.expandAxis(covered, -1), 0, images)
  })
}

const place = "Among the first layers of a net for images, before any that learns."

/** Augmentation layers by the name a model file calls them. */
export const entries = {
  random_flip: layer({
    doc: "While training, mirrors each image by a chance.",
    formula: "yᵢⱼ = xᵢ,₍w₋₁₋ⱼ₎ with the given probability, else xᵢⱼ; when not training y = x",
    source: "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional networks, 2012",
    advice: `${place} Only where a mirrored image means the same: photographs yes, digits and letters no.`,
    synonyms: ["RandomHorizontalFlip", "horizontal_flip", "flip"],
    options: {
      axes: {
        kind: "choice",
        doc: "Left to right (`horizontal`), top to bottom (`vertical`), or `both`, each by a chance of its own.",
        synonyms: ["mode", "direction"],
        of: ["horizontal", "vertical", "both"],
        default: "horizontal",
      },
      probability: {
        kind: "number",
        doc: "The chance of each image.",
        synonyms: ["p", "prob"],
        default: 0.5,
        minimum: 0,
        maximum: 1,
      },
    },
    main: "axes",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomFlip(options),
  }),
  random_shift: layer({
    doc: "While training, moves each image by a few whole pixels; 0 comes in at the edge.",
    formula: "yᵢⱼ = xᵢ₋ₐ,ⱼ₋ᵦ, a and b whole from -most to most; when not training y = x",
    source: "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998",
    advice: `${place} A tenth of the image's side or less: what matters must stay in sight. 0 should be the background, so scale pixels to 0…1 where that is black.`,
    synonyms: ["RandomTranslation", "random_translate", "translate", "shift"],
    options: {
      most: {
        kind: "integer",
        doc: "The most pixels an image moves along each axis.",
        synonyms: ["pixels", "shift"],
        default: 2,
        minimum: 0,
        maximum: 65_536,
      },
    },
    main: "most",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomShift(options.most),
  }),
  random_rotate: layer({
    doc: "While training, turns each image about its middle by a small angle, with bilinear interpolation; 0 comes in at the corners.",
    formula: "y(p) = x(R(θ)p), p from the middle, θ ~ U(-degrees, degrees); when not training y = x",
    source:
      "Simard, Steinkraus and Platt, Best practices for convolutional neural networks applied to visual document analysis, 2003",
    advice: `${place} 10 to 15 degrees for digits and photographs, 180 for what has no upper side, as cells under a microscope.`,
    synonyms: ["RandomRotation", "rotation", "rotate"],
    options: {
      degrees: {
        kind: "number",
        doc: "The largest angle, either way.",
        synonyms: ["angle"],
        default: 10,
        minimum: 0,
        maximum: 180,
      },
    },
    main: "degrees",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomRotate(options.degrees),
  }),
  random_zoom: layer({
    doc: "While training, makes each image larger or smaller about its middle, with bilinear interpolation; 0 comes in around a smaller one.",
    formula: "y(p) = x(p / s), p from the middle, s ~ U(1 - amount, 1 + amount); when not training y = x",
    source:
      "Simard, Steinkraus and Platt, Best practices for convolutional neural networks applied to visual document analysis, 2003",
    advice: `${place} 0.1 to 0.2 where objects come in several sizes.`,
    synonyms: ["zoom", "random_scale"],
    options: {
      amount: {
        kind: "number",
        doc: "The largest share by which an image grows or shrinks.",
        synonyms: ["scale"],
        default: 0.1,
        minimum: 0,
        exclusiveMaximum: 1,
      },
    },
    main: "amount",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomZoom(options.amount),
  }),
  random_erase: layer({
    doc: "While training, sets a square of each image to 0, its middle anywhere in the image.",
    formula: "yᵢⱼ = 0 for |i - a| and |j - b| within half of size, else xᵢⱼ; when not training y = x",
    source: "DeVries and Taylor, Improved regularization of convolutional neural networks with cutout, 2017",
    advice: `${place} A quarter to half of the image's side, so that no single part decides. Standardized pixels make the square the mean.`,
    synonyms: ["RandomErasing", "RandomErasing2d", "cutout", "erase"],
    options: {
      size: {
        kind: "integer",
        doc: "The side of the square, in pixels.",
        synonyms: ["length", "side"],
        default: 8,
        minimum: 0,
        maximum: 65_536,
      },
    },
    main: "size",
    traits: { role: "augmentation", ...light },
    make: (options): Net => randomErase(options.size),
  }),
}
