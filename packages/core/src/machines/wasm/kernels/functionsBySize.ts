/**
 * Functions that a kernel calls for each of its parts. The host compiles a function twice, at once but badly, and well while
 * that runs; only a new call takes the better code. So the loops that take long stand in functions that are called often.
 */

/** A function for each size of part that is asked for. */
export const bySize = <F>(make: (size: number) => F): ((size: number) => F) => {
  const made = new Map<number, F>()
  return (size) => {
    const found = made.get(size) ?? make(size)
    made.set(size, found)
    return found
  }
}
