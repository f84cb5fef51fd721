/** Parts of a tensor along one axis, by numbers that are inside it: what `at` makes of an index and of a range. */
import type { Tensor } from "../language/Expr.ts"
import * as Shape from "../types/Shape.ts"
import { reshape, slice } from "./structure.ts"

/** The elements from one index of an axis to another. */
export const range = (x: Tensor, axis: number, from: number, to: number): Tensor =>
  slice(
    x,
    x.shape.map((_, i) => (i === axis ? from : 0)),
    x.shape.map((n, i) => (i === axis ? to : n)),
  )

/** The elements at one index of an axis, without the axis. */
export const element = (x: Tensor, axis: number, index: number): Tensor =>
  reshape(range(x, axis, index, index + 1), Shape.without(x.shape, [axis]))
