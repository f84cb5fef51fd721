/** Some rows as they were read, and as the net is given them. */
import { isTable } from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import type { Profiled } from "@adjoint/dsl/prepare/Profiled"
import * as Result from "effect/Result"
import { sizeOf } from "../plot/Sheet.ts"
import * as Format from "../terminal/Format.ts"
import { halfBlocks } from "../terminal/HalfBlocks.ts"
import { hanging, shortened } from "../terminal/Text.ts"
import { inputNames } from "./Columns.ts"

/** Rows spread evenly over the training rows. */
const spread = (rows: ArrayLike<number>, count: number): ReadonlyArray<number> => {
  const n = Math.min(count, rows.length)
  return Array.from({ length: n }, (_, i) => rows[Math.floor((i * rows.length) / n)] ?? 0)
}

const rowOf = ({ data, shape }: NDArray, row: number): ArrayLike<number> => {
  const size = Shape.size(shape.slice(1))
  return data.subarray(row * size, (row + 1) * size)
}

/** The target of a row, as it was read. */
const targetText = ({ fitted, raw }: Profiled, row: number): string => {
  if (fitted === undefined || isTable(raw)) return ""
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

/** Images next to each other, as many as fit into a line, each with its target below. */
const printImages = (profiled: Profiled, images: NDArray, rows: ReadonlyArray<number>, width: number, colour: boolean) => {
  const size = sizeOf(images.shape.slice(1))
  if (size === undefined) return undefined
  const across = Math.max(1, Math.floor((width + 1) / (size.width + 1)))
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const row of rows) {
    const pixels = rowOf(images, row)
    for (let i = 0; i < pixels.length; i++) {
      least = Math.min(least, pixels[i] ?? 0)
      greatest = Math.max(greatest, pixels[i] ?? 0)
    }
  }
  const scale = greatest > least ? 1 / (greatest - least) : 0
  const lines: Array<string> = []
  for (let from = 0; from < rows.length; from += across) {
    const shown = rows.slice(from, from + across)
    const drawn = shown.map((row) =>
      halfBlocks({ ...size, pixels: Array.from(rowOf(images, row), (value) => (value - least) * scale) }, colour),
    )
    const height = Math.max(...drawn.map((image) => image.length))
    for (let line = 0; line < height; line++) lines.push(drawn.map((image) => image[line] ?? "").join(" "))
    lines.push(
      shown
        .map((row) => shortened(printable(targetText(profiled, row)), size.width).padEnd(size.width))
        .join(" ")
        .trimEnd(),
    )
  }
  return lines
}

const printNumbers = (names: ReadonlyArray<string>, numbers: ArrayLike<number>): string => {
  const shown = Array.from({ length: Math.min(64, numbers.length) }, (_, i) => {
    const value = Number((numbers[i] ?? 0).toPrecision(4))
    return names[i] === undefined ? String(value) : `${printable(names[i] ?? "")} ${value}`
  })
  return `${shown.join(" · ")}${numbers.length > shown.length ? " · …" : ""}`
}

/** The numbers that the net is given for a row. */
const given = ({ fitted, raw }: Profiled, row: number, names: ReadonlyArray<string>): string | undefined => {
  if (fitted === undefined) return undefined
  const inputs = Result.flatMap(PreprocessTree.inputs(fitted, raw, [row]), (found) => PreprocessTree.numbers(fitted, found))
  if (Result.isFailure(inputs)) return undefined
  const arrays = PreprocessTree.inputsOf(fitted).map(([name]) => PreprocessTree.arrayOf(inputs.success, name))
  return printNumbers(
    names,
    arrays.flatMap(({ data }) => Array.from(data, Number)),
  )
}

/** Samples of the training rows. */
export const printSamples = (profiled: Profiled, count: number, width: number, colour: boolean): ReadonlyArray<string> => {
  const { parts, raw } = profiled
  const rows = spread(parts.train, count)
  if (!isTable(raw) && !PreprocessTree.hasNamedArrays(raw)) {
    const images = printImages(profiled, raw.inputs, rows, width, colour)
    if (images !== undefined) return images
  }
  const names = inputNames(profiled)
  return rows.flatMap((row) => {
    const read = isTable(raw)
      ? `line ${raw.line(row)}: ${raw.columns.map((name, i) => `${printable(name)}=${printable(raw.column(i).text(row))}`).join(" · ")}`
      : `row ${row + 1}: ${targetText(profiled, row)}`
    const numbers = given(profiled, row, names)
    return [...hanging(read, width, ""), ...(numbers === undefined ? [] : hanging(`→ ${numbers}`, width - 2, "  "))]
  })
}
