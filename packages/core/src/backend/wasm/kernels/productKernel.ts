/**
 * The kernel of matrix products. Each element is a cascade over k (`reference/sumOrder`). A tile of the result, as many rows and
 * vectors as fit the host's sixteen vector registers, is summed over a block of k one product after the other, and then
 * added to the sums of the blocks before, which are in the result. Where blocks make up larger blocks, the sums of one are
 * in scratch memory until it is complete. So the order of a sum, and with it every bit, is the same for any tile.
 *
 * Operands are read where they are, except columns that are not contiguous, or whose rows are too far apart for the cache:
 * those are packed first. In large products both operands are packed, by blocks of columns and of rows: a panel of columns
 * stays in the first-level cache, a block of rows in the second.
 *
 * A tile is as wide as the vectors that its host can have: `lanes`.
 */

import type { Matrix, Product } from "../../../compiler/Plan.ts"
import { productBlock, upperLevels } from "../../../reference/sumOrder.ts"
import * as Shape from "../../../types/Shape.ts"
import type { Code } from "../assembler/Code.ts"
import type { Numerics } from "../assembler/numerics.ts"
import { f32x4, type I32, i32, smaller, v128 } from "../assembler/Value.ts"
import { chunks, inBlocks, lastStage, type Range, stageRange, threadRange } from "../threads/partition.ts"
import { sharedBySize } from "./functionsBySize.ts"
import { dot, type EmitContext, nest, nestShared } from "./loopNest.ts"
import { at, type EmitEpilogue, storeLanes } from "./primitives/Operation.ts"
import { pack } from "./productPanel.ts"
import { emitTile } from "./productTile.ts"

/** How a product is cut. */
interface Cut {
  /** Rows and columns of a tile. */
  readonly height: number
  readonly width: number
  /** Rows and columns in a block: where rows are packed, many columns, which share them; else all rows and the columns of a tile. */
  readonly rows: number
  readonly columns: number
  readonly packsA: boolean
  readonly packsB: boolean
}

/** What a product is written for. */
export type Host = Pick<Code, "lanes" | "numerics">

/**
 * Vectors of a tile, by how many rows the result has: eight sums or more, which hide each other's latency. Where a host packs
 * two vectors into one, twice as many; a single row is bound by the memory that it reads.
 */
const vectorsOf = (m: number, { lanes }: Host): number =>
  (m >= 4 ? 2 : m === 3 ? 3 : m === 2 ? 4 : 8) * (lanes === 256 && m > 1 ? 2 : 1)

/** The most rows of a tile whose sums fit into registers beside what they add. Multiply-add needs none for the product. */
const mostHeight: { readonly [N in Numerics]: number } = { portable: 5, fast: 6 }

/** Rows of a tile: tiles of one size, so that none is low. */
const heightOf = (m: number, { numerics }: Host): number => Math.ceil(m / Math.ceil(m / mostHeight[numerics]))

/**
 * The steps of k in a round of a tile's loop. Where multiplying and adding are two instructions, those of the loop itself keep
 * the units waiting: eight steps are 5 to 7 % faster than two. Elsewhere, and where there is little work, two are as good.
 */
const unrollOf = ({ batch, k, m, n }: Product, { numerics }: Host): number =>
  numerics === "portable" && Shape.size(batch) * m * n * k >= 2 ** 20 ? 8 : 2

/** The largest blocks, so that a block of rows stays in the second-level cache, all columns in the third. */
const mostRows = 240
const mostColumns = 2048

/** The number of multiplications from which packing both operands pays. */
const worthPacking = 2 ** 24

/** The number of columns from which packing the rows pays where their elements are not contiguous. */
const worthTurning = 128

const roundUp = (n: number, grain: number): number => Math.ceil(n / grain) * grain

const cutOf = ({ a, b, k, m, n }: Product, host: Host): Cut => {
  const height = heightOf(m, host)
  const width = vectorsOf(m, host) * 4
  const large = m >= 16 && n >= 16 && m * n * k >= worthPacking
  const packsA = large || a.row < 0 || a.column < 0 || (a.column !== 1 && n >= worthTurning)
  const packsB = large || b.column !== 1 || b.row < 0 || (m >= 16 && k * b.row * 4 > 2 ** 17)
  const rows = packsA ? mostRows - (mostRows % height) : roundUp(m, height)
  return { height, width, rows, columns: packsA ? mostColumns : width, packsA, packsB }
}

/**
 * Steps of k that are packed for all lines before the next ones. Lines side by side share cache lines, so those of few steps stay in
 * the cache until all lines are packed; other lines are packed one after the other.
 */
const packedTogether = (across: number): number => (across === 1 ? 16 : productBlock)

/** Steps of k in a block. */
const depthOf = ({ k }: Product): number => Math.min(k, productBlock)

/** Bytes of a panel: the rows or columns of a tile for the steps of a block, whole vectors of both. */
const panelBytes = (kernel: Product, lines: number): number => roundUp(depthOf(kernel), 4) * roundUp(lines, 4) * 4

/** Bytes of the packed rows and the packed columns of one block, and of the sums of one level that is not complete. */
const scratchBytes = (kernel: Product, cut: Cut) => ({
  a: cut.packsA ? Math.ceil(Math.min(cut.rows, kernel.m) / cut.height) * panelBytes(kernel, cut.height) : 0,
  b: cut.packsB ? Math.ceil(Math.min(cut.columns, kernel.n) / cut.width) * panelBytes(kernel, cut.width) : 0,
  level: roundUp(kernel.m * kernel.n, 4) * 4,
})

const hosts: ReadonlyArray<Host> = (["portable", "fast"] as const).flatMap((numerics) =>
  ([128, 256] as const).map((lanes) => ({ lanes, numerics })),
)

/** Whether threads share the products of a batch: there are many, or as many for each thread. */
const isByBatch = ({ batch: [count = 0] }: Product, threads: number): boolean =>
  threads > 1 && count >= threads && (count >= 4 * threads || count % threads === 0)

/**
 * Whether threads share the columns, instead of the rows: there are few rows, or each thread packs all columns in more time than each
 * part packs all rows, where those are packed.
 */
const isByColumns = (kernel: Product, { height, packsA, packsB, width }: Cut, threads: number): boolean => {
  const { m, n } = kernel
  const few = m < 2 * height * threads || (packsB && n > (packsA ? 4 * m : m))
  return threads > 1 && !isByBatch(kernel, threads) && few && n >= 2 * width * threads
}

/** The most bytes of packed columns that a thread keeps from one part to the next. */
const mostKept = 2 ** 22

/** Blocks of k. */
const blocksOf = ({ k }: Product): number => Math.ceil(k / productBlock)

/** Whether a thread packs all columns in its first part and keeps them for the others. */
const keepsColumns = (kernel: Product, cut: Cut, threads: number): boolean =>
  threads > 1 &&
  cut.packsA &&
  cut.packsB &&
  !isByColumns(kernel, cut, threads) &&
  Shape.size(kernel.batch) === 1 &&
  kernel.n <= cut.columns &&
  blocksOf(kernel) * scratchBytes(kernel, cut).b <= mostKept

/** Bytes of scratch memory for each thread that a product uses, with any numerics and lanes. */
export const productScratch = (kernel: Product, threads: number): number => {
  const needs = hosts.map((host) => {
    const cut = cutOf(kernel, host)
    const { a, b, level } = scratchBytes(kernel, cut)
    return a + b * (keepsColumns(kernel, cut, threads) ? blocksOf(kernel) : 1) + upperLevels(kernel.k).length * level
  })
  return Math.max(...needs)
}

const less = (a: I32, b: I32 | number): I32 => (b === 0 ? a : i32.sub(a, b))

/** Steps of k in the block that begins at `first`. */
const stepsFrom = (code: Code, { k }: Product, first: I32): I32 | number => {
  if (k <= productBlock) return k
  const left = code.let(i32.sub(k, first))
  return code.let(smaller(left, i32.const(productBlock)))
}

/** Whether a block that begins at `first` is not the first one in a block of `size` steps, and so adds to the sums of others. */
const addsTo = ({ k }: Product, size: number | undefined, first: I32): I32 | undefined => {
  if (k <= productBlock) return undefined
  return size === undefined ? i32.ne(first, 0) : i32.ne(i32.rem_u(first, size), 0)
}

/** Functions, by number of lines, that pack lines of an operand for some steps of k. */
const packing = ({ module }: EmitContext, along: number, across: number, width: number) =>
  sharedBySize(module, ["pack", along, across, width], (count) =>
    module.func(`pack ${count}`, { params: ["i32", "i32", "i32"] }, (code, [from, to, steps]) =>
      pack(code, { from, along, across }, to, steps, width, count),
    ),
  )

/** Functions, by number of columns, that compute the rows from `top` to `bottom`, tile by tile, with the steps of k from `first` on. */
const strips = ({ code: { lanes, numerics }, module }: EmitContext, kernel: Product, cut: Cut) => {
  const { a, b, m, n } = kernel
  const { height, packsA, packsB, width } = cut
  const unroll = unrollOf(kernel, { lanes, numerics })
  const strides = [packsA || a.row, packsA || a.column, packsB || b.row]
  return sharedBySize(module, ["strip", m, n, kernel.k, height, width, unroll, ...strides], (columns) => {
    const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const
    return module.func(`strip ${columns}`, { params }, (code, [top, bottom, rows, panel, out, first]) => {
      const k = stepsFrom(code, kernel, first)
      const adds = addsTo(kernel, upperLevels(kernel.k)[0], first)
      chunks(code, { start: top, end: bottom }, m, height, (_, count) => {
        const tile = {
          rows: count,
          columns,
          aRow: packsA ? 4 : a.row * 4,
          aStride: packsA ? roundUp(height, 4) * 4 : a.column * 4,
          bStride: packsB ? width * 4 : b.row * 4,
          outRow: n * 4,
          k,
          unroll,
          adds,
        }
        emitTile(code, tile, rows, panel, out)
        code.set(rows, i32.add(rows, packsA ? panelBytes(kernel, height) : a.row * count * 4))
        code.set(out, i32.add(out, n * count * 4))
      })
    })
  })
}

/** Adds the sums at `from` of some rows and columns to those at `to`, or replaces them. */
const addSums = (code: Code, { n }: Product, rows: Range, columns: Range, from: I32, to: I32, adds: I32): void =>
  code.for(rows.start, rows.end, 1, (row) =>
    chunks(code, columns, n, 4, (column, count) => {
      const place = [
        [row, n * 4],
        [column, 4],
      ] as const
      const target = code.let(at(to, ...place))
      const sum = code.variable(v128.load(at(from, ...place)))
      code.if(adds, () => code.set(sum, f32x4.add(v128.load(target), sum)))
      storeLanes(code, target, sum, count)
    }),
  )

/** The least lines of a piece, where each part packs the lines of the other operand, and where it only reads them. */
const packedLines = 128
const readLines = 32

/** Into how many pieces the share of a thread can be divided without packing or reading the other operand too often. */
export const productPieces = (kernel: Product, host: Host, threads: number): number => {
  const cut = cutOf(kernel, host)
  if (isByBatch(kernel, threads)) return (kernel.batch[0] ?? 0) / threads
  return isByColumns(kernel, cut, threads)
    ? kernel.n / (threads * (cut.packsA ? packedLines : cut.width))
    : kernel.m / (threads * (cut.packsB && !keepsColumns(kernel, cut, threads) ? packedLines : readLines))
}

/**
 * Into how many stages the sums can be divided: blocks of k. Sums of several blocks that are not complete belong to a thread, so one
 * thread alone has stages there.
 */
export const productStages = (kernel: Product, threads: number): number =>
  threads > 1 && upperLevels(kernel.k).length > 0 ? 1 : blocksOf(kernel)

/** Writes the kernel; `scratch` is the address of the memory it packs into, a range for each thread. */
export const emitProduct = (context: EmitContext, kernel: Product, scratch: number, epilogue?: EmitEpilogue): void => {
  const { code, team } = context
  const { a, b, batch, k, m, n } = kernel
  const cut = cutOf(kernel, code)
  const { height, packsA, packsB, width } = cut
  const bytes = scratchBytes(kernel, cut)
  const keeps = keepsColumns(kernel, cut, team.shares)
  const packedA = code.let(i32.add(i32.mul(team.thread, productScratch(kernel, team.shares)), scratch))
  const packedB = code.let(i32.add(packedA, bytes.a))
  const levels = upperLevels(kernel.k)
  const firstLevel = bytes.b * (keeps ? blocksOf(kernel) : 1)
  const incomplete = levels.map((_, level) => code.let(i32.add(packedB, firstLevel + level * bytes.level)))
  const inFirst = (body: () => void): void => (keeps ? code.if(team.isFirst, body) : body())
  const byBatch = isByBatch(kernel, team.shares)
  const byColumns = isByColumns(kernel, cut, team.shares)
  const byRows = team.shares > 1 && !byBatch && !byColumns
  const rowPart = byRows ? threadRange(code, team, m, height) : { start: 0, end: m }
  const columnPart = byColumns ? threadRange(code, team, n, width) : { start: 0, end: n }
  const strip = strips(context, kernel, cut)
  const packRows = packing(context, a.column, a.row, roundUp(height, 4))
  const packColumns = packing(context, b.row, b.column, width)
  const eachProduct = (body: (indices: ReadonlyArray<I32>) => void): void =>
    byBatch ? nestShared(context, batch, body) : nest(code, batch, body)
  eachProduct((indices) => {
    const startOf = (slot: number, offset: number, strides: ReadonlyArray<number>): I32 => {
      const start = i32.const(context.address(slot) + offset * 4)
      const moved = dot(indices, strides, 4)
      return code.let(moved === undefined ? start : i32.add(start, moved))
    }
    const [fromA, fromB] = [a, b].map((matrix: Matrix) => startOf(matrix.slot, matrix.offset, matrix.batch)) as [I32, I32]
    const out = startOf(kernel.slot, 0, Shape.strides([...batch, m, n]).slice(0, -2))
    const element = (start: I32, { column, row }: Matrix, i: I32 | number, j: I32 | number): I32 =>
      at(start, [i, row * 4], [j, column * 4])
    inBlocks(code, columnPart, n, cut.columns, (left, right) =>
      inBlocks(code, stageRange(code, team, k, productBlock), k, productBlock, (start) => {
        const first = code.let(typeof start === "number" ? i32.const(start) : start)
        const panels = keeps ? code.let(at(packedB, [i32.div_u(first, productBlock), bytes.b])) : packedB
        const columnsAt = (column: I32): I32 =>
          packsB
            ? i32.add(panels, i32.mul(i32.div_u(less(column, left), width), panelBytes(kernel, width)))
            : element(fromB, b, first, column)
        const steps = stepsFrom(code, kernel, first)
        if (packsB)
          inFirst(() =>
            inBlocks(code, { start: 0, end: steps }, depthOf(kernel), packedTogether(b.column), (step, end) =>
              chunks(code, { start: left, end: right }, n, width, (column, count) => {
                const from = element(fromB, b, i32.add(first, step), column)
                code.call(packColumns(count), from, at(columnsAt(column), [step, width * 4]), i32.sub(end, step))
              }),
            ),
          )
        inBlocks(code, rowPart, m, cut.rows, (top, bottom) => {
          if (packsA)
            inBlocks(code, { start: 0, end: steps }, depthOf(kernel), packedTogether(a.row), (step, end) =>
              chunks(code, { start: top, end: bottom }, m, height, (row, count) => {
                const panel = i32.add(packedA, i32.mul(i32.div_u(less(row, top), height), panelBytes(kernel, height)))
                const from = element(fromA, a, row, i32.add(first, step))
                code.call(packRows(count), from, at(panel, [step, roundUp(height, 4) * 4]), i32.sub(end, step))
              }),
            )
          const rows = code.let(packsA ? packedA : element(fromA, a, top, first))
          chunks(code, { start: left, end: right }, n, width, (column, columns) => {
            const to = at(incomplete[0] ?? out, [top, n * 4], [column, 4])
            code.call(strip(columns), top, bottom, rows, columnsAt(column), to, first)
          })
          const end = code.let(i32.add(first, depthOf(kernel)))
          const isLast = i32.ge_s(end, k)
          levels.forEach((size, level) => {
            code.if(i32.or(isLast, i32.eqz(i32.rem_u(end, size))), () => {
              // The first step of the block of this level that is complete now.
              const begun = code.let(i32.sub(first, i32.rem_u(first, size)))
              const adds = addsTo(kernel, levels[level + 1], begun) ?? i32.const(0)
              const [from, to] = [incomplete[level] as I32, incomplete[level + 1] ?? out]
              addSums(code, kernel, { start: top, end: bottom }, { start: left, end: right }, from, to, adds)
            })
          })
          if (packsA && epilogue !== undefined)
            code.if(isLast, () => {
              const columns = byColumns || cut.columns < n ? { start: left, end: right } : undefined
              epilogue({ indices, rows: { start: top, end: bottom }, columns })
            })
        })
      }),
    )
    if (!packsA && epilogue !== undefined)
      lastStage(code, team, () =>
        epilogue(byColumns ? { indices, columns: columnPart } : { indices, rows: byRows ? rowPart : undefined }),
      )
  })
}
