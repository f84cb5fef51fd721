/** Many small images side by side on one picture. */
import type { Picture } from "./Png.ts"

/** The shape of each image: height, width and channels. */
export interface Size {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

/** Numbers from black to white; what goes beyond is cut off. */
export interface Range {
  readonly black: number
  readonly white: number
}

/** The range of images around 0, which becomes middle grey: for weights, whose sign matters. */
export const balanced = (image: ArrayLike<number>): Range => {
  let most = 0
  for (let i = 0; i < image.length; i++) most = Math.max(most, Math.abs(image[i] ?? 0))
  return { black: -most, white: most }
}

/** The size that an image's shape says, of what can be drawn. */
export const sizeOf = ([height = 0, width = 0, channels = 1, ...rest]: ReadonlyArray<number>): Size | undefined =>
  rest.length === 0 && height > 1 && width > 1 && (channels === 1 || channels === 3) ? { height, width, channels } : undefined

/** Between two images, in pixels of theirs. */
const gap = 1

const paper = 32

/** Images row by row, each pixel `scale` pixels wide. */
export const sheet = (
  images: ReadonlyArray<ArrayLike<number>>,
  size: Size,
  {
    columns,
    rangeOf,
    scale,
  }: { readonly columns: number; readonly scale: number; readonly rangeOf: (image: ArrayLike<number>) => Range },
): Picture => {
  const { channels } = size
  const [across, down] = [size.width + gap, size.height + gap]
  const width = (columns * across + gap) * scale
  const height = (Math.ceil(images.length / columns) * down + gap) * scale
  const pixels = new Uint8Array(width * height * channels).fill(paper)
  for (const [i, image] of images.entries()) {
    const { black, white } = rangeOf(image)
    const [left, top] = [(i % columns) * across + gap, Math.floor(i / columns) * down + gap]
    for (let y = 0; y < size.height * scale; y++)
      for (let x = 0; x < size.width * scale; x++)
        for (let c = 0; c < channels; c++) {
          const value = image[(Math.floor(y / scale) * size.width + Math.floor(x / scale)) * channels + c] ?? 0
          const share = white > black ? (value - black) / (white - black) : 0
          pixels[((top * scale + y) * width + left * scale + x) * channels + c] = Math.round(
            255 * Math.min(1, Math.max(0, share)),
          )
        }
  }
  return { width, height, channels, pixels }
}
