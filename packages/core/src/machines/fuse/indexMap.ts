/** Rearrangements as the way a loop steps through memory: how the axes of an array follow those of a loop. */
import type { Equation } from "../../language/Primitive.ts"
import * as Shape from "../../words/Shape.ts"
import type { Spec } from "../../words/ShapeError.ts"
import type { Access } from "../Plan.ts"
import { paramsOf } from "./values.ts"

/** How the axes of a value follow those of a loop: an index is an offset and a share of each loop index. */
export interface Follow {
  readonly offsets: ReadonlyArray<number>
  readonly shares: ReadonlyArray<ReadonlyArray<number>>
}

/** An array that the loop walks as it lies. */
export const straight = (rank: number): Follow => ({
  offsets: Array<number>(rank).fill(0),
  shares: Array.from({ length: rank }, (_, axis) => Array.from({ length: rank }, (__, i) => (i === axis ? 1 : 0))),
})

/** For each axis of a reshape's input, the axis of its result that it is, where the two differ by axes of size 1 only. */
const unitReshape = (from: Shape.Shape, to: Shape.Shape): ReadonlyArray<number | undefined> | undefined => {
  const longFrom = from.filter((n) => n !== 1)
  const longTo = to.flatMap((n, axis) => (n === 1 ? [] : [axis]))
  if (longFrom.length !== longTo.length || !longTo.every((axis, i) => to[axis] === longFrom[i])) return undefined
  let next = 0
  return from.map((n) => (n === 1 ? undefined : longTo[next++]))
}

/** How the axes of a rearrangement's input follow a loop, from how those of its result do; `undefined` for steps that are none. */
export const through = (equation: Equation, input: Spec, { offsets, shares }: Follow): Follow | undefined => {
  const pickAxes = (axes: ReadonlyArray<number | undefined>): Follow => ({
    offsets: axes.map((axis) => (axis === undefined ? 0 : (offsets[axis] ?? 0))),
    shares: axes.map((axis) => (axis === undefined ? [] : (shares[axis] ?? []))),
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
        shares: shares.map((share, axis) => share.map((n) => n * (stride[axis] ?? 1))),
      }
    }
    case "reverse": {
      const { axes } = paramsOf("reverse", equation)
      return {
        offsets: offsets.map((offset, axis) => (axes.includes(axis) ? (input.shape[axis] ?? 1) - 1 - offset : offset)),
        shares: shares.map((share, axis) => (axes.includes(axis) ? share.map((n) => (n === 0 ? 0 : -n)) : share)),
      }
    }
    default:
      return undefined
  }
}

/** The steps of a loop of this rank through a dense array whose axes follow it. */
export const accessOf = (shape: Shape.Shape, { offsets, shares }: Follow, rank: number): Access => {
  const steps = Shape.strides(shape)
  const sum = (of: (axis: number) => number): number => steps.reduce((total, step, axis) => total + step * of(axis), 0)
  return {
    offset: sum((axis) => offsets[axis] ?? 0),
    strides: Array.from({ length: rank }, (_, i) => sum((axis) => shares[axis]?.[i] ?? 0)),
  }
}

/** Whether a step only rearranges its input, in a way that a loop can follow. */
export const isRearrangement = (equation: Equation, input: Spec | undefined): boolean =>
  input !== undefined && through(equation, input, straight(equation.out.shape.length)) !== undefined
