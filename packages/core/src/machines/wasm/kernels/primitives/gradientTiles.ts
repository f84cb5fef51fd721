/**
 * How the result of a convolution's gradient for its kernel is cut into tiles, and how threads share them. A tile is a few
 * rows of [...window, channels, filters], seen as a matrix of rows of filters, by up to eight filters.
 */
import type * as Shape from "../../../../words/Shape.ts"
import type { Site } from "../loopNest.ts"
import { lastAlone, type Range, share } from "../../threads/partition.ts"
import { type I32, i32 } from "../../assembler/Value.ts"
import { type Axis, type Count, placesOf, type Taps } from "./slidingWindow.ts"
import { at, blocks, type Operand } from "./Operation.ts"

/** What a gradient is computed from, and how it all lies in memory. */
export interface Gradient {
  readonly site: Site
  readonly x: Operand
  readonly cotangent: Operand
  readonly out: Operand
  readonly groups: number
  /** The input's channels and the filters of one group. */
  readonly channels: number
  readonly filters: number
  /** The axes of space, at least two. */
  readonly axes: ReadonlyArray<Axis>
  readonly window: Shape.Shape
  /** Bytes between neighbours along each axis of space, and from one tap along each axis to the next. */
  readonly xSteps: Shape.Shape
  readonly cotangentSteps: Shape.Shape
  readonly tapSteps: Shape.Shape
}

/** Rows of a tile of so many vectors: eight sums, which hide each other's latency. */
const tileRows = (width: number): number => 8 / Math.ceil(width / 4)

/** The parts of the result that a thread makes. */
export interface Share {
  readonly groups: Range
  /** Whole blocks of filters; all of them, and what is left over, where threads do not share them. */
  readonly filters: Range | undefined
  /** Taps along the last axis, and along the one before. */
  readonly taps: Range
  readonly lines: Range
}

/** All of the result. */
export const everything = ({ groups, window }: Gradient): Share => ({
  groups: { start: 0, end: groups },
  filters: undefined,
  taps: { start: 0, end: window.at(-1) ?? 1 },
  lines: { start: 0, end: window.at(-2) ?? 1 },
})

/**
 * Threads share groups, blocks of filters, taps or lines of taps: the first of them that there are enough of, else what there
 * is most of. `undefined` where there is one of each.
 */
export const shareOf = (gradient: Gradient, byTaps: boolean): Share | undefined => {
  const { filters, groups, site, window } = gradient
  const { code, crew } = site
  const all = everything(gradient)
  if (crew.threads === 1) return all
  const [lines = 1, taps = 1] = window.slice(-2)
  const whole = filters - (filters % 8)
  const ways: ReadonlyArray<{ readonly pieces: number; readonly part: () => Partial<Share> }> = [
    { pieces: groups, part: () => ({ groups: share(code, crew, groups) }) },
    { pieces: whole / 8, part: () => ({ filters: share(code, crew, whole, 8) }) },
    { pieces: byTaps ? taps : 0, part: () => ({ taps: share(code, crew, taps) }) },
    { pieces: lines, part: () => ({ lines: share(code, crew, lines) }) },
  ]
  const most = Math.max(...ways.map(({ pieces }) => pieces))
  const way = ways.find(({ pieces }) => pieces >= Math.min(crew.threads, most))
  return most === 1 || way === undefined ? undefined : { ...all, ...way.part() }
}

const eachFilters = ({ filters, site }: Gradient, part: Share, body: (filter: I32, width: number) => void): void => {
  const { code, crew } = site
  if (part.filters === undefined) {
    blocks(code, filters, 8, body)
    return
  }
  const rest = filters % 8
  code.for(part.filters.start, part.filters.end, 8, (filter) => body(filter, 8))
  if (rest > 0) lastAlone(code, crew, () => body(code.let(i32.const(filters - rest)), rest))
}

/** Neighbouring rows of the result: channels of one tap, or of several taps along the last axis. */
export interface Rows {
  /** The first row's tap along the last axis, and its channel. */
  readonly tap: Count
  readonly channel: Count
  /** Bytes in the input from the first row's element to each row's. */
  readonly steps: ReadonlyArray<number>
  /** The places along the last axis that all rows take part in. */
  readonly places: Taps
  /** The rows that take part in the places before and after. */
  readonly before: ReadonlyArray<Edge>
  readonly after: ReadonlyArray<Edge>
}

/** A place that only some rows of a tile take part in. */
export interface Edge {
  readonly place: number
  readonly rows: ReadonlyArray<boolean>
}

/** How the rows of the result are cut into tiles, for tiles of some width. */
export interface Cut {
  readonly byTaps: boolean
  readonly rows: (width: number, taps: Range, body: (rows: Rows) => void) => void
}

/** Tiles of one tap's channels. */
export const byChannels = ({ axes, channels, site }: Gradient): Cut => ({
  byTaps: true,
  rows: (width, taps, body) =>
    site.code.for(taps.start, taps.end, 1, (tap) => {
      const places = placesOf(site.code, axes.at(-1) as Axis, tap)
      blocks(site.code, channels, tileRows(width), (channel, count) => {
        const steps = Array.from({ length: count }, (_, r) => r * 4)
        body({ tap, channel, steps, places, before: [], after: [] })
      })
    }),
})

/** The most places that are written out one by one. */
const fewPlaces = 16

/** Tiles over several taps, for inputs of a channel or two; not where the rows of a tile have few places in common. */
export const overTaps = ({ axes, channels, groups, site, window, xSteps }: Gradient): Cut | undefined => {
  const axis = axes.at(-1) as Axis
  const taps = window.at(-1) ?? 1
  if (channels > 2 || groups > 1 || taps > fewPlaces) return undefined
  const all = Array.from({ length: taps * channels }, (_, row) => {
    const tap = Math.floor(row / channels)
    return {
      tap,
      channel: row % channels,
      ...(placesOf(site.code, axis, tap) as { readonly start: number; readonly end: number }),
    }
  })
  const tile = (first: number, count: number): Rows => {
    const rows = all.slice(first, first + count)
    const { channel = 0, tap = 0 } = rows[0] ?? {}
    const starts = rows.map(({ start }) => start)
    const ends = rows.map(({ end }) => end)
    const [start, end] = [Math.max(...starts), Math.min(...ends)]
    const edges = (from: number, to: number): ReadonlyArray<Edge> =>
      Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i).map((place) => ({
        place,
        rows: rows.map((row) => row.start <= place && place < row.end),
      }))
    return {
      tap,
      channel,
      steps: rows.map((row) => (row.tap - tap) * axis.spread * (xSteps.at(-1) ?? 0) + (row.channel - channel) * 4),
      places: { start, end },
      before: edges(Math.min(...starts), start),
      after: edges(end, Math.max(...ends)),
    }
  }
  const tiles = (width: number): ReadonlyArray<Rows> => {
    const count = tileRows(width)
    return Array.from({ length: Math.ceil(all.length / count) }, (_, i) => tile(i * count, count))
  }
  const fits = ({ after, before, places }: Rows): boolean =>
    (places.start as number) <= (places.end as number) && after.length + before.length <= fewPlaces
  if (![4, 8].every((width) => tiles(width).every(fits))) return undefined
  return {
    byTaps: false,
    rows: (width, _, body) => {
      for (const rows of tiles(width)) site.code.scope(() => body(rows))
    },
  }
}

/** A tile of the result: some rows by up to eight filters. */
export interface Tile {
  readonly rows: Rows
  readonly taps: ReadonlyArray<Count>
  readonly group: I32
  readonly filter: I32
  readonly width: number
  /** The address of its first element. */
  readonly address: I32
}

/** Runs `body` for a thread's tiles of the taps in these ranges along all axes but the last. */
export const eachTile = (
  gradient: Gradient,
  cut: Cut,
  part: Share,
  ranges: ReadonlyArray<Taps>,
  body: (tile: Tile) => void,
  taps: ReadonlyArray<Count> = [],
): void => {
  const { filters, out, site, tapSteps } = gradient
  const { code } = site
  const [range, ...inner] = ranges
  if (range !== undefined) {
    code.for(range.start, range.end, 1, (tap) => eachTile(gradient, cut, part, inner, body, [...taps, tap]))
    return
  }
  const row = (out.shape.at(-1) ?? 0) * 4
  code.for(part.groups.start, part.groups.end, 1, (group) =>
    eachFilters(gradient, part, (filter, width) =>
      cut.rows(width, part.taps, (rows) => {
        const all = [...taps, rows.tap]
        const address = at(
          out.address,
          ...all.map((tap, axis) => [tap, tapSteps[axis] ?? 0] as const),
          [rows.channel, row],
          [group, filters * 4],
          [filter, 4],
        )
        body({ rows, taps: all, group, filter, width, address: code.let(address) })
      }),
    ),
  )
}

/** Calls `each` with the byte offset of every vector of a tile, its number and how many of its lanes count. */
export const eachVector = (
  { out }: Gradient,
  { rows, width }: Tile,
  each: (offset: number, i: number, lanes: number) => void,
): void => {
  const vectors = Math.ceil(width / 4)
  const row = (out.shape.at(-1) ?? 0) * 4
  for (let i = 0; i < rows.steps.length * vectors; i++)
    each(Math.floor(i / vectors) * row + (i % vectors) * 16, i, width - (i % vectors) * 4)
}
