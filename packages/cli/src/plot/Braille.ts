/** Curves drawn with letters: each is a field of two by four dots, as braille has them, so that text can show a picture. */
import { scaleLinear } from "d3-scale"
import type { Look, Style } from "../terminal/Style.ts"
import { type Curves, extent } from "./Curve.ts"

/** How many letters a drawing takes, its labels included. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** The bit of each dot of a braille letter, by row and column (Unicode, block 2800). */
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const

type Layer = "f" | "slope" | "axis"

const looks: { readonly [L in Exclude<Layer, "axis">]: Look } = { f: "accent", slope: "warn" }

/** Fields of dots: a letter shows the dots of all layers, in the colour of the first one that has any there. */
class Canvas {
  readonly #dots: { readonly [L in Layer]: Uint8Array }
  readonly columns: number
  readonly rows: number

  constructor({ columns, rows }: Size) {
    this.columns = columns
    this.rows = rows
    const empty = () => new Uint8Array(columns * rows)
    this.#dots = { f: empty(), slope: empty(), axis: empty() }
  }

  dot(layer: Layer, x: number, y: number): void {
    const [column, row] = [Math.floor(x / 2), Math.floor(y / 4)]
    if (column < 0 || column >= this.columns || row < 0 || row >= this.rows) return
    const at = row * this.columns + column
    this.#dots[layer][at] = (this.#dots[layer][at] ?? 0) | (bits[y & 3]?.[x & 1] ?? 0)
  }

  row(row: number, style: Style): string {
    return Array.from({ length: this.columns }, (_, column) => {
      const at = row * this.columns + column
      const { axis, f, slope } = this.#dots
      const [ofF = 0, ofSlope = 0, ofAxis = 0] = [f[at], slope[at], axis[at]]
      // An axis under a curve would only thicken it.
      const shown = ofF | ofSlope || ofAxis
      if (shown === 0) return " "
      const letter = String.fromCharCode(0x2800 + shown)
      return style(ofF > 0 ? looks.f : ofSlope > 0 ? looks.slope : "faint", letter)
    }).join("")
  }
}

/** The number at a place of a list, between two of them. */
const between = (values: ReadonlyArray<number>, at: number): number => {
  const i = Math.floor(at)
  const [a = 0, b = a] = [values[i], values[i + 1]]
  return a + (b - a) * (at - i)
}

/** A column is joined to the one before it by dots; a jump is too, so that a step is seen as one. */
const trace = (
  canvas: Canvas,
  layer: Layer,
  values: ReadonlyArray<number>,
  yOf: (y: number) => number,
  isDotted: boolean,
): void => {
  const dots = canvas.columns * 2
  let before: number | undefined
  for (let x = 0; x < dots; x++) {
    const y = Math.round(yOf(between(values, (x * (values.length - 1)) / (dots - 1))))
    const from = before === undefined || Math.abs(before - y) < 2 ? y : before + Math.sign(y - before)
    for (let at = Math.min(from, y); at <= Math.max(from, y); at++) if (!isDotted || (x + at) % 3 !== 0) canvas.dot(layer, x, at)
    before = y
  }
}

const minus = (text: string): string => text.replace("-", "−")

/** A function as a line and its derivative as a dotted one, with axes and their labels. */
export const braille = (curves: Curves, size: Size, style: Style): string => {
  const { f, slope, z } = curves
  const y = scaleLinear(extent(curves), [size.rows * 4 - 1, 0])
  const rowTicks = y.ticks(Math.max(2, Math.floor(size.rows / 3)))
  const format = y.tickFormat(Math.max(2, Math.floor(size.rows / 3)))
  const labels = new Map(rowTicks.map((at) => [Math.floor(Math.round(y(at)) / 4), minus(format(at))]))
  const gutter = Math.max(...[...labels.values()].map(({ length }) => length)) + 1
  const canvas = new Canvas({ columns: size.columns - gutter, rows: size.rows })
  const dots = canvas.columns * 2
  const x = scaleLinear([z[0] ?? 0, z.at(-1) ?? 1], [0, dots - 1])
  const [x0, y0] = [Math.round(x(0)), Math.round(y(0))]
  for (let at = 0; at < dots; at += 2) canvas.dot("axis", at, y0)
  for (let at = 0; at < size.rows * 4; at += 2) canvas.dot("axis", x0, at)
  trace(canvas, "slope", slope, y, true)
  trace(canvas, "f", f, y, false)
  const body = Array.from({ length: size.rows }, (_, row) =>
    `${style("faint", (labels.get(row) ?? "").padStart(gutter - 1))} ${canvas.row(row, style)}`.trimEnd(),
  )
  return [...body, `${" ".repeat(gutter)}${style("faint", foot(x, canvas.columns))}`].join("\n")
}

/** The labels beneath, each centred on its place where there is room. */
const foot = (x: ReturnType<typeof scaleLinear<number>>, columns: number): string => {
  const count = Math.max(2, Math.floor(columns / 10))
  const format = x.tickFormat(count)
  let text = ""
  for (const at of x.ticks(count)) {
    const label = minus(format(at))
    const start = Math.min(Math.max(0, Math.round(x(at) / 2 - label.length / 2)), columns - label.length)
    if (start > text.length || (text === "" && start === 0)) text = text.padEnd(start) + label
  }
  return text
}
