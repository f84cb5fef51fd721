/** A decoded image: rows of pixels of 1 to 4 bytes, which are grey, grey and alpha, red-green-blue, or these and alpha. */
import type * as Result from "effect/Result"
import type { DataError } from "../DataError.ts"

export interface Pixels {
  readonly height: number
  readonly width: number
  /** 1 grey, 2 grey and alpha, 3 red, green and blue, 4 these and alpha. */
  readonly channels: number
  /** [height, width, channels] in row-major order; alpha is 255 where a pixel is opaque. */
  readonly data: Uint8Array
}

/** Pixels, or what is wrong with the file. */
export type Decoded = Result.Result<Pixels, DataError>

/** The most pixels of an image: 64 Mi, which is 8,192 by 8,192. It bounds what is allocated for a file of any size. */
export const maxPixels = 2 ** 26

/** The nearest number that a byte holds. */
export const clamped = (x: number): number => Math.max(0, Math.min(255, x))
