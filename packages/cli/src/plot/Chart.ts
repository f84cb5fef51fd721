/** A chart of one panel: lines and bars over axes, linear or logarithmic. */
import { type Axis, domainOf, type Figure, type Mark, type Point } from "./Figure.ts"
import * as Svg from "./Svg.ts"

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

/** A domain that holds all numbers. Bars begin at 0, or at a whole power of ten. */
const domain = (all: ReadonlyArray<number>, isLog: boolean, hasBars: boolean): Axis["domain"] => {
  const usable = all.filter((x) => Number.isFinite(x) && (!isLog || x > 0))
  if (!isLog) return hasBars ? [Math.min(0, ...usable), Math.max(...usable, 0) * 1.05 || 1] : domainOf(usable)
  const [low, high] = usable.length === 0 ? [0.1, 1] : [Math.min(...usable), Math.max(...usable)]
  if (hasBars) return [10 ** (Math.ceil(Math.log10(low)) - 1), 10 ** Math.ceil(Math.log10(high))]
  return low === high ? [low / 2, high * 2] : [low / 1.1, high * 1.1]
}

const axis = (label: string, own: Axis["domain"], isLog: boolean): Axis => ({
  ...(label === "" ? {} : { label }),
  domain: own,
  ...(isLog ? { log: true } : {}),
})

/** The picture of a chart. Bars stand side by side, those of names around the middle of their name. */
export const figure = (chart: Chart): Figure => {
  const { band, logX = false, logY = false, mark, names, series, title } = chart
  const isDrawn = ([x, y]: Point): boolean => Number.isFinite(x) && Number.isFinite(y) && (!logX || x > 0) && (!logY || y > 0)
  const all = series.flatMap(({ points }) => points).filter(isDrawn)
  const bars = series.filter(({ kind }) => kind === "bars")
  const ends = [...all.map(([x]) => x), ...(band ?? []), ...(mark === undefined ? [] : [mark.at])]
  const y = domain(
    all.map(([, value]) => value),
    logY,
    bars.length > 0,
  )
  const slot = 0.8 / Math.max(1, bars.length)
  const base = logY ? y[0] : 0
  const markOf = (own: Series, tone: number): Mark => {
    const points = own.points.filter(isDrawn)
    if (own.kind === "line") return { kind: "line", points, tone, label: own.name }
    const from = 0.1 + bars.indexOf(own) * slot
    return {
      kind: "bars",
      tone,
      label: own.name,
      bars: points.map(
        ([x, value]) =>
          [
            [x + from, base],
            [x + from + slot, value],
          ] as const,
      ),
    }
  }
  const usual = axis(chart.x, domain(ends, logX, false), logX)
  return {
    kind: "panels",
    title,
    description: `${title}: ${series.map(({ name }) => name).join(", ")}.`,
    columns: 1,
    panels: [
      {
        x: names === undefined ? usual : { label: chart.x, domain: [0, Math.max(1, names.length)], names },
        y: axis(chart.y, y, logY),
        height: 280,
        marks: [
          ...(band === undefined
            ? []
            : [
                {
                  kind: "bars" as const,
                  tone: "good" as const,
                  opacity: 0.15,
                  bars: [
                    [
                      [band[0], y[0]],
                      [band[1], y[1]],
                    ] as const,
                  ],
                },
              ]),
          ...series.map(markOf),
          ...(mark === undefined ? [] : [{ kind: "rule" as const, axis: "x" as const, ...mark }]),
        ],
      },
    ],
  }
}

/** The picture of a chart, as SVG. */
export const svg = (chart: Chart): string => Svg.svg(figure(chart))
