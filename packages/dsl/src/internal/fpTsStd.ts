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
}

const functions: ArrayFunctions = createRequire(import.meta.url)("fp-ts-std/Array")

/** Its `aperture` recurses over the list and copies what it has at each step, so it is given pieces of this length. */
const piece = 256

/** Every run of `n` neighbours, in order. `aperture(2)([64, 32, 10]) // => [[64, 32], [32, 10]]` */
export const aperture =
  (n: number) =>
  <A>(xs: ReadonlyArray<A>): Array<Array<A>> =>
    Array.from({ length: Math.ceil(xs.length / piece) }, (_, i) => xs.slice(i * piece, (i + 1) * piece + n - 1)).flatMap((part) =>
      functions.aperture(n)(part),
    )
