/**
 * The order in which a sum adds its terms: a function of how many there are, never of the machine, of threads or of tiles.
 * A long sum is a cascade: the terms are cut into blocks, each block is summed one term after the other, and the sums of
 * the blocks are summed in the same way. So no partial sum adds more than a block's number of values, and the rounding
 * error grows with the number of levels instead of the number of terms (Higham, The accuracy of floating point summation,
 * 1993).
 */
import type { Storage } from "../types/DType.ts"

/**
 * Products in a block of a dot product or a convolution. Sums of up to a million equal products are within 6e-6 of the
 * truth (2e-5 at the least are lost by two levels of any depth), and a panel of so many rows stays in the first-level cache.
 */
export const productBlock = 256

/**
 * Terms in a block of a plain sum, and sums of one level in a block of the next. Ten million equal terms add up to within 5e-7 of
 * the truth (1e-6 where blocks of sums are as long as blocks of terms, 2.5e-7 where blocks of terms are half as long).
 */
export const sumBlock = 64
export const sumFanIn = 8

/** Terms that make one value at each level of a cascade: `block`, `block × fanIn`, … as long as there are several such values. */
export const cascade = (terms: number, block: number, fanIn = block): ReadonlyArray<number> => {
  const sizes: Array<number> = []
  for (let size = block; size < terms; size *= fanIn) sizes.push(size)
  return sizes
}

/** Adds sums of one level to those of the next, and clears them for the next block. */
export const pour = (from: Storage, to: Storage): void => {
  for (let i = 0; i < from.length; i++) to[i] = (to[i] as number) + (from[i] as number)
  from.fill(0)
}

/** The terms in each of the blocks of a product that are made up of blocks, level by level. */
export const upperLevels = (terms: number): ReadonlyArray<number> => cascade(terms, productBlock).slice(1)
