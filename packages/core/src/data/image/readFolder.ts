/** Images in a folder as one array of bytes: each is read, decoded and written into the array before the next one. */
import * as Result from "effect/Result"
import * as NDArray from "../../types/NDArray.ts"
import type * as Shape from "../../types/Shape.ts"
import { bytesInFile } from "../ArrayFile.ts"
import { sorted } from "../Category.ts"
import { type DataError, dataError, inFile as named } from "../DataError.ts"
import { takeRows } from "../Dataset.ts"
import type { GrowingFile } from "../FileBytes.ts"
import type { Folder } from "../Folder.ts"
import type { Arrays } from "../Raw.ts"
import type { FileArray, RawArray } from "../RawArray.ts"
import type { Image } from "../Spec.ts"
import type { Background } from "./convert.ts"
import { decode, isImage } from "./decode.ts"
import { fit, type Wanted, wantedOf } from "./fitted.ts"

/** How a folder is read. */
interface Options {
  readonly background: Background
  /** What to do with files that are no images by their names. */
  readonly others: "error" | "skip"
  /** What to do with images that cannot be read. */
  readonly broken: "error" | "skip"
}

const badFile = (file: string, got: string, wanted: string, hint: string) =>
  Result.fail(named(dataError({ _tag: "BadFile", got, wanted, hint }), file))

/** The images of a folder, in the order of the bytes of their paths. Fails with `BadFile` for another file, `Empty` without images. */
const imagesOf = ({ files }: Folder, others: Options["others"]): Result.Result<ReadonlyArray<string>, DataError> => {
  const other = others === "skip" ? undefined : files.find((file) => !isImage(file))
  if (other !== undefined)
    return badFile(other, "a file that is no image", "names that end in .png, .jpg or .jpeg", "remove it, or set `others: skip`")
  const images = files.filter(isImage)
  return images.length === 0
    ? Result.fail(dataError({ _tag: "Empty", got: "there are no images in it", wanted: "PNG or JPEG files" }))
    : Result.succeed(images)
}

/** The first folder of a path is the class of its image. Fails with `BadFile` for an image that is in none. */
const classesOf = (images: ReadonlyArray<string>): Result.Result<ReadonlyArray<string>, DataError> => {
  const loose = images.find((file) => !file.includes("/"))
  return loose === undefined
    ? Result.succeed(images.map((file) => file.slice(0, file.indexOf("/"))))
    : badFile(
        loose,
        "an image beside the folders",
        "a folder for each class, with its images",
        "move it into the folder of its class",
      )
}

/** Where the pixels of images go, one image after the other. */
interface Sink<A extends RawArray> {
  /** The most bytes of all images. */
  readonly limit: number
  /** Appends one of `count` images. */
  readonly put: (pixels: Uint8Array, count: number) => void
  /** All of them. */
  readonly array: (shape: Shape.Shape) => A
}

/** Pixels in memory. */
const inMemory = (): Sink<NDArray.NDArray> => {
  let data: Uint8Array | undefined
  let end = 0
  return {
    limit: 2 ** 31 - 1,
    put: (pixels, count) => {
      data ??= new Uint8Array(pixels.length * count)
      data.set(pixels, end)
      end += pixels.length
    },
    array: (shape) => NDArray.make("u8", shape, (data ?? new Uint8Array()).subarray(0, end)),
  }
}

/** Pixels in a file. */
const inFile = (file: GrowingFile): Sink<FileArray> => ({
  limit: Number.MAX_SAFE_INTEGER,
  put: (pixels) => file.append(pixels),
  array: ([count = 0, ...sample]) => bytesInFile(file, count, sample),
})

/** The images that could be read, and their places among all. */
interface Images<A> {
  readonly array: A
  readonly places: ReadonlyArray<number>
}

/**
 * Reads images as `u8` [images, height, width, channels]. Fails as `decode` does, with `TooLarge` above 2 GiB, and with
 * `BadShape` for an image that differs from the first where no size is wanted.
 */
const readImages = async <A extends RawArray>(
  { read }: Folder,
  images: ReadonlyArray<string>,
  { background, broken }: Options,
  wanted: Wanted | undefined,
  { array, limit, put }: Sink<A>,
): Promise<Result.Result<Images<A>, DataError>> => {
  const places: Array<number> = []
  let shape = wanted
  let next = read(images[0] ?? "")
  for (const [i, file] of images.entries()) {
    const content = await next
    // The next file is read while this one is decoded.
    const following = images[i + 1]
    if (following !== undefined) next = read(following)
    if (Result.isFailure(content)) return Result.fail(content.failure)
    const decoded = decode(content.success)
    if (Result.isFailure(decoded)) {
      if (broken === "skip") continue
      return Result.fail(named(decoded.failure, file))
    }
    const image = decoded.success
    shape ??= { height: image.height, width: image.width, channels: image.channels }
    const { channels, height, width } = shape
    const size = height * width * channels
    if (size * images.length > limit)
      return Result.fail(
        dataError({
          _tag: "TooLarge",
          what: "the array of images",
          got: BigInt(size) * BigInt(images.length),
          limit,
          unit: "bytes",
        }),
      )
    if (wanted === undefined && (image.height !== height || image.width !== width || image.channels !== channels))
      return Result.fail(
        named(
          dataError({
            _tag: "BadShape",
            what: "the image",
            got: [image.height, image.width, image.channels],
            wanted: `[${height}, ${width}, ${channels}], as the first one; set the size of all with \`image: { size: [${height}, ${width}], channels: ${channels} }\``,
          }),
          file,
        ),
      )
    put(fit(image, shape, background).data, images.length)
    places.push(i)
  }
  if (shape === undefined || places.length === 0)
    return Result.fail(dataError({ _tag: "Empty", got: "no image in it can be read", wanted: "PNG or JPEG files" }))
  const { channels, height, width } = shape
  return Result.succeed({ array: array([places.length, height, width, channels]), places })
}

/** Labels of images by the names of their classes. */
const labelsOf = (
  names: ReadonlyArray<string>,
): { readonly targets: NDArray.NDArray; readonly classes: ReadonlyArray<string> } => {
  const classes = sorted(names)
  const numbers = new Map(classes.map((name, i) => [name, i]))
  return {
    targets: NDArray.make(
      "i32",
      [names.length],
      Int32Array.from(names, (name) => numbers.get(name) ?? 0),
    ),
    classes,
  }
}

/** Images with their labels. */
interface Rows<A extends RawArray> {
  readonly raw: Arrays<A>
  /** The labels of all images, also of those that were not read. */
  readonly targets: NDArray.NDArray
}

const readInto = async <A extends RawArray>(
  folder: Folder,
  options: Options,
  image: Image | undefined,
  count: number,
  sink: Sink<A>,
): Promise<Result.Result<Rows<A>, DataError>> => {
  const found = Result.gen(function* () {
    const images = yield* imagesOf(folder, options.others)
    return { images, names: yield* classesOf(images), wanted: image === undefined ? undefined : yield* wantedOf(image) }
  })
  if (Result.isFailure(found)) return Result.fail(found.failure)
  const { images, names, wanted } = found.success
  const read = await readImages(folder, images.slice(0, count), options, wanted, sink)
  const { classes, targets } = labelsOf(names)
  return Result.map(read, ({ array, places }) => ({
    raw: { inputs: array, targets: takeRows(targets, places), classes },
    targets,
  }))
}

/**
 * Reads the images of a folder, or the first `count` of them. `image` is the size and the channels of all; without it all have
 * those of the first. Fails with `BadFile` for a file that is no image and for an image outside the folders of classes, with
 * `Empty` without images, and as decoding does; errors name the file.
 */
export const readFolder = (
  folder: Folder,
  options: Options,
  image: Image | undefined,
  count = Number.POSITIVE_INFINITY,
): Promise<Result.Result<Rows<NDArray.NDArray>, DataError>> => readInto(folder, options, image, count, inMemory())

/** The same with the pixels in a file, of any size. */
export const readFolderInto = (
  file: GrowingFile,
  folder: Folder,
  options: Options,
  image: Image | undefined,
): Promise<Result.Result<Rows<FileArray>, DataError>> => readInto(folder, options, image, Number.POSITIVE_INFINITY, inFile(file))
