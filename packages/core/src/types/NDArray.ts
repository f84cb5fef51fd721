/** An n-dimensional array with stored elements: a shape, a dtype and dense, row-major data. */
import * as DType from "./DType.ts"
import * as Shape from "./Shape.ts"
import { refuse } from "./ShapeError.ts"

/** Marks both kinds of tensor, so that a tree can distinguish leaves from branches. */
export const TensorTypeId: unique symbol = Symbol.for("@adjoint/core/Tensor")

/** An immutable array. Adjoint never writes to `data` after the array is created. Do not write to it either. */
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
 * Wraps storage as an array and takes ownership of it: do not write to `data` afterwards.
 *
 * Throws `ShapeError` if the shape is invalid or does not multiply to `data.length`, or if the storage cannot hold `dtype` (a
 * bool is 0 or 1).
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

/** Whether two arrays have the same dtype, shape and bits (so NaN equals NaN, and 0 differs from -0). */
export const equals = (a: NDArray, b: NDArray): boolean => {
  if (a.dtype !== b.dtype || !Shape.equals(a.shape, b.shape)) return false
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false
  return true
}
