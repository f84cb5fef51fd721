/**
 * The preprocessing of columns, images or arrays, as specified by the user. Plain data; `Preprocess.fit` converts
 * it and the training rows into a `Fitted`.
 */

import type { Shape } from "../types/Shape.ts"
import type { Columns } from "./Column.ts"
import { type Fields, fill, type Scale, scaleSynonyms, type Written } from "./Field.ts"

/** The options of images. `scale` comes first, then `normalize` by the training rows. */
export const imageFields = {
  size: { kind: "size", doc: "Height and width in pixels.", synonyms: ["shape", "image_size", "input_shape", "target_size"] },
  channels: { kind: "count", doc: "Channels per pixel.", synonyms: ["num_channels", "depth"], default: 1 },
  scale: {
    kind: "white",
    doc: "How pixel values are scaled: `unit`, `none` or `{ max: 16 }`. `unit` divides bytes by 255, `{ max: 16 }` divides by 16.",
    synonyms: ["rescale", "scaling"],
    default: "unit",
  },
  normalize: {
    kind: "choice",
    doc: "How images are normalized after `scale`: `none`, `auto`, `center` or `mean_image`. Statistics come from the training rows: `center` subtracts the mean of each channel, `auto` also divides by its standard deviation, `mean_image` subtracts the mean image.",
    of: ["none", "auto", "center", "mean_image"],
    synonyms: ["normalization", "standardize", "standardization"],
    default: "none",
  },
} as const satisfies Fields

/** How arrays are read as images. */
export type Image = Written<typeof imageFields>

/** The shape of an image: height, width, channels. */
export const imageShape = (image: Image): Shape => {
  const { channels, size } = fill(imageFields, image)
  return [...size, channels]
}

/** The types of array targets, with documentation and options. */
export const arrayTargets = {
  class: {
    doc: "Class labels: whole numbers or text.",
    fields: {
      names: { kind: "names", doc: "The names of the labels 0, 1, 2 … Default: the labels themselves.", optional: true },
    },
  },
  number: {
    doc: "Quantities.",
    fields: {
      scale: {
        kind: "scale",
        doc: "How the targets are scaled over the training rows.",
        synonyms: scaleSynonyms,
        optional: true,
      },
    },
  },
} as const satisfies { readonly [type: string]: { readonly doc: string; readonly fields: Fields } }

/** A kind of target of arrays with its options. */
export type ArrayTarget = {
  readonly [T in keyof typeof arrayTargets]: { readonly type: T } & Written<(typeof arrayTargets)[T]["fields"]>
}[keyof typeof arrayTargets]

/**
 * How rows are prepared: `columns` for a table, `image` for images in arrays; other arrays are taken as they are, or
 * with each number of a sample scaled over the training rows as `scale` says. `target` says what the targets of arrays
 * are; without it floats are quantities, and all others classes.
 */
export interface Spec {
  readonly columns?: Columns
  readonly image?: Image
  readonly scale?: Scale
  readonly target?: ArrayTarget
}
