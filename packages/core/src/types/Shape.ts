/**
 * A shape is the list of an array's sizes, outermost first. `[]` is a scalar, `[64, 784]` is 64 rows of 784 elements. Sizes,
 * strides and broadcasting are defined here.
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

/** A shape as text. `print([64, 784]) // => "[64, 784]"` */
export const print = (shape: Shape): string => `[${shape.join(", ")}]`

/** The strides of a dense array, in elements: the distance between neighbours along each axis. `strides([2, 3]) // => [3, 1]` */
export const strides = (shape: Shape): Array<number> => {
  const out = new Array<number>(shape.length)
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    out[axis] = step
    step *= shape[axis] ?? 1
  }
  return out
}

/** The shape that both arguments broadcast to by NumPy's rules, or `undefined` if they do not. `broadcast([4, 1], [3]) // => [4, 3]` */
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

/** The maximum number of elements of an array. Indices of elements have 32 bits. */
export const maxSize: number = 2 ** 31 - 1

/** A description of what `isValid` accepts, for messages. */
export const wanted = "whole sizes, and less than 2³¹ elements"

/** Whether every size is a non-negative integer, and the number of elements is at most 2³¹ - 1. */
export const isValid = (shape: Shape): boolean =>
  shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) && size(shape) <= maxSize

/** The axis counted from 0, for an index that counts from the end if negative, or `undefined` if there is no such axis. `axis(-1, 3) // => 2` */
export const axis = (index: number, rank: number): number | undefined => {
  const at = index < 0 ? index + rank : index
  return Number.isInteger(at) && at >= 0 && at < rank ? at : undefined
}

/** The shape without the given axes, counted from 0. `without([2, 3, 4], [1]) // => [2, 4]` */
export const without = (shape: Shape, axes: ReadonlyArray<number>): Array<number> => shape.filter((_, i) => !axes.includes(i))
