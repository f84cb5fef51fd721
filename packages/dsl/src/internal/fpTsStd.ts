/**
 * The list functions taken from fp-ts-std, and the only place that loads it.
 *
 * Its ESM entry imports `fp-ts/Array`, a directory, which Node's ESM loader refuses (ERR_UNSUPPORTED_DIR_IMPORT), although
 * type-checking and vitest accept it. Its CommonJS entry works everywhere, hence `createRequire`.
 * See docs/decisions/fp-ts-std.md.
 */
import { createRequire } from "node:module"

interface ArrayFunctions {
  readonly aperture: (n: number) => <A>(xs: ReadonlyArray<A>) => Array<Array<A>>
  readonly cartesian: <A>(xs: ReadonlyArray<A>) => <B>(ys: ReadonlyArray<B>) => Array<[A, B]>
  readonly transpose: <A>(rows: ReadonlyArray<ReadonlyArray<A>>) => Array<Array<A>>
  readonly median: (xs: readonly [number, ...ReadonlyArray<number>]) => number
}

const functions: ArrayFunctions = createRequire(import.meta.url)("fp-ts-std/Array")

/** Every run of `n` neighbours, in order. `aperture(2)([64, 32, 10]) // => [[64, 32], [32, 10]]` */
export const aperture = functions.aperture

/** Every pair of an element of the first list and one of the second. `cartesian([1, 2])(["a"]) // => [[1, "a"], [2, "a"]]` */
export const cartesian = functions.cartesian

/** Rows to columns; a row that is too short is left out of the columns it does not reach. `transpose([[1, 2], [3, 4]]) // => [[1, 3], [2, 4]]` */
export const transpose = functions.transpose

/** The middle value, or the mean of the two middle ones. `median([3, 1, 2]) // => 2` */
export const median = functions.median
