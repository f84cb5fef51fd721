/**
 * Tiles of sums of products that stay in registers: some rows by up to `mostColumns` columns. A step adds the product of a column of
 * left elements, one for each row, and a row of right elements. Windows and their gradients sum their tiles so.
 *
 * A host with 256-bit lanes packs two neighbouring vectors of a row into one register (`assembler/lanes.ts`), if both are
 * stored side by side. So there a tile has twice the columns, and an even number of vectors.
 */
import type { Code } from "../../assembler/Code.ts"
import type { Lanes } from "../../assembler/lanes.ts"
import { multiplyAdd, type Numerics } from "../../assembler/numerics.ts"
import { f32x4, type I32, i32, type V128, type Variable, v128 } from "../../assembler/Value.ts"
import type { EmitContext } from "../loopNest.ts"
import { inTileOrder, storeVectors } from "../vectors.ts"
import { blocks, storeLanes } from "./Operation.ts"

/** What a tile's shape depends on: how wide the lanes are, and how products are added. */
interface Target {
  readonly lanes: Lanes
  readonly numerics: Numerics
}

/** The most columns of a tile. */
export const mostColumns = (lanes: Lanes): number => lanes / 16

/** The widths of tiles that kernels choose between. */
export const tileWidths: ReadonlyArray<number> = [4, 8, 16]

/** The most columns of a tile where threads share columns: half as many as registers hold, where only then each thread has some. */
export const sharedWidth = ({ code, team }: EmitContext, columns: number): number => {
  const most = mostColumns(code.lanes)
  const isShort = Math.floor(columns / most) < team.shares && Math.floor(columns / (most / 2)) >= team.shares
  return team.shares > 1 && isShort ? most / 2 : most
}

/** Vectors of a tile's row: as many as hold its columns, and an even number where two of them are packed. */
export const tileVectors = (lanes: Lanes, columns: number): number => {
  const vectors = Math.ceil(columns / 4)
  return lanes === 256 && vectors > 1 ? vectors + (vectors % 2) : vectors
}

/** The most registers with sums, of sixteen, beside what they add. Multiply-add needs none for the product. */
const mostSums: { readonly [N in Numerics]: number } = { portable: 10, fast: 12 }

/** The most rows of a tile with so many vectors in a row. */
export const tileRows = ({ lanes, numerics }: Target, vectors: number): number =>
  Math.floor(mostSums[numerics] / Math.ceil((vectors * 128) / lanes))

/**
 * Steps that are written out one by one. Where products are rounded before they are added, a loop's own instructions keep the
 * units waiting: four steps are 4 to 6 % faster than two. Multiply-add takes half as many instructions.
 */
export const unrolled = ({ numerics }: Target): number => (numerics === "portable" ? 4 : 2)

/** Memory that `writeTile` uses. */
export const tileBytes = 512

/** The registers of a tile. */
export interface RegisterTile {
  readonly sums: ReadonlyArray<Variable<"v128">>
  readonly vectors: number
}

/** A tile of zeros. */
export const clearTile = (code: Code, rows: number, vectors: number): RegisterTile => ({
  sums: Array.from({ length: rows * vectors }, () => code.variable(f32x4.const(0))),
  vectors,
})

/**
 * Adds products to a tile. Each row has its left element `lefts[row]` bytes from `left`, which is multiplied with the row of
 * right elements `offset` bytes from `right`. A row whose element is not given is left as it is.
 */
export type AddProducts = (
  code: Code,
  tile: RegisterTile,
  left: I32,
  lefts: ReadonlyArray<number | undefined>,
  right: I32,
  offset?: number,
) => void

const addWith =
  (perRow: (code: Code, left: I32, at: number) => (v: number) => V128): AddProducts =>
  (code, { sums, vectors }, left, lefts, right, offset = 0) =>
    code.scope(() => {
      const row = Array.from({ length: vectors }, (_, v) => code.let(v128.load(right, offset + v * 16)))
      lefts.forEach((at, r) => {
        if (at === undefined) return
        code.scope(() => {
          const x = perRow(code, left, at)
          row.forEach((y, v) => {
            const sum = sums[r * vectors + v] as Variable<"v128">
            code.set(sum, multiplyAdd(code, x(v), y, sum))
          })
        })
      })
    })

/** Multiplies one left element with every right one. */
export const addProducts: AddProducts = addWith((code, left, at) => {
  const x = code.let(v128.load32_splat(left, at))
  return () => x
})

/** Multiplies as many left elements as there are right ones, each with its own. */
export const addPairs: AddProducts = addWith((_, left, at) => (v) => v128.load(left, at + v * 16))

/** Where a tile is written. */
export interface Written {
  /** Columns that count. */
  readonly columns: number
  /** Bytes from one row to the next. */
  readonly stride: number
  /** Whether the sums are added to those that are there, instead of replacing them; absent where they never are. */
  readonly adds?: I32 | undefined
  /** The address of `tileBytes` that no other thread uses. */
  readonly buffer: I32
}

/** Writes the columns of a tile that count. */
export const writeTile = (code: Code, { sums, vectors }: RegisterTile, out: I32, to: Written): void => {
  const { adds, buffer, columns, stride } = to
  const each = (visit: (sum: Variable<"v128">, offset: number, left: number) => void): void => {
    inTileOrder(sums.length / vectors, vectors, stride, (row, v) =>
      visit(sums[row * vectors + v] as Variable<"v128">, row * stride + v * 16, columns - v * 4),
    )
  }
  if (columns === vectors * 4 || vectors === 1 || code.lanes === 128) {
    // All loads come before all stores: a store between them would keep a host from packing.
    if (adds !== undefined) code.if(adds, () => each((sum, offset) => code.set(sum, f32x4.add(v128.load(out, offset), sum))))
    each((sum, offset, left) => storeLanes(code, out, sum, left, offset))
    return
  }
  // Only whole vectors that are stored side by side are packed.
  storeVectors(code, buffer, sums)
  const copy = (adding: boolean): void =>
    sums.forEach((_, i) => {
      const [row, v] = [Math.floor(i / vectors), i % vectors]
      const [offset, left] = [row * stride + v * 16, columns - v * 4]
      if (left <= 0) return
      code.scope(() => {
        const sum = v128.load(buffer, i * 16)
        storeLanes(code, out, code.let(adding ? f32x4.add(v128.load(out, offset), sum) : sum), left, offset)
      })
    })
  if (adds === undefined) copy(false)
  else
    code.if(
      adds,
      () => copy(true),
      () => copy(false),
    )
}

/** Runs `body` for tiles of at most `most` of the numbers from `start` up to `end`, of nearly one size. */
export const balanced = (code: Code, start: number, end: number, most: number, body: (at: I32, rows: number) => void): void => {
  const count = end - start
  if (count <= 0) return
  const tiles = Math.ceil(count / most)
  const small = Math.floor(count / tiles)
  const large = (count % tiles) * (small + 1)
  if (large > 0) blocks(code, large, small + 1, (i, rows) => body(code.let(i32.add(i, start)), rows))
  blocks(code, count - large, small, (i, rows) => body(code.let(i32.add(i, start + large)), rows))
}
