/** Images in folders: a folder for each class. */
import * as Result from "effect/Result"
import { backgrounds } from "../image/convert.ts"
import { about, kind } from "./Kind.ts"

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

/** Images by class. */
export const images = kind({
  doc: "Folders of PNG and JPEG images, one for each class.",
  advice:
    "Images stay bytes. `image: { size: [32, 32], channels: 3 }` resizes all to one size, and sets grey (1), colours (3) or colours and alpha (4); a JPEG is turned as its EXIF data say.",
  endings: [],
  fields,
  main: "path",
  read: async (options, { path }, { image }) => {
    const { readFolder } = await import("../image/readFolder.ts")
    return about(
      "path",
      Result.map(await readFolder(path, options, image), ({ raw }) => raw),
    )
  },
  first: async (options, { path }, { image }) => {
    const { readFolder } = await import("../image/readFolder.ts")
    return about(
      "path",
      Result.map(await readFolder(path, options, image, few), ({ raw, targets }) => ({
        raw,
        rows: targets.shape[0] ?? 0,
        targets,
      })),
    )
  },
  inFiles: async (options, { path }, { create, image }) => {
    const { readFolderInto } = await import("../image/readFolder.ts")
    return about(
      "path",
      Result.map(await readFolderInto(create(), path, options, image), ({ raw }) => raw),
    )
  },
})
