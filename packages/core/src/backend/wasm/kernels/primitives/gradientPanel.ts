/**
 * The tiles of a convolution's gradient for its kernel, summed over a block of terms: image by image, row by row of the output's
 * positions, as far as they lie in the block.
 */
import { productBlock } from "../../../../reference/sumOrder.ts"
import { bytesOf } from "../../../../types/ShapeError.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i32, larger, smaller } from "../../assembler/Value.ts"
import type { Cut, Edge, Gradient, Rows } from "./gradientTiles.ts"
import { at } from "./Operation.ts"
import { addPairs, addProducts, clearTile, type RegisterTile, tileVectors, unrolled, writeTile } from "./registerTile.ts"
import { type Axis, type Count, counted, positionsOf, type Taps } from "./slidingWindow.ts"

/** The positions of one output's row, and how many of the axes' positions there are. */
const rowLength = ({ axes }: Gradient): number => axes.at(-1)?.count as number

const positionCount = ({ axes }: Gradient): number => axes.reduce((product, { count }) => product * (count as number), 1)

/** What one call computes: some filters of the result, over the terms of a block. */
export interface Panel {
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
      // Not less than the start: addresses are compared without signs.
      code.set(end, larger(start, smaller(end, counted(block.end))))
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
    steps(unrolled(code))
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

/** Computes all tiles of a panel. */
export const emitPanel = (panel: Panel): void => {
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
