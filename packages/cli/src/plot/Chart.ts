/** A chart as SVG: lines and bars over axes, linear or logarithmic; its colours follow whether the reader's screen is light or dark. */
import { printable } from "@adjoint/dsl/diagnostic/Printable"

/** A line of points, or bars. */
export interface Series {
  readonly name: string
  readonly kind: "line" | "bars"
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

/** A chart. A logarithmic axis leaves out what is not above 0. */
export interface Chart {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly series: ReadonlyArray<Series>
  readonly logX?: boolean
  readonly logY?: boolean
  /** The names of whole x from 0 on, such as layers; otherwise numbers stand there. */
  readonly names?: ReadonlyArray<string>
  /** A range of x that is shaded, and a vertical line with a label. */
  readonly band?: readonly [from: number, to: number]
  readonly mark?: { readonly at: number; readonly label: string }
}

const [width, height] = [760, 400]
const box = { left: 72, right: 736, top: 64, bottom: 340 }

const style = `
  svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #e4e8ec; --band: #ddf4e4; --a: #1f6feb; --b: #c2570c; --c: #1a7f37; --d: #8250df }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9198a1; --grid: #21262d; --band: #12261e; --a: #58a6ff; --b: #f0883e; --c: #3fb950; --d: #bc8cff }
  }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--soft) }
  .title { font-size: 18px; font-weight: 600; fill: var(--ink) }
  .grid { stroke: var(--grid) }
  .mark { stroke: var(--ink); stroke-dasharray: 4 4 }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
`

const colours = ["a", "b", "c", "d"] as const

const escaped = (text: string): string => printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const round = (x: number): string => String(Math.round(x * 100) / 100)

/** A number of an axis, short. */
const tick = (x: number): string => {
  const text = x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e5) ? x.toExponential(0) : String(Number(x.toPrecision(3)))
  return text.replace("e+", "e").replace("-", "−")
}

/** One axis: where a number is, as a share of its length, and where its ticks are. */
interface Axis {
  readonly at: (x: number) => number
  readonly ticks: ReadonlyArray<number>
}

/** Steps of 1, 2 or 5 times a power of ten, about `count` of them. */
const linear = (low: number, high: number, count: number): Axis => {
  const span = high - low || 1
  const raw = span / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10)
  const first = Math.ceil(low / step)
  const ticks = Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) => (first + i) * step)
  return { at: (x) => (x - low) / span, ticks }
}

/** Powers of ten, and no more than fit. */
const logarithmic = (low: number, high: number): Axis => {
  const [from, to] = [Math.log10(low), Math.log10(high)]
  const span = to - from || 1
  const every = Math.max(1, Math.ceil((Math.floor(to) - Math.ceil(from) + 1) / 8))
  const ticks = Array.from({ length: Math.floor(to) - Math.ceil(from) + 1 }, (_, i) => Math.ceil(from) + i)
  return { at: (x) => (Math.log10(x) - from) / span, ticks: ticks.filter((_, i) => i % every === 0).map((power) => 10 ** power) }
}

/** An axis that holds all numbers. Bars begin at 0, or at a whole power of ten. */
const axisOf = (all: ReadonlyArray<number>, isLog: boolean, hasBars: boolean, room: number, count: number): Axis => {
  const usable = all.filter((x) => Number.isFinite(x) && (!isLog || x > 0))
  const [low, high] = usable.length === 0 ? [isLog ? 0.1 : 0, 1] : [Math.min(...usable), Math.max(...usable)]
  if (isLog && hasBars) return logarithmic(10 ** (Math.ceil(Math.log10(low)) - 1), 10 ** Math.ceil(Math.log10(high)))
  if (isLog) return logarithmic(low === high ? low / 2 : low, low === high ? high * 2 : high)
  const pad = room * (high - low || 1)
  return linear(low - pad, high + pad, count)
}

/** The picture of a chart. */
export const svg = (chart: Chart): string => {
  const { band, logX = false, logY = false, mark, names, series, title } = chart
  const all = series.flatMap(({ points }) => points)
  const hasBars = series.some(({ kind }) => kind === "bars")
  const xs = [...all.map(([x]) => x), ...(band ?? []), ...(mark === undefined ? [] : [mark.at])]
  const bars = series.filter(({ kind }) => kind === "bars")
  const ends = names === undefined ? xs : [-0.5, names.length - 0.5]
  const xAxis = axisOf(ends, logX, false, 0, 8)
  const yAxis = axisOf([...all.map(([, y]) => y), ...(hasBars && !logY ? [0] : [])], logY, hasBars, hasBars ? 0 : 0.05, 6)
  const px = (x: number): number => box.left + xAxis.at(x) * (box.right - box.left)
  const py = (y: number): number => box.bottom - yAxis.at(y) * (box.bottom - box.top)
  const isDrawn = ([x, y]: readonly [number, number]): boolean =>
    Number.isFinite(x) && Number.isFinite(y) && (!logX || x > 0) && (!logY || y > 0)
  const colour = (i: number): string => `var(--${colours[i % colours.length]})`
  const slot = names === undefined ? 0.8 : 0.8 / Math.max(1, bars.length)
  const barOf = (points: Series["points"], i: number): ReadonlyArray<string> => {
    const place = bars.findIndex(({ points: own }) => own === points)
    return points.filter(isDrawn).map(([x, y]) => {
      const left = px(x - 0.4 + place * slot)
      const base = logY ? box.bottom : py(0)
      const top = Math.min(py(y), base)
      const wide = Math.max(1, px(x - 0.4 + (place + 1) * slot) - left)
      return `  <rect x="${round(left)}" y="${round(top)}" width="${round(wide)}" height="${round(Math.abs(base - py(y)))}" fill="${colour(i)}"/>`
    })
  }
  const lineOf = (points: Series["points"], i: number): ReadonlyArray<string> => {
    const path = points.filter(isDrawn).map(([x, y]) => `${round(px(x))},${round(py(y))}`)
    return [`  <polyline class="line" stroke="${colour(i)}" points="${path.join(" ")}"/>`]
  }
  const legend = series.flatMap(({ name }, i) => [
    `  <rect x="${box.left + i * 170}" y="42" width="12" height="12" fill="${colour(i)}"/>`,
    `  <text x="${box.left + i * 170 + 18}" y="53">${escaped(name)}</text>`,
  ])
  const short = (name: string): string => (name.length > 14 ? `…${name.slice(-13)}` : name)
  const labels =
    names === undefined
      ? xAxis.ticks.map((at) => [at, tick(at)] as const)
      : names.flatMap((name, i) => (i % Math.ceil(names.length / 8) === 0 ? [[i, short(name)] as const] : []))
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `  <title>${escaped(title)}</title>`,
    `  <style>${style}  </style>`,
    `  <rect width="${width}" height="${height}" fill="var(--paper)"/>`,
    `  <text class="title" x="${box.left}" y="28">${escaped(title)}</text>`,
    ...legend,
    ...(band === undefined
      ? []
      : [
          `  <rect x="${round(px(band[0]))}" y="${box.top}" width="${round(px(band[1]) - px(band[0]))}" height="${box.bottom - box.top}" fill="var(--band)"/>`,
        ]),
    ...yAxis.ticks.flatMap((at) => [
      `  <line class="grid" x1="${box.left}" x2="${box.right}" y1="${round(py(at))}" y2="${round(py(at))}"/>`,
      `  <text x="${box.left - 8}" y="${round(py(at) + 4)}" text-anchor="end">${tick(at)}</text>`,
    ]),
    ...labels.map(
      ([at, text]) => `  <text x="${round(px(at))}" y="${box.bottom + 20}" text-anchor="middle">${escaped(text)}</text>`,
    ),
    `  <text x="${box.right}" y="${box.bottom + 42}" text-anchor="end">${escaped(chart.x)} →</text>`,
    ...(chart.y === "" ? [] : [`  <text x="${box.left}" y="${box.bottom + 42}">↑ ${escaped(chart.y)}</text>`]),
    ...series.flatMap(({ kind, points }, i) => (kind === "bars" ? barOf(points, i) : lineOf(points, i))),
    ...(mark === undefined
      ? []
      : [
          `  <line class="mark" x1="${round(px(mark.at))}" x2="${round(px(mark.at))}" y1="${box.top}" y2="${box.bottom}"/>`,
          `  <text x="${round(px(mark.at) + 6)}" y="${box.top + 14}">${escaped(mark.label)}</text>`,
        ]),
    "</svg>",
  ].join("\n")}\n`
}
