/**
 * Draws the screen of a terminal as an SVG: reads the bytes that a program wrote to a terminal. It supports what progress
 * output needs: colours, weights, returning to the start of a line, and erasing it.
 *
 *     script -qec "stty cols 90; npx pnpm@12 demo" /dev/null | node scripts/terminal-picture.ts 12-41 > docs/pictures/demo.svg
 *
 * The lines in the argument, counted from 1, are replaced by ⋮.
 */
import { text } from "node:stream/consumers"
import { pathToFileURL } from "node:url"

/** The style of a character, with CSS colours. */
interface Look {
  readonly colour: string | undefined
  readonly ground: string | undefined
  readonly bold: boolean
  readonly faint: boolean
}

interface Cell {
  readonly character: string
  readonly look: Look
}

/** The screen: lines of cells, from the top. */
export type Screen = ReadonlyArray<ReadonlyArray<Cell>>

const paper = "#0d1117"
const ink = "#e6edf3"
const palette = ["#484f58", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#b1bac4"]
const bright = ["#6e7681", "#ffa198", "#aff5b4", "#f2cc60", "#a5d6ff", "#e2c5ff", "#b3f0ff", "#ffffff"]

/** A colour from red, green and blue. */
const mixed = (shares: ReadonlyArray<number>): string =>
  `#${shares.map((share) => Math.min(255, share).toString(16).padStart(2, "0")).join("")}`

/** One of the 256 numbered colours: 16 with names, a cube of six steps a side, 24 greys. */
const numbered = (n: number): string => {
  if (n < 16) return [...palette, ...bright][n] ?? ink
  const grey = 8 + 10 * (n - 232)
  if (n >= 232) return mixed([grey, grey, grey])
  const level = (place: number): number => [0, 95, 135, 175, 215, 255][Math.floor((n - 16) / place) % 6] ?? 0
  return mixed([36, 6, 1].map(level))
}

const plain: Look = { colour: undefined, ground: undefined, bold: false, faint: false }

/** The change of each code of an escape sequence. */
const changes: ReadonlyMap<number, Partial<Look>> = new Map<number, Partial<Look>>([
  [0, plain],
  [1, { bold: true }],
  [2, { faint: true }],
  [22, { bold: false, faint: false }],
  [39, { colour: undefined }],
  [49, { ground: undefined }],
  ...[...palette, ...bright].flatMap((colour, i): ReadonlyArray<readonly [number, Partial<Look>]> => {
    const code = i < 8 ? i : i + 52
    return [
      [30 + code, { colour }],
      [40 + code, { ground: colour }],
    ]
  }),
])

/** The look after a sequence of codes; 38 and 48 take the colour from the codes that follow. */
const repainted = (look: Look, [code, ...rest]: ReadonlyArray<number>): Look => {
  if (code === undefined) return look
  if (code !== 38 && code !== 48) return repainted({ ...look, ...changes.get(code) }, rest)
  const [kind, ...values] = rest
  const colour = kind === 2 ? mixed(values.slice(0, 3)) : numbered(values[0] ?? 0)
  return repainted({ ...look, ...(code === 38 ? { colour } : { ground: colour }) }, values.slice(kind === 2 ? 3 : 1))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is read here
const token = /\u001b\[([?\d;]*)([A-Za-z])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\r\n\b]|[^\u0000-\u001f\u007f]/gu

/** The final screen of an output. */
export const screen = (output: string): Screen => {
  const lines: Array<Array<Cell>> = [[]]
  let look = plain
  let [row, column] = [0, 0]
  const line = (): Array<Cell> => {
    while (lines.length <= row) lines.push([])
    return lines[row] ?? []
  }
  const put = (at: number, cell: Cell): void => {
    const cells = line()
    while (cells.length < at) cells.push({ character: " ", look: plain })
    cells[at] = cell
  }
  const erase: { readonly [part: string]: () => void } = {
    "": () => void line().splice(column),
    0: () => void line().splice(column),
    2: () => void line().splice(0),
  }
  const commands: { readonly [letter: string]: (parameters: string) => void } = {
    m: (codes) => {
      look = repainted(look, codes.split(";").map(Number))
    },
    K: (part) => erase[part]?.(),
    A: (n) => {
      row = Math.max(0, row - Number(n || 1))
    },
    G: (n) => {
      column = Number(n || 1) - 1
    },
  }
  for (const [found, parameters, letter] of output.matchAll(token)) {
    if (letter !== undefined) commands[letter]?.(parameters ?? "")
    else if (found === "\n") {
      row++
      column = 0
      line()
    } else if (found === "\r") column = 0
    else if (found === "\b") column = Math.max(0, column - 1)
    else if (!found.startsWith("\u001b")) put(column++, { character: found, look })
  }
  const end = lines.findLastIndex((cells) => cells.some(({ character }) => character !== " "))
  return lines.slice(0, end + 1)
}

/** The screen with ⋮ in place of the lines from one to another, counted from 1. */
export const folded = (shown: Screen, from: number, to: number): Screen =>
  shown.toSpliced(
    from - 1,
    to - from + 1,
    [..."    ⋮"].map((character) => ({ character, look: { ...plain, faint: true } })),
  )

const cell = { width: 8.4, height: 18 } as const
const margin = 16

const number = (x: number): string => String(Number(x.toFixed(2)))

/** Text escaped for SVG, where repeated spaces would collapse. */
const escaped = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0")

/** The rectangle that a block character fills, as fractions of its cell. Fonts leave gaps between block characters. */
const block = (
  character: string,
): { readonly x: number; readonly y: number; readonly w: number; readonly h: number } | undefined => {
  const code = (character.codePointAt(0) ?? 0) - 0x2580
  if (code === 0) return { x: 0, y: 0, w: 1, h: 0.5 }
  if (code >= 1 && code <= 8) return { x: 0, y: 1 - code / 8, w: 1, h: code / 8 }
  if (code >= 9 && code <= 15) return { x: 0, y: 0, w: (16 - code) / 8, h: 1 }
  return code === 16 ? { x: 0.5, y: 0, w: 0.5, h: 1 } : undefined
}

const rectangle = (x: number, y: number, w: number, h: number, attributes: string): string =>
  `<rect x="${number(x)}" y="${number(y)}" width="${number(w)}" height="${number(h)}" ${attributes}/>`

/** Whether two cells belong to one run of text; a block character is drawn alone. */
const joins = (a: Cell, b: Cell): boolean =>
  [a, b].every(({ character }) => block(character) === undefined) &&
  (Object.keys(plain) as ReadonlyArray<keyof Look>).every((key) => a.look[key] === b.look[key])

/** Runs of a line with the same style. */
const runs = (cells: ReadonlyArray<Cell>): ReadonlyArray<Cell & { readonly from: number; readonly length: number }> => {
  const out: Array<Cell & { readonly from: number; readonly length: number }> = []
  for (const [from, cell] of cells.entries()) {
    const last = out.at(-1)
    if (last !== undefined && joins(last, cell))
      out[out.length - 1] = { ...last, character: last.character + cell.character, length: last.length + 1 }
    else out.push({ ...cell, from, length: 1 })
  }
  return out
}

const drawn = (cells: ReadonlyArray<Cell>, row: number): string => {
  const top = margin + row * cell.height
  return runs(cells)
    .map(({ character, from, length, look }) => {
      const left = margin + from * cell.width
      const width = length * cell.width
      const fill = `fill="${look.colour ?? ink}"${look.faint ? ' opacity="0.6"' : ""}`
      const ground = look.ground === undefined ? "" : rectangle(left, top, width, cell.height, `fill="${look.ground}"`)
      const part = block(character)
      if (part !== undefined) {
        const { h, w, x, y } = part
        const place = [left + x * cell.width, top + y * cell.height, w * cell.width, h * cell.height] as const
        return `${ground}${rectangle(...place, fill)}`
      }
      const shown = character.trim()
      if (shown === "") return ground
      const x = left + (character.length - character.trimStart().length) * cell.width
      const place = `x="${number(x)}" y="${number(top + 13)}" textLength="${number([...shown].length * cell.width)}"`
      return `${ground}<text ${place} ${fill}${look.bold ? ' font-weight="700"' : ""}>${escaped(shown)}</text>`
    })
    .join("")
}

/** The screen as an SVG, as wide as its longest line. */
export const picture = (shown: Screen): string => {
  const columns = Math.max(0, ...shown.map(({ length }) => length))
  const [width, height] = [2 * margin + columns * cell.width, 2 * margin + shown.length * cell.height].map(number)
  const font = `font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${font}>`,
    `<title>${escaped(shown[0]?.map(({ character }) => character).join("") ?? "")}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${paper}"/>`,
    `<g shape-rendering="crispEdges">`,
    ...shown.map(drawn).filter((line) => line !== ""),
    "</g>",
    "</svg>",
    "",
  ].join("\n")
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const shown = screen(await text(process.stdin))
  const [, from, to] = /^(\d+)-(\d+)$/.exec(process.argv[2] ?? "") ?? []
  process.stdout.write(picture(from === undefined ? shown : folded(shown, Number(from), Number(to))))
}
