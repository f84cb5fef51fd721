/** Small changes of points. */
import type { Draws } from "../draws.ts"
import { build, isActive, type Named, numberOf, type Point, type Space } from "../Space.ts"
import { at, count, positionOf } from "../space/Dimension.ts"

/** How far the number of a child is from that of its parent, in units of its range: one standard deviation. */
export const usualWidth = 0.1

/** A number reflected into [0, 1] at its ends. */
const reflected = (x: number): number => {
  const folded = Math.abs(x) % 2
  return folded > 1 ? 2 - folded : folded
}

/** Another value of a dimension, `width` away on average in units of its range; the same if it has no other. */
const changed = (dimension: Named, value: number, width: number, { below, normal }: Draws): number => {
  const n = count(dimension)
  if (n === 1) return value
  if (dimension._tag === "Choice") return (value + 1 + below(n - 1)) % n
  const position = positionOf(dimension, value)
  const moved = at(dimension, reflected(position + width * normal()))
  if (moved !== value || n === Number.POSITIVE_INFINITY) return moved
  // Too small a step for a value with steps: the next one, upwards or downwards.
  const step = (below(2) === 0 ? -1 : 1) / n
  return at(dimension, reflected(position + step))
}

/** A point with one of its dimensions changed. Dimensions that come to exist get random values. */
export const mutated = (space: Space, point: Point, width: number, own: Draws): Point => {
  const active = space.filter((dimension) => isActive(dimension, point))
  const chosen = active[own.below(active.length)]
  return build(space, (dimension) => {
    const value = numberOf(point, dimension.name)
    if (value === undefined) return at(dimension, own.uniform())
    return dimension === chosen ? changed(dimension, value, width, own) : value
  })
}

/** A point that has each number from one of two others. Dimensions that neither has get random values. */
export const crossed = (space: Space, a: Point, b: Point, own: Draws): Point =>
  build(space, (dimension) => {
    const [first, second] = own.uniform() < 0.5 ? [a, b] : [b, a]
    return numberOf(first, dimension.name) ?? numberOf(second, dimension.name) ?? at(dimension, own.uniform())
  })
