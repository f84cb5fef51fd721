/** Random choices that a seed repeats in every process. */

/** A stream of random choices. */
export interface Draw {
  /** An integer from 0 to n - 1. */
  readonly below: (n: number) => number
  readonly from: <A>(list: ReadonlyArray<A>) => A
  /** A stream that continues as this one does from here on. */
  readonly fork: () => Draw
}

export const drawFrom = (start: number): Draw => {
  let state = start >>> 0
  const below = (n: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39) >>> 0
    return ((mixed ^ (mixed >>> 16)) >>> 0) % n
  }
  return { below, from: (list) => list[below(list.length)] as (typeof list)[number], fork: () => drawFrom(state) }
}
