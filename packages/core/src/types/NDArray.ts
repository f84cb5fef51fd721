/** An n-dimensional array whose numbers are there: a shape, a kind of element and densely stored, row-major data. */
import * as DType from "./DType.ts"
import * as Shape from "./Shape.ts"
import { refuse } from "./ShapeError.ts"

/** Marks the two kinds of tensor, so that a tree can tell a leaf from a branch. */
export const TensorTypeId: unique symbol = Symbol.for("@adjoint/core/Tensor")

/** An immutable array. Nothing in Adjoint writes to `data` once the array is made, and neither may you. */
export class NDArray<out S extends Shape.Shape = Shape.Shape> {
  readonly [TensorTypeId] = "NDArray"
  readonly shape: S
  readonly dtype: DType.DType
  readonly data: DType.Storage

  constructor(dtype: DType.DType, shape: S, data: DType.Storage) {
    this.dtype = dtype
    this.shape = shape
    this.data = data
  }
}

/**
 * Wraps storage as an array, taking ownership of it: do not write to `data` afterwards.
 *
 * Throws `ShapeError` when the shape is not one, does not multiply to `data.length`, or the storage cannot hold `dtype`
 * (a bool is 0 or 1).
 */
export const make = <const S extends Shape.Shape>(dtype: DType.DType, shape: S, data: DType.Storage): NDArray<S> => {
  const got = [{ dtype, shape }]
  if (!Shape.isValid(shape)) refuse("NDArray.make", got, Shape.wanted, "check the shape's numbers")
  if (Shape.size(shape) !== data.length)
    refuse("NDArray.make", got, `a shape of ${data.length} elements, as many as the data has`, "reshape, or cut the data")
  if (!DType.holds(dtype, data))
    refuse(
      "NDArray.make",
      got,
      `storage for ${dtype}, not ${data.constructor.name}`,
      "convert the storage, or name another dtype",
    )
  if (dtype === "bool" && !(data as Uint8Array).every((x) => x <= 1))
    refuse("NDArray.make", got, "bools of 0 and 1", 'dtype "u8", then Tensor.notEqual(x, 0)')
  return new NDArray(dtype, shape, data)
}

/** Whether two arrays have the same kind, shape and bits (so NaN equals NaN, and 0 differs from -0). */
export const equals = (a: NDArray, b: NDArray): boolean => {
  if (a.dtype !== b.dtype || !Shape.equals(a.shape, b.shape)) return false
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false
  return true
}
