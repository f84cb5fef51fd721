// What an experiment is: a finding in one line, the numbers behind it, and a figure. Run as a program, an experiment prints its
// finding, and with a file name it draws its figure there:
//
//   node examples/experiments/dying-relu.ts dying-relu.svg
import { writeFileSync } from "node:fs"

/** A line of points. */
export interface Line {
  readonly name: string
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

/**
 * Lines over two axes, linear or logarithmic. A logarithmic axis leaves out what is not above 0. Points that are not finite, or
 * above `most`, are crosses at the upper edge.
 */
export interface Figure {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly lines: ReadonlyArray<Line>
  readonly logX?: boolean
  readonly logY?: boolean
  readonly most?: number
}

/** The result of an experiment. */
export interface Result<N = { readonly [name: string]: unknown }> {
  readonly finding: string
  readonly numbers: N
  readonly figure: Figure
}

/** A number with three digits. */
export const shown = (x: number): string =>
  x !== 0 && Number.isFinite(x) && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e5)
    ? x.toExponential(1).replace("e+", "e").replace(".0e", "e")
    : String(Number(x.toPrecision(3)))

/** A line of numbers, counted from 1. */
export const line = (name: string, values: ReadonlyArray<number>): Line => ({
  name,
  points: values.map((y, i) => [i + 1, y] as const),
})

const style = `svg { --paper: #fff; --ink: #1f2328; --grid: #d1d9e0; --a: #1f6feb; --b: #c2570c; --c: #1a7f37; --d: #8250df; --e: #bf3989; --f: #6e7781; --g: #9a6700 }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --grid: #30363d; --a: #58a6ff; --b: #f0883e; --c: #3fb950; --d: #bc8cff; --e: #f778ba; --f: #8b949e; --g: #d29922 }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink) } .title { font-weight: 600; font-size: 16px }
  polyline { fill: none; stroke-width: 2 } line { stroke: var(--grid) }`

const box = { left: 70, right: 700, top: 84, bottom: 330 }

/** About five round numbers between two. */
const roundOf = (low: number, high: number): ReadonlyArray<number> => {
  const size = (high - low || 1) / 5
  const decade = 10 ** Math.floor(Math.log10(size))
  const step = ([1, 2, 5].find((n) => n * decade >= size) ?? 10) * decade
  const first = Math.ceil(low / step - 1e-9)
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step)
}

/** At most six powers of ten between those of two exponents, or 1, 2 and 5 of each where these are few. */
const powersOf = (low: number, high: number): ReadonlyArray<number> => {
  const each = Math.max(1, Math.ceil((high - low) / 6))
  const decades = Array.from({ length: Math.floor(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i)
  const digits = high - low < 3 ? [1, 2, 5] : [1]
  return decades
    .filter((decade) => decade % each === 0)
    .flatMap((decade) => digits.map((digit) => digit * 10 ** decade))
    .filter((x) => Math.log10(x) >= low - 1e-9 && Math.log10(x) <= high + 1e-9)
}

/** From numbers to places between two ends, and the ends as numbers. */
const axis = (numbers: ReadonlyArray<number>, isLog: boolean, from: number, to: number) => {
  const scaled = numbers.filter((x) => Number.isFinite(x) && (!isLog || x > 0)).map((x) => (isLog ? Math.log10(x) : x))
  const [low, high] = [Math.min(...scaled), Math.max(...scaled)]
  const at = (x: number): number => from + (((isLog ? Math.log10(x) : x) - low) / (high - low || 1)) * (to - from)
  return { at, ticks: isLog ? powersOf(low, high) : roundOf(low, high) }
}

/** The picture of a figure; its colours follow whether the reader's screen is light or dark. */
export const svg = ({ lines, logX = false, logY = false, most = Number.MAX_VALUE, title, x, y }: Figure): string => {
  const points = lines.flatMap((each) => each.points)
  const isOut = ([, py]: readonly [number, number]) => !Number.isFinite(py) || py > most
  const across = axis(
    points.map(([px]) => px),
    logX,
    box.left,
    box.right,
  )
  const up = axis(
    points.filter((point) => !isOut(point)).map(([, py]) => py),
    logY,
    box.bottom,
    box.top,
  )
  const isDrawn = (point: readonly [number, number]) =>
    !isOut(point) && Number.isFinite(point[0]) && (!logX || point[0] > 0) && (!logY || point[1] > 0)
  const drawn = lines.map((each, i) => {
    const places = each.points.filter(isDrawn).map(([px, py]) => `${across.at(px).toFixed(1)},${up.at(py).toFixed(1)}`)
    const colour = `var(--${"abcdefg".charAt(i % 7)})`
    const [left, top] = [box.left + (i % 3) * 220, 48 + Math.floor(i / 3) * 18]
    const crosses = each.points
      .filter(isOut)
      .map(
        ([px]) =>
          `<text x="${across.at(px).toFixed(1)}" y="${box.top + 5}" text-anchor="middle" style="fill: ${colour}">×</text>`,
      )
    return `<polyline stroke="${colour}" points="${places.join(" ")}"/>${crosses.join("")}
<rect x="${left}" y="${top - 10}" width="12" height="12" fill="${colour}"/><text x="${left + 18}" y="${top}">${each.name}</text>`
  })
  const rows = up.ticks.map(
    (tick) =>
      `<line x1="${box.left}" x2="${box.right}" y1="${up.at(tick).toFixed(1)}" y2="${up.at(tick).toFixed(1)}"/><text x="${box.left - 8}" y="${(up.at(tick) + 4).toFixed(1)}" text-anchor="end">${shown(tick)}</text>`,
  )
  const columns = across.ticks.map(
    (tick) => `<text x="${across.at(tick).toFixed(1)}" y="${box.bottom + 20}" text-anchor="middle">${shown(tick)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 380" width="720" height="380" role="img">
<title>${title}</title>
<style>${style}</style>
<rect width="720" height="380" fill="var(--paper)"/>
<text class="title" x="${box.left}" y="24">${title}</text>
${[...rows, ...columns, ...drawn].join("\n")}
<text x="${box.left}" y="${box.bottom + 42}">↑ ${y}</text><text x="${box.right}" y="${box.bottom + 42}" text-anchor="end">${x} →</text>
</svg>
`
}

/** Draws a figure into the file that the command line names, if it names one. */
export const draw = (figure: Figure): void => {
  const [file] = process.argv.slice(2)
  if (file !== undefined) writeFileSync(file, svg(figure))
}

/** Prints the finding of an experiment, and draws its figure. */
export const show = async (experiment: () => Promise<Result>): Promise<void> => {
  const { figure, finding } = await experiment()
  console.log(finding)
  draw(figure)
}
