/** Image files, and folders of them, as rows to predict: each image is a row in the size and with the channels of training. */
import { type DataError, dataError, inFile } from "@adjoint/core/data/DataError"
import type { FittedTree } from "@adjoint/core/data/Fitted"
import type { Folder } from "@adjoint/core/data/Folder"
import { type Background, backgrounds } from "@adjoint/core/data/image/convert"
import { isImage } from "@adjoint/core/data/image/decode"
import { read, type Wanted } from "@adjoint/core/data/image/fitted"
import type { Decoded } from "@adjoint/core/data/image/Pixels"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import * as Recorded from "@adjoint/core/data/Source"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as Result from "effect/Result"
import { wholeRows } from "./ArrayFile.ts"
import type { Reader, Rows } from "./Rows.ts"

/** How images become the samples of a run. */
interface Taken extends Wanted {
  readonly background: Background
}

/** The size, the channels and the background of a run's images. Fails with `BadSpec` for a run of other rows. */
const takenBy = (fitted: FittedTree): Result.Result<Taken, DataError> => {
  const shape = fitted.input.type === "array" ? fitted.input.shape : []
  const [height, width, channels = 1] = shape
  if (height === undefined || width === undefined || shape.length > 3 || channels > 4)
    return Result.fail(
      dataError({ _tag: "BadSpec", at: "the rows", got: "images", wanted: "rows as in training", hint: "a file of that kind" }),
    )
  const own = Recorded.of(fitted)?.options.background
  return Result.succeed({ height, width, channels, background: backgrounds.find((name) => name === own) ?? "white" })
}

/** Decoded images as rows; one that cannot be read is a row that fails. */
const rowsOf = (fitted: FittedTree, { channels, height, width }: Taken, images: ReadonlyArray<Decoded>): Rows => ({
  count: images.length,
  inputs: (places) =>
    Result.gen(function* () {
      const size = height * width * channels
      const data = new Uint8Array(places.length * size)
      for (const [i, place] of places.entries()) {
        const image = images[place]
        if (image !== undefined) data.set((yield* image).data, i * size)
      }
      const inputs = NDArray.make("u8", [places.length, height, width, channels], data)
      return yield* PreprocessTree.inputs(fitted, { inputs })
    }),
})

/** Reads one image file. */
export const image = (fitted: FittedTree): Reader =>
  wholeRows((bytes) => Result.map(takenBy(fitted), (taken) => rowsOf(fitted, taken, [read(bytes, taken, taken.background)])))

/** Images that are decoded at a time. */
const most = 64

/** Reads the images of a folder; other files are left out. Fails with `Empty` without images, and as `image` does. */
export async function* folderRows(
  fitted: FittedTree,
  { files, read: bytesOf }: Folder,
): AsyncGenerator<Result.Result<ReadonlyArray<Rows>, DataError>> {
  const taken = takenBy(fitted)
  if (Result.isFailure(taken)) return yield Result.fail(taken.failure)
  const { background } = taken.success
  const images = files.filter(isImage)
  if (images.length === 0)
    return yield Result.fail(dataError({ _tag: "Empty", got: "there are no images in it", wanted: "PNG or JPEG files" }))
  for (let start = 0; start < images.length; start += most) {
    const names = images.slice(start, start + most)
    const decoded: Array<Decoded> = []
    for (const name of names) {
      const content = Result.flatMap(await bytesOf(name), (bytes) => read(bytes, taken.success, background))
      decoded.push(Result.mapError(content, (error) => inFile(error, name)))
    }
    yield Result.succeed([{ ...rowsOf(fitted, taken.success, decoded), files: names }])
  }
}
