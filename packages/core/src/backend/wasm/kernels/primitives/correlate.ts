/**
 * Sums of source elements times weights under windows that slide: a convolution, and its gradient for the input, which
 * is a convolution of the cotangent with the weights reversed.
 *
 * An element of the target is summed one product after the other: the positions of its window that lie within the source in
 * their order there, and in each the channels in theirs. Elements outside are left out, so that an infinite weight
 * there does not count. Tiles of four or eight neighbouring positions by eight or four columns are summed at once; they lie
 * along the last axis of space, and at its two edges, where windows reach over, along the axis before.
 */
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { multiplyAdd } from "../../assembler/numerics.ts"
import { f32x4, type I32, i32, type Local, select, v128 } from "../../assembler/Value.ts"
import { chunks, inBlocks, threadRange } from "../../threads/partition.ts"
import { bySize } from "../functionsBySize.ts"
import type { EmitContext } from "../loopNest.ts"
import { at, blocks, type EmitEpilogue, storeLanes } from "./Operation.ts"
import {
  type Axis,
  allTaps,
  type Count,
  eachPhase,
  eachPosition,
  flat,
  type Phases,
  type Position,
  sourceAt,
  tapsAt,
  targetAt,
} from "./slidingWindow.ts"

/** Where an array [n, …space, channels] begins, and its shape. */
interface Images {
  readonly address: number
  readonly shape: Shape.Shape
}

/** Copies the weights of some columns of a group to [taps, depth, lanes of whole vectors]. */
type Pack = (to: I32, group: I32, column: I32, width: number) => void

export interface Correlation {
  readonly source: Images
  readonly target: Images
  readonly pack: Pack
  /** The address of memory for packed weights, of as many bytes as `packedBytes` says. */
  readonly packed: I32
  readonly window: Shape.Shape
  readonly groups: number
  readonly phases: ReadonlyArray<Phases>
}

/** A correlation with the bytes between neighbours along each axis of space, at least two of them. */
interface Layout extends Correlation {
  readonly depth: number
  readonly columns: number
  readonly sourceStrides: Shape.Shape
  readonly targetStrides: Shape.Shape
  /** Taps of the window from one along each axis to the next. */
  readonly tapStrides: Shape.Shape
}

/** Columns of a tile. */
const tileColumns = 8

/** The most bytes of packed weights at once, so that they stay in the second-level cache. */
const mostPacked = 2 ** 18

/** Bytes of the packed weights of a tile's columns, for so many taps and channels. */
const panelBytes = (taps: number, depth: number): number => taps * depth * tileColumns * 4

/** Panels of weights that are packed at once, of so many columns. */
const panelsAtOnce = (taps: number, depth: number, columns: number): number =>
  Math.min(Math.ceil(columns / tileColumns), Math.max(1, Math.floor(mostPacked / panelBytes(taps, depth))))

/** Bytes of memory for packed weights, of so many taps, channels and columns of one group. */
export const packedBytes = (taps: number, depth: number, columns: number): number =>
  panelsAtOnce(taps, depth, columns) * panelBytes(taps, depth)

const layout = (correlation: Correlation): Layout => {
  const { groups, phases, source, target, window } = correlation
  const missing = phases.length < 2
  const full = (steps: Shape.Shape): Shape.Shape => (missing ? [0, ...steps] : steps)
  const steps = (shape: Shape.Shape): Shape.Shape =>
    full(
      Shape.strides(shape)
        .slice(1, -1)
        .map((n) => n * 4),
    )
  return {
    ...correlation,
    phases: missing ? [flat, ...phases] : phases,
    depth: (source.shape.at(-1) ?? 0) / groups,
    columns: (target.shape.at(-1) ?? 0) / groups,
    sourceStrides: steps(source.shape),
    targetStrides: steps(target.shape),
    tapStrides: full(Shape.strides(window)),
  }
}

/** Rows of a tile, by its vectors: eight sums, which hide each other's latency. */
const tileRows = (vectors: number): number => 8 / vectors

/** The steps of one tile's sum from one channel to the next. */
interface Run {
  readonly sums: ReadonlyArray<Local<"v128">>
  readonly rows: number
  readonly vectors: number
  /** Bytes between the tile's rows in the source, and between weights of one channel and the next. */
  readonly rowStride: number
  readonly weightRow: number
}

/** Adds the products of one channel to every sum. */
const addChannel = (code: Code, { rowStride, rows, sums, vectors, weightRow }: Run, p: I32, q: I32, step: number): void =>
  code.scope(() => {
    const right = Array.from({ length: vectors }, (_, v) => code.let(v128.load(q, step * weightRow + v * 16)))
    for (let r = 0; r < rows; r++)
      code.scope(() => {
        const left = code.let(v128.load32_splat(p, r * rowStride + step * 4))
        right.forEach((x, v) => {
          const sum = sums[r * vectors + v] as Local<"v128">
          code.set(sum, multiplyAdd(code, left, x, sum))
        })
      })
  })

/** Channels whose steps are written out one by one. */
const unroll = 4

/** Adds the products of `length` channels from `p` on with the weights from `q` on; `length` is whole times `depth`. */
const emitRun = (code: Code, run: Run, p: I32, q: I32, length: Count, depth: number): void =>
  code.scope(() => {
    const [from, weights] = [code.let(p), code.let(q)]
    const once = depth % 4 === 0 ? 4 : depth % 2 === 0 ? 2 : 1
    const steps = typeof length === "number" ? unroll : once
    const whole = typeof length === "number" ? length - (length % steps) : length
    if (whole === steps) {
      for (let i = 0; i < steps; i++) addChannel(code, run, from, weights, i)
      code.set(from, i32.add(from, steps * 4))
      code.set(weights, i32.add(weights, steps * run.weightRow))
    } else if (whole !== 0) {
      const end = code.let(at(from, [whole, 4]))
      code.forAddress(from, end, steps * 4, (here) => {
        for (let i = 0; i < steps; i++) addChannel(code, run, here, weights, i)
        code.set(weights, i32.add(weights, steps * run.weightRow))
      })
      code.set(from, end)
    }
    if (typeof length === "number" && typeof whole === "number")
      for (let i = 0; i < length - whole; i++) addChannel(code, run, from, weights, i)
  })

/** The parts of a tile's emit context that all tiles of a panel share. */
interface Panel {
  readonly code: Code
  readonly layout: Layout
  readonly axes: ReadonlyArray<Axis>
  /** The source's first channel of the group, and the target's first column of the tile. */
  readonly source: I32
  readonly target: I32
  readonly width: number
}

/** One tile of `rows` positions from `positions` on, neighbours along one axis: all of them have the taps of the first. */
const emitTile = (panel: Panel, positions: ReadonlyArray<Position>, along: number, rows: number): void => {
  const { axes, code, layout, width } = panel
  const { depth, groups, packed, sourceStrides, tapStrides, targetStrides } = layout
  const vectors = Math.ceil(width / 4)
  const ts = positions.map(({ t }) => t)
  const rowStride = (axes[along]?.move ?? 0) * (sourceStrides[along] ?? 0)
  const sums = Array.from({ length: rows * vectors }, () => code.let(f32x4.const(0)))
  const run: Run = { sums, rows, vectors, rowStride, weightRow: vectors * 16 }
  const weightStrides = tapStrides.map((n) => n * depth * run.weightRow)
  const last = axes.length - 1
  const columnStride = sourceStrides[last] ?? 0
  const rounds = (axis: number, p: I32, q: I32): void => {
    const { spread = 1, weightStride = 1 } = axes[axis] ?? {}
    const { end = 0, start = 0 } = positions[axis]?.taps ?? {}
    const [pStride, qStride] = [spread * (sourceStrides[axis] ?? 0), weightStride * (weightStrides[axis] ?? 0)]
    // Where taps are contiguous both in the source and in the weights they are one run.
    if (axis === last && groups === 1 && spread === 1 && weightStride === 1) {
      const taps = typeof start === "number" && typeof end === "number" ? end - start : i32.sub(at(0, [end, 1]), start)
      const length = typeof taps === "number" ? taps * depth : i32.mul(taps, depth)
      emitRun(code, run, at(p, [start, columnStride]), at(q, [start, qStride]), length, depth)
    } else
      code.for(start, end, 1, (j) => {
        const [here, there] = [at(p, [j, pStride]), at(q, [j, qStride])]
        if (axis === last) emitRun(code, run, here, there, depth, depth)
        else rounds(axis + 1, code.let(here), code.let(there))
      })
  }
  rounds(
    0,
    code.let(sourceAt(panel.source, axes, ts, sourceStrides)),
    code.let(at(packed, ...axes.map(({ weight }, axis) => [weight, weightStrides[axis] ?? 0] as const))),
  )
  const out = code.let(targetAt(panel.target, axes, ts, targetStrides))
  const outStride = (axes[along]?.step ?? 0) * (targetStrides[along] ?? 0)
  for (let r = 0; r < rows; r++)
    for (let v = 0; v < vectors; v++)
      storeLanes(code, out, sums[r * vectors + v] as Local<"v128">, width - v * 4, r * outStride + v * 16)
}

/** Runs `body` for the positions of an axis whose taps all lie in the source, some at a time. */
const inTiles = (code: Code, axis: Axis, size: number, body: (position: Position, rows: number) => void): void => {
  const { innerEnd, innerStart } = axis
  const one = (t: I32, rows: number): void => body({ t, taps: allTaps(axis) }, rows)
  if (typeof innerStart === "number" && typeof innerEnd === "number") {
    blocks(code, innerEnd - innerStart, size, (i, rows) => one(code.let(i32.add(i, innerStart)), rows))
    return
  }
  const whole = code.let(i32.sub(innerEnd, i32.and(i32.sub(innerEnd, innerStart), size - 1)))
  code.for(innerStart, whole, size, (t) => one(t, size))
  code.for(whole, innerEnd, 1, (t) => one(t, 1))
}

/** Runs `body` for the other positions of an axis. */
const atEdges = (code: Code, axis: Axis, body: (position: Position) => void): void => {
  const { count, innerEnd, innerStart } = axis
  if (innerStart === 0 && innerEnd === count) return
  const inner = code.let(i32.sub(innerEnd, innerStart))
  code.for(0, i32.sub(count, inner), 1, (i) => {
    const t = code.let(select(i32.lt_s(i, innerStart), i, i32.add(i, inner)))
    body({ t, taps: tapsAt(code, axis, t) })
  })
}

const emitPanel = (panel: Panel): void => {
  const { axes, code, width } = panel
  const [x, y] = [axes.length - 1, axes.length - 2]
  const [columns, rows] = [axes[x] as Axis, axes[y] as Axis]
  const size = tileRows(Math.ceil(width / 4))
  eachPosition(code, axes.slice(0, y), (outer) => {
    eachPosition(code, [rows], ([row]) => {
      if (row !== undefined) inTiles(code, columns, size, (column, n) => emitTile(panel, [...outer, row, column], x, n))
    })
    atEdges(code, columns, (column) => {
      inTiles(code, rows, size, (row, n) => emitTile(panel, [...outer, row, column], y, n))
      atEdges(code, rows, (row) => emitTile(panel, [...outer, row, column], x, 1))
    })
  })
}

/** Writes the kernel. */
export const emitCorrelation = (context: EmitContext, correlation: Correlation, epilogue?: EmitEpilogue): void => {
  const { code, team } = context
  const full = layout(correlation)
  const { columns, depth, groups, pack, packed, source, target, window } = full
  const [sourceImage, targetImage] = [source, target].map(({ shape }) => Shape.size(shape.slice(1)) * 4) as [number, number]
  const images = target.shape[0] ?? 0
  const taps = Shape.size(window)
  const atOnce = panelsAtOnce(taps, depth, columns) * tileColumns
  // The columns of a group need not be whole vectors: the epilogue waits for the last group.
  const byRegion = epilogue !== undefined && groups === 1
  // Threads share the images, or blocks of columns where there are few.
  const few = team.threads > 1 && images < 2 * team.threads && columns >= tileColumns * team.threads
  const byColumns = few && (epilogue === undefined || byRegion)
  const imagePart = byColumns ? { start: 0, end: images } : threadRange(code, team, images)
  const columnPart = byColumns ? threadRange(code, team, columns, tileColumns) : { start: 0, end: columns }
  const areAll = !byColumns && columns <= atOnce
  const ofImage = bySize((width) =>
    context.module.func(`columns ${width}`, { params: ["i32", "i32", "i32"] }, (own, [from, to, weights]) =>
      eachPhase(own, full.phases, (axes) =>
        emitPanel({ code: own, layout: { ...full, packed: weights }, axes, source: from, target: to, width }),
      ),
    ),
  )
  code.for(0, groups, 1, (group) =>
    inBlocks(code, columnPart, columns, atOnce, (left, right) => {
      const panels = (body: (column: I32, width: number, weights: I32) => void): void =>
        chunks(code, { start: left, end: right }, columns, tileColumns, (column, width) => {
          const panel = i32.div_u(i32.sub(column, left), tileColumns)
          body(column, width, code.let(at(packed, [panel, panelBytes(taps, depth)])))
        })
      panels((column, width, weights) => pack(weights, group, column, width))
      code.for(imagePart.start, imagePart.end, 1, (image) => {
        const from = code.let(at(source.address, [image, sourceImage], [group, depth * 4]))
        const to = code.let(at(target.address, [image, targetImage], [group, columns * 4]))
        panels((column, width, weights) => code.call(ofImage(width), from, at(to, [column, 4]), weights))
        if (byRegion) epilogue({ indices: [image], columns: areAll ? undefined : { start: left, end: right } })
      })
    }),
  )
  if (epilogue !== undefined && !byRegion) code.for(imagePart.start, imagePart.end, 1, (image) => epilogue({ indices: [image] }))
}
