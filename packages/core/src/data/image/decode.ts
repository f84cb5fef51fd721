/** Images of any kind that can be read. */
import * as Result from "effect/Result"
import { dataError } from "../DataError.ts"
import * as Jpeg from "./Jpeg.ts"
import type { Decoded } from "./Pixels.ts"
import * as Png from "./Png.ts"

/** The endings of the names of images. */
export const endings = ["png", "jpg", "jpeg"] as const

/** Whether a file is an image by the end of its name. */
export const isImage = (path: string): boolean => /\.(png|jpe?g)$/i.test(path)

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(" ")

/** Reads a PNG or a JPEG file, by its first bytes. Fails as `Png.decode` and `Jpeg.decode` do, with `Empty`, and with `BadMagic` for other files. */
export const decode = (bytes: Uint8Array): Decoded => {
  if (bytes.length === 0) return Result.fail(dataError({ _tag: "Empty", got: "it is empty", wanted: "a PNG or JPEG image" }))
  if (Png.isPng(bytes)) return Png.decode(bytes)
  if (Jpeg.isJpeg(bytes)) return Jpeg.decode(bytes)
  return Result.fail(
    dataError({
      _tag: "BadMagic",
      offset: 0,
      got: hex(bytes.subarray(0, 4)),
      wanted: "89 50 4E 47 (PNG) or FF D8 FF (JPEG), as an image does",
    }),
  )
}
