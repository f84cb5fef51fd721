/**
 * Functions that a kernel calls for each tile. The host compiles a function twice: first without optimization, and optimized
 * while that code runs. Only a new call uses the optimized code, so long loops are in functions that are called often.
 */

import type { Assembler } from "../assembler/Assembler.ts"

/** A function for each requested size. */
export const bySize =
  <F>(make: (size: number) => F, made: Map<number, F> = new Map()) =>
  (size: number): F => {
    const found = made.get(size) ?? make(size)
    made.set(size, found)
    return found
  }

const functions = new WeakMap<Assembler, Map<string, Map<number, unknown>>>()

/** The same for kernels of one module that may share their functions: those with the same key, which is all that the code depends on. */
export const sharedBySize = <F>(
  module: Assembler,
  key: ReadonlyArray<string | number | boolean>,
  make: (size: number) => F,
): ((size: number) => F) => {
  const keys = functions.get(module) ?? new Map<string, Map<number, unknown>>()
  functions.set(module, keys)
  const name = key.join()
  const made = keys.get(name) ?? new Map<number, unknown>()
  keys.set(name, made)
  return bySize(make, made as Map<number, F>)
}
