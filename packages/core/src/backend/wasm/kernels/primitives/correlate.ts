/**
 * Sums of source elements times weights under windows that slide: a convolution, and its gradient for the input, which
 * is a convolution of the cotangent with the weights reversed.
 *
 * The terms of a sum are the products of a window's taps in their order, and in each tap of its channels in theirs. A sum is
 * a cascade over them (`reference/sumOrder`): blocks of 256 terms, one product after the other, whose sums are summed in the same way.
 * Elements outside the source are left out, so that an infinite weight there does not count.
 *
 * Tiles of neighbouring positions by columns are summed at once, in as many registers as the host has; they lie along the
 * last axis of space, and at its two edges, where windows reach over, along the axis before. The sum of a block is added to those of the
 * blocks before, which are in the target; where 256 blocks make up a larger one, its sum is in scratch memory until it is complete.
 */
import { cascade, productBlock } from "../../../../reference/sumOrder.ts"
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import type { Lanes } from "../../assembler/lanes.ts"
import { f32x4, type I32, i32, type Local, select, v128 } from "../../assembler/Value.ts"
import { chunks, inBlocks, threadRange } from "../../threads/partition.ts"
import { bySize } from "../functionsBySize.ts"
import type { EmitContext } from "../loopNest.ts"
import { at, blocks, type EmitEpilogue, storeLanes } from "./Operation.ts"
import {
  type AddProducts,
  addPairs,
  addProducts,
  balanced,
  clearTile,
  mostColumns,
  type RegisterTile,
  tileBytes,
  tileRows,
  tileVectors,
  writeTile,
} from "./registerTile.ts"
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

/** Copies the weights of some columns of a group to [taps, depth, vectors]. */
export type Pack = (to: I32, group: I32, column: I32, width: number, vectors: number) => void

export interface Correlation {
  readonly source: Images
  readonly target: Images
  readonly pack: Pack
  /** The address of scratch memory, of as many bytes as `correlationBytes` says. */
  readonly scratch: I32
  readonly window: Shape.Shape
  readonly groups: number
  /** Whether each column has one channel of its own, instead of all channels of the group. */
  readonly apart: boolean
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

/** The most bytes of packed weights at once, so that they stay in the second-level cache. */
const mostPacked = 2 ** 18

/** Bytes of the packed weights of a tile's columns, for so many terms. */
const panelBytes = (lanes: Lanes, terms: number): number => terms * mostColumns(lanes) * 4

/** Panels of weights that are packed at once, for so many columns. */
const panelsAtOnce = (lanes: Lanes, terms: number, columns: number): number =>
  Math.min(Math.ceil(columns / mostColumns(lanes)), Math.max(1, Math.floor(mostPacked / panelBytes(lanes, terms))))

/** Bytes of the packed weights, whatever the lanes. */
const packedBytes = (terms: number, columns: number): number =>
  Math.max(...([128, 256] as const).map((lanes) => panelsAtOnce(lanes, terms, columns) * panelBytes(lanes, terms)))

/** The terms in the blocks that are made up of blocks. */
const upperLevels = (terms: number): ReadonlyArray<number> => cascade(terms, productBlock).slice(1)

const imageBytes = (shape: Shape.Shape): number => Shape.size(shape.slice(1)) * 4

/** Bytes of scratch memory for a correlation: packed weights of one group, a tile, and the sums of blocks that are not complete. */
export const correlationBytes = (target: Shape.Shape, terms: number, columns: number): number =>
  packedBytes(terms, columns) + tileBytes + upperLevels(terms).length * imageBytes(target)

const layout = (correlation: Correlation): Layout => {
  const { apart, groups, phases, source, target, window } = correlation
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
    depth: apart ? 1 : (source.shape.at(-1) ?? 0) / groups,
    columns: (target.shape.at(-1) ?? 0) / groups,
    sourceStrides: steps(source.shape),
    targetStrides: steps(target.shape),
    tapStrides: full(Shape.strides(window)),
  }
}

/** What one call computes: for the columns of a panel, all positions of an image, over all terms or those of a block. */
interface Panel {
  readonly code: Code
  readonly layout: Layout
  readonly axes: ReadonlyArray<Axis>
  /** The source's first channel of the group, and the target's first column of the tile. */
  readonly source: I32
  readonly target: I32
  readonly weights: I32
  readonly buffer: I32
  readonly width: number
  /** The weights of a block's terms, and whether its sums are added to those in the target; absent where all terms are one block. */
  readonly block: { readonly start: I32; readonly end: I32; readonly adds: I32 } | undefined
}

/** Channels whose steps are written out one by one. */
const unroll = 4

/** The most channels of a few taps whose steps are written out. */
const unrolled = 8

/** The steps of a tile's sum from one channel to the next. */
interface Run {
  readonly add: AddProducts
  readonly tile: RegisterTile
  /** Bytes from the tile's first row in the source to each row. */
  readonly lefts: ReadonlyArray<number>
}

/** Adds the products of a channel: `step` channels from `p` on, with as many rows of weights from `q` on. */
const emitStep = (code: Code, { add, lefts, tile }: Run, p: I32, q: I32, step: number, offset = 0): void =>
  add(
    code,
    tile,
    p,
    lefts.map((left) => left + step * 4),
    q,
    step * tile.vectors * 16 + offset,
  )

/** Adds the products of the channels from `p` on with the weights from `q` up to `end`, a multiple of `steps` of them. */
const emitSteps = (code: Code, run: Run, p: Local<"i32">, q: I32, end: I32, steps: number): void =>
  code.forAddress(q, end, steps * run.tile.vectors * 16, (weights) => {
    for (let i = 0; i < steps; i++) emitStep(code, run, p, weights, i)
    code.set(p, i32.add(p, steps * 4))
  })

/** Adds the products of `length` channels from `p` on with the weights from `q` on. */
const emitRun = (code: Code, run: Run, p: I32, q: I32, length: number): void =>
  code.scope(() => {
    const [from, weights] = [code.let(p), code.let(q)]
    const row = run.tile.vectors * 16
    const looped = length < 2 * unroll ? 0 : length - (length % unroll)
    if (looped > 0) {
      const end = code.let(i32.add(weights, looped * row))
      emitSteps(code, run, from, weights, end, unroll)
      code.set(weights, end)
    }
    for (let i = 0; i < length - looped; i++) emitStep(code, run, from, weights, i)
  })

/** One tile of `rows` positions from `positions` on, neighbours along one axis: all of them have the taps of the first. */
const emitTile = (panel: Panel, positions: ReadonlyArray<Position>, along: number, rows: number): void => {
  const { axes, block, buffer, code, layout, weights, width } = panel
  const { apart, depth, groups, sourceStrides, tapStrides, targetStrides } = layout
  const vectors = tileVectors(code.lanes, width)
  const row = vectors * 16
  const ts = positions.map(({ t }) => t)
  const rowStride = (axes[along]?.move ?? 0) * (sourceStrides[along] ?? 0)
  const tile = clearTile(code, rows, vectors)
  const run: Run = { add: apart ? addPairs : addProducts, tile, lefts: Array.from({ length: rows }, (_, r) => r * rowStride) }
  const weightStrides = tapStrides.map((n) => n * depth * row)
  const last = axes.length - 1
  const columnStride = sourceStrides[last] ?? 0
  const steps = depth % 4 === 0 ? 4 : depth % 2 === 0 ? 2 : 1
  /** Adds the products of `taps` taps' channels, or of those of them that are in the block. */
  const runOf = (p: I32, q: I32, taps: Count): void => {
    if (block === undefined && typeof taps === "number") emitRun(code, run, p, q, taps * depth)
    else
      code.scope(() => {
        const first = code.let(q)
        const end = at(first, [taps, depth * row])
        if (block === undefined) emitSteps(code, run, code.let(p), first, end, steps)
        else {
          const from = code.let(select(i32.gt_u(first, block.start), first, block.start))
          const limit = code.let(end)
          const to = code.let(select(i32.lt_u(limit, block.end), limit, block.end))
          emitSteps(code, run, code.let(i32.add(p, i32.div_u(i32.sub(from, first), row / 4))), from, to, steps)
        }
      })
  }
  const rounds = (axis: number, p: I32, q: I32): void => {
    const { spread = 1, weightStride = 1 } = axes[axis] ?? {}
    const { end = 0, start = 0 } = positions[axis]?.taps ?? {}
    const [pStride, qStride] = [spread * (sourceStrides[axis] ?? 0), weightStride * (weightStrides[axis] ?? 0)]
    // Where taps are contiguous both in the source and in the weights they are one run.
    if (axis === last && groups === 1 && !apart && spread === 1 && weightStride === 1) {
      const taps = typeof start === "number" && typeof end === "number" ? end - start : i32.sub(at(0, [end, 1]), start)
      runOf(at(p, [start, columnStride]), at(q, [start, qStride]), taps)
    } else if (axis === last && block === undefined && typeof end === "number" && end * depth <= unrolled)
      code.scope(() => {
        const [here, there] = [code.let(p), code.let(q)]
        for (let j = 0; j < end; j++) {
          const moved = { ...run, lefts: run.lefts.map((left) => left + j * pStride) }
          for (let c = 0; c < depth; c++) emitStep(code, moved, here, there, c, j * qStride)
        }
      })
    else
      code.for(start, end, 1, (j) => {
        const [here, there] = [at(p, [j, pStride]), at(q, [j, qStride])]
        if (axis === last) runOf(here, there, 1)
        else rounds(axis + 1, code.let(here), code.let(there))
      })
  }
  rounds(
    0,
    code.let(sourceAt(panel.source, axes, ts, sourceStrides)),
    code.let(at(weights, ...axes.map(({ weight }, axis) => [weight, weightStrides[axis] ?? 0] as const))),
  )
  writeTile(code, tile, code.let(targetAt(panel.target, axes, ts, targetStrides)), {
    columns: width,
    stride: (axes[along]?.step ?? 0) * (targetStrides[along] ?? 0),
    adds: block?.adds,
    buffer,
  })
}

/** Runs `body` for the positions of an axis whose taps all lie in the source, some at a time. */
const inTiles = (code: Code, axis: Axis, size: number, body: (position: Position, rows: number) => void): void => {
  const { innerEnd, innerStart } = axis
  const one = (t: I32, rows: number): void => body({ t, taps: allTaps(axis) }, rows)
  if (typeof innerStart === "number" && typeof innerEnd === "number") {
    balanced(code, innerStart, innerEnd, size, one)
    return
  }
  const end = at(0, [innerEnd, 1])
  const t = code.let(at(0, [innerStart, 1]))
  for (const rows of [size, 2, 1])
    code.for(i32.add(t, rows - 1), end, rows, () => {
      one(t, rows)
      code.set(t, i32.add(t, rows))
    })
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
  const size = tileRows(code, tileVectors(code.lanes, width))
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

/** Adds the sums of some columns in an image at `from` to those at `to`, or replaces them. */
const addSums = (code: Code, { columns, groups, target }: Layout, width: number, from: I32, to: I32, adds: I32): void => {
  const place = columns * groups * 4
  code.for(0, imageBytes(target.shape), place, (i) =>
    blocks(code, width, 4, (column, count) => {
      const offset = code.let(at(i, [column, 4]))
      const sum = code.let(v128.load(i32.add(from, offset)))
      const into = code.let(i32.add(to, offset))
      code.if(adds, () => code.set(sum, f32x4.add(v128.load(into), sum)))
      storeLanes(code, into, sum, count)
    }),
  )
}

/** Writes the kernel. */
export const emitCorrelation = (context: EmitContext, correlation: Correlation, epilogue?: EmitEpilogue): void => {
  const { code, module, team } = context
  const full = layout(correlation)
  const { apart, columns, depth, groups, pack, scratch, source, target, window } = full
  const [sourceImage, targetImage] = [imageBytes(source.shape), imageBytes(target.shape)]
  const images = target.shape[0] ?? 0
  const terms = Shape.size(window) * depth
  const most = mostColumns(code.lanes)
  const atOnce = panelsAtOnce(code.lanes, terms, columns) * most
  // The columns of a group need not be whole vectors: the epilogue waits for the last group.
  const byRegion = epilogue !== undefined && groups === 1
  // Threads share the images, or blocks of columns where there are few.
  const few = team.threads > 1 && images < 2 * team.threads && columns >= most * team.threads
  const byColumns = few && (epilogue === undefined || byRegion)
  const imagePart = byColumns ? { start: 0, end: images } : threadRange(code, team, images)
  const columnPart = byColumns ? threadRange(code, team, columns, most) : { start: 0, end: columns }
  const areAll = !byColumns && columns <= atOnce
  const buffer = code.let(i32.add(scratch, packedBytes(terms, columns)))
  const levels = upperLevels(terms)
  const incomplete = levels.map((_, level) => code.let(i32.add(buffer, tileBytes + level * targetImage)))
  const isOneBlock = terms <= productBlock
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const
  const ofImage = bySize((width) =>
    module.func(`columns ${width}`, { params }, (own, [from, to, weights, tile, start, end, adds]) =>
      eachPhase(own, full.phases, (axes) =>
        emitPanel({
          code: own,
          layout: full,
          axes,
          source: from,
          target: to,
          weights,
          buffer: tile,
          width,
          block: isOneBlock ? undefined : { start, end, adds },
        }),
      ),
    ),
  )
  const sumsOf = bySize((width) =>
    module.func(`sums ${width}`, { params: ["i32", "i32", "i32"] }, (own, [from, to, adds]) =>
      addSums(own, full, width, from, to, adds),
    ),
  )
  /** Computes the columns of a panel in an image, over all terms. `offset` is where they begin, from the image's beginning. */
  const computeColumns = (from: I32, image: I32, offset: I32, weights: I32, width: number): void => {
    const row = tileVectors(code.lanes, width) * 16
    /** The terms from `start` up to `end`, block by block; the blocks of `level` are made up of those of the level below. */
    const sum = (level: number, start: I32, end: I32, to: I32): void =>
      code.for(start, end, (levels[level - 1] ?? productBlock) * row, (first) => {
        const next = code.let(i32.add(first, (levels[level - 1] ?? productBlock) * row))
        const last = code.let(select(i32.lt_u(next, end), next, end))
        const adds = code.let(i32.ne(first, start))
        if (level === 0) code.call(ofImage(width), from, to, weights, buffer, first, last, adds)
        else {
          const held = code.let(i32.add(incomplete[level - 1] as I32, offset))
          sum(level - 1, first, last, held)
          code.call(sumsOf(width), held, to, adds)
        }
      })
    const to = code.let(i32.add(image, offset))
    const end = code.let(i32.add(weights, terms * row))
    if (isOneBlock) code.call(ofImage(width), from, to, weights, buffer, 0, 0, 0)
    else sum(levels.length, weights, end, to)
  }
  code.for(0, groups, 1, (group) =>
    inBlocks(code, columnPart, columns, atOnce, (left, right) => {
      const panels = (body: (column: I32, width: number, weights: I32) => void): void =>
        chunks(code, { start: left, end: right }, columns, most, (column, width) => {
          const panel = i32.div_u(i32.sub(column, left), most)
          body(column, width, code.let(at(scratch, [panel, panelBytes(code.lanes, terms)])))
        })
      panels((column, width, weights) => pack(weights, group, column, width, tileVectors(code.lanes, width)))
      code.for(imagePart.start, imagePart.end, 1, (image) => {
        const from = code.let(at(source.address, [image, sourceImage], [group, depth * 4]))
        const to = code.let(at(target.address, [image, targetImage]))
        panels((column, width, weights) => {
          const offset = code.let(at(0, [group, columns * 4], [column, 4]))
          computeColumns(apart ? code.let(i32.add(from, offset)) : from, to, offset, weights, width)
        })
        if (byRegion) epilogue({ indices: [image], columns: areAll ? undefined : { start: left, end: right } })
      })
    }),
  )
  if (epilogue !== undefined && !byRegion) code.for(imagePart.start, imagePart.end, 1, (image) => epilogue({ indices: [image] }))
}
