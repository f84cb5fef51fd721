/** The path of an image file. */
import * as Result from "effect/Result"
import { isBlank } from "../Blank.ts"
import { blankGot } from "../Category.ts"
import { fill } from "../Field.ts"
import type { FittedImage } from "../Fitted.ts"
import { backgrounds } from "../image/convert.ts"
import { imageFields } from "../imageFields.ts"
import { type Cells, kind, refuseCell, refuseColumn } from "./Kind.ts"
import { missing } from "./options.ts"

const { channels, scale, size } = imageFields
const fields = {
  size,
  channels,
  scale,
  background: {
    kind: "choice",
    doc: "What shows through where an image is transparent; `none` takes colours as they are stored.",
    of: backgrounds,
    default: "white",
  },
  missing: missing(["error", "drop"]),
} as const

const widthOf = ({ channels, size: [height, width] }: Pick<FittedImage, "channels" | "size">): number => height * width * channels

/** The pixels of a PNG or JPEG file, row by row, divided by the number for white. */
export const image = kind<typeof fields, FittedImage>({
  doc: "The path of a PNG or JPEG file, relative to the folder of the table; its pixels are the numbers, row by row.",
  advice:
    "Give it an input of its own and its shape back: `model: { inputs: { picture: [path] } }`, then `reshape: [32, 32, 3]`. Images without other columns may be folders: `source: { images: ./shapes }`.",
  synonyms: ["picture", "photo", "img", "image_path", "filename"],
  fields,
  role: "input",
  input: {
    width: (options) => widthOf(options),
    fit: (options, cells) => {
      const { background, channels, scale, size } = fill(fields, options) as typeof options
      const white = scale === "unit" ? 255 : scale === "none" ? 1 : scale.max
      return channels > 4
        ? refuseColumn(cells, {
            got: `${channels} channels`,
            wanted: "1 to 4",
            hint: "1 is grey, 3 are colours, 4 are colours and alpha",
          })
        : Result.succeed({ type: "image", name: cells.name, size, channels, white, background })
    },
    names: (fitted) => Array.from({ length: widthOf(fitted) }, (_, i) => `${fitted.name}[${i}]`),
    write: (fitted, cells, { at, data, width }) =>
      Result.gen(function* () {
        for (let i = 0; i < cells.size; i++) {
          const pixels = yield* pixelsOf(cells, i)
          for (let k = 0; k < pixels.length; k++) data[i * width + at + k] = (pixels[k] ?? 0) / fitted.white
        }
      }),
  },
})

const pixelsOf = (cells: Cells, index: number) => {
  const own = cells.pixels?.(index)
  if (own !== undefined) return own
  const text = cells.text(index)
  const hint = `drop its row with \`${cells.name}: { type: image, missing: drop }\``
  return isBlank(text)
    ? refuseCell(cells, index, { got: blankGot(text), wanted: "the path of an image", hint })
    : refuseCell(cells, index, { got: "a path whose image was not read", wanted: "a table in a file", hint: "" })
}
