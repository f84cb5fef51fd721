/**
 * Functions that a kernel calls for each tile. The host compiles a function twice: first without optimization, and optimized
 * while that code runs. Only a new call uses the optimized code, so long loops are in functions that are called often.
 */

/** A function for each requested size. */
export const bySize = <F>(make: (size: number) => F): ((size: number) => F) => {
  const made = new Map<number, F>()
  return (size) => {
    const found = made.get(size) ?? make(size)
    made.set(size, found)
    return found
  }
}
