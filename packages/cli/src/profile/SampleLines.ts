/** Samples of rows as lines for a terminal. */
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Format from "../terminal/Format.ts"
import { halfBlocks } from "../terminal/HalfBlocks.ts"
import type { Style } from "../terminal/Style.ts"
import { hanging, shortened } from "../terminal/Text.ts"
import { imagesAt, type Named, rangeOf, type Sample, type Samples } from "./Samples.ts"

/** How samples are drawn. */
interface Screen {
  readonly width: number
  readonly colour: boolean
}

/** Images next to each other, as many as fit into a line, each with its text below. */
const printImages = (
  { images, size }: NonNullable<ReturnType<typeof imagesAt>>,
  texts: ReadonlyArray<string>,
  { colour, width }: Screen,
): ReadonlyArray<string> => {
  const across = Math.max(1, Math.floor((width + 1) / (size.width + 1)))
  const { black, white } = rangeOf(images)
  const scale = white > black ? 1 / (white - black) : 0
  const lines: Array<string> = []
  for (let from = 0; from < images.length; from += across) {
    const drawn = images
      .slice(from, from + across)
      .map((image) => halfBlocks({ ...size, pixels: Array.from(image, (value) => (value - black) * scale) }, colour))
    const height = Math.max(...drawn.map((image) => image.length))
    for (let line = 0; line < height; line++) lines.push(drawn.map((image) => image[line] ?? "").join(" "))
    lines.push(
      texts
        .slice(from, from + across)
        .map((text) => shortened(printable(text), size.width).padEnd(size.width))
        .join(" ")
        .trimEnd(),
    )
  }
  return lines
}

/** Numbers of a row that are listed. */
const listed = 64

const printNumbers = (names: ReadonlyArray<string>, named: Named): string => {
  const numbers = named.flatMap(([, values]) => Array.from(values.numbers, Number))
  const shown = numbers.slice(0, listed).map((number, i) => {
    const value = Number(number.toPrecision(4))
    return names[i] === undefined ? String(value) : `${printable(names[i] ?? "")} ${value}`
  })
  return `${shown.join(" · ")}${numbers.length > listed ? " · …" : ""}`
}

/** The blocks of all images among some values, each below its name. */
const imageBlocks = (
  all: ReadonlyArray<Named>,
  what: string,
  texts: ReadonlyArray<string>,
  screen: Screen,
  style: Style,
): ReadonlyArray<ReadonlyArray<string>> =>
  (all[0] ?? []).flatMap(([name], at) => {
    const found = imagesAt(all, at)
    if (found === undefined) return []
    const { black, white } = rangeOf(found.images)
    const own = (all[0]?.length ?? 0) > 1 ? `${printable(name)} ` : ""
    return [
      [
        style("faint", `${own}${what}, ${Format.decimal(black)} … ${Format.decimal(white)}`),
        ...printImages(found, texts, screen),
      ],
    ]
  })

const printRow = ({ cells, given, line, row, target = "" }: Sample, names: ReadonlyArray<string>, width: number) => {
  const read =
    cells === undefined
      ? `row ${row + 1}: ${printable(target)}`
      : `line ${line}: ${cells.map(([name, text]) => `${printable(name)}=${printable(text)}`).join(" · ")}`
  return [
    ...hanging(read, width, ""),
    ...(given === undefined ? [] : hanging(`→ ${printNumbers(names, given)}`, width - 2, "  ")),
  ]
}

/** The lines of samples: images as they were read and as the net is given them, or a row of a table above its numbers. */
export const printSamples = ({ names, rows }: Samples, screen: Screen, style: Style): ReadonlyArray<string> => {
  const texts = rows.map(({ cells, line, target }) => (cells === undefined ? (target ?? "") : `line ${line}`))
  const given = rows.flatMap((sample) => (sample.given === undefined ? [] : [sample.given]))
  const blocks = [
    ...imageBlocks(
      rows.map(({ read }) => read),
      "as read",
      texts,
      screen,
      style,
    ),
    ...imageBlocks(given, "as the net is given them", texts, screen, style),
  ]
  const isDrawn = blocks.length > 0 && rows.every(({ cells }) => cells === undefined)
  return [
    ...blocks.flatMap((block, i) => (i === 0 ? block : ["", ...block])),
    ...(isDrawn ? [] : [...(blocks.length > 0 ? [""] : []), ...rows.flatMap((sample) => printRow(sample, names, screen.width))]),
  ]
}
