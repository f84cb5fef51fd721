/** Images in a terminal: each character shows two pixels, one above the other. */
import { own } from "./Guard.ts"

/** An image of numbers from 0 (black) to 1 (white), row by row, with 1 or 3 channels. */
export interface Image {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly pixels: ArrayLike<number>
}

const reset = "\u001b[0m"

const level = (share: number): number => Math.round(255 * Math.min(1, Math.max(0, share)))

const colourOf = ({ channels, height, pixels, width }: Image, x: number, y: number): readonly [number, number, number] => {
  const at = (channel: number): number => (y < height ? level(pixels[(y * width + x) * channels + channel] ?? 0) : 0)
  return channels === 3 ? [at(0), at(1), at(2)] : [at(0), at(0), at(0)]
}

/** Without colours a pixel is drawn if it is bright. */
const bright = 110

const isBright = ([r, g, b]: readonly [number, number, number]): boolean => 0.299 * r + 0.587 * g + 0.114 * b > bright

/** The lines of an image, half as many as its rows. `halfBlocks({ height: 2, width: 1, channels: 1, pixels: [0, 1] }, false) // => ["▄"]` */
export const halfBlocks = (image: Image, hasColour: boolean): ReadonlyArray<string> =>
  Array.from({ length: Math.ceil(image.height / 2) }, (_, row) => {
    const characters = Array.from({ length: image.width }, (_, x) => {
      const [above, below] = [colourOf(image, x, 2 * row), colourOf(image, x, 2 * row + 1)]
      return hasColour
        ? `\u001b[38;2;${above.join(";")}m\u001b[48;2;${below.join(";")}m▀`
        : ([" ", "▄", "▀", "█"][2 * Number(isBright(above)) + Number(isBright(below))] ?? " ")
    }).join("")
    return hasColour ? own(`${characters}${reset}`) : characters
  })
