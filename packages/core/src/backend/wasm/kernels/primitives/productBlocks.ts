/**
 * How kernels of their own go through the cascade of a sum of products (`reference/sumOrder`): block by block, each of which
 * computes a part of all sums. The sums of a block are added to those of the blocks before, which are in the result; where 256
 * blocks make up a larger one, its sums are in scratch memory until it is complete.
 */
import { productBlock, upperLevels } from "../../../../reference/sumOrder.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i32, type Local, smaller } from "../../assembler/Value.ts"

/** Bytes of the sums of blocks that are not complete, where the result takes `result` bytes. */
export const incompleteBytes = (terms: number, result: number): number => upperLevels(terms).length * result

/** What computes the sums. */
export interface Blocks {
  readonly terms: number
  /** The address of the result; and of `incompleteBytes`, with the bytes that the result takes. */
  readonly result: I32
  readonly incomplete: I32
  readonly bytes: number
  /** Adds the sums of the terms from `first` up to `last` to those at `to`, or replaces them. */
  readonly sum: (first: Local<"i32">, last: Local<"i32">, to: I32, adds: Local<"i32">) => void
  /** Adds the sums at `from` to those at `to`, or replaces them. */
  readonly move: (from: I32, to: I32, adds: Local<"i32">) => void
}

/** Runs `sum` for all blocks, and `move` for the sums of each larger one. */
export const eachBlock = (code: Code, { bytes, incomplete, move, result, sum, terms }: Blocks): void => {
  const levels = upperLevels(terms)
  const visit = (level: number, start: I32, end: I32, to: I32): void => {
    const size = levels[level - 1] ?? productBlock
    code.for(start, end, size, (first) => {
      const next = code.let(i32.add(first, size))
      const last = code.let(smaller(next, end))
      const adds = code.let(i32.ne(first, start))
      if (level === 0) {
        sum(first, last, to, adds)
        return
      }
      const held = code.let(i32.add(incomplete, (level - 1) * bytes))
      visit(level - 1, first, last, held)
      move(held, to, adds)
    })
  }
  visit(levels.length, code.let(i32.const(0)), code.let(i32.const(terms)), result)
}
