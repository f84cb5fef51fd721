/**
 * Reads tensors by Reference, in doubles, for tests with tighter tolerances than the engine's floats allow. It does not change
 * the tensors: `Tensor.read` afterwards still computes in the engine's floats. A tensor that was read before keeps its values.
 */
import * as Reference from "../reference/Reference.ts"
import type { Nested } from "../tensor/create.ts"
import * as T from "../tensor/Tensor.ts"
import type { NDArray } from "../types/NDArray.ts"

/** The values of several tensors. Throws `ShapeError` inside a traced function. */
export const readAll: (xs: ReadonlyArray<T.Tensor>) => ReadonlyArray<NDArray> = Reference.peek

/** The values of a tensor. Throws `ShapeError` inside a traced function. */
export const read = (x: T.Tensor): NDArray => readAll([x])[0] as NDArray

/** The number of a tensor with one element. `toNumber(Tensor.div(1, 3)) // => 0.3333333333333333` */
export const toNumber = (x: T.Tensor): number => T.toNumber(read(x))

/** The elements as nested lists. `toArray(Tensor.mul(Tensor.make([1, 2]), 0.1)) // => [0.1, 0.2]` */
export const toArray = (x: T.Tensor): Nested => T.toArray(read(x))
