/** Index maps: how the index along each axis of an array depends on the indices of a loop. Rearrangements are such maps. */
import type { Equation } from "../../language/Primitive.ts"
import * as Shape from "../../words/Shape.ts"
import type { Spec } from "../../words/ShapeError.ts"
import type { Access } from "../Plan.ts"
import { paramsOf } from "./values.ts"

/** For each axis of a value, its index as an affine function of the loop's: `offset + Σ coefficient × loop index`. */
export interface IndexMap {
  readonly offsets: ReadonlyArray<number>
  readonly coefficients: ReadonlyArray<ReadonlyArray<number>>
}

/** The map of an array whose axes are the loop's. */
export const identityMap = (rank: number): IndexMap => ({
  offsets: Array<number>(rank).fill(0),
  coefficients: Array.from({ length: rank }, (_, axis) => Array.from({ length: rank }, (__, i) => (i === axis ? 1 : 0))),
})

/** For each axis of a reshape's input, the axis of its result that it is, where the two differ by axes of size 1 only. */
const unitReshape = (from: Shape.Shape, to: Shape.Shape): ReadonlyArray<number | undefined> | undefined => {
  const longFrom = from.filter((n) => n !== 1)
  const longTo = to.flatMap((n, axis) => (n === 1 ? [] : [axis]))
  if (longFrom.length !== longTo.length || !longTo.every((axis, i) => to[axis] === longFrom[i])) return undefined
  let next = 0
  return from.map((n) => (n === 1 ? undefined : longTo[next++]))
}

/** The index map of a rearrangement's input, from that of its result; `undefined` for equations that rearrange nothing. */
export const through = (equation: Equation, input: Spec, { offsets, coefficients }: IndexMap): IndexMap | undefined => {
  const pickAxes = (axes: ReadonlyArray<number | undefined>): IndexMap => ({
    offsets: axes.map((axis) => (axis === undefined ? 0 : (offsets[axis] ?? 0))),
    coefficients: axes.map((axis) => (axis === undefined ? [] : (coefficients[axis] ?? []))),
  })
  switch (equation.primitive) {
    case "transpose": {
      const { order } = paramsOf("transpose", equation)
      return pickAxes(input.shape.map((_, axis) => order.indexOf(axis)))
    }
    case "broadcast": {
      const lead = equation.out.shape.length - input.shape.length
      return pickAxes(input.shape.map((n, axis) => (n === 1 ? undefined : axis + lead)))
    }
    case "reshape": {
      const axes = unitReshape(input.shape, equation.out.shape)
      return axes === undefined ? undefined : pickAxes(axes)
    }
    case "slice": {
      const { start, stride } = paramsOf("slice", equation)
      return {
        offsets: offsets.map((offset, axis) => offset * (stride[axis] ?? 1) + (start[axis] ?? 0)),
        coefficients: coefficients.map((share, axis) => share.map((n) => n * (stride[axis] ?? 1))),
      }
    }
    case "reverse": {
      const { axes } = paramsOf("reverse", equation)
      return {
        offsets: offsets.map((offset, axis) => (axes.includes(axis) ? (input.shape[axis] ?? 1) - 1 - offset : offset)),
        coefficients: coefficients.map((share, axis) => (axes.includes(axis) ? share.map((n) => (n === 0 ? 0 : -n)) : share)),
      }
    }
    default:
      return undefined
  }
}

/** The strides of a loop of this rank through a dense array with this index map. */
export const accessOf = (shape: Shape.Shape, { offsets, coefficients }: IndexMap, rank: number): Access => {
  const steps = Shape.strides(shape)
  const sum = (of: (axis: number) => number): number => steps.reduce((total, step, axis) => total + step * of(axis), 0)
  return {
    offset: sum((axis) => offsets[axis] ?? 0),
    strides: Array.from({ length: rank }, (_, i) => sum((axis) => coefficients[axis]?.[i] ?? 0)),
  }
}

/** Whether an equation only rearranges its input, in a way that is an index map. */
export const isRearrangement = (equation: Equation, input: Spec | undefined): boolean =>
  input !== undefined && through(equation, input, identityMap(equation.out.shape.length)) !== undefined
