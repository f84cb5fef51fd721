/** Pictures as SVG: axes, ticks, legends; colours follow whether the reader's screen is light or dark. */
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import { scaleLinear, scaleLog } from "d3-scale"
import type { Axis, Figure, Mark, Panel, Tile, Tone } from "./Figure.ts"
import { palette, rules, tones } from "./Style.ts"

/** Text as SVG and HTML have it, without characters that could do anything. */
export const escaped = (text: string): string =>
  printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const round = (x: number): string => String(Math.round(x * 100) / 100)

/** A minus sign, where a hyphen would stand before a number. */
const minus = (text: string): string => text.replace(/^-/, "−")

/** The width of a text in pixels, about. */
const widthOf = (text: string, size = 12): number => [...text].length * size * 0.56

/** A text without its end, where it is wider than a number of pixels. */
const cut = (text: string, width: number, size = 12): string => {
  const most = Math.max(2, Math.floor(width / (size * 0.56)))
  const letters = [...text]
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join("")}…`
}

const colour = (tone: Tone): string => `var(--${typeof tone === "number" ? `tone${tone % tones}` : tone})`

/** A rectangle in pixels. */
interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

type Scale = (x: number) => number

/** Names beside an axis take at most so many pixels. */
const widestName = 150

/** A number without the letters of units. */
const plainly = (x: number): string => {
  const size = Math.abs(x)
  return x !== 0 && (size < 1e-4 || size >= 1e6) ? x.toExponential(0) : String(Number(x.toPrecision(3)))
}

/** Over more decades a logarithmic axis has only powers of ten: the texts of others would lie on each other. */
const widest = 3

/** The numbers of an axis that are marked, as text. */
const ticksOf = (axis: Axis, [from, to]: readonly [number, number], apart = 64) => {
  const { domain, log, names, print } = axis
  const room = Math.abs(to - from)
  if (names !== undefined) {
    const scale: Scale = (x) => from + ((to - from) * (x - domain[0])) / (domain[1] - domain[0])
    return { scale, ticks: names.map((name, i) => ({ at: i + 0.5, text: printable(name) })) }
  }
  const count = Math.max(2, Math.floor(room / apart))
  const made = log === true ? scaleLog([...domain], [from, to]) : scaleLinear([...domain], [from, to])
  // Numbers of many digits have no room, and a number without its last digits would be another one.
  const size = Math.max(...domain.map(Math.abs))
  const usual = made.tickFormat(count, log !== true && (size >= 1e7 || size < 1e-4) ? "~e" : undefined)
  // Those that have no room are no text; of the others a logarithmic scale would write thousandths with a letter.
  const isWide = domain[1] / domain[0] > 10 ** widest
  const hasRoom = (x: number): boolean => (isWide ? Math.abs(Math.log10(x) - Math.round(Math.log10(x))) < 1e-9 : usual(x) !== "")
  const format = print ?? (log === true ? (x: number) => (hasRoom(x) ? plainly(x) : "") : usual)
  return {
    scale: ((x) => made(x)) satisfies Scale,
    ticks: made.ticks(count).flatMap((at) => {
      const text = minus(format(at))
      return text === "" ? [] : [{ at, text }]
    }),
  }
}

const line = (x1: number, y1: number, x2: number, y2: number, name: string, rest = ""): string =>
  `<line class="${name}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"${rest}/>`

const words = (x: number, y: number, text: string, rest = ""): string =>
  `<text x="${round(x)}" y="${round(y)}"${rest}>${escaped(text)}</text>`

const rect = ({ height, left, top, width }: Box, rest: string): string =>
  `<rect x="${round(left)}" y="${round(top)}" width="${round(Math.max(0, width))}" height="${round(Math.max(0, height))}"${rest}/>`

const between = (a: number, b: number) => ({ from: Math.min(a, b), size: Math.abs(b - a) })

/** The path of a line, broken where a number is not finite. */
const pathOf = (points: ReadonlyArray<readonly [number, number]>, x: Scale, y: Scale): string => {
  let isDrawing = false
  return points
    .map(([px, py]) => {
      const [left, top] = [x(px), y(py)]
      if (!Number.isFinite(left) || !Number.isFinite(top)) {
        isDrawing = false
        return ""
      }
      const text = `${isDrawing ? "L" : "M"}${round(left)},${round(top)}`
      isDrawing = true
      return text
    })
    .join("")
}

/** The grid shows through bars. */
const usualOpacity = 0.75

const drawers: {
  readonly [K in Mark["kind"]]: (
    mark: Extract<Mark, { readonly kind: K }>,
    x: Scale,
    y: Scale,
    box: Box,
    panel: Panel,
  ) => ReadonlyArray<string>
} = {
  line: ({ dashed, points, tone }, x, y) => [
    `<path class="line${dashed === true ? " dashed" : ""}" stroke="${colour(tone)}" d="${pathOf(points, x, y)}"/>`,
  ],
  dots: ({ points, radius = 2.5, tone }, x, y) => [
    `<g fill="${colour(tone)}" fill-opacity="${points.length > 60 ? 0.5 : 0.9}">`,
    ...points.flatMap(([px, py]) =>
      Number.isFinite(px) && Number.isFinite(py) ? [`<circle cx="${round(x(px))}" cy="${round(y(py))}" r="${radius}"/>`] : [],
    ),
    "</g>",
  ],
  bars: ({ bars, opacity = usualOpacity, tone }, x, y) => [
    `<g fill="${colour(tone)}" fill-opacity="${opacity}">`,
    ...bars.map(([[x0, y0], [x1, y1]]) => {
      const [across, down] = [between(x(x0), x(x1)), between(y(y0), y(y1))]
      return rect({ left: across.from, top: down.from, width: across.size, height: down.size }, "")
    }),
    "</g>",
  ],
  intervals: ({ rows, tone }, x, y) => [
    `<g stroke="${colour(tone)}" stroke-width="1.5">`,
    ...rows.map(([low, high], i) => line(x(low), y(i + 0.5), x(high), y(i + 0.5), "interval")),
    "</g>",
  ],
  rule: ({ at, axis, label }, x, y, { height, left, top, width }) => {
    const place = axis === "x" ? x(at) : y(at)
    if (axis === "y")
      return [
        line(left, place, left + width, place, "rule"),
        ...(label === undefined ? [] : [words(left + 6, place - 5, label, ' class="word"')]),
      ]
    const isRight = place > left + width / 2
    return [
      line(place, top, place, top + height, "rule"),
      ...(label === undefined
        ? []
        : [words(place + (isRight ? 4 : -4), top - 5, label, ` class="word" text-anchor="${isRight ? "end" : "start"}"`)]),
    ]
  },
  cells: ({ rows }, x, y) =>
    rows.flatMap((row, i) =>
      row.flatMap(({ shade, text, tone }, j) => {
        const [across, down] = [between(x(j), x(j + 1)), between(y(i), y(i + 1))]
        const [gap, width, height] = [across.size > 12 ? 1 : 0, across.size, down.size]
        const box = { left: across.from + gap / 2, top: down.from + gap / 2, width: width - gap, height: height - gap }
        const isShown = text !== "" && widthOf(text) < width && height > 13
        return [
          rect(box, ` fill="${colour(tone)}" fill-opacity="${round(Math.min(1, Math.max(0, shade)))}"`),
          ...(isShown
            ? [
                words(
                  across.from + width / 2,
                  down.from + height / 2 + 4,
                  text,
                  ` text-anchor="middle" class="word"${shade > 0.55 ? ' style="fill: var(--paper)"' : ""}`,
                ),
              ]
            : []),
        ]
      }),
    ),
  text: ({ at: [px, py], text }, x, y) => [words(x(px), y(py), text, ' class="word" text-anchor="middle"')],
}

const draw = (mark: Mark, x: Scale, y: Scale, box: Box, panel: Panel): ReadonlyArray<string> => {
  const drawer = drawers[mark.kind] as (mark: Mark, x: Scale, y: Scale, box: Box, panel: Panel) => ReadonlyArray<string>
  return drawer(mark, x, y, box, panel)
}

type Labelled = Exclude<Mark, { readonly kind: "rule" | "cells" | "text" | "intervals" }>

const keysOf = ({ marks }: Panel): ReadonlyArray<Labelled & { readonly label: string }> =>
  marks.flatMap((mark) => ("tone" in mark && "label" in mark && mark.label !== undefined ? [{ ...mark, label: mark.label }] : []))

const keyGap = 18
const keyMark = 24

/** The places of the words of a legend, on as many lines as they take. */
const legendOf = (panel: Panel, width: number) => {
  let [x, row] = [0, 0]
  const entries = keysOf(panel).map((mark) => {
    const text = cut(printable(mark.label), width - keyMark)
    const wide = keyMark + widthOf(text)
    if (x > 0 && x + wide > width) {
      x = 0
      row++
    }
    const place = { mark, text, x, row }
    x += wide + keyGap
    return place
  })
  return { entries, rows: entries.length === 0 ? 0 : row + 1 }
}

const keyOf = (mark: Labelled, x: number, y: number): string => {
  if (mark.kind === "line")
    return line(x, y - 4, x + 18, y - 4, `line${mark.dashed === true ? " dashed" : ""}`, ` stroke="${colour(mark.tone)}"`)
  if (mark.kind === "dots") return `<circle cx="${round(x + 9)}" cy="${round(y - 4)}" r="3.5" fill="${colour(mark.tone)}"/>`
  return rect({ left: x + 3, top: y - 10, width: 12, height: 12 }, ` fill="${colour(mark.tone)}" fill-opacity="0.75"`)
}

/** Numbers of an upright axis stand so many pixels apart, or further. */
const rowsApart = 36

/** The height of the area of marks. */
const usualHeight = 240

/** The room that a panel needs left of its marks. */
const gutterOf = ({ height = usualHeight, y }: Panel): number => {
  const texts = ticksOf(y, [height, 0], rowsApart).ticks.map(({ text }) => text)
  const most = y.names === undefined ? 90 : widestName
  return Math.min(most, Math.max(14, ...texts.map((text) => widthOf(text)))) + 10 + (y.label === undefined ? 0 : 20)
}

/** A panel laid out from a place on; its height depends on its legend and the room for names. */
const panelAt = (panel: Panel, left: number, top: number, width: number, gutter: number) => {
  const { isSquare, marks, title, x: xAxis, y: yAxis } = panel
  const legend = legendOf(panel, width - gutter)
  const head = (title === undefined ? 0 : 22) + legend.rows * 18 + 8
  const right = 14
  const inner = width - gutter - right
  const height = isSquare === true ? Math.min(inner, 360) : (panel.height ?? usualHeight)
  const own = isSquare === true ? height : inner
  const box: Box = { left: left + gutter, top: top + head, width: own, height }
  const x = ticksOf(xAxis, [box.left, box.left + box.width])
  const y = ticksOf(
    yAxis,
    yAxis.names === undefined ? [box.top + box.height, box.top] : [box.top, box.top + box.height],
    rowsApart,
  )
  const band = xAxis.names === undefined ? 0 : box.width / Math.max(1, xAxis.names.length)
  const longest = Math.max(0, ...(xAxis.names ?? []).map((name) => widthOf(printable(name))))
  // Names that have no room side by side are turned.
  const isTurned = xAxis.names !== undefined && longest > band - 4
  const foot = (isTurned ? Math.min(longest, 96) * 0.75 + 18 : 20) + (xAxis.label === undefined ? 4 : 22)
  const bottom = box.top + box.height
  const isGrid = xAxis.names === undefined || yAxis.names === undefined
  const xTick = ({ at, text }: { readonly at: number; readonly text: string }): ReadonlyArray<string> => {
    const place = x.scale(at)
    const grid = xAxis.names === undefined && isGrid ? [line(place, box.top, place, bottom, at === 0 ? "axis" : "grid")] : []
    if (!isTurned)
      return [...grid, words(place, bottom + 17, cut(text, xAxis.names === undefined ? 80 : band), ' text-anchor="middle"')]
    const short = cut(text, 96)
    return [
      words(
        place + 4,
        bottom + 14,
        short,
        ` text-anchor="end" transform="rotate(-45 ${round(place + 4)} ${round(bottom + 14)})"`,
      ),
    ]
  }
  // Of many turned names those that have room are shown.
  const every = isTurned ? Math.max(1, Math.ceil(15 / band)) : 1
  const rowBand = yAxis.names === undefined ? 99 : box.height / Math.max(1, yAxis.names.length)
  const everyRow = Math.max(1, Math.ceil(12 / rowBand))
  const lines = [
    ...(title === undefined ? [] : [words(left + gutter, top + 14, cut(printable(title), width - gutter, 13), ' class="panel"')]),
    ...legend.entries.flatMap(({ mark, row, text, x: at }) => {
      const y0 = top + (title === undefined ? 0 : 22) + row * 18 + 13
      return [keyOf(mark, box.left + at, y0), words(box.left + at + keyMark, y0, text, ' class="key"')]
    }),
    ...y.ticks.flatMap(({ at, text }, i) => {
      const place = y.scale(at)
      const grid =
        yAxis.names === undefined ? [line(box.left, place, box.left + box.width, place, at === 0 ? "axis" : "grid")] : []
      const room = gutter - 10 - (yAxis.label === undefined ? 0 : 20)
      return [...grid, ...(i % everyRow === 0 ? [words(box.left - 8, place + 4, cut(text, room), ' text-anchor="end"')] : [])]
    }),
    ...x.ticks.flatMap((tick, i) => (i % every === 0 ? xTick(tick) : [])),
    ...(xAxis.label === undefined
      ? []
      : [words(box.left + box.width / 2, bottom + foot - 4, cut(printable(xAxis.label), box.width), ' text-anchor="middle"')]),
    ...(yAxis.label === undefined
      ? []
      : [
          words(
            left + 12,
            box.top + box.height / 2,
            cut(printable(yAxis.label), box.height),
            ` text-anchor="middle" transform="rotate(-90 ${round(left + 12)} ${round(box.top + box.height / 2)})"`,
          ),
        ]),
    ...marks.flatMap((mark) => draw(mark, x.scale, y.scale, box, panel)),
  ]
  return { lines, height: head + box.height + foot }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

/** The height of a tile, as wide as its column but not enlarged beyond its pixels, without its words. */
const heightOf = ({ height, width }: Tile, size: number): number => Math.min(size, 2 * width) * (height / width)

const tileAt = (tile: Tile, left: number, top: number, size: number): ReadonlyArray<string> => {
  const { caption, png, width } = tile
  const [w, h] = [Math.min(size, 2 * width), heightOf(tile, size)]
  return [
    `<image x="${round(left + (size - w) / 2)}" y="${round(top)}" width="${round(w)}" height="${round(h)}" href="data:image/png;base64,${base64(png)}"/>`,
    ...caption.map((text, i) =>
      words(
        left + size / 2,
        top + h + 15 + i * 15,
        cut(printable(text), size + 14),
        ` text-anchor="middle"${i === 0 ? ' class="word"' : ""}`,
      ),
    ),
  ]
}

const outer = 16

/** The lines of a picture and its height. */
const bodyOf = (figure: Figure, width: number, top: number) => {
  const inner = width - 2 * outer
  if (figure.kind === "tiles") {
    const { columns, tiles } = figure
    const size = Math.floor(inner / columns) - 16
    const captions = Math.max(0, ...tiles.map(({ caption }) => caption.length))
    const step = Math.max(0, ...tiles.map((tile) => heightOf(tile, size))) + 12 + captions * 15 + 8
    const lines = tiles.flatMap((tile, i) =>
      tileAt(tile, outer + (i % columns) * (size + 16) + 8, top + Math.floor(i / columns) * step, size),
    )
    return { lines, height: Math.ceil(tiles.length / columns) * step }
  }
  const { columns, panels } = figure
  const gap = 20
  const own = (inner - gap * (columns - 1)) / columns
  // Panels below each other begin at the same place.
  const gutters = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...panels.filter((__, i) => i % columns === column).map(gutterOf)),
  )
  const lines: Array<string> = []
  let y = top
  for (let row = 0; row * columns < panels.length; row++) {
    const made = panels
      .slice(row * columns, (row + 1) * columns)
      .map((panel, i) => panelAt(panel, outer + i * (own + gap), y, own, gutters[i] ?? 0))
    lines.push(...made.flatMap((each) => each.lines))
    y += Math.max(...made.map(({ height }) => height)) + 14
  }
  return { lines, height: y - top }
}

/** Where a picture stands: a file of its own, or a page that has the style sheet of pictures and shows the title itself. */
export interface Place {
  readonly isEmbedded?: boolean
  readonly width?: number
}

/** A picture as SVG. */
export const svg = (figure: Figure, { isEmbedded = false, width = 760 }: Place = {}): string => {
  const top = isEmbedded ? 8 : 44
  const { height, lines } = bodyOf(figure, width, top)
  const all = Math.ceil(top + height + 4)
  const size = isEmbedded ? "" : ` width="${width}" height="${all}"`
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" class="figure" viewBox="0 0 ${width} ${all}"${size} role="img">`,
    `<title>${escaped(figure.title)}</title>`,
    `<desc>${escaped(figure.description)}</desc>`,
    ...(isEmbedded
      ? []
      : [
          `<style>${palette(".figure")}${rules}</style>`,
          `<rect width="${width}" height="${all}" fill="var(--paper)"/>`,
          words(outer, 28, cut(printable(figure.title), width - 2 * outer, 16), ' class="title"'),
        ]),
    ...lines,
    "</svg>",
  ].join("\n")}\n`
}
