/** Pictures of images: the most certain mistakes of a classifier, and the filters of a net's first layer. */
import { type Arrays, arrayOf, type OrNamed } from "@adjoint/core/data/PreprocessTree"
import { isTensor } from "@adjoint/core/language/Expr"
import type { Params } from "@adjoint/core/learning/Params"
import { read } from "@adjoint/core/tensor/read"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import type { ClassFindings } from "../evaluate/Findings.ts"
import type { Figure, Tile } from "../plot/Figure.ts"
import { type Picture, png } from "../plot/Png.ts"
import { balanced, type Range, type Size, sheet, sizeOf } from "../plot/Sheet.ts"

/** The least size of a drawn image, in pixels. */
const wanted = 72

const scaleFor = ({ height }: Size): number => Math.max(1, Math.round(wanted / height))

/** The name of the first input whose samples are images, and their size; one input without a name has the name "". */
export const imageInput = (shapes: OrNamed<Shape.Shape>): { readonly name: string; readonly size: Size } | undefined => {
  const named = Array.isArray(shapes) ? [["", shapes] as const] : Object.entries(shapes)
  for (const [name, shape] of named) {
    const size = sizeOf(shape)
    if (size !== undefined) return { name, size }
  }
  return undefined
}

const imageAt = ({ data, shape }: NDArray, row: number): ArrayLike<number> => {
  const width = Shape.size(shape.slice(1))
  return data.subarray(row * width, (row + 1) * width)
}

/** The range of all images: black is 0 for bytes, whose largest value may be less than 255. */
const rangeOf = ({ data, dtype }: NDArray): Range => {
  let [black, white] = [dtype === "u8" ? 0 : Number.POSITIVE_INFINITY, dtype === "u8" ? 1 : Number.NEGATIVE_INFINITY]
  for (const x of data) {
    if (x < black) black = x
    if (x > white) white = x
  }
  return { black, white }
}

/**
 * The mistakes that the model was most certain of, as images with the true class and the answer. `inputs` are the samples of these
 * mistakes.
 */
export const worst = (found: ClassFindings, inputs: Arrays, image: ReturnType<typeof imageInput>): Figure | undefined => {
  if (image === undefined || found.mistakes.length === 0) return undefined
  const { name, size } = image
  const images = arrayOf(inputs, name)
  const range = rangeOf(images)
  const tiles = found.mistakes.map(({ answer, certainty, truth }, i): Tile => {
    const picture = sheet([imageAt(images, i)], size, { columns: 1, scale: scaleFor(size), rangeOf: () => range })
    return {
      png: png(picture),
      width: picture.width,
      height: picture.height,
      caption: [`said ${answer}, ${(100 * certainty).toFixed(1)} %`, `is ${truth}`],
    }
  })
  return {
    kind: "tiles",
    title: "Most certain mistakes",
    description: `The ${tiles.length} wrong answers of which the model was most certain, with the answer, its probability and the true class.`,
    tiles,
    columns: 5,
  }
}

/** Filters that are drawn at most. */
const mostFilters = 64

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } => typeof value === "object" && value !== null

const parameter = (params: Params, path: ReadonlyArray<string>): NDArray | undefined => {
  const found = path.reduce<unknown>((at, name) => {
    if (Array.isArray(at)) return at[Number(name)]
    return isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined
  }, params)
  return isTensor(found) ? read(found) : undefined
}

/** The filters of weights [height, width, channels, filters], or of a layer over a flat image [numbers, units]. */
const filtersOf = (
  w: NDArray,
  image: Size,
): { readonly size: Size; readonly filters: ReadonlyArray<ArrayLike<number>> } | undefined => {
  const count = w.shape.at(-1) ?? 0
  const numbers = w.data.length / Math.max(1, count)
  const isFlat = w.shape.length === 2 && numbers === image.height * image.width * image.channels
  const size = isFlat ? image : w.shape.length === 4 ? sizeOf(w.shape.slice(0, 3)) : undefined
  if (size === undefined) return undefined
  const filters = Array.from({ length: Math.min(count, mostFilters) }, (_, filter) =>
    Float32Array.from({ length: numbers }, (_, i) => w.data[i * count + filter] ?? 0),
  )
  return { size, filters }
}

/** The filters of the first layer that has weights, each from black for its most negative weight to white; `undefined` unless they are images. */
export const firstLayer = (
  params: Params,
  layer: string,
  image: ReturnType<typeof imageInput>,
): { readonly picture: Picture; readonly count: number } | undefined => {
  const w = parameter(params, [...layer.split("."), "w"])
  const found = image === undefined || w === undefined ? undefined : filtersOf(w, image.size)
  if (found === undefined) return undefined
  const { filters, size } = found
  const columns = Math.min(filters.length, size.height > 16 ? 8 : 16)
  const scale = Math.max(1, Math.round((size.height > 16 ? 56 : 32) / size.height))
  return { picture: sheet(filters, size, { columns, scale, rangeOf: balanced }), count: filters.length }
}
