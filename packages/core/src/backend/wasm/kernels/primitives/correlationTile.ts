/**
 * The tiles of a correlation: neighbouring positions by columns, summed at once over a block of terms. They lie along the last axis of
 * space, and at its two edges, where windows reach over, along the axis before.
 */
import type * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i32, type Local, select } from "../../assembler/Value.ts"
import { at } from "./Operation.ts"
import {
  type AddProducts,
  addPairs,
  addProducts,
  balanced,
  clearTile,
  type RegisterTile,
  tileRows,
  tileVectors,
  unrolled,
  writeTile,
} from "./registerTile.ts"
import { type Axis, allTaps, type Count, eachPosition, type Position, sourceAt, tapsAt, targetAt } from "./slidingWindow.ts"

/** Where the elements of a correlation are. */
export interface Layout {
  /** Channels of a column's terms at each tap. */
  readonly depth: number
  readonly groups: number
  /** Whether each column has one channel of its own, instead of all channels of the group. */
  readonly apart: boolean
  /** Bytes between neighbours along each axis of space, at least two of them. */
  readonly sourceStrides: Shape.Shape
  readonly targetStrides: Shape.Shape
  /** Taps of the window from one along each axis to the next. */
  readonly tapStrides: Shape.Shape
}

/** What one call computes: for the columns of a panel, all positions of an image, over all terms or those of a block. */
export interface Panel {
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

/** The most channels of a few taps whose steps are written out. */
const fewSteps = 8

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
    const together = unrolled(code)
    const looped = length < 2 * together ? 0 : length - (length % together)
    if (looped > 0) {
      const end = code.let(i32.add(weights, looped * row))
      emitSteps(code, run, from, weights, end, together)
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
  // Blocks end at multiples of four channels.
  const steps = depth % 2 === 1 ? 1 : depth % 4 === 0 ? unrolled(code) : 2
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
    } else if (axis === last && block === undefined && typeof end === "number" && end * depth <= fewSteps)
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

/** Computes the columns of a panel. */
export const emitPanel = (panel: Panel): void => {
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
