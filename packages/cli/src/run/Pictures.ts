/** What machines learned of images, as pictures in the run's folder: their filters, and images as they give them back. */
import { join } from "node:path"
import { slice } from "@adjoint/core/data/Dataset"
import * as Rbm from "@adjoint/core/learning/Rbm"
import { read } from "@adjoint/core/tensor/read"
import { transpose } from "@adjoint/core/tensor/structure"
import type { Stage } from "@adjoint/core/training/Pretrain"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as PlatformError from "effect/PlatformError"
import { png } from "../plot/Png.ts"
import { balanced, type Range, type Size, sheet, sizeOf } from "../plot/Sheet.ts"
import { makeFolder, writeWhole } from "./Files.ts"
import { files } from "./RunFolder.ts"

/** Filters that are drawn, and images that are given back. */
const [mostFilters, mostImages] = [100, 16]

/** The rows of an array of n rows. */
const rowsOf = (array: NDArray.NDArray): ReadonlyArray<ArrayLike<number>> => {
  const [n = 0, ...rest] = array.shape
  const width = Shape.size(rest)
  return Array.from({ length: n }, (_, i) => array.data.subarray(i * width, (i + 1) * width))
}

/** Zoomed so that an image is about so many pixels high. */
const scaleFor = ({ height }: Size, wanted: number): number => Math.max(1, Math.round(wanted / height))

/** Rows sent up through some machines and down again. */
const back = (v: NDArray.NDArray, machines: ReadonlyArray<Rbm.Params>, units: Stage["visible"]): NDArray.NDArray => {
  const top = machines.reduce<NDArray.NDArray>((rows, machine) => read(Rbm.hiddenProbabilities(machine, rows)), v)
  return machines.reduceRight<NDArray.NDArray>(
    (rows, machine, i) => read(Rbm.visibleMeans(machine, rows, i === 0 ? units : "bernoulli")),
    top,
  )
}

/** The filters of the first machine, each with middle grey for 0; those of the largest weights first. */
const filters = ({ w }: Rbm.Params): ReadonlyArray<ArrayLike<number>> => {
  const size = (filter: ArrayLike<number>) => Array.from(filter).reduce((sum, x) => sum + x * x, 0)
  return rowsOf(read(transpose(w)))
    .map((filter) => [size(filter), filter] as const)
    .toSorted(([a], [b]) => b - a)
    .slice(0, mostFilters)
    .map(([, filter]) => filter)
}

/** The range of all numbers of some rows. */
const rangeOf = ({ data }: NDArray.NDArray): Range => {
  let [black, white] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const x of data) {
    black = Math.min(black, x)
    white = Math.max(white, x)
  }
  return { black, white }
}

/**
 * Draws filters.png and reconstructions.png for rows that are images [n, height, width, channels], and nothing for others.
 * The first row of reconstructions is what was given, each further one what comes back from one machine more.
 */
export const draw = (
  directory: string,
  rows: NDArray.NDArray,
  machines: ReadonlyArray<Rbm.Params>,
  stages: ReadonlyArray<Stage>,
): Effect.Effect<ReadonlyArray<string>, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const size = sizeOf(rows.shape.slice(1))
    const [machine] = machines
    if (size === undefined || machine === undefined) return []
    const folder = join(directory, files.plots)
    yield* makeFolder(folder)
    const given = slice(rows, 0, Math.min(mostImages, rows.shape[0] ?? 0))
    const [n = 0, ...sample] = given.shape
    const v = new NDArray.NDArray(given.dtype, [n, Shape.size(sample)], given.data)
    const units = stages[0]?.visible ?? "bernoulli"
    const returned = machines.map((_, i) => back(v, machines.slice(0, i + 1), units))
    const range = rangeOf(v)
    const pictures = {
      "filters.png": sheet(filters(machine), size, { columns: 10, scale: scaleFor(size, 56), rangeOf: balanced }),
      "reconstructions.png": sheet([v, ...returned].flatMap(rowsOf), size, {
        columns: n,
        scale: scaleFor(size, 56),
        rangeOf: () => range,
      }),
    }
    return yield* Effect.forEach(Object.entries(pictures), ([name, picture]) => {
      const file = join(folder, name)
      return Effect.as(writeWhole(file, png(picture)), file)
    })
  })
