/** The options of images in arrays and in folders. */
import type { Fields } from "./Field.ts"

/** The options of images. `scale` comes first, then `normalize` by the training rows. */
export const imageFields = {
  size: { kind: "size", doc: "Height and width in pixels.", synonyms: ["shape", "image_size", "input_shape", "target_size"] },
  channels: { kind: "count", doc: "Numbers per pixel.", synonyms: ["num_channels", "depth"], default: 1 },
  scale: {
    kind: "white",
    doc: "The number for white: `unit` scales bytes from 0…255 to 0…1, `{ max: 16 }` divides by 16.",
    synonyms: ["rescale", "scaling"],
    default: "unit",
  },
  normalize: {
    kind: "choice",
    doc: "Normalization by the training rows, after `scale`: subtract each channel's mean (`center`), also divide by its standard deviation (`auto`), or subtract the mean image (`mean_image`).",
    of: ["none", "auto", "center", "mean_image"],
    synonyms: ["normalization", "standardize", "standardization"],
    default: "none",
  },
} as const satisfies Fields
