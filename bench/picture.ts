/** The picture of how time grows: a panel for each growing quantity, both axes logarithmic, a line for each contender. */
import { scaleLog } from "d3-scale"
import { line } from "d3-shape"
import { printTime } from "./figures.ts"
import type { Curve, Growth } from "./growth.ts"

const panel = { width: 300, height: 280, gap: 66 } as const
const margin = { top: 64, right: 16, bottom: 122, left: 78 } as const

/** A colour and a dash for each line, so that lines differ without colours too; ours first (Okabe and Ito, 2008, on light and on dark). */
const styles = [
  { light: "#d55e00", dark: "#ff8c42", dash: "" },
  { light: "#0072b2", dark: "#56b4e9", dash: "6 3" },
  { light: "#00805e", dark: "#2fd0a0", dash: "2 3" },
  { light: "#8b4c87", dark: "#e09bdb", dash: "8 3 2 3" },
] as const

const css = `
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.name { font-size: 13px; font-weight: 600 }
.grid { stroke: #1f2328; stroke-opacity: .12 }
.frame { stroke: #1f2328; stroke-opacity: .5; fill: none }
.curve { fill: none; stroke-width: 2 }
${styles.map(({ light }, i) => `.c${i} { stroke: ${light} } .d${i} { fill: ${light} }`).join("\n")}
.paper { fill: #ffffff }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.grid, .frame { stroke: #e6edf3 }
${styles.map(({ dark }, i) => `.c${i} { stroke: ${dark} } .d${i} { fill: ${dark} }`).join("\n")}
.paper { fill: #0d1117 }
}`

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const text = (x: number, y: number, content: string, attributes = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(content)}</text>`

/** The bounds of positive numbers; they differ even for a single number. */
const bounds = (values: ReadonlyArray<number>): readonly [number, number] => {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return least < most ? [least, most] : [least / 2, most * 2]
}

/** The powers of ten within bounds. */
const tens = ([least, most]: readonly [number, number]): ReadonlyArray<number> => {
  const first = Math.ceil(Math.log10(least) - 1e-9)
  return Array.from({ length: Math.max(0, Math.floor(Math.log10(most) + 1e-9) - first + 1) }, (_, i) => 10 ** (first + i))
}

const powerOf = ({ exponent }: Curve, what: string): string => (exponent === undefined ? "" : ` ∝ ${what}^${exponent.toFixed(2)}`)

/** A power of ten milliseconds, without trailing zeros. */
const printTen = (milliseconds: number): string => printTime(milliseconds).replace(/\.0+ /u, " ")

const drawPanel = (growth: Growth, contenders: ReadonlyArray<string>, times: readonly [number, number]): string => {
  const curves = growth.curves.filter(({ points }) => points.length > 0)
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ size }) => size)))].toSorted((a, b) => a - b)
  const x = scaleLog(bounds(sizes), [0, panel.width])
  const y = scaleLog(times, [panel.height, 0])
  const path = line<Curve["points"][number]>(
    ({ size }) => x(size),
    ({ milliseconds }) => y(milliseconds),
  )
  const grid = tens(times).map(
    (time) =>
      `<path class="grid" d="M0 ${y(time).toFixed(1)}H${panel.width}"/>${text(-8, y(time) + 4, printTen(time), 'text-anchor="end"')}`,
  )
  // If there are many sizes, every other one has a label, the largest always.
  const step = sizes.length > 9 ? 2 : 1
  const ticks = sizes.map(
    (size, i) =>
      `<path class="grid" d="M${x(size).toFixed(1)} 0V${panel.height}"/>${(sizes.length - 1 - i) % step === 0 ? text(x(size), panel.height + 18, String(size), 'text-anchor="middle"') : ""}`,
  )
  const drawn = curves.map(({ contender, points }) => {
    const i = contenders.indexOf(contender) % styles.length
    const dots = points.map(
      ({ milliseconds, size }) => `<circle class="d${i}" cx="${x(size).toFixed(1)}" cy="${y(milliseconds).toFixed(1)}" r="3"/>`,
    )
    return `<path class="curve c${i}" stroke-dasharray="${styles[i]?.dash}" d="${path([...points]) ?? ""}"/>${dots.join("")}`
  })
  const powers = curves.map((curve, i) => {
    const style = contenders.indexOf(curve.contender) % styles.length
    const top = panel.height + 64 + i * 17
    return `<path class="curve c${style}" stroke-dasharray="${styles[style]?.dash}" d="M0 ${top - 4}h28"/>${text(36, top, `${curve.contender}${powerOf(curve, growth.with)}`)}`
  })
  return [
    text(0, -10, `by ${growth.with}`, 'class="name"'),
    ...grid,
    ...ticks,
    `<rect class="frame" width="${panel.width}" height="${panel.height}"/>`,
    text(panel.width / 2, panel.height + 38, growth.with, 'text-anchor="middle"'),
    ...drawn,
    ...powers,
  ].join("\n")
}

/** The picture as SVG; undefined without growth rows. `title` says what was measured, where and when. */
export const draw = (growths: ReadonlyArray<Growth>, title: string): string | undefined => {
  const drawable = growths.filter(({ curves }) => curves.some(({ points }) => points.length > 0))
  if (drawable.length === 0) return undefined
  const contenders = [...new Set(drawable.flatMap(({ curves }) => curves.map(({ contender }) => contender)))]
  const times = bounds(
    drawable.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map((point) => point.milliseconds))),
  )
  const width = margin.left + drawable.length * panel.width + (drawable.length - 1) * panel.gap + margin.right
  const height = margin.top + panel.height + margin.bottom + 17 * Math.max(0, contenders.length - 3)
  const panels = drawable.map(
    (growth, i) =>
      `<g transform="translate(${margin.left + i * (panel.width + panel.gap)} ${margin.top})">\n${drawPanel(growth, contenders, times)}\n</g>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${css}</style>
<rect class="paper" width="${width}" height="${height}"/>
${text(margin.left, 24, title, 'class="title"')}
${text(-(margin.top + panel.height / 2), 14, "time of a step", 'transform="rotate(-90)" text-anchor="middle"')}
${panels.join("\n")}
</svg>
`
}
