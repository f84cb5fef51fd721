/**
 * A shape is the list of an array's sizes, outermost first. `[]` is a scalar, `[64, 784]` is 64 rows of 784 numbers.
 * Everything the rest of the project knows about sizes, strides and broadcasting is here.
 */
export type Shape = ReadonlyArray<number>

/** The number of elements of an array of this shape. `size([2, 3]) // => 6` */
export const size = (shape: Shape): number => {
  let n = 1
  for (const extent of shape) n *= extent
  return n
}

/** Whether two shapes have the same sizes in the same order. */
export const equals = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((extent, axis) => extent === b[axis])

/** A shape as a person writes it. `print([64, 784]) // => "[64, 784]"` */
export const print = (shape: Shape): string => `[${shape.join(", ")}]`

/** How many elements to step over to move by one along each axis of a densely stored array. `strides([2, 3]) // => [3, 1]` */
export const strides = (shape: Shape): Array<number> => {
  const out = new Array<number>(shape.length)
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    out[axis] = step
    step *= shape[axis] ?? 1
  }
  return out
}

/** The shape both arguments stretch to under NumPy's rules, or `undefined` where they do not fit. `broadcast([4, 1], [3]) // => [4, 3]` */
export const broadcast = (a: Shape, b: Shape): Shape | undefined => {
  const rank = Math.max(a.length, b.length)
  const out = new Array<number>(rank)
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1
    const n = b[b.length - i] ?? 1
    if (m !== n && m !== 1 && n !== 1) return undefined
    out[rank - i] = m === 1 ? n : m
  }
  return out
}

/** The most elements an array may have: their places are counted in 32 bits. */
export const largest: number = 2 ** 31 - 1

/** What `isValid` wants, in words. */
export const wanted = "whole sizes, and less than 2³¹ elements"

/** Whether every size is a whole number that is not negative, and there are no more than 2³¹ - 1 elements. */
export const isValid = (shape: Shape): boolean =>
  shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) && size(shape) <= largest

/** The axis as a number from 0, counting from the end when negative, or `undefined` when there is none. `axis(-1, 3) // => 2` */
export const axis = (index: number, rank: number): number | undefined => {
  const at = index < 0 ? index + rank : index
  return Number.isInteger(at) && at >= 0 && at < rank ? at : undefined
}

/** The shape with the given axes (counted from 0) left out. `without([2, 3, 4], [1]) // => [2, 4]` */
export const without = (shape: Shape, axes: ReadonlyArray<number>): Array<number> => shape.filter((_, i) => !axes.includes(i))
