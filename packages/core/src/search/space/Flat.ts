/** A space as a list of dimensions, and its points. */
import { at, type Dimension } from "./Dimension.ts"

/** The alternative of an earlier choice with which a dimension exists. */
export interface Condition {
  readonly dimension: string
  readonly choice: number
}

/** A dimension with its name. */
export type Named = Dimension & { readonly name: string; readonly when?: Condition }

/** Named dimensions, of which each may depend on earlier ones. */
export type Space = ReadonlyArray<Named>

/** A number for each dimension that exists: the value, or the index of a choice. */
export type Point = Readonly<Record<string, number>>

/** The number of a dimension in a point, `undefined` where it does not exist. */
export const numberOf = (point: Point, name: string): number | undefined => (Object.hasOwn(point, name) ? point[name] : undefined)

/** Whether a dimension exists in a point that has its earlier dimensions. */
export const isActive = ({ when }: Pick<Named, "when">, point: Point): boolean =>
  when === undefined || numberOf(point, when.dimension) === when.choice

/** A point from a function that chooses the number of each dimension that exists, in their order. */
export const build = (space: Space, choose: (dimension: Named, index: number) => number): Point => {
  let point: Point = {}
  space.forEach((dimension, index) => {
    if (isActive(dimension, point)) point = { ...point, [dimension.name]: choose(dimension, index) }
  })
  return point
}

/** The point at a position in [0, 1) of each dimension. Those of dimensions that do not exist are ignored. */
export const pointAt = (space: Space, positions: ArrayLike<number>): Point =>
  build(space, (dimension, index) => at(dimension, positions[index] ?? 0))

/**
 * The space as samplers see it: an ordered choice is a whole number from 0, its index, so that what is learned of a value says
 * something about its neighbours. The points are the same. A choice that other dimensions depend on stays one.
 */
export const withIndices = (space: Space): Space =>
  space.map((dimension) => {
    if (dimension._tag !== "Choice" || dimension.ordered !== true) return dimension
    if (space.some(({ when }) => when?.dimension === dimension.name)) return dimension
    const { name, size, when } = dimension
    return { name, _tag: "Int", low: 0, high: size - 1, ...(when === undefined ? {} : { when }) }
  })
