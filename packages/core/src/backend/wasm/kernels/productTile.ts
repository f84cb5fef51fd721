/**
 * A tile of a matrix product: a few rows by a few vectors of columns, summed in registers over a block of k one product
 * after the other; so the order of the sum, and with it every bit, is the same for any tile.
 */
import type { Code } from "../assembler/Code.ts"
import { multiplyAdd } from "../assembler/numerics.ts"
import { f32x4, type I32, i32, type Variable, v128 } from "../assembler/Value.ts"
import { storeLanes } from "./primitives/Operation.ts"
import { inTileOrder } from "./vectors.ts"

export interface Tile {
  readonly rows: number
  /** Columns that count; the last vector may hold fewer than four. */
  readonly columns: number
  /** Steps, in bytes, of `a` along rows and k, of `b` along k, of the result along rows. */
  readonly aRow: number
  readonly aStride: number
  readonly bStride: number
  readonly outRow: number
  /** How many products each element sums, and for how many of them the code is repeated. */
  readonly k: number | I32
  readonly unroll: number
  /** Whether the sums are added to those in the result, instead of replacing them; absent where they never are. */
  readonly adds: I32 | undefined
}

/** One tile: `a`, `b` and `out` are the addresses of its first elements. */
export const emitTile = (code: Code, tile: Tile, a: I32, b: I32, out: I32): void => {
  const { aRow, aStride, adds, bStride, columns, k, outRow, rows, unroll } = tile
  const vectors = Math.ceil(columns / 4)
  const sums = Array.from({ length: rows * vectors }, () => code.variable(f32x4.const(0)))
  const [p, q] = [code.let(a), code.let(b)]
  const round = (step: number): void =>
    code.scope(() => {
      const right = Array.from({ length: vectors }, (_, v) => code.let(v128.load(q, step * bStride + v * 16)))
      for (let r = 0; r < rows; r++)
        code.scope(() => {
          const left = code.let(v128.load32_splat(p, r * aRow + step * aStride))
          right.forEach((x, v) => {
            const sum = sums[r * vectors + v] as Variable<"v128">
            code.set(sum, multiplyAdd(code, left, x, sum))
          })
        })
    })
  const steps = (from: I32 | number, to: I32 | number, together: number): void =>
    code.for(from, to, together, () => {
      for (let step = 0; step < together; step++) round(step)
      code.set(p, i32.add(p, together * aStride))
      code.set(q, i32.add(q, together * bStride))
    })
  const whole = typeof k === "number" ? k - (k % unroll) : code.let(i32.and(k, -unroll))
  steps(0, whole, unroll)
  steps(whole, k, 1)

  // The last vector of an odd number has no other half: from an address of its own it is not taken for a half of the next row's.
  const odd = vectors % 2 === 1 && vectors > 1 ? code.let(i32.add(out, (vectors - 1) * 16)) : undefined
  const each = (visit: (sum: Variable<"v128">, address: I32, offset: number, left: number) => void): void => {
    inTileOrder(rows, vectors, outRow, (row, vector) => {
      const isOdd = odd !== undefined && vector === vectors - 1
      const offset = row * outRow + (isOdd ? 0 : vector * 16)
      visit(sums[row * vectors + vector] as Variable<"v128">, isOdd ? odd : out, offset, columns - vector * 4)
    })
  }
  // All loads come before all stores.
  if (adds !== undefined)
    code.if(adds, () => each((sum, address, offset) => code.set(sum, f32x4.add(v128.load(address, offset), sum))))
  each((sum, address, offset, left) => storeLanes(code, address, sum, left, offset))
}
