/** Images in the size and with the channels that a net takes. */
import * as Result from "effect/Result"
import { type DataError, dataError } from "../DataError.ts"
import { fill } from "../Field.ts"
import { imageFields } from "../imageFields.ts"
import type { Image } from "../Spec.ts"
import { type Background, convert } from "./convert.ts"
import { decode } from "./decode.ts"
import type { Decoded, Pixels } from "./Pixels.ts"
import { resize } from "./resize.ts"

/** The shape of a net's images. */
export interface Wanted {
  readonly height: number
  readonly width: number
  /** 1 grey, 2 grey and alpha, 3 red, green and blue, 4 these and alpha. */
  readonly channels: number
}

/** The shape that a specification of images has. Fails with `BadSpec` for channels that no image has. */
export const wantedOf = (image: Image): Result.Result<Wanted, DataError> => {
  const { channels, size } = fill(imageFields, image)
  const [height, width] = size
  return channels <= 4
    ? Result.succeed({ height, width, channels })
    : Result.fail(
        dataError({
          _tag: "BadSpec",
          at: "image",
          got: `${channels} channels`,
          wanted: "1 (grey), 2 (grey and alpha), 3 (colours) or 4 (colours and alpha)",
          hint: "",
        }),
      )
}

/** The image in this shape: its channels are converted first, and then it is resized. */
export const fit = (image: Pixels, { channels, height, width }: Wanted, background: Background): Pixels =>
  resize(convert(image, channels, background), height, width)

/** Reads an image file in this shape. Fails as `decode` does. */
export const read = (bytes: Uint8Array, wanted: Wanted, background: Background): Decoded =>
  Result.map(decode(bytes), (image) => fit(image, wanted, background))
