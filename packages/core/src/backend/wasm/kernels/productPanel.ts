/** Packing for products: rows or columns with any strides are copied to contiguous memory, in the order in which a tile reads them. */
import type { Code } from "../assembler/Code.ts"
import { type I32, i8x16, i32, type V128, v128 } from "../assembler/Value.ts"
import { copyVectors } from "./vectors.ts"

/** Rows of `a` or columns of `b`: the strides, in elements, along k and from one line to the next. */
export interface Lines {
  readonly from: I32
  readonly along: number
  readonly across: number
}

const words = (...lanes: ReadonlyArray<number>): ReadonlyArray<number> =>
  lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte))

const lowInTurn = words(0, 4, 1, 5)
const highInTurn = words(2, 6, 3, 7)
const lowHalves = words(0, 1, 4, 5)
const highHalves = words(2, 3, 6, 7)

/** The columns of a matrix of four rows. */
const turned = (code: Code, rows: ReadonlyArray<V128>): ReadonlyArray<V128> => {
  const [a, b, c, d] = rows.map((row) => code.let(row)) as ReadonlyArray<V128> as readonly [V128, V128, V128, V128]
  return [lowInTurn, highInTurn].flatMap((lanes) => {
    const [ab, cd] = [code.let(i8x16.shuffle(a, b, lanes)), code.let(i8x16.shuffle(c, d, lanes))]
    return [i8x16.shuffle(ab, cd, lowHalves), i8x16.shuffle(ab, cd, highHalves)]
  })
}

/** Copies `count` lines to `to`: for each of `depth` steps of k a row of `width`. Up to three more rows may be overwritten. */
export const pack = (
  code: Code,
  { across, along, from }: Lines,
  to: I32,
  depth: I32 | number,
  width: number,
  count: number,
): void => {
  const row = width * 4
  const vectors = Math.ceil(count / 4)
  if (across === 1)
    code.scope(() => {
      const source = code.let(from)
      code.forAddress(to, i32.add(to, i32.mul(depth, row)), row, (target) => {
        copyVectors(code, target, source, vectors)
        code.set(source, i32.add(source, along * 4))
      })
    })
  else if (along === 1 && across > 0)
    code.for(0, depth, 4, (i) => {
      const source = code.let(i32.add(from, i32.shl(i, 2)))
      const target = code.let(i32.add(to, i32.mul(i, row)))
      for (let v = 0; v < vectors; v++)
        code.scope(() => {
          // Missing lines are filled with the last one.
          const four = [0, 1, 2, 3].map((lane) => v128.load(source, Math.min(v * 4 + lane, count - 1) * across * 4))
          turned(code, four).forEach((x, step) => {
            code.v128.store(target, x, step * row + v * 16)
          })
        })
    })
  else
    code.for(0, depth, 1, (i) => {
      const source = code.let(i32.add(from, i32.mul(i, along * 4)))
      const target = code.let(i32.add(to, i32.mul(i, row)))
      for (let j = 0; j < count; j++) code.i32.store(target, i32.load(i32.add(source, j * across * 4)), j * 4)
    })
}
