/**
 * The kernel of matrix products. A tile of the result, as many rows and vectors as fit the host's sixteen vector
 * registers, is summed over k one product after the other; so the order of the sum, and with it every bit, is the same for
 * any tile.
 *
 * Operands are walked as they lie, but for columns that do not lie side by side, or whose rows lie too far apart for
 * the cache: those are first packed. Large products are cut into blocks of k, of columns and of rows, and both operands
 * are packed block by block: a panel of columns stays in the first cache, a block of rows in the second. Between
 * blocks of k the sums stand in the result.
 */
import * as Shape from "../../words/Shape.ts"
import type { Matrix, Product } from "../Plan.ts"
import type { Code } from "./Code.ts"
import { dot, nest, type Site } from "./loops.ts"
import type { Numerics } from "./numerics.ts"
import { pack } from "./productPanel.ts"
import { emitTile } from "./productTile.ts"
import { pieces, type Range, share } from "./share.ts"
import { type I32, i32, i32x4, select } from "./Value.ts"

/** How a product is cut. */
interface Cut {
  /** Rows and columns of a tile. */
  readonly height: number
  readonly width: number
  /** Steps of k, rows and columns in a block. */
  readonly depth: number
  readonly rows: number
  readonly columns: number
  readonly packsA: boolean
  readonly packsB: boolean
}

/** Vectors of a tile, by how many rows the result has: eight sums or so, which hide each other's latency. */
const vectorsOf = (m: number): number => (m >= 4 ? 2 : m === 3 ? 3 : m === 2 ? 4 : 8)

/** Rows of a tile. Multiply-add needs no register for the product, which leaves room for two more. */
const rowsOf = (m: number, numerics: Numerics): number => (numerics === "fast" && m >= 6 ? 6 : Math.min(m, 4))

/** The most a block holds, so that a panel stays in the first cache, a block of rows in the second, all columns in the third. */
const mostDepth = 512
const mostRows = 128
const mostColumns = 2048

/** Multiplications from which packing all that is read pays. */
const large = 2 ** 24

const roundUp = (n: number, grain: number): number => Math.ceil(n / grain) * grain

const cutOf = ({ a, b, k, m, n }: Product, numerics: Numerics): Cut => {
  const height = rowsOf(m, numerics)
  const width = vectorsOf(m) * 4
  if (m >= 16 && n >= 16 && m * n * k >= large) {
    // Blocks of one size, so that none is small.
    const depth = roundUp(k / Math.ceil(k / mostDepth), 4)
    return { height, width, depth, rows: mostRows - (mostRows % height), columns: mostColumns, packsA: true, packsB: true }
  }
  const packsA = a.row < 0 || a.column < 0
  const packsB = b.column !== 1 || b.row < 0 || (m >= 16 && k * b.row * 4 > 2 ** 17)
  return { height, width, depth: k, rows: roundUp(m, height), columns: width, packsA, packsB }
}

/** Bytes of a panel: the rows or columns of a tile for the steps of a block, whole vectors of both. */
const panelBytes = ({ depth }: Cut, lines: number): number => roundUp(depth, 4) * roundUp(lines, 4) * 4

/** Bytes of the packed rows, and of the packed columns, of one block. */
const packedBytes = ({ m, n }: Product, cut: Cut) => ({
  a: cut.packsA ? Math.ceil(Math.min(cut.rows, m) / cut.height) * panelBytes(cut, cut.height) : 0,
  b: cut.packsB ? Math.ceil(Math.min(cut.columns, n) / cut.width) * panelBytes(cut, cut.width) : 0,
})

/** Bytes of scratch memory that a product packs into, in whichever numerics. */
export const productScratch = (kernel: Product): number => {
  const needs = (numerics: Numerics): number => {
    const { a, b } = packedBytes(kernel, cutOf(kernel, numerics))
    return a + b
  }
  return Math.max(needs("portable"), needs("fast"))
}

/** Runs `body` for blocks of a range within 0 to `total`: straight away where one block holds all. */
const blocks = (
  code: Code,
  { end, start }: Range,
  total: number,
  size: number,
  body: (start: I32 | number, end: I32 | number) => void,
): void => {
  if (size >= total) body(start, end)
  else
    code.for(start, end, size, (from) => {
      const last = code.let(typeof end === "number" ? i32.const(end) : end)
      const to = code.let(i32.add(from, size))
      body(from, code.let(select(i32.lt_s(to, last), to, last)))
    })
}

const plus = (a: I32, b: I32 | undefined): I32 => (b === undefined ? a : i32.add(a, b))
const less = (a: I32, b: I32 | number): I32 => (b === 0 ? a : i32.sub(a, b))

/** Writes the kernel; `scratch` is the address of the memory it packs into, a piece for each thread. */
export const emitProduct = (site: Site, kernel: Product, scratch: number): void => {
  const { code, crew } = site
  const { batch, k, m, n } = kernel
  if (Shape.size(batch) * m * n === 0) return
  const cut = cutOf(kernel, code.numerics)
  const { depth, height, packsA, packsB, width } = cut
  const packed = packedBytes(kernel, cut)
  const packedA = code.let(i32.add(i32.mul(crew.thread, productScratch(kernel)), scratch))
  const packedB = code.let(i32.add(packedA, packed.a))
  // Threads share the rows, or the columns where there are few rows or it takes longer to pack all columns than all rows.
  const few = m < 2 * height * crew.threads
  const byColumns = crew.threads > 1 && (few || (packsB && n > m)) && n >= 2 * width * crew.threads
  const rowPart = byColumns ? { start: 0, end: m } : share(code, crew, m, height)
  const columnPart = byColumns ? share(code, crew, n, width) : { start: 0, end: n }
  const packedRow = roundUp(height, 4)
  nest(code, batch, (indices) => {
    const startOf = (slot: number, offset: number, strides: ReadonlyArray<number>): I32 =>
      code.let(plus(i32.const(site.address(slot) + offset * 4), dot(indices, strides, 4)))
    const [a, b] = [kernel.a, kernel.b].map((matrix: Matrix) => startOf(matrix.slot, matrix.offset, matrix.batch)) as [I32, I32]
    const out = startOf(kernel.slot, 0, Shape.strides([...batch, m, n]).slice(0, -2))
    const elementOf = (start: I32, { column, row }: Matrix, i: I32 | number, j: I32 | number): I32 =>
      i32.add(start, plus(i32.mul(i, row * 4), i32.mul(j, column * 4)))
    blocks(code, columnPart, n, cut.columns, (left, right) =>
      blocks(code, { start: 0, end: k }, k, depth, (first, last) => {
        const steps = depth >= k ? k : code.let(less(last as I32, first))
        const goesOn = depth >= k ? undefined : code.let(i32x4.splat(i32.sub(0, i32.ne(first, 0))))
        const columnsAt = (column: I32): I32 =>
          packsB
            ? i32.add(packedB, i32.mul(i32.div_u(less(column, left), width), panelBytes(cut, width)))
            : elementOf(b, kernel.b, first, column)
        const rowsAt = (row: I32, top: I32 | number): I32 =>
          packsA
            ? i32.add(packedA, i32.mul(i32.div_u(less(row, top), height), panelBytes(cut, height)))
            : elementOf(a, kernel.a, row, first)
        if (packsB)
          pieces(code, { start: left, end: right }, n, width, (column, count) => {
            const lines = { from: elementOf(b, kernel.b, first, column), along: kernel.b.row, across: kernel.b.column }
            pack(code, lines, code.let(columnsAt(column)), steps, width, count)
          })
        blocks(code, rowPart, m, cut.rows, (top, bottom) => {
          if (packsA)
            pieces(code, { start: top, end: bottom }, m, height, (row, count) => {
              const lines = { from: elementOf(a, kernel.a, row, first), along: kernel.a.column, across: kernel.a.row }
              pack(code, lines, code.let(rowsAt(row, top)), steps, packedRow, count)
            })
          pieces(code, { start: left, end: right }, n, width, (column, columns) => {
            const q = code.let(columnsAt(column))
            pieces(code, { start: top, end: bottom }, m, height, (row, rows) => {
              const tile = {
                rows,
                columns,
                aRow: packsA ? 4 : kernel.a.row * 4,
                aStep: packsA ? packedRow * 4 : kernel.a.column * 4,
                bStep: packsB ? width * 4 : kernel.b.row * 4,
                outRow: n * 4,
                k: steps,
                goesOn,
              }
              emitTile(site, tile, rowsAt(row, top), q, code.let(i32.add(out, plus(i32.mul(row, n * 4), i32.shl(column, 2)))))
            })
          })
        })
      }),
    )
  })
}
