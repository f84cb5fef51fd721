/**
 * The order of a long sum (`reference/sumOrder.ts`) as code: the sums of blocks are added to those of the next level, which are in
 * this thread's scratch memory, so that the loop over a block holds nothing but its own sums.
 */
import { cascade, sumBlock, sumFanIn } from "../../../reference/sumOrder.ts"
import type { Code } from "../assembler/Code.ts"
import { f32x4, type I32, i32, type Local, smaller, v128 } from "../assembler/Value.ts"
import type { EmitContext } from "./loopNest.ts"
import { storeVectors } from "./vectors.ts"

type Vector = Local<"v128">

/** Bytes of the sums of one level: at most eight vectors. */
const levelBytes = 128

/** Bytes of scratch memory for each thread: the sums of a block, and nine levels above it, enough for 2³³ terms. */
export const scratchBytes = 10 * levelBytes

/** The address of this thread's scratch memory. */
export const scratchOf = ({ code, team }: EmitContext): I32 =>
  team.threads === 1 ? i32.const(0) : code.let(i32.mul(team.thread, scratchBytes))

/** The levels above the sums of a block. */
export interface Levels {
  /** The terms that make one sum at each level; no level where one block holds all terms. */
  readonly sizes: ReadonlyArray<number>
  /** Sets all levels to zero. */
  readonly clear: () => void
  /** Adds the sums of block number `count`, from 1 on, to the first level, and each level that is full to the next. */
  readonly pour: (sums: ReadonlyArray<Vector>, count: I32) => void
  /** Adds all levels to the sums of the last block. */
  readonly total: (sums: ReadonlyArray<Vector>) => ReadonlyArray<Vector>
}

/** The levels of sums of so many terms, each sum a lane of `width` vectors, in memory from `own` on. */
export const levelsOf = (code: Code, own: I32, width: number, terms: number): Levels => {
  const sizes = cascade(terms, sumBlock, sumFanIn)
  const offset = (level: number, part = 0): number => (level + 1) * levelBytes + part * 16
  const parts = Array.from({ length: width }, (_, part) => part)
  const load = (level: number): ReadonlyArray<Vector> => parts.map((part) => code.let(v128.load(own, offset(level, part))))
  const write = (level: number, vectors: ReadonlyArray<Vector>): void => storeVectors(code, own, vectors, offset(level))
  const clearLevel = (level: number): void => {
    const zero = code.let(f32x4.const(0))
    write(
      level,
      parts.map(() => zero),
    )
  }
  const added = (level: number, sums: ReadonlyArray<Vector>): ReadonlyArray<Vector> => {
    const sofar = load(level)
    return parts.map((part) => code.let(f32x4.add(sofar[part] as Vector, sums[part] as Vector)))
  }
  const pour = (sums: ReadonlyArray<Vector>, count: I32, level = 0): void => {
    write(level, added(level, sums))
    if (level + 1 === sizes.length) return
    code.if(i32.eqz(i32.and(count, sumFanIn ** (level + 1) - 1)), () => {
      pour(load(level), count, level + 1)
      clearLevel(level)
    })
  }
  return {
    sizes,
    clear: () => {
      sizes.forEach((_, level) => {
        clearLevel(level)
      })
    },
    pour,
    total: (sums) => sizes.reduce((sofar, _, level) => added(level, sofar), sums),
  }
}

/**
 * Runs `add` for the steps through the last of the reduced axes, and `full` with its number whenever `block` elements are done.
 * `row` prepares the steps at given indices of the other reduced axes.
 */
export const inSumBlocks = (
  code: Code,
  last: number,
  step: number,
  block: number,
  outer: (body: (indices: ReadonlyArray<I32>) => void) => void,
  row: (indices: ReadonlyArray<I32>) => (i: Local<"i32">) => void,
  full: (count: I32) => void,
): void => {
  const filled = code.let(i32.const(0))
  const count = code.let(i32.const(0))
  outer((indices) => {
    const add = row(indices)
    const from = code.let(i32.const(0))
    code.loop((again) => {
      const room = code.let(i32.sub(block, filled))
      const left = code.let(i32.sub(last, from))
      const some = code.let(smaller(room, left))
      const end = code.let(i32.add(from, some))
      code.for(from, end, step, add)
      code.set(filled, i32.add(filled, some))
      code.if(i32.eq(filled, block), () => {
        code.set(filled, 0)
        code.set(count, i32.add(count, 1))
        full(count)
      })
      code.set(from, end)
      code.brIf(again, i32.lt_s(from, last))
    })
  })
}
