/** Images in folders: a folder for each class. */
import * as Result from "effect/Result"
import type { NDArray } from "../../types/NDArray.ts"
import type { DataError } from "../DataError.ts"
import { takeRows } from "../Dataset.ts"
import type { Filled } from "../Field.ts"
import type { Folder } from "../Folder.ts"
import { backgrounds } from "../image/convert.ts"
import { wantedOf } from "../image/fitted.ts"
import { classesOf, imagesOf, labelsOf, readImages } from "../image/readFolder.ts"
import type { Arrays } from "../Raw.ts"
import { about, kind, type Wanted } from "./Kind.ts"

const fields = {
  path: {
    kind: "folder",
    doc: "The folder, relative to the model file. Hidden files are left out.",
    synonyms: ["folder", "directory", "dir", "root"],
  },
  label: {
    kind: "choice",
    doc: "Where the class of an image comes from: the first folder of its path.",
    of: ["folder"],
    synonyms: ["labels", "class", "classes"],
    default: "folder",
  },
  background: {
    kind: "choice",
    doc: "What shows through where an image is transparent, if alpha is no channel of its own; `none` takes colours as they are stored.",
    of: backgrounds,
    default: "white",
  },
  others: {
    kind: "choice",
    doc: "What to do with files that are no images by their names.",
    of: ["error", "skip"],
    default: "error",
  },
  broken: { kind: "choice", doc: "What to do with images that cannot be read.", of: ["error", "skip"], default: "error" },
} as const

/** The first images of a folder: those that a check looks at. */
const few = 16

/** All images, or the first few, with the labels of all. */
const rows = async (
  { background, broken, others, path: _ }: Filled<typeof fields>,
  folder: Folder,
  { image }: Wanted,
  count = Number.POSITIVE_INFINITY,
): Promise<Result.Result<{ readonly raw: Arrays; readonly labels: NDArray }, DataError>> => {
  const found = Result.gen(function* () {
    const images = yield* imagesOf(folder, others)
    return { images, names: yield* classesOf(images), ...(image === undefined ? {} : { wanted: yield* wantedOf(image) }) }
  })
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const { images, names, ...shape } = found.success
  const read = await readImages(folder, images.slice(0, count), { background, broken, ...shape })
  const { classes, targets } = labelsOf(names)
  return Result.map(read, ({ array, places }) => ({
    raw: { inputs: array, targets: takeRows(targets, places), classes },
    labels: targets,
  }))
}

/** Images by class. */
export const images = kind({
  doc: "Folders of PNG and JPEG images, one for each class.",
  advice:
    "Images stay bytes. `image: { size: [32, 32], channels: 3 }` resizes all to one size, and sets grey (1), colours (3) or colours and alpha (4); a JPEG is turned as its EXIF data say.",
  endings: [],
  fields,
  main: "path",
  read: async (options, { path }, wanted) =>
    about(
      "path",
      Result.map(await rows(options, path, wanted), ({ raw }) => raw),
    ),
  first: async (options, { path }, wanted) =>
    about(
      "path",
      Result.map(await rows(options, path, wanted, few), ({ labels, raw }) => ({
        raw,
        rows: labels.shape[0] ?? 0,
        targets: labels,
      })),
    ),
})
