/**
 * The kernel of matrix products. A tile of the result, as many rows and vectors as fit the host's sixteen vector
 * registers, is summed over k one product after the other; so the order of the sum, and with it every bit, is the same for
 * any tile.
 *
 * Operands are read where they are, except columns that are not contiguous, or whose rows are too far apart for the cache:
 * those are packed first. Large products are cut into blocks of k, of columns and of rows, and both operands
 * are packed block by block: a panel of columns stays in the first-level cache, a block of rows in the second. Between
 * blocks of k the sums are in the result.
 */

import type { Matrix, Product } from "../../../compiler/Plan.ts"
import * as Shape from "../../../types/Shape.ts"
import type { Code } from "../assembler/Code.ts"
import type { Numerics } from "../assembler/numerics.ts"
import { type I32, i32, i32x4, select } from "../assembler/Value.ts"
import { chunks, inBlocks, threadRange } from "../threads/partition.ts"
import { bySize } from "./functionsBySize.ts"
import { dot, type EmitContext, nest } from "./loopNest.ts"
import { at, type EmitEpilogue } from "./primitives/Operation.ts"
import { pack } from "./productPanel.ts"
import { emitTile } from "./productTile.ts"

/** How a product is cut. */
interface Cut {
  /** Rows and columns of a tile. */
  readonly height: number
  readonly width: number
  /** Whether it is cut into blocks of k, columns and rows; else all its rows are done for the columns of one tile after the other. */
  readonly large: boolean
  /** Steps of k, rows and columns in a block. */
  readonly depth: number
  readonly rows: number
  readonly columns: number
  readonly packsA: boolean
  readonly packsB: boolean
}

/** Vectors of a tile, by how many rows the result has: eight sums or more, which hide each other's latency. */
const vectorsOf = (m: number): number => (m >= 4 ? 2 : m === 3 ? 3 : m === 2 ? 4 : 8)

/** The most rows of a tile whose sums fit into registers beside what they add. Multiply-add needs none for the product. */
const mostHeight: { readonly [N in Numerics]: number } = { portable: 5, fast: 6 }

const rowsOf = (m: number, numerics: Numerics): number => (m >= mostHeight[numerics] ? mostHeight[numerics] : Math.min(m, 4))

/** The largest blocks, so that a panel stays in the first-level cache, a block of rows in the second, all columns in the third. */
const mostDepth = 256
const mostRows = 64
const mostColumns = 2048

/** The number of multiplications from which packing both operands pays. */
const worthPacking = 2 ** 24

const roundUp = (n: number, grain: number): number => Math.ceil(n / grain) * grain

const cutOf = ({ a, b, k, m, n }: Product, numerics: Numerics): Cut => {
  const height = rowsOf(m, numerics)
  const width = vectorsOf(m) * 4
  if (m >= 16 && n >= 16 && m * n * k >= worthPacking) {
    // Blocks of one size, so that none is small.
    const depth = roundUp(k / Math.ceil(k / mostDepth), 4)
    const rows = mostRows - (mostRows % height)
    return { height, width, large: true, depth, rows, columns: mostColumns, packsA: true, packsB: true }
  }
  const packsA = a.row < 0 || a.column < 0
  const packsB = b.column !== 1 || b.row < 0 || (m >= 16 && k * b.row * 4 > 2 ** 17)
  return { height, width, large: false, depth: k, rows: roundUp(m, height), columns: width, packsA, packsB }
}

/** Bytes of a panel: the rows or columns of a tile for the steps of a block, whole vectors of both. */
const panelBytes = ({ depth }: Cut, lines: number): number => roundUp(depth, 4) * roundUp(lines, 4) * 4

/** Bytes of the packed rows, and of the packed columns, of one block. */
const packedBytes = ({ m, n }: Product, cut: Cut) => ({
  a: cut.packsA ? Math.ceil(Math.min(cut.rows, m) / cut.height) * panelBytes(cut, cut.height) : 0,
  b: cut.packsB ? Math.ceil(Math.min(cut.columns, n) / cut.width) * panelBytes(cut, cut.width) : 0,
})

/** Bytes of scratch memory that a product packs into, in either numerics. */
export const productScratch = (kernel: Product): number => {
  const needs = (numerics: Numerics): number => {
    const { a, b } = packedBytes(kernel, cutOf(kernel, numerics))
    return a + b
  }
  return Math.max(needs("portable"), needs("fast"))
}

const less = (a: I32, b: I32 | number): I32 => (b === 0 ? a : i32.sub(a, b))

/** Steps of k in the block that begins at `first`. */
const stepsFrom = (code: Code, { k }: Product, { depth }: Cut, first: I32): I32 | number => {
  if (depth >= k) return k
  const left = code.let(i32.sub(k, first))
  return code.let(select(i32.lt_s(left, depth), left, i32.const(depth)))
}

/** Functions, by number of lines, that pack lines of an operand for the steps of k from `first` on. */
const packing = ({ module }: EmitContext, kernel: Product, cut: Cut, along: number, across: number, width: number) =>
  bySize((count) =>
    module.func(`pack ${count}`, { params: ["i32", "i32", "i32"] }, (code, [from, to, first]) =>
      pack(code, { from, along, across }, to, stepsFrom(code, kernel, cut, first), width, count),
    ),
  )

/** Functions, by number of columns, that compute the rows from `top` to `bottom`, tile by tile, with the steps of k from `first` on. */
const strips = ({ module }: EmitContext, kernel: Product, cut: Cut) =>
  bySize((columns) => {
    const { a, b, m, n } = kernel
    const { depth, height, packsA, packsB, width } = cut
    const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const
    return module.func(`strip ${columns}`, { params }, (code, [top, bottom, rows, panel, out, first]) => {
      const k = stepsFrom(code, kernel, cut, first)
      const continues = depth >= kernel.k ? undefined : code.let(i32x4.splat(i32.sub(0, i32.ne(first, 0))))
      chunks(code, { start: top, end: bottom }, m, height, (_, count) => {
        const tile = {
          rows: count,
          columns,
          aRow: packsA ? 4 : a.row * 4,
          aStride: packsA ? roundUp(height, 4) * 4 : a.column * 4,
          bStride: packsB ? width * 4 : b.row * 4,
          outRow: n * 4,
          k,
          continues,
        }
        emitTile(code, tile, rows, panel, out)
        code.set(rows, i32.add(rows, packsA ? panelBytes(cut, height) : a.row * count * 4))
        code.set(out, i32.add(out, n * count * 4))
      })
    })
  })

/** Writes the kernel; `scratch` is the address of the memory it packs into, a range for each thread. */
export const emitProduct = (context: EmitContext, kernel: Product, scratch: number, epilogue?: EmitEpilogue): void => {
  const { code, team } = context
  const { a, b, batch, k, m, n } = kernel
  const cut = cutOf(kernel, code.numerics)
  const { depth, height, packsA, packsB, width } = cut
  const packed = packedBytes(kernel, cut)
  const packedA = code.let(i32.add(i32.mul(team.thread, productScratch(kernel)), scratch))
  const packedB = code.let(i32.add(packedA, packed.a))
  // Threads share the rows, or the columns where there are few rows or it takes longer to pack all columns than all rows.
  const few = m < 2 * height * team.threads
  const byColumns = team.threads > 1 && (few || (packsB && n > m)) && n >= 2 * width * team.threads
  const rowPart = byColumns ? { start: 0, end: m } : threadRange(code, team, m, height)
  const columnPart = byColumns ? threadRange(code, team, n, width) : { start: 0, end: n }
  const strip = strips(context, kernel, cut)
  const packRows = packing(context, kernel, cut, a.column, a.row, roundUp(height, 4))
  const packColumns = packing(context, kernel, cut, b.row, b.column, width)
  nest(code, batch, (indices) => {
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
      inBlocks(code, { start: 0, end: k }, k, depth, (start) => {
        const first = code.let(typeof start === "number" ? i32.const(start) : start)
        const columnsAt = (column: I32): I32 =>
          packsB
            ? i32.add(packedB, i32.mul(i32.div_u(less(column, left), width), panelBytes(cut, width)))
            : element(fromB, b, first, column)
        if (packsB)
          chunks(code, { start: left, end: right }, n, width, (column, count) =>
            code.call(packColumns(count), element(fromB, b, first, column), columnsAt(column), first),
          )
        inBlocks(code, rowPart, m, cut.rows, (top, bottom) => {
          if (packsA)
            chunks(code, { start: top, end: bottom }, m, height, (row, count) => {
              const to = i32.add(packedA, i32.mul(i32.div_u(less(row, top), height), panelBytes(cut, height)))
              code.call(packRows(count), element(fromA, a, row, first), to, first)
            })
          const rows = code.let(packsA ? packedA : element(fromA, a, top, first))
          chunks(code, { start: left, end: right }, n, width, (column, columns) => {
            const to = at(out, [top, n * 4], [column, 4])
            code.call(strip(columns), top, bottom, rows, columnsAt(column), to, first)
          })
          if (cut.large && epilogue !== undefined)
            code.if(i32.ge_s(i32.add(first, depth), k), () => {
              const columns = byColumns || cut.columns < n ? { start: left, end: right } : undefined
              epilogue({ indices, rows: { start: top, end: bottom }, columns })
            })
        })
      }),
    )
    if (!cut.large)
      epilogue?.(byColumns ? { indices, columns: columnPart } : { indices, rows: team.threads > 1 ? rowPart : undefined })
  })
}
