/**
 * A tile of a matrix product: a few rows by a few vectors of columns, summed in registers over a block of k one product
 * after the other; so the order of the sum, and with it every bit, is the same for any tile.
 */
import type { Code } from "../assembler/Code.ts"
import { multiplyAdd } from "../assembler/numerics.ts"
import { f32x4, type I32, i32, type Local, v128 } from "../assembler/Value.ts"
import { storeLanes } from "./primitives/Operation.ts"

export interface Tile {
  readonly rows: number
  /** Columns that count; the last vector may hold fewer than four. */
  readonly columns: number
  /** Steps, in bytes, of `a` along rows and k, of `b` along k, of the result along rows. */
  readonly aRow: number
  readonly aStride: number
  readonly bStride: number
  readonly outRow: number
  /** How many products each element sums. */
  readonly k: number | I32
  /** Whether the sums are added to those in the result, instead of replacing them; absent where they never are. */
  readonly adds: I32 | undefined
}

/** Steps of k that are unrolled. */
const unroll = 2

/** One tile: `a`, `b` and `out` are the addresses of its first elements. */
export const emitTile = (code: Code, tile: Tile, a: I32, b: I32, out: I32): void => {
  const { aRow, aStride, adds, bStride, columns, k, outRow, rows } = tile
  const vectors = Math.ceil(columns / 4)
  const sums = Array.from({ length: rows * vectors }, () => code.let(f32x4.const(0)))
  const [p, q] = [code.let(a), code.let(b)]
  const round = (step: number): void =>
    code.scope(() => {
      const right = Array.from({ length: vectors }, (_, v) => code.let(v128.load(q, step * bStride + v * 16)))
      for (let r = 0; r < rows; r++)
        code.scope(() => {
          const left = code.let(v128.load32_splat(p, r * aRow + step * aStride))
          right.forEach((x, v) => {
            const sum = sums[r * vectors + v] as Local<"v128">
            code.set(sum, multiplyAdd(code, left, x, sum))
          })
        })
    })
  const together = (): void => {
    for (let step = 0; step < unroll; step++) round(step)
    code.set(p, i32.add(p, unroll * aStride))
    code.set(q, i32.add(q, unroll * bStride))
  }
  if (typeof k === "number") {
    const whole = k - (k % unroll)
    if (whole > 0) code.for(0, whole, unroll, together)
    for (let step = 0; step < k - whole; step++) round(step)
  } else {
    code.for(0, i32.and(k, -unroll), unroll, together)
    code.if(i32.and(k, unroll - 1), () => round(0))
  }
  const each = (visit: (sum: Local<"v128">, offset: number, left: number) => void): void =>
    sums.forEach((sum, i) => {
      const [row, vector] = [Math.floor(i / vectors), i % vectors]
      visit(sum, row * outRow + vector * 16, columns - vector * 4)
    })
  // All loads come before all stores.
  if (adds !== undefined) code.if(adds, () => each((sum, offset) => code.set(sum, f32x4.add(v128.load(out, offset), sum))))
  each((sum, offset, left) => storeLanes(code, out, sum, left, offset))
}
