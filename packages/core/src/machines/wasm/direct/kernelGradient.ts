/**
 * The gradient of a convolution for its kernel. Each element is summed one product after the other, over the images in
 * their order, and in each over the output's places in theirs; places where the element lay in the padding are left out.
 *
 * Tiles of channels by filters are summed at once over some rows of one image, which stay in the nearest cache while
 * every tile is taken a bit further; in between the sums stand in the result.
 */
import * as Shape from "../../../words/Shape.ts"
import type { Code } from "../Code.ts"
import type { Site } from "../loops.ts"
import { firstAlone, lastAlone, type Range, share } from "../share.ts"
import { f32x4, type I32, i32, type Local, select, v128 } from "../Value.ts"
import { type Axis, type Count, eachPlace, flat, forward, type Place, type Taps } from "./sliding.ts"
import { at, blocks, type Direct, input, type Operand, sizeOf, storeLanes } from "./step.ts"

/** The places of the target at which a tap lies in the source, from `start` up to `end`. */
const placesOf = (code: Code, { count, first, move, size, spread }: Axis, tap: Count): Taps => {
  if (typeof tap === "number" && typeof first === "number" && typeof count === "number") {
    const corner = first + spread * tap
    const start = Math.max(0, Math.ceil(-corner / move))
    return { start, end: Math.max(start, Math.min(count, Math.ceil((size - corner) / move))) }
  }
  const corner = code.let(at(0, [first, 1], [tap, spread]))
  const start = code.let(select(i32.lt_s(corner, 0), i32.div_s(i32.sub(move - 1, corner), move), i32.const(0)))
  const left = code.let(i32.div_s(i32.sub(size + move - 1, corner), move))
  const all = at(0, [count, 1])
  const end = select(i32.ge_s(corner, size), i32.const(0), select(i32.lt_s(left, all), left, all))
  return { start, end: code.let(end) }
}

/** Bytes of the cotangent that a block of rows takes: they and the input's rows stay in the first cache. */
const blockBytes = 2 ** 15

interface Gradient {
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
interface Share {
  readonly groups: Range
  /** Whole blocks of filters; all of them, and what is left over, where threads do not share them. */
  readonly filters: Range | undefined
  /** Taps along the last axis. */
  readonly taps: Range
}

/** Threads share groups, blocks of filters or taps: the first of them that there are enough of. */
const shareOf = ({ filters, groups, site, window }: Gradient, byTaps: boolean): Share | undefined => {
  const { code, crew } = site
  const taps = window.at(-1) ?? 1
  const whole = filters - (filters % 8)
  const all = { groups: { start: 0, end: groups }, filters: undefined, taps: { start: 0, end: taps } }
  if (crew.threads === 1) return all
  if (groups >= crew.threads) return { ...all, groups: share(code, crew, groups) }
  if (whole / 8 >= crew.threads) return { ...all, filters: share(code, crew, whole, 8) }
  return byTaps && taps >= crew.threads ? { ...all, taps: share(code, crew, taps) } : undefined
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
interface Rows {
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
interface Edge {
  readonly place: number
  readonly rows: ReadonlyArray<boolean>
}

/** How the rows of the result are cut into tiles, for tiles of some width. */
interface Cut {
  readonly byTaps: boolean
  readonly rows: (width: number, taps: Range, body: (rows: Rows) => void) => void
}

/** Tiles of one tap's channels. */
const byChannels = ({ axes, channels, site }: Gradient): Cut => ({
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
const overTaps = ({ axes, channels, groups, site, window, xSteps }: Gradient): Cut | undefined => {
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

type Sums = ReadonlyArray<Local<"v128">>

/** Adds to a tile's sums the products at the output's place at `q`, for the rows whose input is `steps` from `p`. */
const addPlace = ({ code }: Site, sums: Sums, steps: ReadonlyArray<number | undefined>, p: I32, q: I32): void =>
  code.scope(() => {
    const vectors = sums.length / steps.length
    const right = Array.from({ length: vectors }, (_, v) => code.let(v128.load(q, v * 16)))
    steps.forEach((step, r) => {
      if (step === undefined) return
      code.scope(() => {
        const left = code.let(v128.load32_splat(p, step))
        right.forEach((value, v) => {
          const sum = sums[r * vectors + v] as Local<"v128">
          code.set(sum, f32x4.add(sum, f32x4.mul(left, value)))
        })
      })
    })
  })

/** Adds all places of one row of the output; `p` and `q` are where place 0 would be. */
const addRow = ({ axes, cotangentSteps, site, xSteps }: Gradient, sums: Sums, rows: Rows, p: I32, q: I32): void => {
  const { code } = site
  const pStep = (axes.at(-1)?.move ?? 1) * (xSteps.at(-1) ?? 0)
  const qStep = cotangentSteps.at(-1) ?? 0
  const edge = ({ place, rows: taking }: Edge): void => {
    // Only from the first row that takes part on does the input lie in the array.
    const origin = rows.steps[taking.indexOf(true)] ?? 0
    const steps = rows.steps.map((step, r) => (taking[r] ? step - origin : undefined))
    if (taking.includes(true))
      addPlace(site, sums, steps, code.let(i32.add(p, place * pStep + origin)), code.let(i32.add(q, place * qStep)))
  }
  code.scope(() => {
    for (const one of rows.before) code.scope(() => edge(one))
    const { end, start } = rows.places
    const from = code.let(at(p, [start, pStep]))
    code.forAddress(at(q, [start, qStep]), at(q, [end, qStep]), qStep, (here) => {
      addPlace(site, sums, rows.steps, from, here)
      code.set(from, i32.add(from, pStep))
    })
    for (const one of rows.after) code.scope(() => edge(one))
  })
}

/** A tile of the result: some rows by up to eight filters. */
interface Tile {
  readonly rows: Rows
  readonly taps: ReadonlyArray<Count>
  readonly group: I32
  readonly filter: I32
  readonly width: number
  /** The address of its first element. */
  readonly address: I32
}

/** Runs `body` for a thread's tiles of the taps in these ranges along all axes but the last. */
const eachTile = (
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
const eachVector = ({ out }: Gradient, { rows, width }: Tile, each: (offset: number, i: number, lanes: number) => void): void => {
  const vectors = Math.ceil(width / 4)
  const row = (out.shape.at(-1) ?? 0) * 4
  for (let i = 0; i < rows.steps.length * vectors; i++)
    each(Math.floor(i / vectors) * row + (i % vectors) * 16, i, width - (i % vectors) * 4)
}

/** Takes a tile's sums on over a block of rows of the output. */
const addBlock = (gradient: Gradient, tile: Tile, image: I32, outer: ReadonlyArray<Place>, block: Taps): void => {
  const { axes, channels, cotangent, cotangentSteps, filters, site, x, xSteps } = gradient
  const { code } = site
  const y = axes.length - 2
  const sums: Array<Local<"v128">> = []
  eachVector(gradient, tile, (offset) => sums.push(code.let(v128.load(tile.address, offset))))
  const from = code.let(
    at(
      x.address,
      [image, sizeOf(x) / (x.shape[0] ?? 1)],
      [tile.group, channels * 4],
      [tile.rows.channel, 4],
      ...axes.flatMap(({ first, spread }, axis) => {
        const step = xSteps[axis] ?? 0
        return [[first, step] as const, [tile.taps[axis] ?? 0, spread * step] as const]
      }),
      ...outer.map(({ t }, axis) => [t, (axes[axis]?.move ?? 1) * (xSteps[axis] ?? 0)] as const),
    ),
  )
  const to = code.let(
    at(
      cotangent.address,
      [image, sizeOf(cotangent) / (cotangent.shape[0] ?? 1)],
      [tile.group, filters * 4],
      [tile.filter, 4],
      ...outer.map(({ t }, axis) => [t, cotangentSteps[axis] ?? 0] as const),
    ),
  )
  const { end, start } = placesOf(code, axes[y] as Axis, tile.taps[y] ?? 0)
  const later = (a: Count, b: Count): Count => (b === 0 ? a : select(i32.gt_s(at(0, [a, 1]), b), at(0, [a, 1]), at(0, [b, 1])))
  const sooner = (a: Count, b: Count): Count => select(i32.lt_s(at(0, [a, 1]), b), at(0, [a, 1]), at(0, [b, 1]))
  code.for(later(start, block.start), sooner(end, block.end), 1, (row) => {
    const p = code.let(at(from, [row, (axes[y]?.move ?? 1) * (xSteps[y] ?? 0)]))
    addRow(gradient, sums, tile.rows, p, code.let(at(to, [row, cotangentSteps[y] ?? 0])))
  })
  eachVector(gradient, tile, (offset, i, lanes) => storeLanes(code, tile.address, sums[i] as Local<"v128">, lanes, offset))
}

const emit = (gradient: Gradient, cut: Cut, part: Share): void => {
  const { axes, cotangentSteps, site, window, x } = gradient
  const { code } = site
  const rows = axes[axes.length - 2] as Axis
  const all = window.slice(0, -1).map((end) => ({ start: 0, end }))
  eachTile(gradient, cut, part, all, (tile) => {
    const zero = code.let(f32x4.const(0))
    eachVector(gradient, tile, (offset, _, lanes) => storeLanes(code, tile.address, zero, lanes, offset))
  })
  const most = Math.max(1, Math.floor(blockBytes / ((cotangentSteps.at(-2) ?? 0) || blockBytes)))
  code.for(0, x.shape[0] ?? 0, 1, (image) =>
    eachPlace(code, axes.slice(0, -2), (outer) => {
      const ranges = [...outer.map(({ taps }) => taps), all.at(-1) as Taps]
      const count = rows.count as number
      const block = (taps: Taps): void =>
        eachTile(gradient, cut, part, ranges, (tile) => addBlock(gradient, tile, image, outer, taps))
      if (count <= most) block({ start: 0, end: count })
      else code.for(0, count, most, (start) => block({ start, end: code.let(i32.add(start, most)) }))
    }),
  )
}

export const convKernelGrad: Direct<"convKernelGrad"> = {
  shared: true,
  work: (step) => 2 * Shape.size(input(step, 1).shape.slice(0, -1)),
  emit: (site, step) => {
    const { out, params } = step
    const [x, cotangent] = [input(step, 0), input(step, 1)]
    const phases = forward(x.shape.slice(1, -1), params.window, cotangent.shape.slice(1, -1), params)
    const missing = phases.length < 2
    const full = (list: Shape.Shape, extra: number): Shape.Shape => (missing ? [extra, ...list] : list)
    const steps = (shape: Shape.Shape, end: number): Shape.Shape => {
      const bytes = Shape.strides(shape).map((n) => n * 4)
      return bytes.slice(end === 1 ? 1 : 0, -end)
    }
    const [channels = 0, all = 0] = out.shape.slice(-2)
    const gradient: Gradient = {
      site,
      x,
      cotangent,
      out,
      groups: params.groups,
      channels,
      filters: all / params.groups,
      axes: (missing ? [flat, ...phases] : phases).flatMap(({ phases: [only], steps: own }) =>
        only ? [{ ...own, ...only }] : [],
      ),
      window: full(params.window, 1),
      xSteps: full(steps(x.shape, 1), 0),
      cotangentSteps: full(steps(cotangent.shape, 1), 0),
      tapSteps: full(steps(out.shape, 2), 0),
    }
    const cut = overTaps(gradient) ?? byChannels(gradient)
    const part = shareOf(gradient, cut.byTaps)
    if (part !== undefined) emit(gradient, cut, part)
    else {
      const everything = {
        groups: { start: 0, end: params.groups },
        filters: undefined,
        taps: { start: 0, end: gradient.window.at(-1) ?? 1 },
      }
      firstAlone(site.code, site.crew, () => emit(gradient, cut, everything))
    }
  },
}
