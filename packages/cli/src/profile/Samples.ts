/** Some training rows as they were read, and as the net is given them. */
import type { FittedTree } from "@adjoint/core/data/Fitted"
import { isTable } from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import { type RawArray, take } from "@adjoint/core/data/RawArray"
import * as Shape from "@adjoint/core/types/Shape"
import type { Profiled } from "@adjoint/dsl/prepare/Profiled"
import * as Result from "effect/Result"
import { type Size, sizeOf } from "../plot/Sheet.ts"
import * as Format from "../terminal/Format.ts"
import { inputNames } from "./Columns.ts"

/** The numbers of one row in an array. */
export interface Values {
  readonly shape: Shape.Shape
  readonly numbers: ArrayLike<number>
}

/** Named values, in the order of the inputs. */
export type Named = ReadonlyArray<readonly [name: string, values: Values]>

/** A training row. */
export interface Sample {
  /** Its number in the source, from 0. */
  readonly row: number
  /** Its line in a file of text. */
  readonly line?: number
  /** Of a table: the texts of its cells. */
  readonly cells?: ReadonlyArray<readonly [column: string, text: string]>
  /** What was read of arrays, and the images that cells are paths of. */
  readonly read: Named
  /** The target of arrays. */
  readonly target?: string
  /** What the net is given; absent if the rows cannot be prepared. */
  readonly given?: Named
}

/** The samples, with the names of the numbers that the net is given. */
export interface Samples {
  readonly rows: ReadonlyArray<Sample>
  readonly names: ReadonlyArray<string>
}

/** Rows spread evenly over the training rows. */
const spread = (rows: ArrayLike<number>, count: number): ReadonlyArray<number> => {
  const n = Math.min(count, rows.length)
  return Array.from({ length: n }, (_, i) => rows[Math.floor((i * rows.length) / n)] ?? 0)
}

const rowOf = (array: RawArray, row: number): Values => ({ shape: array.shape.slice(1), numbers: take(array, [row]).data })

/** The target of a row of arrays, as it was read. */
const targetText = ({ fitted, raw }: Profiled, row: number): string => {
  if (fitted === undefined) return ""
  const [head] = PreprocessTree.headsOf(fitted)
  if (head === undefined) return ""
  const found = PreprocessTree.targets(fitted, raw, [row])
  if (Result.isFailure(found)) return ""
  const [name, target] = head
  const value = PreprocessTree.arrayOf(found.success, name).data[0] ?? 0
  return target.type === "class" || target.type === "binary"
    ? (target.classes[Number(value)] ?? "")
    : Format.decimal(Number(value))
}

/** The columns of images among the columns of an input. */
const imagesOf = (fitted: FittedTree | undefined) =>
  (fitted === undefined ? [] : (PreprocessTree.inputColumns(fitted) ?? [])).flatMap((column) =>
    column.type === "image" ? [column] : [],
  )

const readOf = ({ fitted, raw }: Profiled, row: number): Named => {
  if (isTable(raw))
    return imagesOf(fitted).flatMap(({ channels, name, size }) => {
      const pixels = raw.column(raw.columns.indexOf(name)).pixels?.(row)
      return pixels === undefined || Result.isFailure(pixels)
        ? []
        : [[name, { shape: [...size, channels], numbers: pixels.success }] as const]
    })
  return PreprocessTree.hasNamedArrays(raw)
    ? Object.entries(raw.arrays).map(([name, { array }]) => [name, rowOf(array, row)] as const)
    : [["inputs", rowOf(raw.inputs, row)]]
}

/** What the net is given for a row. The numbers of one column of images are an image again. */
const givenOf = ({ fitted, raw }: Profiled, row: number): Named | undefined => {
  if (fitted === undefined) return undefined
  const inputs = Result.flatMap(PreprocessTree.inputs(fitted, raw, [row]), (found) => PreprocessTree.numbers(fitted, found))
  if (Result.isFailure(inputs)) return undefined
  const images = imagesOf(fitted)
  return PreprocessTree.inputsOf(fitted).map(([name]) => {
    const values = rowOf(PreprocessTree.arrayOf(inputs.success, name), 0)
    const image = images.find(({ channels, size }) => Shape.size([...size, channels]) === values.numbers.length)
    const isImage = values.shape.length === 1 && image !== undefined
    return [name === "" ? "inputs" : name, isImage ? { ...values, shape: [...image.size, image.channels] } : values] as const
  })
}

/** Samples of the training rows. */
export const samplesOf = (profiled: Profiled, count: number): Samples => {
  const { parts, raw } = profiled
  const rows = spread(parts.train, count).map((row): Sample => {
    const given = givenOf(profiled, row)
    return {
      row,
      read: readOf(profiled, row),
      ...(isTable(raw)
        ? { line: raw.line(row), cells: raw.columns.map((name, i) => [name, raw.column(i).text(row)] as const) }
        : { target: targetText(profiled, row) }),
      ...(given === undefined ? {} : { given }),
    }
  })
  return { rows, names: inputNames(profiled) }
}

/** The images at a place among the named values of all samples: the numbers of each, and their size, if they are images. */
export const imagesAt = (
  all: ReadonlyArray<Named>,
  at: number,
): { readonly size: Size; readonly images: ReadonlyArray<ArrayLike<number>> } | undefined => {
  const size = sizeOf(all[0]?.[at]?.[1].shape ?? [])
  return size === undefined ? undefined : { size, images: all.map((named) => named[at]?.[1].numbers ?? []) }
}

/** The least and the greatest number of some. */
export const rangeOf = (all: ReadonlyArray<ArrayLike<number>>): { readonly black: number; readonly white: number } => {
  let [black, white] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const numbers of all)
    for (let i = 0; i < numbers.length; i++) {
      black = Math.min(black, numbers[i] ?? 0)
      white = Math.max(white, numbers[i] ?? 0)
    }
  return { black, white }
}
