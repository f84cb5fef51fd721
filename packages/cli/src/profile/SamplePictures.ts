/** Samples of rows as PNG files: images side by side, and the numbers of other inputs as a map, a line for each row. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type Picture, png } from "../plot/Png.ts"
import { sheet } from "../plot/Sheet.ts"
import { makeFolder, writeWhole } from "../run/Files.ts"
import { imagesAt, type Named, rangeOf, type Samples } from "./Samples.ts"

/** An image is drawn about so many pixels high, and a sheet is about so many images wide. */
const [wanted, across] = [96, 8]

/** The longest side of a map of numbers, in pixels. */
const longest = 2048

/** Scaled numbers are mostly between these. What goes beyond shows as black and white, so an input that is not scaled stands out. */
const usual = { black: -3, white: 3 }

/** Numbers of rows as one image, a line for each row: 0 is grey. */
const mapOf = (rows: ReadonlyArray<ArrayLike<number>>): Picture | undefined => {
  const width = Math.max(...rows.map(({ length }) => length))
  if (width < 1 || width > longest) return undefined
  const numbers = rows.flatMap((row) => Array.from({ length: width }, (_, i) => row[i] ?? 0))
  const scale = Math.max(1, Math.min(16, Math.floor(longest / Math.max(width, rows.length))))
  return sheet([numbers], { height: rows.length, width, channels: 1 }, { columns: 1, scale, rangeOf: () => usual })
}

/** The pictures of some values of all samples: of what are images, and of all others too if `withMaps`. */
const picturesOf = (all: ReadonlyArray<Named>, withMaps: boolean): ReadonlyArray<Picture> =>
  (all[0] ?? []).flatMap((_, at) => {
    const found = imagesAt(all, at)
    if (found !== undefined) {
      const { images, size } = found
      const range = rangeOf(images)
      const scale = Math.max(1, Math.round(wanted / size.height))
      return [sheet(images, size, { columns: Math.min(across, images.length), scale, rangeOf: () => range })]
    }
    const map = withMaps ? mapOf(all.map((named) => named[at]?.[1].numbers ?? [])) : undefined
    return map === undefined ? [] : [map]
  })

/** Writes samples-read.png and samples-given.png into a folder, with numbers where there are several; returns their paths. */
export const drawSamples = (directory: string, { rows }: Samples) =>
  Effect.gen(function* () {
    yield* makeFolder(directory)
    const given = rows.flatMap((sample) => (sample.given === undefined ? [] : [sample.given]))
    const pictures = Object.entries({
      read: picturesOf(
        rows.map(({ read }) => read),
        false,
      ),
      given: picturesOf(given, true),
    })
    const files: Array<string> = []
    for (const [name, all] of pictures)
      for (const [i, picture] of all.entries()) {
        const file = join(directory, `samples-${name}${all.length > 1 ? `-${i + 1}` : ""}.png`)
        yield* writeWhole(file, png(picture))
        files.push(file)
      }
    return files
  })
