/** A binary heap of numbers: the smallest comes out first. */

/** Takes numbers in any order and gives the smallest. */
export interface Heap {
  readonly push: (value: number) => void
  /** Removes the smallest; `undefined` if there is none. */
  readonly pop: () => number | undefined
}

/** An empty heap. With `compare`, what it orders first comes out first. */
export const heap = (compare: (a: number, b: number) => number = (a, b) => a - b): Heap => {
  const values: Array<number> = []
  const at = (i: number): number => values[i] ?? 0
  return {
    push: (value) => {
      let i = values.length
      values.push(value)
      while (i > 0) {
        const parent = (i - 1) >> 1
        if (compare(at(parent), value) <= 0) break
        values[i] = at(parent)
        i = parent
      }
      values[i] = value
    },
    pop: () => {
      const first = values[0]
      const last = values.pop()
      if (last === undefined || values.length === 0) return first
      let i = 0
      for (;;) {
        let child = 2 * i + 1
        if (child >= values.length) break
        if (child + 1 < values.length && compare(at(child + 1), at(child)) < 0) child++
        if (compare(at(child), last) >= 0) break
        values[i] = at(child)
        i = child
      }
      values[i] = last
      return first
    },
  }
}
