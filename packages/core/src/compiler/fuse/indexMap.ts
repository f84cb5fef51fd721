/** Index maps: how the index along each axis of an array depends on the indices of a loop. Rearrangements are such maps. */
import type { Equation, Params, Primitive } from "../../language/Primitive.ts"
import { isKind, type OfKind } from "../../language/primitiveFacts.ts"
import * as Shape from "../../types/Shape.ts"
import type { Spec } from "../../types/ShapeError.ts"
import type { Access } from "../Plan.ts"

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

/** For each axis of a reshape's input, the axis of its result that it becomes, where the two differ by axes of size 1 only. */
const unitReshape = (from: Shape.Shape, to: Shape.Shape): ReadonlyArray<number | undefined> | undefined => {
  const longFrom = from.filter((n) => n !== 1)
  const longTo = to.flatMap((n, axis) => (n === 1 ? [] : [axis]))
  if (longFrom.length !== longTo.length || !longTo.every((axis, i) => to[axis] === longFrom[i])) return undefined
  let next = 0
  return from.map((n) => (n === 1 ? undefined : longTo[next++]))
}

const pickAxes = ({ coefficients, offsets }: IndexMap, axes: ReadonlyArray<number | undefined>): IndexMap => ({
  offsets: axes.map((axis) => (axis === undefined ? 0 : (offsets[axis] ?? 0))),
  coefficients: axes.map((axis) => (axis === undefined ? [] : (coefficients[axis] ?? []))),
})

/** The index map of a rearrangement's input, from that of its result. */
type Through<P extends Primitive> = (params: Params[P], input: Spec, out: Spec, map: IndexMap) => IndexMap | undefined

const rearrangements: { readonly [P in OfKind<"rearrangement">]: Through<P> } = {
  transpose: ({ order }, { shape }, _, map) =>
    pickAxes(
      map,
      shape.map((__, axis) => order.indexOf(axis)),
    ),
  broadcast: (_, { shape }, out, map) => {
    const lead = out.shape.length - shape.length
    return pickAxes(
      map,
      shape.map((n, axis) => (n === 1 ? undefined : axis + lead)),
    )
  },
  reshape: (_, { shape }, out, map) => {
    const axes = unitReshape(shape, out.shape)
    return axes === undefined ? undefined : pickAxes(map, axes)
  },
  slice: ({ start, stride }, _, __, { coefficients, offsets }) => ({
    offsets: offsets.map((offset, axis) => offset * (stride[axis] ?? 1) + (start[axis] ?? 0)),
    coefficients: coefficients.map((row, axis) => row.map((n) => n * (stride[axis] ?? 1))),
  }),
  reverse: ({ axes }, { shape }, _, { coefficients, offsets }) => ({
    offsets: offsets.map((offset, axis) => (axes.includes(axis) ? (shape[axis] ?? 1) - 1 - offset : offset)),
    coefficients: coefficients.map((row, axis) => (axes.includes(axis) ? row.map((n) => (n === 0 ? 0 : -n)) : row)),
  }),
}

/** The index map of a rearrangement's input, from that of its result; `undefined` for equations that no index map describes. */
export const through = ({ out, params, primitive }: Equation, input: Spec, map: IndexMap): IndexMap | undefined => {
  if (!isKind(primitive, "rearrangement")) return undefined
  const rearrangement = rearrangements[primitive] as Through<Primitive>
  return rearrangement(params, input, out, map)
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
