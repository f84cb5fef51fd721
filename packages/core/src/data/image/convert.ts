/** Pixels with other channels: grey by the weights of ITU-R BT.601, and alpha composed over a background. */
import type { Pixels } from "./Pixels.ts"

/** What shows through where an image is transparent; `none` takes colours as they are stored. */
export const backgrounds = ["white", "black", "none"] as const
export type Background = (typeof backgrounds)[number]

/** A colour over a background by alpha, rounded: (colour a + behind (255 - a)) / 255. */
const composed = (colour: number, behind: number, alpha: number): number => {
  const sum = colour * alpha + behind * (255 - alpha) + 128
  return (sum + (sum >> 8)) >> 8
}

/** 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point, rounded. */
const greyOf = (red: number, green: number, blue: number): number => (red * 19595 + green * 38470 + blue * 7471 + 32768) >> 16

/** The same image with `channels` of 1 to 4. Alpha that is left out is composed over `background`; alpha that is added is opaque. */
export const convert = (image: Pixels, channels: number, background: Background): Pixels => {
  if (image.channels === channels) return image
  const { data, height, width } = image
  const [hasAlpha, keepsAlpha] = [image.channels % 2 === 0, channels % 2 === 0]
  const [isGrey, toGrey] = [image.channels <= 2, channels <= 2]
  const behind = background === "white" ? 255 : 0
  const isComposed = hasAlpha && !keepsAlpha && background !== "none"
  const out = new Uint8Array(height * width * channels)
  for (let i = 0; i < height * width; i++) {
    const from = i * image.channels
    const alpha = hasAlpha ? (data[from + image.channels - 1] as number) : 255
    const colour = (at: number): number => {
      const value = data[from + (isGrey ? 0 : at)] as number
      return isComposed ? composed(value, behind, alpha) : value
    }
    const to = i * channels
    if (toGrey) out[to] = isGrey ? colour(0) : greyOf(colour(0), colour(1), colour(2))
    else for (let at = 0; at < 3; at++) out[to + at] = colour(at)
    if (keepsAlpha) out[to + channels - 1] = alpha
  }
  return { height, width, channels, data: out }
}
