/** All points of a grid, in order. */
import { checkOptions } from "../../learning/OptionError.ts"
import { build, type Condition, numberOf, type Point, type Space, size, sizeUnder, under } from "../Space.ts"
import { at, count, type Dimension, nth } from "../space/Dimension.ts"
import type { Sampler } from "./Sampler.ts"

/** The options of a grid. */
export interface GridOptions {
  /** How many values a continuous dimension has, evenly on its scale with both ends. */
  readonly levels?: number
}

/** The options of `grid` in a model file. */
export const gridOptions = {
  levels: {
    kind: "integer",
    doc: "How many values a continuous dimension has, evenly on its scale and with both ends.",
    synonyms: ["steps", "num", "n"],
    default: 5,
    minimum: 1,
  },
} as const

interface State {
  readonly space: Space
  readonly asked: number
}

/**
 * The value of an index: of a continuous dimension one of `levels`, or its middle if there is one level. People read these values and
 * prefer 0.01 to 0.010000000000000002, so they have 12 digits; the ends are exact.
 */
const valueAt = (dimension: Dimension, index: number, levels: number): number => {
  if (Number.isFinite(count(dimension))) return nth(dimension, index)
  const position = levels === 1 ? 0.5 : index / (levels - 1)
  const value = at(dimension, position)
  return position === 0 || position === 1 ? value : Number(value.toPrecision(12))
}

/** The space with `levels` values for each continuous dimension, so that its size is that of the grid. */
const counted = (space: Space, levels: number): Space =>
  space.map((dimension) =>
    Number.isFinite(count(dimension))
      ? dimension
      : { name: dimension.name, _tag: "Int", low: 1, high: levels, ...(dimension.when && { when: dimension.when }) },
  )

/**
 * How many points a grid has.
 *
 * `gridSize([{ name: "lr", _tag: "Float", low: 0, high: 1 }, { name: "units", _tag: "Choice", size: 3 }], 5) // => 15`
 */
export const gridSize = (space: Space, levels: number): number => size(counted(space, levels))

/** The indices of the dimensions that exist under a condition, as the digits of a number; the last dimension is the lowest digit. */
const digits = (space: Space, number: number, condition?: Condition): Point => {
  let left = number
  let found: Point = {}
  for (const dimension of under(space, condition).toReversed()) {
    const n = sizeUnder(space, dimension)
    let digit = left % n
    left = Math.floor(left / n)
    let choice = 0
    if (dimension._tag === "Choice") {
      for (; ; choice++) {
        const inside = under(space, { dimension: dimension.name, choice }).reduce((all, each) => all * sizeUnder(space, each), 1)
        if (digit < inside) break
        digit -= inside
      }
      found = { ...found, ...digits(space, digit, { dimension: dimension.name, choice }) }
    }
    found = { ...found, [dimension.name]: dimension._tag === "Choice" ? choice : digit }
  }
  return found
}

/** Every point of a grid once, the last dimension fastest, each branch with its own dimensions. Throws `OptionError` for levels below 1. */
export const grid = ({ levels = gridOptions.levels.default, ...rest }: GridOptions = {}): Sampler<State> => {
  checkOptions("grid", gridOptions, { levels, ...rest })
  return {
    name: "grid",
    objectives: "several",
    init: (space) => ({ space, levels, asked: 0 }),
    ask: (state) => {
      const grid = counted(state.space, levels)
      if (state.asked >= size(grid)) return undefined
      const indices = digits(grid, state.asked)
      const point = build(state.space, (dimension) => valueAt(dimension, numberOf(indices, dimension.name) ?? 0, levels))
      return { point, state: { ...state, asked: state.asked + 1 } }
    },
    tell: (state) => state,
  }
}
