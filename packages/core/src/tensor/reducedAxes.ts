/** The axes that a reduction combines. */
import type { Tensor } from "../language/Expr.ts"
import type * as Shape from "../types/Shape.ts"
import { axisOf } from "./structure.ts"

/** Which axes to combine, and whether to keep them with size 1. */
export interface Reduce {
  readonly axes?: number | ReadonlyArray<number>
  readonly keepAxes?: boolean
}

/** The axes, counted from 0; all of them unless some are given. Throws `ShapeError` for an axis that does not exist. */
export const axesOf = (operation: string, x: Tensor, axes: Reduce["axes"]): ReadonlyArray<number> =>
  axes === undefined
    ? x.shape.map((_, i) => i)
    : (typeof axes === "number" ? [axes] : axes).map((axis) => axisOf(operation, x, axis))

/** The shape with the combined axes as 1. */
export const kept = (shape: Shape.Shape, axes: ReadonlyArray<number>): Shape.Shape =>
  shape.map((n, i) => (axes.includes(i) ? 1 : n))
