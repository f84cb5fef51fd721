/**
 * How kernels of their own go through the cascade of a sum of products (`reference/sumOrder`): block by block, each of which
 * computes a part of all sums. The sums of a block are added to those of the blocks before, which are in the result; where 256
 * blocks make up a larger one, its sums are in scratch memory until it is complete.
 */
import { productBlock, upperLevels } from "../../../../reference/sumOrder.ts"
import type { Code } from "../../assembler/Code.ts"
import { type I32, i32, type Local, smaller } from "../../assembler/Value.ts"
import { oneThread, stageRange, type Team } from "../../threads/partition.ts"

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

/** Runs `sum` for all blocks, or for those of the team's stage, and `move` for the sums of each larger one that is complete. */
export const eachBlock = (code: Code, { bytes, incomplete, move, result, sum, terms }: Blocks, team: Team = oneThread): void => {
  const levels = upperLevels(terms)
  const held = levels.map((_, level) => code.let(i32.add(incomplete, level * bytes)))
  /** Whether a block that begins at `first` is not the first one in a larger block of this level, and so adds to the sums of others. */
  const adds = (first: I32, level: number): Local<"i32"> => {
    const size = levels[level]
    return code.let(i32.ne(size === undefined ? first : i32.rem_u(first, size), 0))
  }
  const { end, start } = stageRange(code, team, terms, productBlock)
  code.for(start, end, productBlock, (first) => {
    const next = code.let(i32.add(first, productBlock))
    const last = code.let(smaller(next, i32.const(terms)))
    sum(first, last, held[0] ?? result, adds(first, 0))
    levels.forEach((size, level) => {
      code.if(i32.or(i32.ge_s(next, terms), i32.eqz(i32.rem_u(next, size))), () => {
        const begun = code.let(i32.sub(first, i32.rem_u(first, size)))
        move(held[level] as I32, held[level + 1] ?? result, adds(begun, level + 1))
      })
    })
  })
}
