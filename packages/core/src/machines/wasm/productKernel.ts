/**
 * The kernel of matrix products. A tile of the result, as many rows and vectors as fit the host's sixteen vector
 * registers, is summed over k one product after the other; so the order of the sum, and with it every bit, is the same for
 * any tile. Columns that do not lie side by side, or whose rows lie too far apart for the cache, are first packed so
 * that a tile reads them in one go.
 */
import * as Shape from "../../words/Shape.ts"
import type { Matrix, Product } from "../Plan.ts"
import { dot, nest, type Site } from "./loops.ts"
import { multiplyAdd, type Numerics } from "./numerics.ts"
import { lastAlone, type Range, share } from "./share.ts"
import { f32x4, type I32, i32, type Local, v128 } from "./Value.ts"

/** Vectors of a tile, by how many rows the result has: eight sums or so, which hide each other's latency. */
const vectorsOf = (m: number): number => (m >= 4 ? 2 : m === 3 ? 3 : m === 2 ? 4 : 8)

/** Rows of a tile. Multiply-add needs no register for the product, which leaves room for two more. */
const rowsOf = (m: number, numerics: Numerics): number => (numerics === "fast" && m >= 6 ? 6 : Math.min(m, 4))

/** Bytes of `a` that are worked through before the next columns: what the second cache holds easily. */
const blockBytes = 2 ** 18

/** Steps of k that are unrolled. */
const unroll = 2

const isPacked = ({ b, k, m }: Product): boolean => b.column !== 1 || b.row < 0 || (m >= 16 && k * b.row * 4 > 2 ** 17)

const isGathered = ({ a }: Product): boolean => a.row < 0 || a.column < 0

/** Bytes of scratch memory that a product packs into. */
export const productScratch = (kernel: Product): number => {
  const width = vectorsOf(kernel.m) * 16
  const columns = isPacked(kernel) ? kernel.k * width : 0
  const rows = isGathered(kernel) ? kernel.m * kernel.k * 4 : 0
  return columns + rows
}

const plus = (a: I32, b: I32 | undefined): I32 => (b === undefined ? a : i32.add(a, b))

/** Copies elements one by one: `rows` × `columns` from steps of their own to a dense place. */
const copy = (
  { code }: Site,
  from: I32,
  { column, row }: Matrix,
  to: I32,
  rows: number,
  columns: number,
  width: number,
): void => {
  code.for(0, rows, 1, (i) => {
    const source = code.let(i32.add(from, i32.mul(i, row * 4)))
    const target = code.let(i32.add(to, i32.mul(i, width * 4)))
    code.for(0, columns, 1, (j) => {
      code.i32.store(i32.add(target, i32.shl(j, 2)), i32.load(i32.add(source, i32.mul(j, column * 4))))
    })
  })
}

/** Copies four columns at a time where they lie side by side. */
const copyRows = ({ code }: Site, from: I32, row: number, to: I32, rows: number, vectors: number, width: number): void => {
  code.for(0, rows, 1, (i) => {
    const source = code.let(i32.add(from, i32.mul(i, row * 4)))
    const target = code.let(i32.add(to, i32.mul(i, width * 4)))
    for (let v = 0; v < vectors; v++) code.v128.store(target, v128.load(source, v * 16), v * 16)
  })
}

interface Tile {
  readonly rows: number
  /** Columns that count; the last vector may hold fewer than four. */
  readonly columns: number
  /** Steps, in bytes, of `a` along rows and k, of `b` along k, of the result along rows. */
  readonly aRow: number
  readonly aStep: number
  readonly bStep: number
  readonly outRow: number
  readonly k: number
}

/** One tile: `a`, `b` and `out` are the addresses of its first elements. */
const emitTile = ({ code }: Site, { aRow, aStep, bStep, columns, k, outRow, rows }: Tile, a: I32, b: I32, out: I32): void => {
  const vectors = Math.ceil(columns / 4)
  const sums = Array.from({ length: rows * vectors }, () => code.let(f32x4.const(0)))
  const [p, q] = [code.let(a), code.let(b)]
  const round = (step: number): void =>
    code.scope(() => {
      const right = Array.from({ length: vectors }, (_, v) => code.let(v128.load(q, step * bStep + v * 16)))
      for (let r = 0; r < rows; r++)
        code.scope(() => {
          const left = code.let(v128.load32_splat(p, r * aRow + step * aStep))
          right.forEach((x, v) => {
            const sum = sums[r * vectors + v] as Local<"v128">
            code.set(sum, multiplyAdd(code, left, x, sum))
          })
        })
    })
  const whole = k - (k % unroll)
  if (whole > 0)
    code.for(0, whole, unroll, () => {
      for (let step = 0; step < unroll; step++) round(step)
      code.set(p, i32.add(p, unroll * aStep))
      code.set(q, i32.add(q, unroll * bStep))
    })
  for (let step = 0; step < k - whole; step++) round(step)
  for (let r = 0; r < rows; r++)
    for (let v = 0; v < vectors; v++) {
      const sum = sums[r * vectors + v] as Local<"v128">
      const left = columns - v * 4
      const at = r * outRow + v * 16
      if (left >= 4) code.v128.store(out, sum, at)
      else for (let lane = 0; lane < left; lane++) code.v128.store32_lane(out, sum, lane, at + lane * 4)
    }
}

/** The steps of `size` from `start` to `end`, and on the last thread what `total` has left over. */
const tiles = (
  { code, crew }: Site,
  { end, start }: Range,
  total: number,
  size: number,
  shared: boolean,
  body: (start: I32, size: number) => void,
): void => {
  const whole = total - (total % size)
  if (whole > 0) code.for(start, end, size, (at) => body(at, size))
  if (whole === total) return
  const rest = (): void => body(code.let(i32.const(whole)), total - whole)
  if (shared) lastAlone(code, crew, rest)
  else code.scope(rest)
}

/** Writes the kernel; `scratch` is the address of the memory it packs into, a piece for each thread. */
export const emitProduct = (site: Site, kernel: Product, scratch: number): void => {
  const { code, crew } = site
  const { batch, k, m, n } = kernel
  if (Shape.size(batch) * m * n === 0) return
  const tile = { rows: rowsOf(m, code.numerics), vectors: vectorsOf(m) }
  const width = tile.vectors * 4
  const packed = isPacked(kernel)
  const gathered = isGathered(kernel)
  const own = code.let(i32.add(i32.mul(crew.thread, productScratch(kernel)), scratch))
  const outStrides = Shape.strides([...batch, m, n])
  // Threads share the rows, or the columns where there are few rows.
  const byColumns = crew.threads > 1 && m < 2 * tile.rows * crew.threads && n >= 2 * width * crew.threads
  const whole = (total: number, size: number): Range => ({ start: 0, end: total - (total % size) })
  const part = (total: number, size: number): Range => share(code, crew, total - (total % size), size)
  const columnRange = byColumns ? part(n, width) : whole(n, width)
  const rowRange = byColumns ? whole(m, tile.rows) : part(m, tile.rows)
  const blockRows = Math.max(tile.rows, Math.floor(blockBytes / Math.max(4, k * 4) / tile.rows) * tile.rows)
  const aRow = (gathered ? k : kernel.a.row) * 4
  const aStep = (gathered ? 1 : kernel.a.column) * 4
  const bStep = (packed ? width : kernel.b.row) * 4
  nest(code, batch, (indices) => {
    const start = (matrix: Matrix): I32 =>
      code.let(plus(i32.const(site.address(matrix.slot) + matrix.offset * 4), dot(indices, matrix.batch, 4)))
    const [a, b] = [start(kernel.a), start(kernel.b)]
    const out = code.let(plus(i32.const(site.address(kernel.slot)), dot(indices, outStrides.slice(0, -2), 4)))
    const gatheredAt = code.let(i32.add(own, packed ? k * width * 4 : 0))
    if (gathered) copy(site, a, kernel.a, gatheredAt, m, k, k)
    const left = gathered ? gatheredAt : a
    /** The rows of a range by the columns from `first` on. */
    const strip = (rows: Range, tail: boolean, first: I32, columns: number): void => {
      const source = code.let(i32.add(b, i32.mul(first, kernel.b.column * 4)))
      if (packed && kernel.b.column === 1 && kernel.b.row >= 0)
        copyRows(site, source, kernel.b.row, own, k, Math.ceil(columns / 4), width)
      else if (packed) copy(site, source, kernel.b, own, k, columns, width)
      const right = packed ? own : source
      const one = (i: I32, height: number): void => {
        const into = code.let(i32.add(out, i32.add(i32.mul(i, n * 4), i32.shl(first, 2))))
        emitTile(
          site,
          { rows: height, columns, aRow, aStep, bStep, outRow: n * 4, k },
          i32.add(left, i32.mul(i, aRow)),
          right,
          into,
        )
      }
      tiles(site, rows, tail ? m : m - (m % tile.rows), tile.rows, !byColumns, one)
    }
    const columnsOf = (rows: Range, tail: boolean): void =>
      tiles(site, columnRange, n, width, byColumns, (first, columns) => strip(rows, tail, first, columns))
    if (m <= blockRows) columnsOf(rowRange, true)
    else {
      code.for(rowRange.start, rowRange.end, blockRows, (top) => {
        const end = code.let(i32.add(top, blockRows))
        code.if(i32.gt_s(end, rowRange.end), () => code.set(end, rowRange.end))
        columnsOf({ start: top, end }, false)
      })
      const rest = m % tile.rows
      if (rest > 0) {
        const last = (): void => columnsOf({ start: m - rest, end: m - rest }, true)
        if (byColumns) code.scope(last)
        else lastAlone(code, crew, last)
      }
    }
  })
}
