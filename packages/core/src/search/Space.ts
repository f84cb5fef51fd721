/**
 * Spaces: what a search may choose, as plain data. A space is a list of named dimensions; a dimension with `when` exists only while
 * an earlier choice has one of its alternatives. A point has a number for each dimension that exists in it.
 *
 * `struct` and its parts describe the same with types, and turn points into values:
 *
 * ```ts
 * import { Space } from "@adjoint/core"
 *
 * const space = Space.struct({
 *   lr: Space.log(1e-4, 1e-1),
 *   units: Space.choice([16, 32]),
 *   optimizer: Space.branch({ adam: { beta: Space.float(0.8, 0.99) }, sgd: {} }),
 * })
 * space.dimensions.map(({ name }) => name) // => ["lr", "units", "optimizer", "optimizer.adam.beta"]
 * space.decode({ lr: 0.01, units: 1, optimizer: 1 }) // => { lr: 0.01, units: 32, optimizer: { _tag: "sgd" } }
 * ```
 */
import { contains as containsValue, count, faultOf } from "./space/Dimension.ts"
import { type Condition, isActive, type Named, numberOf, type Point, type Space } from "./space/Flat.ts"

export type { Choice, Dimension, Float, Int } from "./space/Dimension.ts"
export * from "./space/Flat.ts"
export * from "./space/typed.ts"

/** The dimensions that exist with an alternative of a choice, and no further condition; without a condition, those of every point. */
export const under = (space: Space, condition?: Condition): Space =>
  space.filter(({ when }) => when?.dimension === condition?.dimension && when?.choice === condition?.choice)

const product = (space: Space, dimensions: Space): number => dimensions.reduce((all, each) => all * sizeUnder(space, each), 1)

/** In how many ways a dimension and those that depend on it can be chosen. */
export const sizeUnder = (space: Space, dimension: Named): number => {
  if (dimension._tag !== "Choice") return count(dimension)
  let sum = 0
  for (let choice = 0; choice < dimension.size; choice++)
    sum += product(space, under(space, { dimension: dimension.name, choice }))
  return sum
}

/**
 * How many points a space has, `Infinity` with a continuous dimension.
 *
 * ```ts
 * Space.size([
 *   { name: "units", _tag: "Int", low: 1, high: 4 },
 *   { name: "dropout", _tag: "Choice", size: 2 },
 *   { name: "rate", _tag: "Float", low: 0.1, high: 0.5, step: 0.1, when: { dimension: "dropout", choice: 1 } },
 * ]) // => 24
 * ```
 */
export const size = (space: Space): number => product(space, under(space))

/** What is wrong with a dimension of a space. */
export interface Problem {
  readonly dimension: string
  readonly got: string
  readonly wanted: string
  readonly hint: string
}

const conditionProblem = ({ when }: Named, earlier: Space): Omit<Problem, "dimension"> | undefined => {
  if (when === undefined) return undefined
  const of = earlier.find(({ name }) => name === when.dimension)
  if (of?._tag !== "Choice")
    return {
      got: `when ${JSON.stringify(when.dimension)}`,
      wanted: "the name of an earlier choice",
      hint: "put the choice first",
    }
  return Number.isSafeInteger(when.choice) && when.choice >= 0 && when.choice < of.size
    ? undefined
    : { got: `alternative ${when.choice}`, wanted: `an alternative from 0 to ${of.size - 1}`, hint: "count from 0" }
}

/**
 * What is wrong with a space, in the order of its dimensions.
 *
 * `Space.check([{ name: "lr", _tag: "Float", low: 0, high: 1, log: true }]).map(({ got }) => got) // => ["log from 0"]`
 */
export const check = (space: Space): ReadonlyArray<Problem> =>
  space.flatMap((dimension, i) => {
    const { name } = dimension
    const earlier = space.slice(0, i)
    const found = earlier.some((other) => other.name === name)
      ? { got: "the name of an earlier dimension", wanted: "names that differ", hint: "another name" }
      : (faultOf(dimension) ?? conditionProblem(dimension, earlier))
    return found === undefined ? [] : [{ dimension: name, ...found }]
  })

/** Whether a point has a value of each dimension that exists in it, and nothing else. */
export const contains = (space: Space, point: Point): boolean => {
  const active = space.filter((dimension) => isActive(dimension, point))
  return (
    Object.keys(point).length === active.length &&
    active.every((dimension) => {
      const value = numberOf(point, dimension.name)
      return value !== undefined && containsValue(dimension, value)
    })
  )
}

/** Whether two points have the same numbers. */
export const isSame = (a: Point, b: Point): boolean => {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => Object.is(numberOf(a, name), numberOf(b, name)))
}
