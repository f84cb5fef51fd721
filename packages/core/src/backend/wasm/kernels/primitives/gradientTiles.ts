/**
 * How the result of a convolution's gradient for its kernel is cut into tiles, and how threads share them. A tile is a few
 * rows of [...window, channels, filters], seen as a matrix of rows of filters, by the filters that registers hold.
 */
import type * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { i32, type Local } from "../../assembler/Value.ts"
import { lastAlone, type Range, threadRange } from "../../threads/partition.ts"
import type { EmitContext } from "../loopNest.ts"
import { blocks, type Operand } from "./Operation.ts"
import { balanced, tileRows } from "./registerTile.ts"
import { type Axis, type Count, positionsOf, type Taps } from "./slidingWindow.ts"

/** The operands of a gradient, and their layout in memory. */
export interface Gradient {
  readonly context: EmitContext
  readonly x: Operand
  readonly cotangent: Operand
  readonly out: Operand
  readonly groups: number
  /** Whether each filter has one channel of its own, instead of all channels of the group. */
  readonly apart: boolean
  /** The input's channels for each filter of one group, and these filters. */
  readonly channels: number
  readonly filters: number
  /** The most filters of a tile. */
  readonly columns: number
  /** The axes of space, at least two. */
  readonly axes: ReadonlyArray<Axis>
  readonly window: Shape.Shape
  /** Bytes between neighbours along each axis of space, and from one tap along each axis to the next. */
  readonly xStrides: Shape.Shape
  readonly tapStrides: Shape.Shape
}

/** The region of the result that a thread computes. */
export interface Region {
  readonly groups: Range
  /** Whole blocks of filters; all of them, and the rest, where threads do not share them. */
  readonly filters: Range | undefined
  /** Taps along the last axis, and along the one before. */
  readonly taps: Range
  readonly lines: Range
}

/** All of the result. */
export const everything = ({ groups, window }: Gradient): Region => ({
  groups: { start: 0, end: groups },
  filters: undefined,
  taps: { start: 0, end: window.at(-1) ?? 1 },
  lines: { start: 0, end: window.at(-2) ?? 1 },
})

/**
 * Threads share groups, blocks of filters, taps or lines of taps: the first of these of which there are enough, otherwise those of
 * which there are most. `undefined` where there is one of each.
 */
export const regionOf = (gradient: Gradient, byTaps: boolean): Region | undefined => {
  const { columns, filters, groups, context, window } = gradient
  const { code, team } = context
  const all = everything(gradient)
  if (team.shares === 1) return all
  const [lines = 1, taps = 1] = window.slice(-2)
  const whole = filters - (filters % columns)
  const ways: ReadonlyArray<{ readonly pieces: number; readonly region: () => Partial<Region> }> = [
    { pieces: groups, region: () => ({ groups: threadRange(code, team, groups) }) },
    { pieces: whole / columns, region: () => ({ filters: threadRange(code, team, whole, columns) }) },
    { pieces: byTaps ? taps : 0, region: () => ({ taps: threadRange(code, team, taps) }) },
    { pieces: lines, region: () => ({ lines: threadRange(code, team, lines) }) },
  ]
  const most = Math.max(...ways.map(({ pieces }) => pieces))
  const way = ways.find(({ pieces }) => pieces >= Math.min(team.shares, most))
  return most === 1 || way === undefined ? undefined : { ...all, ...way.region() }
}

/** Runs `body` for the blocks of filters of a region. */
export const eachFilters = (
  { columns, filters, context }: Gradient,
  region: Region,
  body: (filter: Local<"i32">, width: number) => void,
): void => {
  const { code, team } = context
  if (region.filters === undefined) {
    blocks(code, filters, columns, (filter, width) => body(code.let(filter), width))
    return
  }
  const rest = filters % columns
  code.for(region.filters.start, region.filters.end, columns, (filter) => body(filter, columns))
  if (rest > 0) lastAlone(code, team, () => body(code.let(i32.const(filters - rest)), rest))
}

/** Neighbouring rows of the result: channels of one tap, or of several taps along the last axis. */
export interface Rows {
  /** The first row's tap along the last axis, and its channel. */
  readonly tap: Count
  readonly channel: Count
  /** Bytes in the input from the first row's element to each row's. */
  readonly steps: ReadonlyArray<number>
  /** The positions along the last axis that all rows take part in. */
  readonly positions: Taps
  /** The rows that take part in the positions before and after. */
  readonly before: ReadonlyArray<Edge>
  readonly after: ReadonlyArray<Edge>
}

/** A position that only some rows of a tile take part in. */
export interface Edge {
  readonly position: number
  readonly rows: ReadonlyArray<boolean>
}

/** How the rows of the result are cut into tiles of so many vectors. */
export interface Cut {
  readonly byTaps: boolean
  readonly rows: (code: Code, vectors: number, taps: Range, body: (rows: Rows) => void) => void
}

/** Tiles of one tap's channels. */
export const byChannels = ({ axes, channels }: Gradient): Cut => ({
  byTaps: true,
  rows: (code, vectors, taps, body) =>
    code.for(taps.start, taps.end, 1, (tap) => {
      const positions = positionsOf(code, axes.at(-1) as Axis, tap)
      balanced(code, 0, channels, tileRows(code, vectors), (channel, count) => {
        const steps = Array.from({ length: count }, (_, r) => r * 4)
        body({ tap, channel, steps, positions, before: [], after: [] })
      })
    }),
})

/** The most positions that are written out one by one. */
const fewPositions = 16

/** The most channels of which one tap alone does not fill a tile. */
const fewChannels = 4

/** Tiles over several taps, for inputs of few channels; not where the rows of a tile have few positions in common. */
export const overTaps = ({ axes, channels, groups, context, window, xStrides }: Gradient): Cut | undefined => {
  const axis = axes.at(-1) as Axis
  const taps = window.at(-1) ?? 1
  if (channels > fewChannels || groups > 1 || taps > fewPositions) return undefined
  const all = Array.from({ length: taps * channels }, (_, row) => {
    const tap = Math.floor(row / channels)
    return {
      tap,
      channel: row % channels,
      ...(positionsOf(context.code, axis, tap) as { readonly start: number; readonly end: number }),
    }
  })
  const tile = (first: number, count: number): Rows => {
    const rows = all.slice(first, first + count)
    const { channel = 0, tap = 0 } = rows[0] ?? {}
    const starts = rows.map(({ start }) => start)
    const ends = rows.map(({ end }) => end)
    const [start, end] = [Math.max(...starts), Math.min(...ends)]
    const edges = (from: number, to: number): ReadonlyArray<Edge> =>
      Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i).map((position) => ({
        position,
        rows: rows.map((row) => row.start <= position && position < row.end),
      }))
    return {
      tap,
      channel,
      steps: rows.map((row) => (row.tap - tap) * axis.spread * (xStrides.at(-1) ?? 0) + (row.channel - channel) * 4),
      positions: { start, end },
      before: edges(Math.min(...starts), start),
      after: edges(end, Math.max(...ends)),
    }
  }
  const tiles = (vectors: number): ReadonlyArray<Rows> => {
    const count = tileRows(context.code, vectors)
    return Array.from({ length: Math.ceil(all.length / count) }, (_, i) => tile(i * count, count))
  }
  const fits = ({ after, before, positions }: Rows): boolean =>
    (positions.start as number) <= (positions.end as number) && after.length + before.length <= fewPositions
  if (![1, 2, 4].every((vectors) => tiles(vectors).every(fits))) return undefined
  return {
    byTaps: false,
    rows: (code, vectors, _, body) => {
      for (const rows of tiles(vectors)) code.scope(() => body(rows))
    },
  }
}
