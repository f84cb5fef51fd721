/**
 * The gradient of a convolution for its kernel. The terms of a sum are the products at the output's positions, image by image and
 * in each in their order. A sum is a cascade over them (`reference/sumOrder`): blocks of 256 terms, one product after the other, whose
 * sums are summed in the same way. Positions where the element lay in the padding are left out, but counted.
 *
 * All tiles of the result, channels by filters, advance over one block before the next, so that its positions stay in
 * the caches. The sum of a block is added to those of the blocks before, which are in the result; where 256 blocks make up a larger one,
 * its sum is in scratch memory until it is complete.
 */
import { cascade, productBlock } from "../../../../reference/sumOrder.ts"
import * as Shape from "../../../../types/Shape.ts"
import { bytesOf } from "../../../../types/ShapeError.ts"
import type { Code } from "../../assembler/Code.ts"
import { f32x4, type I32, i32, select, v128 } from "../../assembler/Value.ts"
import { firstAlone } from "../../threads/partition.ts"
import { bySize } from "../functionsBySize.ts"
import type { EmitContext } from "../loopNest.ts"
import {
  byChannels,
  type Cut,
  type Edge,
  eachFilters,
  everything,
  type Gradient,
  overTaps,
  type Region,
  type Rows,
  regionOf,
} from "./gradientTiles.ts"
import { at, input, type Operation, type PrimitiveKernel, storeLanes } from "./Operation.ts"
import {
  addPairs,
  addProducts,
  clearTile,
  mostColumns,
  type RegisterTile,
  tileBytes,
  tileVectors,
  writeTile,
} from "./registerTile.ts"
import { type Axis, type Count, flat, forward, positionsOf, type Taps } from "./slidingWindow.ts"
import { space } from "./windowPositions.ts"

const larger = (a: I32, b: I32): I32 => select(i32.gt_s(a, b), a, b)

const smaller = (a: I32, b: I32): I32 => select(i32.lt_s(a, b), a, b)

const counted = (count: Count): I32 => (typeof count === "number" ? i32.const(count) : count)

/** The positions of one output's row, and how many of the axes' positions there are. */
const rowLength = ({ axes }: Gradient): number => axes.at(-1)?.count as number

const positionCount = ({ axes }: Gradient): number => axes.reduce((product, { count }) => product * (count as number), 1)

/** Positions whose products are written out one by one. */
const unroll = 4

/** What one call computes: some filters of the result, over the terms of a block. */
interface Panel {
  readonly gradient: Gradient
  readonly code: Code
  readonly cut: Cut
  readonly width: number
  readonly first: I32
  readonly last: I32
  /** The input's first channel of the group; where the cotangents of term 0 would be; and the result's first filter. */
  readonly x: I32
  readonly cotangents: I32
  readonly out: I32
  /** Bytes from the cotangents of one term to those of the next. */
  readonly termStride: number
  readonly taps: Taps
  readonly lines: Taps
  readonly buffer: I32
  readonly adds: I32 | undefined
}

/** Adds the positions of one row of the output that are in the block; `p` and `q` are where position 0 would be. */
const addRow = (panel: Panel, tile: RegisterTile, rows: Rows, p: I32, q: I32, block: Taps | undefined): void => {
  const { code, gradient, termStride } = panel
  const { apart, axes, xStrides } = gradient
  const add = apart ? addPairs : addProducts
  const pStride = (axes.at(-1)?.move ?? 1) * (xStrides.at(-1) ?? 0)
  const edge = ({ position, rows: taking }: Edge): void => {
    // The input is inside the array only from the first row that takes part.
    const origin = rows.steps[taking.indexOf(true)] ?? 0
    const steps = rows.steps.map((step, r) => (taking[r] ? step - origin : undefined))
    const once = (): void => {
      // Position 0 may lie before the memory.
      const [left, right] = [code.let(i32.add(p, position * pStride + origin)), code.let(i32.add(q, position * termStride))]
      add(code, tile, left, steps, right)
    }
    if (!taking.includes(true)) return
    if (block === undefined) code.scope(once)
    else code.if(i32.and(i32.le_s(counted(block.start), position), i32.gt_s(counted(block.end), position)), once)
  }
  code.scope(() => {
    for (const one of rows.before) edge(one)
    const start = code.let(counted(rows.positions.start))
    const end = code.let(counted(rows.positions.end))
    if (block !== undefined) {
      code.set(start, larger(start, counted(block.start)))
      code.set(end, smaller(end, counted(block.end)))
    }
    const left = code.let(at(p, [start, pStride]))
    const right = code.let(at(q, [start, termStride]))
    const stop = code.let(at(q, [end, termStride]))
    const steps = (count: number): void =>
      code.forAddress(i32.add(right, (count - 1) * termStride), stop, count * termStride, () => {
        for (let i = 0; i < count; i++) {
          const lefts = rows.steps.map((step) => step + i * pStride)
          add(code, tile, left, lefts, right, i * termStride)
        }
        code.set(left, i32.add(left, count * pStride))
        code.set(right, i32.add(right, count * termStride))
      })
    steps(unroll)
    steps(1)
    for (const one of rows.after) edge(one)
  })
}

/** Adds the terms of the block that are in one image; `p` and `q` are where position 0 of all axes would be. */
const addImage = (panel: Panel, tile: RegisterTile, taps: ReadonlyArray<Count>, rows: Rows, image: I32): void => {
  const { code, gradient, last, first, termStride } = panel
  const { axes, x, xStrides } = gradient
  const [count, length] = [positionCount(gradient), rowLength(gradient)]
  const begun = code.let(i32.mul(image, count))
  const [from, to] = [code.let(i32.sub(first, begun)), code.let(i32.sub(last, begun))]
  const p = code.let(
    at(
      panel.x,
      [image, bytesOf(x) / (x.shape[0] ?? 1)],
      [rows.channel, 4],
      ...axes.flatMap(({ first: corner, spread }, axis) => {
        const step = xStrides[axis] ?? 0
        return [[corner, step] as const, [taps[axis] ?? 0, spread * step] as const]
      }),
    ),
  )
  const q = code.let(at(panel.cotangents, [begun, termStride]))
  // Rows whose length divides a block's never lie in two of them.
  const isWhole = productBlock % length === 0 || count * (x.shape[0] ?? 1) <= productBlock
  const visit = (axis: number, left: I32, right: I32, term: I32): void => {
    const { count: extent, move } = axes[axis] as Axis
    const inner = axes.slice(axis + 1).reduce((product, { count: n }) => product * (n as number), 1)
    if (axis === axes.length - 1) {
      const block = isWhole ? undefined : { start: code.let(i32.sub(from, term)), end: code.let(i32.sub(to, term)) }
      addRow(panel, tile, rows, left, right, block)
      return
    }
    const { end, start } = positionsOf(code, axes[axis] as Axis, taps[axis] ?? 0)
    const one = (t: I32): void =>
      visit(
        axis + 1,
        code.let(at(left, [t, move * (xStrides[axis] ?? 0)])),
        code.let(at(right, [t, inner * termStride])),
        code.let(at(term, [t, inner])),
      )
    if ((extent as number) === 1) {
      code.for(start, end, 1, one)
      return
    }
    // Indices before the first one round to 0 or below it.
    const earliest = larger(counted(start), i32.div_s(i32.sub(from, term), inner))
    const latest = smaller(counted(end), i32.div_s(i32.add(i32.sub(to, term), inner - 1), inner))
    code.for(earliest, latest, 1, one)
  }
  visit(0, p, q, code.let(i32.const(0)))
}

/** All tiles of a panel. */
const emitPanel = (panel: Panel): void => {
  const { adds, buffer, code, cut, first, gradient, last, lines, out, width } = panel
  const { out: result, tapStrides, window, x } = gradient
  const vectors = tileVectors(code.lanes, width)
  const row = (result.shape.at(-1) ?? 0) * 4
  const count = positionCount(gradient)
  const ranges = [...window.slice(0, -2).map((end) => ({ start: 0, end })), lines]
  const each = (sofar: ReadonlyArray<Count>): void => {
    const range = ranges[sofar.length]
    if (range !== undefined) {
      code.for(range.start, range.end, 1, (tap) => each([...sofar, tap]))
      return
    }
    cut.rows(code, vectors, panel.taps, (rows) => {
      const taps = [...sofar, rows.tap]
      const tile = clearTile(code, rows.steps.length, vectors)
      code.for(i32.div_u(first, count), (x.shape[0] ?? 1) === 1 ? 1 : i32.div_u(i32.add(last, count - 1), count), 1, (image) =>
        addImage(panel, tile, taps, rows, image),
      )
      const target = at(out, ...taps.map((tap, axis) => [tap, tapStrides[axis] ?? 0] as const), [rows.channel, row])
      writeTile(code, tile, code.let(target), { columns: width, stride: row, adds, buffer })
    })
  }
  each([])
}

/** The terms of each sum. */
const termsOf = (cotangent: Shape.Shape): number => Shape.size(cotangent.slice(0, -1))

/** The terms in the blocks that are made up of blocks. */
const upperLevels = (terms: number): ReadonlyArray<number> => cascade(terms, productBlock).slice(1)

/** Bytes of scratch memory: a block's cotangents for one tile's filters, a tile, and the sums of blocks that are not complete. */
const scratchBytes = (operation: Operation): number => {
  const levels = upperLevels(termsOf(input(operation, 1).shape))
  return productBlock * mostColumns(256) * 4 + tileBytes + levels.length * bytesOf(operation.out)
}

/** Adds the sums of a region at `from` to those at `to`, or replaces them. */
const addSums = (gradient: Gradient, region: Region, from: I32, to: I32, adds: I32): void => {
  const { channels, context, filters, out, tapStrides, window } = gradient
  const { code } = context
  const row = (out.shape.at(-1) ?? 0) * 4
  const ranges = [...window.slice(0, -2).map((end) => ({ start: 0, end })), region.lines, region.taps]
  const each = (place: I32, axis: number): void => {
    const range = ranges[axis]
    if (range !== undefined) {
      code.for(range.start, range.end, 1, (tap) => each(code.let(at(place, [tap, tapStrides[axis] ?? 0])), axis + 1))
      return
    }
    code.for(region.groups.start, region.groups.end, 1, (group) =>
      eachFilters(gradient, region, (filter, width) =>
        code.for(0, channels, 1, (channel) => {
          const offset = code.let(at(place, [channel, row], [group, filters * 4], [filter, 4]))
          for (let v = 0; v * 4 < width; v++)
            code.scope(() => {
              const sum = code.let(v128.load(i32.add(from, offset), v * 16))
              const into = code.let(i32.add(to, offset))
              code.if(adds, () => code.set(sum, f32x4.add(v128.load(into, v * 16), sum)))
              storeLanes(code, into, sum, width - v * 4, v * 16)
            })
        }),
      ),
    )
  }
  each(code.let(i32.const(0)), 0)
}

/** Copies the cotangents of a block's terms, of `width` filters from `from` on, to rows of so many vectors. */
const packCotangents = (
  { cotangent }: Gradient,
  code: Code,
  from: I32,
  to: I32,
  count: I32,
  width: number,
  vectors: number,
): void => {
  const row = (cotangent.shape.at(-1) ?? 0) * 4
  code.scope(() => {
    const source = code.let(from)
    code.forAddress(to, at(to, [count, vectors * 16]), vectors * 16, (target) => {
      const four = Array.from({ length: Math.ceil(width / 4) }, (_, v) => code.let(v128.load(source, v * 16)))
      four.forEach((value, v) => {
        code.v128.store(target, value, v * 16)
      })
      code.set(source, i32.add(source, row))
    })
  })
}

/** Rows of the result from which it pays to pack cotangents, whose filters are not all in one tile. */
const worthPacking = 16

/** Whether cotangents are packed. */
const packs = ({ channels, cotangent, context, window }: Gradient): boolean =>
  (cotangent.shape.at(-1) ?? 0) > mostColumns(context.code.lanes) && Shape.size(window) * channels >= worthPacking

/** Advances all tiles of a region over block after block. */
const emit = (gradient: Gradient, operation: Operation, cut: Cut, region: Region): void => {
  const { apart, channels, context, cotangent, filters, out, x } = gradient
  const { code, module, team } = context
  const terms = termsOf(cotangent.shape)
  const levels = upperLevels(terms)
  const panel = code.let(at(operation.scratch, [team.thread, scratchBytes(operation)]))
  const buffer = code.let(i32.add(panel, productBlock * mostColumns(256) * 4))
  const incomplete = levels.map((_, level) => code.let(i32.add(buffer, tileBytes + level * bytesOf(out))))
  const isOneBlock = terms <= productBlock
  const isPacked = packs(gradient)
  const all = (cotangent.shape.at(-1) ?? 0) * 4
  const params = Array.from({ length: 11 }, () => "i32" as const)
  const tilesOf = bySize((width) =>
    module.func(`tiles ${width}`, { params }, (own, locals) => {
      const [first, last, from, cotangents, to, tile, adds, tapStart, tapEnd, lineStart, lineEnd] =
        locals as ReadonlyArray<I32> as readonly [I32, I32, I32, I32, I32, I32, I32, I32, I32, I32, I32]
      const termStride = isPacked ? tileVectors(own.lanes, width) * 16 : all
      emitPanel({
        gradient,
        code: own,
        cut,
        width,
        first,
        last,
        x: from,
        cotangents,
        out: to,
        termStride,
        taps: { start: tapStart, end: tapEnd },
        lines: { start: lineStart, end: lineEnd },
        buffer: tile,
        adds: isOneBlock ? undefined : adds,
      })
    }),
  )
  const block = (first: I32, last: I32, to: I32, adds: I32): void =>
    code.for(region.groups.start, region.groups.end, 1, (group) =>
      eachFilters(gradient, region, (filter, width) => {
        const vectors = tileVectors(code.lanes, width)
        const columns = [
          [group, filters * 4],
          [filter, 4],
        ] as const
        const from = at(cotangent.address, [first, all], ...columns)
        if (isPacked) packCotangents(gradient, code, from, panel, i32.sub(last, first), width, vectors)
        code.call(
          tilesOf(width),
          first,
          last,
          at(x.address, [group, channels * 4], [filter, apart ? 4 : 0]),
          isPacked ? i32.sub(panel, i32.mul(first, vectors * 16)) : at(cotangent.address, ...columns),
          at(to, ...columns),
          buffer,
          adds,
          counted(region.taps.start),
          counted(region.taps.end),
          counted(region.lines.start),
          counted(region.lines.end),
        )
      }),
    )
  /** The terms from `start` up to `end`, block by block; the blocks of `level` are made up of those of the level below. */
  const sum = (level: number, start: I32, end: I32, to: I32): void => {
    const size = levels[level - 1] ?? productBlock
    code.for(start, end, size, (first) => {
      const last = code.let(smaller(i32.add(first, size), end))
      const adds = code.let(i32.ne(first, start))
      if (level === 0) block(first, last, to, adds)
      else {
        const held = incomplete[level - 1] as I32
        sum(level - 1, first, last, held)
        addSums(gradient, region, held, to, adds)
      }
    })
  }
  if (terms === 0) code.memory.fill(i32.const(out.address), 0, bytesOf(out))
  else sum(levels.length, code.let(i32.const(0)), code.let(i32.const(terms)), code.let(i32.const(out.address)))
}

export const convKernelGrad: PrimitiveKernel<"convKernelGrad"> = {
  parallel: true,
  work: (operation) => 2 * termsOf(input(operation, 1).shape),
  scratch: scratchBytes,
  // Each part reads all of x or all of the cotangent.
  pieces: () => 1,
  emit: (context, operation) => {
    const { out, params } = operation
    const [x, cotangent] = [input(operation, 0), input(operation, 1)]
    const phases = forward(space(x.shape), params.window, space(cotangent.shape), params)
    const missing = phases.length < 2
    const full = (list: Shape.Shape, extra: number): Shape.Shape => (missing ? [extra, ...list] : list)
    const byteStrides = (shape: Shape.Shape): Shape.Shape => Shape.strides(shape).map((n) => n * 4)
    const [channels = 0, all = 0] = out.shape.slice(-2)
    const apart = channels === 1 && all === params.groups && all > 1
    const groups = apart ? 1 : params.groups
    const gradient: Gradient = {
      context,
      x,
      cotangent,
      out,
      groups,
      apart,
      channels,
      filters: all / groups,
      axes: (missing ? [flat, ...phases] : phases).flatMap(({ phases: [only], steps: own }) =>
        only ? [{ ...own, ...only }] : [],
      ),
      window: full(params.window, 1),
      xStrides: full(space(byteStrides(x.shape)), 0),
      cotangentStrides: full(space(byteStrides(cotangent.shape)), 0),
      tapStrides: full(byteStrides(out.shape).slice(0, -2), 0),
    }
    const cut = overTaps(gradient) ?? byChannels(gradient)
    const region = regionOf(gradient, cut.byTaps)
    if (region !== undefined) emit(gradient, operation, cut, region)
    else firstAlone(context.code, context.team, () => emit(gradient, operation, cut, everything(gradient)))
  },
}
