/** What a folder of images holds: its classes, and the size and the channels that suit them. */
import { isBlank } from "@adjoint/core/data/Blank"
import type { DataError } from "@adjoint/core/data/DataError"
import type { Folder } from "@adjoint/core/data/Folder"
import { decode, isImage } from "@adjoint/core/data/image/decode"
import type { Table } from "@adjoint/core/data/Table"
import * as Result from "effect/Result"
import { convolutions, imageTraining } from "./Layers.ts"

/** The size and the channels that suit images. */
export interface ImageForm {
  /** Height and width of the net's inputs. */
  readonly size: readonly [height: number, width: number]
  readonly channels: 1 | 3
}

/** Images in a folder for each class. */
export interface ImageFolders extends ImageForm {
  readonly classes: ReadonlyArray<string>
  readonly images: number
  /** Whether the folder has files that are no images by their names. */
  readonly hasOthers: boolean
}

/** Images that are looked at, spread over all. */
const looked = 24

/** The longest side of a net's input: larger images are made smaller. */
const longest = 64

const middle = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 1

/** Whether a pixel of red, green and blue is grey. */
const isGrey = (data: Uint8Array, channels: number): boolean => {
  if (channels < 3) return true
  for (let at = 0; at + 2 < data.length; at += channels) if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false
  return true
}

/** Looks at some images, spread over all. Fails as the reader of images does. */
const formOf = async (images: ReadonlyArray<string>, read: Folder["read"]): Promise<Result.Result<ImageForm, DataError>> => {
  const heights: Array<number> = []
  const widths: Array<number> = []
  let channels: 1 | 3 = 1
  const count = Math.min(looked, images.length)
  for (let i = 0; i < count; i++) {
    const image = Result.flatMap(await read(images[Math.floor((i * images.length) / count)] ?? ""), decode)
    if (Result.isFailure(image)) return Result.fail(image.failure)
    const { channels: own, data, height, width } = image.success
    heights.push(height)
    widths.push(width)
    if (!isGrey(data, own)) channels = 3
  }
  const [height, width] = [middle(heights), middle(widths)]
  const scale = Math.min(1, longest / Math.max(height, width))
  return Result.succeed({ size: [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))], channels })
}

/** Looks at some images of a folder. Fails as the reader of images does, and is `undefined` for a folder without folders of images. */
export const imageFolders = async (folder: Folder): Promise<Result.Result<ImageFolders | undefined, DataError>> => {
  const images = folder.files.filter((file) => isImage(file) && file.includes("/"))
  if (images.length === 0) return Result.succeed(undefined)
  return Result.map(await formOf(images, folder.read), (form) => ({
    ...form,
    classes: [...new Set(images.map((file) => file.slice(0, file.indexOf("/"))))],
    images: images.length,
    hasOthers: folder.files.some((file) => !isImage(file)),
  }))
}

/** Columns of paths of images: what they are like, or why one cannot be read. */
export type ImageColumns = ReadonlyMap<string, Result.Result<ImageForm, DataError>>

/** Looks at some images of each column whose cells all are names of images. `read` reads a file by its path beside the table. */
export const imageColumns = async (table: Table, read: Folder["read"]): Promise<ImageColumns> => {
  const found = new Map<string, Result.Result<ImageForm, DataError>>()
  for (const [i, name] of table.columns.entries()) {
    const { text } = table.column(i)
    const paths = Array.from({ length: table.size }, (_, row) => text(row).trim()).filter((path) => !isBlank(path))
    if (paths.length > 0 && paths.every(isImage)) found.set(name, await formOf(paths, read))
  }
  return found
}

/** The model file of folders of images. `path` is the folder as the model file has it. */
export const imagesFile = (name: string, path: string, found: ImageFolders): string => {
  const { channels, classes, hasOthers, images, size } = found
  return [
    `# Predicts which of ${classes.length} folders an image is from; ${images} images`,
    "# Each choice below is a proposal: `adjoint data --sample 12` shows images, `adjoint check` what could be better.",
    "schema: 1",
    `name: ${name}`,
    "",
    "data:",
    `  source: { images: { path: ${path}, label: folder${hasOthers ? ", others: skip" : ""} } }`,
    `  image: { size: [${size.join(", ")}], channels: ${channels} }`,
    "  split: { train: 70%, val: 15%, test: 15%, stratify: label, seed: 1 }",
    "",
    "model:",
    "  layers:",
    ...convolutions(size),
    "    - head: label",
    "",
    "train:",
    "  seed: 1",
    ...imageTraining(images, "[accuracy]"),
    "",
    "evaluate: { split: test }",
    "",
  ].join("\n")
}
