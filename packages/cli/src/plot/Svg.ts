/** A picture of curves as SVG: axes, ticks, a legend; its colours follow whether the reader's screen is light or dark. */
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import { scaleLinear } from "d3-scale"
import { line } from "d3-shape"
import { type Curves, extent, pieces } from "./Curve.ts"

/** What stands around the curves. */
export interface Caption {
  readonly title: string
  /** The formulas of f and f′, for the legend. */
  readonly formula: string
  readonly derivative: string
}

const width = 760
const height = 480
const margin = { top: 96, right: 28, bottom: 44, left: 56 }

const style = `
  svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #e4e8ec; --axis: #8c959f; --f: #1f6feb; --slope: #c2570c }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9198a1; --grid: #21262d; --axis: #656c76; --f: #58a6ff; --slope: #f0883e }
  }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--soft) }
  .title { font-size: 20px; font-weight: 600; fill: var(--ink) }
  .formula { fill: var(--ink) }
  .grid { stroke: var(--grid) }
  .axis { stroke: var(--axis) }
  .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
  .f { stroke: var(--f) }
  .slope { stroke: var(--slope); stroke-dasharray: 7 5 }
`

const escaped = (text: string): string => printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const round = (x: number): string => String(Math.round(x * 100) / 100)

/** A minus sign, where a hyphen would stand. */
const tick = (text: string): string => text.replace("-", "−")

/** At most so many letters of a formula stand in the legend. */
const longest = 88

const shortened = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text)

/** The picture of a function and its derivative. */
export const svg = (curves: Curves, { derivative, formula, title }: Caption): string => {
  const { f, slope, z } = curves
  const x = scaleLinear([z[0] ?? 0, z.at(-1) ?? 1], [margin.left, width - margin.right])
  const y = scaleLinear(extent(curves), [height - margin.bottom, margin.top])
  const path = line<readonly [number, number]>(
    ([at]) => x(at),
    ([, value]) => y(value),
  ).digits(2)
  const curve = (name: string, values: ReadonlyArray<number>) =>
    pieces(z, values).map((piece) => `  <path class="curve ${name}" d="${path(piece) ?? ""}"/>`)
  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom]
  const across = (at: number, name: string) =>
    `  <line class="${name}" x1="${left}" x2="${right}" y1="${round(at)}" y2="${round(at)}"/>`
  const upright = (at: number, name: string) =>
    `  <line class="${name}" x1="${round(at)}" x2="${round(at)}" y1="${top}" y2="${bottom}"/>`
  const columns = x.ticks(12)
  const rows = y.ticks(6)
  const [formatX, formatY] = [x.tickFormat(12), y.tickFormat(6)]
  const key = (name: string, text: string, at: number) => [
    `  <line class="curve ${name}" x1="${left}" x2="${left + 30}" y1="${at - 4}" y2="${at - 4}"/>`,
    `  <text class="formula" x="${left + 40}" y="${at}">${escaped(shortened(text))}</text>`,
  ]
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `  <title>${escaped(title)} and its derivative</title>`,
    `  <style>${style}  </style>`,
    `  <rect width="${width}" height="${height}" fill="var(--paper)"/>`,
    `  <text class="title" x="${left}" y="34">${escaped(title)}</text>`,
    ...key("f", formula, 58),
    ...key("slope", derivative, 80),
    ...columns.map((at) => upright(x(at), at === 0 ? "axis" : "grid")),
    ...rows.map((at) => across(y(at), at === 0 ? "axis" : "grid")),
    ...columns.map((at) => `  <text x="${round(x(at))}" y="${bottom + 20}" text-anchor="middle">${tick(formatX(at))}</text>`),
    ...rows.map((at) => `  <text x="${left - 10}" y="${round(y(at) + 4.5)}" text-anchor="end">${tick(formatY(at))}</text>`),
    `  <text x="${right}" y="${bottom + 36}" text-anchor="end">z</text>`,
    ...curve("slope", slope),
    ...curve("f", f),
    "</svg>",
  ].join("\n")}\n`
}
